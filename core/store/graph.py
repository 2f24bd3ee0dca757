"""The HNSW graph of one encoder's vectors, and its file: a cache, thrown away whenever it is in doubt.

hnswlib 0.8 trusts what it is given: a file of another dimension loads silently, damaged bytes can end the process, a
full disk goes unnoticed, a search for more than there is raises, NaN is accepted. Each of these is caught here.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import xxhash

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from core.types import Vector, Vectors

log = logging.getLogger(__name__)

M = 16  # links a node; 16 gives recall@10 above 0.99 at 100k x 512 (benchmarks/recall)
EF_CONSTRUCTION = 200
EF_SEARCH = 400  # recall@50 above 0.99 at 100,000. hnswlib falls back to 10 after a load, so every search sets it
EF_PER_RESULT = 4  # a search for many results needs a wider beam than it returns
GROWTH = 1.5
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a graph file must be, written beside it once it is complete."""

    encoder_key: str
    dim: int
    count: int
    sequence: int  # of the vectors it was made from
    size_bytes: int
    checksum: str  # XXH3-128 of the file
    format: int = FORMAT


class Graph:
    """Nearest neighbours by inner product of unit vectors. Not thread safe: its owner holds a lock."""

    def __init__(self, dim: int, *, capacity: int = 1024, index: Any = None) -> None:
        self.dim = dim
        self._index = index or _new_index(dim, capacity)
        self._live: set[int] = set() if index is None else {int(i) for i in cast("Iterable[int]", index.get_ids_list())}

    def __len__(self) -> int:
        return len(self._live)

    @property
    def ids(self) -> frozenset[int]:
        return frozenset(self._live)

    @property
    def worn(self) -> bool:
        """True when so many nodes were deleted that building it anew gives a better graph."""
        return self._index.get_current_count() > 2 * len(self._live) + 1000

    def add(self, ids: NDArray[np.int64], vectors: Vectors) -> None:
        """Add vectors, or replace those of ids that are in already.

        Args:
            ids: (N,)
            vectors: (N, D) finite, unit length.
        """
        if not np.isfinite(vectors).all():
            raise ValueError("vectors must be finite")
        needed = self._index.get_current_count() + len(ids)  # grow first: an overflow raises after a partial insert
        if needed > self._index.get_max_elements():
            self._index.resize_index(int(needed * GROWTH))
        self._index.add_items(vectors, ids)
        self._live.update(ids.tolist())

    def remove(self, ids: Iterable[int]) -> None:
        for photo_id in self._live.intersection(ids):
            self._index.mark_deleted(photo_id)
            self._live.discard(photo_id)

    def search(self, vector: Vector, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids and cosines of the k nearest, best first."""
        k = min(k, len(self))
        if k == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        self._index.set_ef(beam(k))
        labels, distances = self._index.knn_query(vector[None], k=k)
        return labels[0].astype(np.int64), (1.0 - distances[0]).astype(np.float32)

    def save(self, path: Path, encoder_key: str, sequence: int) -> None:
        """Write the file and its stamp, both whole or not at all.

        Raises:
            OSError: the disk is full, or does not take the file.
        """
        stamp_path = _stamp_path(path)
        stamp_path.unlink(missing_ok=True)  # from here until the end there is no valid graph on disk
        temporary = path.with_suffix(".tmp")
        try:
            self._index.save_index(str(temporary))
            expected = self._index.index_file_size()
            if temporary.stat().st_size != expected:
                raise OSError(f"{temporary} has {temporary.stat().st_size} bytes instead of {expected}: disk full?")
            _sync(temporary)
            stamp = Stamp(encoder_key, self.dim, len(self), sequence, expected, _checksum(temporary))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        temporary_stamp = stamp_path.with_suffix(".json.tmp")
        temporary_stamp.write_text(json.dumps(asdict(stamp)), encoding="utf-8")
        _sync(temporary_stamp)
        temporary_stamp.replace(stamp_path)


def beam(k: int) -> int:
    """How many nodes a search for k results keeps in view (hnswlib's ef)."""
    return max(EF_SEARCH, EF_PER_RESULT * k)


def load(path: Path, encoder_key: str, dim: int) -> tuple[Graph, int] | None:
    """The graph of a file and the sequence it was made at; None if it is absent or in any way in doubt."""
    stamp = _read_stamp(path)
    if stamp is None or (stamp.format, stamp.encoder_key, stamp.dim) != (FORMAT, encoder_key, dim):
        return None
    try:
        if path.stat().st_size != stamp.size_bytes or _checksum(path) != stamp.checksum:
            log.warning("%s does not match its stamp and is built anew", path.name)
            return None
        index = _untrained(dim)
        index.load_index(str(path))
    except (OSError, RuntimeError) as error:
        log.warning("%s cannot be loaded and is built anew: %s", path.name, error)
        return None
    graph = Graph(dim, index=index)
    return graph, stamp.sequence


def _untrained(dim: int) -> Any:
    import hnswlib  # a compiled module that the first paint of the window need not wait for

    return hnswlib.Index(space="ip", dim=dim)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _new_index(dim: int, capacity: int) -> Any:
    index = _untrained(dim)
    # allow_replace_deleted must stay off: with it on, a deleted label that comes back raises.
    index.init_index(max_elements=max(capacity, 1), M=M, ef_construction=EF_CONSTRUCTION, allow_replace_deleted=False)
    return index


def _stamp_path(path: Path) -> Path:
    return path.with_suffix(".json")


def _read_stamp(path: Path) -> Stamp | None:
    try:
        return Stamp(**json.loads(_stamp_path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _checksum(path: Path) -> str:
    digest = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
