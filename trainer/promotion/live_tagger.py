"""The tagger that a library uses now: what a new one has to beat."""

from __future__ import annotations

from pathlib import Path

from core.paths import LibraryPaths
from core.store.database import Database
from core.store.taggers import TaggerStore
from core.tags.values import TagSource


def live_checkpoint(home: Path) -> Path | None:
    """The checkpoint of the trained tagger that is live; None where nobody has trained one, or its files are gone.

    Raises:
        LibraryError: the library cannot be opened.
    """
    paths = LibraryPaths(home)
    if not paths.database.is_file():
        return None
    database = Database(paths.database)
    try:
        row = TaggerStore(database).live(TagSource.MODEL)
    finally:
        database.close()
    if row is None or row.directory is None:
        return None
    directory = paths.taggers / row.directory  # an absolute path stays what it is
    return directory if directory.is_dir() else None
