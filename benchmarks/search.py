"""Text queries on libraries of 1,000 to 100,000 photos, as the window asks them, against an exact scan with numpy."""

from __future__ import annotations

from contextlib import closing
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.clusters import clustered_vectors
from benchmarks.filled_library import CAMERAS, fill, model_store
from benchmarks.timing import p50_p95_ms, seconds
from core.library import Library

if TYPE_CHECKING:
    from benchmarks.report import Report
    from core.models.clip import ClipEncoder
    from core.types import Vector, Vectors

SIZES = (1_000, 10_000, 100_000)
LIMIT = 100  # about two screens of hits
QUERIES = [
    f"{what} {where}"
    for what, where in product(
        ("a red car", "two dogs", "an old man", "a birthday cake", "a sailing boat", "a white cat", "children"),
        ("on the beach", "in the snow", "at night", "in a garden", "on a street", "by the window"),
    )
]


def run(report: Report, scratch: Path) -> None:
    encoder = model_store(scratch / "models").load("starter")
    first = p50_p95_ms([seconds(lambda q=query: encoder.encode_texts([q])) for query in QUERIES])
    report.add("encode a text that was not seen before", f"{first[0]:.1f} / {first[1]:.1f} ms")
    for size in SIZES:
        vectors = clustered_vectors(size, encoder.dim)
        home = scratch / f"{size} photos"
        report.note(f"filling a library with {size:,} photos")
        fill(home, encoder, vectors)
        _measure(report, home, encoder, vectors)


def _measure(report: Report, home: Path, encoder: ClipEncoder, vectors: Vectors) -> None:
    size = len(vectors)
    opened_s = seconds(lambda: Library.open(home, encoder=encoder).close())
    report.add(f"{size:,}: open the library", f"{opened_s * 1000:.0f} ms")
    with closing(Library.open(home, encoder=encoder)) as library:
        for query in QUERIES:  # texts are in memory from here on: what is measured is the search
            library.search(query, limit=LIMIT)
        _compare(report, f"{size:,}: no filter", library, encoder, vectors, "")
        for camera, share in CAMERAS.items():
            rows = np.arange(size)[_rows_of(camera, size)]
            if len(rows):
                _compare(
                    report, f"{size:,}: filter, {share:.1%} of the photos", library, encoder, vectors[rows],
                    f' camera:"{camera}"',
                )  # fmt: skip


def _compare(
    report: Report, name: str, library: Library, encoder: ClipEncoder, vectors: Vectors, condition: str
) -> None:
    """Our whole way from the text to hits with paths and strengths, against nothing but the arithmetic."""
    ours: list[float] = []
    exact: list[float] = []
    for query in QUERIES * 3:
        vector = encoder.encode_texts([query])[0]
        result_s = seconds(lambda q=query: library.search(q + condition, limit=LIMIT))
        ours.append(result_s)
        exact.append(seconds(lambda v=vector: _scan(vectors, v)))
    (p50, p95), (exact_p50, exact_p95) = p50_p95_ms(ours), p50_p95_ms(exact)
    report.add(
        name, f"{p50:.1f} / {p95:.1f} ms", against=f"{exact_p50:.2f} / {exact_p95:.2f} ms scan", ratio=p50 / exact_p50
    )


def _scan(vectors: Vectors, query: Vector) -> np.ndarray:
    cosines = vectors @ query
    k = min(LIMIT, len(cosines))
    best = np.argpartition(-cosines, k - 1)[:k]
    return best[np.argsort(-cosines[best])]


def _rows_of(camera: str, size: int) -> np.ndarray:
    """Which vectors belong to a camera, as `filled_library` deals them out."""
    places = np.arange(size) % 1000 / 1000
    starts = np.cumsum([0.0, *CAMERAS.values()])
    index = list(CAMERAS).index(camera)
    return (places >= starts[index] - 1e-9) & (places < starts[index + 1] - 1e-9)
