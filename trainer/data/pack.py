"""One file of many photos' pixels, and the index that says where each one lies. Knows no decoder.

Pixels are only ever appended, and the index is replaced as a whole after them: what a crash leaves behind the last
index counts as not there. Each photo has a checksum, and one that does not fit counts as not there either.
"""

from __future__ import annotations

import logging
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash

from core.models.disk import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

log = logging.getLogger(__name__)

FORMAT = 1
_ENTRY = np.dtype([("hash", "S32"), ("offset", "<i8"), ("height", "<i4"), ("width", "<i4"), ("checksum", "<u8")])


@dataclass(frozen=True, slots=True)
class Entry:
    offset: int  # in bytes
    height: int
    width: int
    checksum: int

    @property
    def size_bytes(self) -> int:
        return 3 * self.height * self.width


class Pack:
    """A directory with `pixels.bin` and `index.npy`. One process writes at a time; the caller sees to that."""

    def __init__(self, folder: Path) -> None:
        """Read the index; a damaged one counts as empty."""
        self._pixels = folder / "pixels.bin"
        self._index = folder / "index.npy"
        self.entries: dict[str, Entry] = {}
        self._mapped: NDArray[np.uint8] | None = None
        self._end = 0  # of what the index knows
        self._load()

    @property
    def size_bytes(self) -> int:
        return self._end

    def _load(self) -> None:
        try:
            with self._index.open("rb") as file:
                table = np.load(file, allow_pickle=False)
            if table.dtype != _ENTRY or table.ndim != 1:
                raise ValueError("it is of another version")
            length = self._pixels.stat().st_size
        except FileNotFoundError:
            table, length = np.empty(0, _ENTRY), 0
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            log.warning("The cache of photos in %s is made anew: %s", self._index.parent, error)
            self.clear()  # a new file: another training may still read the old one
            table, length = np.empty(0, _ENTRY), 0
        rows: Any = table.tolist()
        for hash_, offset, height, width, checksum in rows:
            entry = Entry(offset, height, width, checksum)
            if height > 0 and width > 0 and offset >= 0 and offset + entry.size_bytes <= length:
                self.entries[hash_.decode("ascii", "replace")] = entry
        self._end = max((entry.offset + entry.size_bytes for entry in self.entries.values()), default=0)

    def drop_damaged(self, hashes: list[str]) -> int:
        """Forget those of some photos whose pixels are not what was written; returns how many."""
        self.map()
        known = [hash_ for hash_ in dict.fromkeys(hashes) if hash_ in self.entries]
        damaged = [hash_ for hash_ in known if _checksum(self.planes(hash_)) != self.entries[hash_].checksum]
        for hash_ in damaged:
            del self.entries[hash_]
        return len(damaged)

    def append(self, photos: dict[str, NDArray[np.uint8]]) -> None:
        """Add (3, H, W) pixels by hash. They are there for good after `save`.

        Raises:
            OSError: the disk does not take them; nothing of these was added.
        """
        added: dict[str, Entry] = {}
        offset = self._end
        with self._pixels.open("r+b" if self._pixels.exists() else "w+b") as file:
            file.seek(offset)
            for hash_, planes in photos.items():
                file.write(planes.data)
                added[hash_] = Entry(offset, planes.shape[1], planes.shape[2], _checksum(planes))
                offset += planes.nbytes
        self.entries.update(added)
        self._end = offset

    def save(self) -> None:
        """Replace the index.

        Raises:
            OSError: the disk does not take it; the one before stays.
        """
        rows = [
            (hash_.encode("ascii"), each.offset, each.height, each.width, each.checksum)
            for hash_, each in self.entries.items()
        ]
        table = np.array(rows, _ENTRY)

        def write(part: Path) -> None:
            with part.open("wb") as file:
                np.save(file, table, allow_pickle=False)

        write_whole(self._index, write)

    def map(self) -> None:
        """Map what lies in the file by now into memory."""
        empty = np.empty(0, np.uint8)
        self._mapped = np.memmap(self._pixels, np.uint8, "r") if self._end else empty

    def planes(self, hash_: str) -> NDArray[np.uint8]:
        """(3, H, W), read from the file as it is used. After `map`."""
        entry = self.entries[hash_]
        if self._mapped is None:
            self.map()
        assert self._mapped is not None
        pixels = self._mapped[entry.offset : entry.offset + entry.size_bytes]
        return np.asarray(pixels).reshape(3, entry.height, entry.width)

    def clear(self) -> None:
        """Delete all of it. Where the system holds a file that is in use, it stays, and is written over."""
        self._mapped = None
        self.entries.clear()
        self._end = 0
        for path in (self._index, self._pixels):
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _checksum(planes: NDArray[np.uint8]) -> int:
    return xxhash.xxh3_64_intdigest(np.ascontiguousarray(planes).data)
