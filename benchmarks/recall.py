"""How many of the true nearest photos the HNSW graph finds, against an exact scan of the same vectors."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.clusters import clustered_vectors, texts_near
from benchmarks.report import Report
from benchmarks.timing import p50_p95_ms, seconds
from core.models.registry import ModelStore
from core.settings import load_settings
from core.store.graph import Graph
from core.types import Vector, Vectors

SHARED_DATA = Path(os.environ.get("RECOLLECT_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
QUERIES = 300
GOAL = 0.99
REAL_PHOTOS = 5_000
DIM = 384  # of the starter


def run(report: Report, scratch: Path) -> None:
    vectors = clustered_vectors(100_000, DIM)
    graph = _build(report, "100,000 clustered", vectors)
    _measure(report, "100,000 clustered, by text", graph, vectors, texts_near(vectors, QUERIES))
    _measure(report, "100,000 clustered, by photo", graph, vectors, vectors[:QUERIES])
    if not SHARED_DATA.is_dir():
        report.note(f"no {SHARED_DATA}: real photos are left out")
        return
    photos, texts = _real_vectors(report, scratch)
    graph = _build(report, f"{len(photos):,} real photos", photos)
    _measure(report, f"{len(photos):,} real photos, by text", graph, photos, texts)
    _measure(report, f"{len(photos):,} real photos, by photo", graph, photos, photos[:: len(photos) // QUERIES])


def _build(report: Report, name: str, vectors: Vectors) -> Graph:
    graph = Graph(vectors.shape[1], capacity=len(vectors))
    build_s = seconds(lambda: graph.add(np.arange(len(vectors), dtype=np.int64), vectors))
    report.add(f"{name}: build", f"{len(vectors) / build_s:,.0f} vectors/s")
    return graph


def _measure(report: Report, name: str, graph: Graph, vectors: Vectors, queries: Vectors) -> None:
    for k in (10, 50):
        found: list[float] = []
        graph_s: list[float] = []
        exact_s: list[float] = []
        for query in queries:
            graph_s.append(seconds(lambda q=query, k=k: graph.search(q, k)))
            exact_s.append(seconds(lambda q=query, k=k: _exact(vectors, q, k)))
            ids, _ = graph.search(query, k)
            found.append(len(np.intersect1d(ids, _exact(vectors, query, k))) / k)
        ours, exact = p50_p95_ms(graph_s)[0], p50_p95_ms(exact_s)[0]
        report.add(f"{name}: p50 of {k} nearest", f"{ours:.2f} ms", against=f"{exact:.2f} ms exact", ratio=exact / ours)
        recall = float(np.mean(found))
        report.add(f"{name}: recall@{k}", f"{recall:.4f}", against="1 exact", ratio=recall, at_least=GOAL)


def _exact(vectors: Vectors, query: Vector, k: int) -> np.ndarray:
    cosines = vectors @ query
    best = np.argpartition(-cosines, k - 1)[:k]
    return best[np.argsort(-cosines[best])]


def _real_vectors(report: Report, scratch: Path) -> tuple[Vectors, Vectors]:
    """Photos and captions of the starter pack, embedded by the starter."""
    import pyarrow.parquet as parquet

    encoder = ModelStore(
        scratch, load_settings(scratch / "settings.toml"), calibration=scratch / "calibration.json"
    ).load("starter")
    pictures: list[bytes] = []
    captions: list[str] = []
    for shard in sorted((SHARED_DATA / "starter-pack").glob("*.parquet")):
        table = parquet.read_table(shard, columns=["image", "captions"])
        step = max(1, len(table) * 8 // REAL_PHOTOS)
        rows = table.take(list(range(0, len(table), step))).to_pylist()
        pictures += [row["image"] for row in rows]
        captions += [row["captions"][0] for row in rows if row["captions"]]
    report.note(f"embedding {len(pictures):,} photos")
    photos = np.concatenate(
        [
            encoder.encode_images([Image.open(io.BytesIO(content)).convert("RGB") for content in pictures[i : i + 256]])
            for i in range(0, len(pictures), 256)
        ]
    )
    return photos, encoder.encode_texts(captions[:QUERIES])
