"""Nearest neighbours: exact against numpy, the graph against exact, and graph files that must not be trusted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from core.store import graph as graphs
from core.store import vector_index
from core.store.vector_index import EncoderIndex
from core.types import Vectors

DIM = 24
KEY = "tiny:0123:4567"


def unit_vectors(count: int, seed: int = 0, dim: int = DIM) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def by_scan(ids: np.ndarray, vectors: Vectors, query: np.ndarray, k: int) -> list[int]:
    return ids[np.argsort(-(vectors @ query))[:k]].tolist()


@pytest.fixture
def small_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the graph answer from 100 vectors on, so that tests stay small."""
    monkeypatch.setattr(vector_index, "EXACT_BELOW", 100)
    monkeypatch.setattr(vector_index, "SCAN_PER_BEAM", 0)


class TestMatrix:
    def test_finds_the_same_as_a_scan(self) -> None:
        vectors, query = unit_vectors(500), unit_vectors(1, seed=1)[0]
        ids = np.arange(500) * 3 + 7
        index = EncoderIndex(KEY, DIM)
        index.add(ids, vectors)
        found = index.search(query, 20)
        assert [i for i, _ in found] == by_scan(ids, vectors, query, 20)
        assert found[0][1] == pytest.approx(float((vectors @ query).max()))

    @pytest.mark.parametrize("share", [0.004, 0.1, 0.6, 1.0])
    def test_is_exact_at_any_selectivity(self, share: float) -> None:
        vectors, query = unit_vectors(1000), unit_vectors(1, seed=2)[0]
        ids = np.arange(1, 1001)
        index = EncoderIndex(KEY, DIM)
        index.add(ids, vectors)
        allowed = np.random.default_rng(3).choice(ids, int(1000 * share), replace=False)
        found = [i for i, _ in index.search(query, 10, allowed)]
        assert found == by_scan(allowed, vectors[allowed - 1], query, 10)

    def test_replaces_removes_and_adds_again(self) -> None:
        vectors = unit_vectors(6)
        index = EncoderIndex(KEY, DIM)
        index.add([1, 2, 3, 4], vectors[:4])
        index.add([2], vectors[4:5])
        index.remove([1, 99])
        assert len(index) == 3
        assert index.search(vectors[4], 1) == [(2, pytest.approx(1.0, abs=1e-5))]
        assert {i for i, _ in index.search(vectors[0], 10)} == {2, 3, 4}
        index.add([1], vectors[5:6])
        assert index.search(vectors[5], 1)[0][0] == 1

    def test_answers_when_there_is_nothing(self) -> None:
        index = EncoderIndex(KEY, DIM)
        query = unit_vectors(1)[0]
        assert index.search(query, 5) == []
        index.add([1], unit_vectors(1))
        assert index.search(query, 5, []) == []
        assert index.search(query, 5, [12345]) == []
        assert len(index.search(query, 5)) == 1

    def test_refuses_vectors_of_another_encoder_and_numbers_that_are_none(self) -> None:
        index = EncoderIndex(KEY, DIM)
        with pytest.raises(ModelError):
            index.add([1], unit_vectors(1, dim=DIM + 1))
        with pytest.raises(ModelError):
            index.search(unit_vectors(1, dim=DIM + 1)[0], 1)
        broken = unit_vectors(1)
        broken[0, 0] = np.nan
        with pytest.raises(ModelError):
            index.add([1], broken)
        assert len(index) == 0


@pytest.mark.usefixtures("small_graphs")
class TestGraph:
    def test_finds_nearly_all_that_a_scan_finds(self) -> None:
        index, ids, vectors = filled(2000)
        hits = 0
        for query in unit_vectors(20, seed=5):
            assert graph_of(index) is not None
            hits += len({i for i, _ in index.search(query, 10)} & set(by_scan(ids, vectors, query, 10)))
        assert hits >= 198

    def test_follows_changes_and_the_matrix_answers_until_it_has(self) -> None:
        index, _, vectors = filled(300)
        fresh = unit_vectors(1, seed=9)
        index.add([5000], fresh)
        index.remove([1])
        assert index.search(fresh[0], 1)[0][0] == 5000
        while index.catch_up_graph():
            pass
        assert index.search(fresh[0], 1)[0][0] == 5000
        assert 1 not in {i for i, _ in index.search(vectors[0], 300)}
        index.add([1], vectors[:1])
        while index.catch_up_graph():
            pass
        assert index.search(vectors[0], 1)[0][0] == 1

    def test_asking_for_more_than_there_is_gives_all(self) -> None:
        index, _, vectors = filled(150)
        assert len(index.search(vectors[0], 1000)) == 150

    def test_a_file_brings_the_graph_back(self, tmp_path: Path) -> None:
        path = tmp_path / "a.hnsw"
        index, ids, vectors = filled(200, path)
        index.save_graph()
        loaded = graphs.load(path, KEY, DIM)
        assert loaded is not None
        graph, sequence = loaded
        assert sequence == 1
        assert graph.ids == set(ids.tolist())
        assert graph.search(vectors[3], 1)[0][0] == ids[3]

    def test_a_graph_of_older_vectors_is_brought_up_to_date(self, tmp_path: Path) -> None:
        path = tmp_path / "a.hnsw"
        index, ids, vectors = filled(200, path)
        index.save_graph()
        later = EncoderIndex(KEY, DIM, path)
        changed = unit_vectors(200, seed=77)
        later.add(ids[:150], changed[:150])
        later.sequence = 2
        later.load_graph()
        while later.catch_up_graph():
            pass
        assert later.search(changed[3], 1)[0][0] == ids[3]
        assert ids[199] not in {i for i, _ in later.search(vectors[199], 150)}

    @pytest.mark.parametrize("harm", ["bytes", "truncated", "empty", "no stamp", "torn stamp", "other file"])
    def test_a_file_in_doubt_is_built_anew(self, tmp_path: Path, harm: str) -> None:
        path = tmp_path / "a.hnsw"
        index, _, vectors = filled(200, path)
        index.save_graph()
        content = path.read_bytes()
        stamp = path.with_suffix(".json")
        match harm:
            case "bytes":
                damaged = bytearray(content)
                damaged[len(damaged) // 2 : len(damaged) // 2 + 64] = b"\xff" * 64
                path.write_bytes(damaged)
            case "truncated":
                path.write_bytes(content[: len(content) // 2])
            case "empty":
                path.write_bytes(b"")
            case "no stamp":
                stamp.unlink()
            case "torn stamp":
                stamp.write_text(stamp.read_text()[:20])
            case "other file":
                other, _, _ = filled(210, tmp_path / "b.hnsw", seed=4)
                other.save_graph()
                path.write_bytes((tmp_path / "b.hnsw").read_bytes())
        assert graphs.load(path, KEY, DIM) is None
        again, _, _ = filled(200, path)
        assert again.search(vectors[7], 1)[0][1] == pytest.approx(1.0, abs=1e-5)

    def test_a_file_of_another_encoder_is_never_used(self, tmp_path: Path) -> None:
        path = tmp_path / "a.hnsw"
        index, _, _ = filled(200, path)
        index.save_graph()
        assert graphs.load(path, "other:key", DIM) is None
        assert graphs.load(path, KEY, DIM + 8) is None
        stamp = path.with_suffix(".json")
        stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "dim": DIM + 8}))
        assert graphs.load(path, KEY, DIM) is None

    def test_a_full_disk_while_saving_is_noticed_and_leaves_no_false_file(self, tmp_path: Path) -> None:
        """A real limit on the size of files, in a process of its own: hnswlib itself notices nothing."""
        code = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from tests.core.test_vector_index import filled, graphs, vector_index
vector_index.EXACT_BELOW = 100
path = Path(sys.argv[1])
index, ids, vectors = filled(400, path)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
index.save_graph()
print("stamp", path.with_suffix(".json").exists(), "file", path.exists(), "left", len(list(path.parent.iterdir())))
print("answers", index.search(vectors[3], 1)[0][0] == ids[3])
"""
        finished = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "a.hnsw")],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert "stamp False file False left 0" in finished.stdout
        assert "answers True" in finished.stdout


def filled(count: int, path: Path | None = None, seed: int = 0) -> tuple[EncoderIndex, np.ndarray, Vectors]:
    """An index whose graph is complete."""
    vectors, ids = unit_vectors(count, seed), np.arange(1, count + 1)
    index = EncoderIndex(KEY, DIM, path)
    index.add(ids, vectors)
    index.sequence = 1
    while index.catch_up_graph():
        pass
    return index, ids, vectors


def graph_of(index: EncoderIndex) -> graphs.Graph | None:
    return index._graph
