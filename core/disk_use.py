"""How much room a library takes on the disk, and what for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from core.paths import LibraryPaths


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Bytes by purpose."""

    knowledge: int  # database and search index: what was learned of the photos
    thumbnails: int
    models: int  # downloaded and imported weights
    other: int

    @property
    def total(self) -> int:
        return self.knowledge + self.thumbnails + self.models + self.other


def disk_use(paths: LibraryPaths) -> DiskUse:
    """Read from the disk. What cannot be read counts nothing."""
    total = _size([paths.home])
    knowledge = _size([*_database_files(paths.database), paths.index])
    thumbnails = _size(_database_files(paths.thumbnails))
    models = _size([paths.models])
    return DiskUse(knowledge, thumbnails, models, other=max(0, total - knowledge - thumbnails - models))


def _database_files(database: Path) -> list[Path]:
    """With what SQLite keeps beside a database in use."""
    return [database.with_name(database.name + suffix) for suffix in ("", "-wal", "-shm")]


def _size(places: Iterable[Path]) -> int:
    """Of files, and of all files in directories. Links count nothing."""
    total = 0
    for place in places:
        files = place.rglob("*") if place.is_dir() else [place]
        for file in files:
            try:
                total += file.stat().st_size if file.is_file() and not file.is_symlink() else 0
            except OSError:  # gone since it was listed
                continue
    return total
