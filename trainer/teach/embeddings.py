"""Vectors of photos that are in no library, kept between runs: one file for each encoder, keyed by content.

A cache only: a damaged file is like an absent one, and a disk that does not take it is no error.
"""

from __future__ import annotations

import hashlib
import logging
import os
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from core.types import Vectors

log = logging.getLogger(__name__)

# 200,000 vectors of 384 numbers are 150 MB in float16: what was added first goes first.
MOST = 200_000
_STORED = np.float16  # as in the library


def cache_of(home: Path) -> Path:
    """The directory of the cache that belongs to a library."""
    return home / "cache" / "vectors"


class EmbeddingCache:
    """Vectors of one encoder, by content hash."""

    def __init__(self, directory: Path, encoder_key: str, dim: int, *, most: int = MOST) -> None:
        self._file = directory / f"{hashlib.sha256(encoder_key.encode()).hexdigest()[:16]}.npz"
        self._dim = dim
        self._most = most
        self._known = self._read()
        self._changed = False

    def __contains__(self, content_hash: str) -> bool:
        return content_hash in self._known

    def add(self, hashes: Sequence[str], vectors: Vectors) -> None:
        """(N,) and (N, D)."""
        self._known.update(zip(hashes, vectors.astype(_STORED), strict=True))
        self._changed = self._changed or bool(hashes)

    def vectors(self, hashes: Sequence[str]) -> Vectors:
        """(N, D), of photos that are in it."""
        found = [self._known[each] for each in hashes]
        return np.stack(found).astype(np.float32) if found else np.empty((0, self._dim), np.float32)

    def save(self) -> None:
        if not self._changed:
            return
        kept = list(self._known.items())[-self._most :]
        temporary = self._file.with_name(f"{self._file.stem}.{os.getpid()}.tmp.npz")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            hashes = np.array([name for name, _ in kept])
            np.savez(temporary, hashes=hashes, vectors=np.stack([vector for _, vector in kept]))
            temporary.replace(self._file)
        except OSError as error:
            log.info("Vectors are not kept for the next run: %s", error)
            with suppress(OSError):
                temporary.unlink()

    def _read(self) -> dict[str, np.ndarray]:
        try:
            # Opened here: numpy leaves a file open that turns out to be damaged.
            with self._file.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                hashes, vectors = kept["hashes"], kept["vectors"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return {}
        if vectors.shape != (len(hashes), self._dim) or vectors.dtype != _STORED:
            return {}
        return dict(zip(hashes.tolist(), vectors, strict=True))
