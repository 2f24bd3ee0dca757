"""Albums as the user knows them: photos put together by hand, and searches that are saved under a name."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import AlbumError, QueryError
from core.events import AlbumsChanged, EventBus
from core.query.filters import fold
from core.query.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.store.albums import AlbumStore
    from core.types import Album, AlbumContents, PhotoId

LONGEST_NAME = 100  # characters: more than a sidebar shows, and a filter of it stays readable


class Albums:
    """Safe to use from any thread. Every method may wait for the disk."""

    def __init__(self, store: AlbumStore, bus: EventBus) -> None:
        self._store = store
        self._bus = bus
        self._seen = store.sequence()

    def all(self) -> list[Album]:
        """By name. `count` and `cover` leave out hidden photos, those that are gone, and those of unplugged drives."""
        return self._store.all()

    def photo_ids(self, album_id: int) -> list[PhotoId]:
        """The visible photos in the order in which they were put in; none for a smart album: search its `query`.

        Raises:
            AlbumError: there is no such album.
        """
        return self._store.photo_ids(album_id)

    def holding(self, photo_id: PhotoId) -> list[str]:
        """Names of the albums into which a photo was put, by name."""
        return self._store.holding(photo_id)

    def create(self, name: str, ids: Iterable[PhotoId] = (), *, query: str | None = None) -> Album:
        """Make an album of these photos, or a smart one of a search.

        Args:
            query: A search; kept in its canonical text.

        Raises:
            AlbumError: the name is empty, too long or taken, or the search is empty.
            QueryError: the search cannot be understood.
        """
        photos = tuple(ids)
        if query is not None and photos:
            raise ValueError("a smart album finds its photos by itself")
        album_id = self._store.create(_sound_name(name), None if query is None else _saved(query), photos)
        self._tell()
        return self._store.get(album_id)

    def rename(self, album_id: int, name: str) -> Album:
        """Give an album another name; saved searches that ask for the album by its name follow.

        Raises:
            AlbumError: the name is empty, too long or taken, or there is no such album.
        """
        new = _sound_name(name)
        self._store.rename(album_id, new, lambda query, old: _renamed(query, old, new))
        self._tell()
        return self._store.get(album_id)

    def change_query(self, album_id: int, query: str) -> Album:
        """Save another search under the name of a smart album.

        Raises:
            AlbumError: the search is empty, or there is no such smart album.
            QueryError: the search cannot be understood.
        """
        self._store.change_query(album_id, _saved(query))
        self._tell()
        return self._store.get(album_id)

    def delete(self, album_id: int) -> AlbumContents:
        """Delete an album; its photos stay. Returns what `restore` needs to undo it.

        Raises:
            AlbumError: there is no such album.
        """
        contents = self._store.delete(album_id)
        self._tell()
        return contents

    def restore(self, contents: AlbumContents) -> Album:
        """Undo `delete` or `remove`: the album has its id, its photos and their order again.

        Raises:
            AlbumError: another album has its name meanwhile.
        """
        self._store.restore(contents)
        self._tell()
        return self._store.get(contents.album.id)

    def add(self, album_id: int, ids: Iterable[PhotoId]) -> list[PhotoId]:
        """Put photos into an album, behind those that it holds. Returns those that it did not hold yet.

        Raises:
            AlbumError: there is no such album, or it is a smart one.
        """
        added = self._store.add(album_id, ids)
        if added:
            self._tell()
        return added

    def remove(self, album_id: int, ids: Iterable[PhotoId]) -> AlbumContents:
        """Take photos out of an album. Returns what `restore` needs to undo it.

        Raises:
            AlbumError: there is no such album.
        """
        contents = self._store.remove(album_id, ids)
        self._tell()
        return contents

    def follow(self) -> None:
        """Tell of what another process has changed since the last time."""
        if self._store.sequence() != self._seen:
            self._tell()

    def _tell(self) -> None:
        self._seen = self._store.sequence()
        self._bus.publish(AlbumsChanged())


def _sound_name(text: str) -> str:
    """Without blanks around it, line breaks, and what no screen shows and no database keeps."""
    visible = "".join(char for char in " ".join(text.split()) if unicodedata.category(char) not in ("Cc", "Cs"))
    name = unicodedata.normalize("NFC", visible).strip()
    if not name:
        raise AlbumError("An album needs a name.", remedy="Type one.")
    if len(name) > LONGEST_NAME:
        raise AlbumError(
            f"The name has {len(name)} characters; {LONGEST_NAME} are allowed.", remedy="Choose a shorter one."
        )
    return name


def _saved(text: str) -> str:
    query = parse(text)
    if query.is_empty:
        raise AlbumError("A smart album needs a search.", remedy="Search for something, then save that.")
    return str(query)


def _renamed(text: str, old: str, new: str) -> str:
    """A saved search that asks for the album by its new name where it asked by the old one."""
    try:
        query = parse(text)
    except QueryError:  # of a newer Recollect
        return text
    for each in query.filters:
        if each.key == "album" and fold(each.value) == fold(old):
            query = query.replacing(each, replace(each, value=new))
    return str(query)
