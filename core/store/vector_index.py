"""Nearest neighbours among the vectors of one encoder, in memory.

A matrix holds every vector and answers exactly; above `EXACT_BELOW` photos an HNSW graph answers unfiltered queries
faster. The matrix comes from SQLite, which is the truth; the graph follows it and may lag: until it has caught up,
the matrix answers.
"""

from __future__ import annotations

import logging
import threading
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ModelError
from core.store import graph as graphs
from core.types import PhotoId, Vector, Vectors

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.store.vectors import VectorStore

log = logging.getLogger(__name__)

EXACT_BELOW = 20_000  # up to here a scan of the matrix takes under a millisecond and finds everything
SCAN_PER_BEAM = 50  # so many vectors are multiplied in the time in which the graph visits one node of its beam
GRAPH_CHUNK = 500  # vectors that enter the graph at a time: about half a second, in which the matrix answers


class EncoderIndex:
    """The index of one encoder. Vectors of another encoder are refused. Safe to use from any thread.

    Memory: 4 bytes x D for each photo, and about as much again for the graph where there is one.
    """

    def __init__(self, encoder_key: str, dim: int, graph_path: Path | None = None) -> None:
        self.encoder_key = encoder_key
        self.dim = dim
        self.sequence = 0  # of the stored vectors that are in the matrix
        self._graph_path = graph_path
        self._lock = threading.RLock()  # of the matrix: held for milliseconds
        self._ids: NDArray[np.int64] = np.empty(0, np.int64)  # (capacity,), the first _count are in use
        self._matrix: Vectors = np.empty((0, dim), np.float32)  # (capacity, D)
        self._rows: NDArray[np.int64] = np.empty(0, np.int64)  # row of each id, -1 where there is none
        self._count = 0
        self._graph_lock = threading.Lock()  # of the graph: held while a chunk enters; searches do not wait for it
        self._graph: graphs.Graph | None = None
        self._graph_stale: set[int] = set()  # ids whose vectors the graph does not have yet
        self._graph_saved_at = 0

    def __len__(self) -> int:
        return self._count

    def ids(self) -> NDArray[np.int64]:
        """(N,) in no particular order."""
        with self._lock:
            return self._ids[: self._count].copy()

    def vectors(self, ids: Sequence[PhotoId] | NDArray[np.int64]) -> Vectors:
        """(M, D) vectors of those ids that are in, M <= len(ids)."""
        with self._lock:
            return self._matrix[self._rows_of(np.asarray(ids, np.int64))]

    def vectors_of(self, ids: Sequence[PhotoId]) -> tuple[list[PhotoId], Vectors]:
        """Those ids that are in, and their vectors, (M, D), in the order asked for."""
        with self._lock:
            present = [photo_id for photo_id in ids if self._row(photo_id) >= 0]
            return present, self._matrix[self._rows_of(np.asarray(present, np.int64))]

    def sample(self, most: int) -> Vectors:
        """(M, D) of up to `most` photos, spread evenly: the same ones as long as the library does not change."""
        with self._lock:
            step = max(1, self._count // max(most, 1))
            return self._matrix[: self._count : step][:most].copy()

    def add(self, ids: Sequence[PhotoId] | NDArray[np.int64], vectors: Vectors) -> None:
        """Add vectors, or replace those of ids that are in already.

        Args:
            vectors: (len(ids), D) finite, unit length.

        Raises:
            ModelError: they have another dimension, or are not finite.
        """
        labels = np.asarray(ids, np.int64)
        if vectors.shape != (len(labels), self.dim):
            raise ModelError(f"Vectors of shape {vectors.shape} do not fit an index of {self.dim} numbers each.")
        if not np.isfinite(vectors).all():
            raise ModelError("The model made vectors that are not finite.", remedy="Import the model again.")
        if not len(labels):
            return
        with self._lock:
            self._make_room(labels)
            fresh = np.unique(labels[self._rows[labels] < 0])
            self._rows[fresh] = np.arange(self._count, self._count + len(fresh))
            self._ids[self._count : self._count + len(fresh)] = fresh
            self._count += len(fresh)
            self._matrix[self._rows[labels]] = vectors
            self._graph_stale.update(labels.tolist())

    def remove(self, ids: Collection[PhotoId]) -> None:
        """Ids that are not in are ignored."""
        with self._lock:
            for photo_id in ids:
                row = self._row(photo_id)
                if row < 0:
                    continue
                last = self._count - 1
                self._matrix[row], self._ids[row] = self._matrix[last], self._ids[last]
                self._rows[self._ids[row]] = row
                self._rows[photo_id] = -1
                self._count = last
                self._graph_stale.add(photo_id)

    def search(
        self, vector: Vector, k: int, allowed: Collection[PhotoId] | NDArray[np.int64] | None = None
    ) -> list[tuple[PhotoId, float]]:
        """The k nearest photos and their cosines, best first.

        Args:
            vector: (D,) unit length.
            allowed: Only these; the answer is exact then, however few or many they are.
        """
        if vector.shape != (self.dim,):
            raise ModelError(f"A query of shape {vector.shape} does not fit an index of {self.dim} numbers each.")
        graph_pays = allowed is None and len(self) >= max(EXACT_BELOW, SCAN_PER_BEAM * graphs.beam(k))
        found = self._search_graph(vector, k) if graph_pays else None
        ids, cosines = found if found is not None else self._search_matrix(vector, k, allowed)
        return [(PhotoId(i), c) for i, c in zip(ids.tolist(), cosines.tolist(), strict=True)]

    def refresh(self, store: VectorStore, encoder_id: int, *, removals: bool = True) -> bool:
        """Take over what was stored since the last time, by this process or another.

        Args:
            removals: Look for vectors that are no longer stored too, which costs some ms at 100,000 photos.

        Returns:
            Whether there was anything.
        """
        changed = store.changed_since(encoder_id, self.dim, self.sequence)
        self.add(changed.ids, changed.vectors)
        self.sequence = changed.sequence
        gone = removals and store.count(encoder_id) != len(self)
        if gone:
            self.remove(np.setdiff1d(self.ids(), store.ids(encoder_id)).tolist())
        return gone or len(changed.ids) > 0

    def _search_matrix(
        self, vector: Vector, k: int, allowed: Collection[PhotoId] | NDArray[np.int64] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        with self._lock:
            if allowed is None:
                ids, cosines = self._ids[: self._count], self._matrix[: self._count] @ vector
            else:
                labels = np.asarray(allowed if isinstance(allowed, np.ndarray) else list(allowed), np.int64)
                rows = self._rows_of(labels)
                # Gathering rows costs more than multiplying them: past a third it is cheaper to multiply all.
                many = 3 * len(rows) > self._count
                cosines = (self._matrix[: self._count] @ vector)[rows] if many else self._matrix[rows] @ vector
                ids = self._ids[rows]
            k = min(k, len(cosines))
            if k == 0:
                return np.empty(0, np.int64), np.empty(0, np.float32)
            best = np.argpartition(-cosines, k - 1)[:k]
            best = best[np.argsort(-cosines[best], kind="stable")]
            return ids[best].copy(), cosines[best]

    def _search_graph(self, vector: Vector, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
        if self._graph is None or self._graph_stale or not self._graph_lock.acquire(blocking=False):
            return None
        try:
            return self._graph.search(vector, k)
        except RuntimeError as error:  # fewer reachable nodes than asked for
            log.warning("The graph could not answer, the matrix does: %s", error)
            return None
        finally:
            self._graph_lock.release()

    # The graph follows the matrix

    def load_graph(self) -> None:
        """Take the graph from disk if it is there and beyond doubt. `catch_up_graph` then brings it up to date."""
        if self._graph_path is None or self._count < EXACT_BELOW:
            return
        loaded = graphs.load(self._graph_path, self.encoder_key, self.dim)
        if loaded is None:
            return
        graph, sequence = loaded
        with self._graph_lock, self._lock:
            current = set(self._ids[: self._count].tolist())
            self._graph = graph
            # A graph of the same sequence has the same vectors. After any other, every vector could have changed.
            self._graph_stale = current ^ graph.ids if sequence == self.sequence else current | graph.ids
            self._graph_saved_at = sequence

    def catch_up_graph(self) -> bool:
        """Bring one chunk of changes into the graph. Returns whether there is more to do."""
        if self._count < EXACT_BELOW:
            return False
        with self._graph_lock:
            if self._graph is None or self._graph.worn:
                with self._lock:
                    self._graph = graphs.Graph(self.dim, capacity=int(self._count * graphs.GROWTH))
                    self._graph_stale = set(self._ids[: self._count].tolist())
            with self._lock:
                chunk = set(islice(self._graph_stale, GRAPH_CHUNK))
                present = [photo_id for photo_id in chunk if self._row(photo_id) >= 0]
                vectors = self._matrix[self._rows[present]] if present else None
                self._graph_stale -= chunk
            self._graph.remove(chunk.difference(present))
            if vectors is not None:
                self._graph.add(np.array(present, np.int64), vectors)
        return bool(self._graph_stale)

    def save_graph(self) -> None:
        """Write the graph if it is complete and newer than its file. A disk that does not take it is no harm."""
        with self._graph_lock:
            if self._graph is None or self._graph_path is None or self._graph_stale:
                return
            if self._graph_saved_at == self.sequence:
                return
            try:
                self._graph.save(self._graph_path, self.encoder_key, self.sequence)
                self._graph_saved_at = self.sequence
            except (OSError, RuntimeError) as error:
                log.warning("The search index was not saved and will be built anew: %s", error)

    def _row(self, photo_id: int) -> int:
        return int(self._rows[photo_id]) if 0 <= photo_id < len(self._rows) else -1

    def _rows_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        ids = ids[(ids >= 0) & (ids < len(self._rows))]
        rows = self._rows[ids]
        return rows[rows >= 0]

    def _make_room(self, ids: NDArray[np.int64]) -> None:
        highest = int(ids.max())
        if highest >= len(self._rows):
            grown = np.full(max(highest + 1, int(len(self._rows) * graphs.GROWTH)), -1, np.int64)
            grown[: len(self._rows)] = self._rows
            self._rows = grown
        needed = self._count + len(ids)
        if needed > len(self._ids):
            capacity = max(needed, int(len(self._ids) * graphs.GROWTH))
            matrix = np.empty((capacity, self.dim), np.float32)
            matrix[: self._count] = self._matrix[: self._count]
            self._matrix, self._ids = matrix, np.concatenate([self._ids, np.zeros(capacity - len(self._ids), np.int64)])
