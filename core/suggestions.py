"""What could be typed at the cursor of the search line: filters, and values that are really in the library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.query.completion import TAG_KEYS, Suggestion, complete
from core.store.albums import AlbumStore
from core.store.folders import FolderStore
from core.store.photos import PhotoStore
from core.store.tags import TagStore

if TYPE_CHECKING:
    from core.store.database import Database


class Suggestions:
    """Safe to use from any thread."""

    def __init__(self, database: Database) -> None:
        self._folders = FolderStore(database)
        self._albums = AlbumStore(database)
        self._photos = PhotoStore(database)
        self._tags = TagStore(database)

    def at(self, text: str, cursor: int) -> list[Suggestion]:
        return complete(text, cursor, self._values)

    def _values(self, key: str) -> Sequence[str]:
        if key == "folder":
            return [folder.path.name for folder in self._folders.all()]
        if key == "album":
            return self._albums.names()
        if key in TAG_KEYS:
            return self._tags.values(None if key == "tag" else key)
        return self._photos.distinct(key)
