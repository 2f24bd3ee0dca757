"""How much room a library takes on the disk, and what for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.paths import LibraryPaths


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Bytes by purpose."""

    knowledge: int  # database and search index: what was learned of the photos
    thumbnails: int
    models: int  # downloaded and imported weights
    training: int  # taggers, runs, searches for values, and photos prepared for training
    other: int

    @property
    def total(self) -> int:
        return self.knowledge + self.thumbnails + self.models + self.training + self.other


def disk_use(paths: LibraryPaths) -> DiskUse:
    """Read from the disk. What cannot be read counts nothing."""
    total = _size([paths.home])
    knowledge = _size([*_database_files(paths.database), paths.index])
    thumbnails = _size(_database_files(paths.thumbnails))
    models = _size([paths.models])
    training = _size([paths.taggers, paths.runs, paths.tuning, paths.training_cache])
    other = max(0, total - knowledge - thumbnails - models - training)
    return DiskUse(knowledge, thumbnails, models, training, other)


def _database_files(database: Path) -> list[Path]:
    """With what SQLite keeps beside a database in use."""
    return [database.with_name(database.name + suffix) for suffix in ("", "-wal", "-shm")]


def _size(places: Iterable[Path]) -> int:
    """Of files, and of all files in directories. Links count nothing."""
    total = 0
    for place in places:
        for file in _files_below(place) if place.is_dir() else [place]:
            try:
                total += file.stat().st_size if file.is_file() and not file.is_symlink() else 0
            except OSError:  # gone since it was listed
                continue
    return total


def _files_below(directory: Path) -> Iterator[Path]:
    """Passes over directories that cannot be listed, or go meanwhile, as that of a download does at its end."""
    for parent, _, names in os.walk(directory):
        yield from (Path(parent, name) for name in names)
