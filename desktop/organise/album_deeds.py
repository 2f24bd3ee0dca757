"""The deeds that change albums: make, rename, save another search, delete, put photos in and take them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from desktop.organise.undo import Outcome, Tell
from desktop.organise.wording import are, photos, quoted

if TYPE_CHECKING:
    from core.library import Library
    from core.types import Album, AlbumContents, PhotoId


@dataclass
class MakeAlbum:
    """With photos, or with a search that makes it a smart one."""

    library: Library
    name: str
    ids: Sequence[PhotoId] = ()
    query: str | None = None
    _album: Album | None = field(default=None, init=False)
    _before: AlbumContents | None = field(default=None, init=False)

    @property
    def text(self) -> str:
        return f"make the album {quoted(self.name)}"

    def do(self, tell: Tell) -> Outcome:
        if self._before is not None:  # done again: deeds that came after the first time know the album by its id
            self._album = self.library.albums.restore(self._before)
        else:
            self._album = self.library.albums.create(self.name, self.ids, query=self.query)
        self.name = self._album.name
        what = f"Album {quoted(self.name)} made"
        return Outcome(f"{what} of {photos(len(self.ids))}" if self.ids else what)

    def undo(self, tell: Tell) -> Outcome:
        assert self._album is not None
        self._before = self.library.albums.delete(self._album.id)
        return Outcome(f"Album {quoted(self.name)} is gone again, its photos stay")


@dataclass
class DeleteAlbum:
    library: Library
    album: Album
    _before: AlbumContents | None = field(default=None, init=False)

    @property
    def text(self) -> str:
        return f"delete the album {quoted(self.album.name)}"

    def do(self, tell: Tell) -> Outcome:
        self._before = self.library.albums.delete(self.album.id)
        stay = "" if self.album.query is not None else ", its photos stay"
        return Outcome(f"Album {quoted(self.album.name)} deleted{stay}")

    def undo(self, tell: Tell) -> Outcome:
        assert self._before is not None
        self.library.albums.restore(self._before)
        return Outcome(f"Album {quoted(self.album.name)} is back")


@dataclass
class ChangeAlbum:
    """Another name, another search for a smart album, or both."""

    library: Library
    album: Album  # as it was
    name: str
    query: str | None = None  # None: as it was

    @property
    def text(self) -> str:
        if self.name != self.album.name:
            return f"rename {quoted(self.album.name)} to {quoted(self.name)}"
        return f"change the search of {quoted(self.album.name)}"

    def do(self, tell: Tell) -> Outcome:
        return self._become(self.name, self.query)

    def undo(self, tell: Tell) -> Outcome:
        return self._become(self.album.name, self.album.query if self.query is not None else None)

    def _become(self, name: str, query: str | None) -> Outcome:
        if self.name != self.album.name:
            self.library.albums.rename(self.album.id, name)
        if query is not None:
            self.library.albums.change_query(self.album.id, query)
        return Outcome()  # the new name stands where the old one stood


@dataclass
class AddToAlbum:
    library: Library
    album: Album
    ids: Sequence[PhotoId]
    _added: list[PhotoId] = field(default_factory=list, init=False)

    @property
    def text(self) -> str:
        return f"add {photos(len(self.ids))} to {quoted(self.album.name)}"

    def do(self, tell: Tell) -> Outcome:
        self._added = self.library.albums.add(self.album.id, self.ids)
        if not self._added:
            it_is = "It is" if len(self.ids) == 1 else "They are"
            return Outcome(f"{it_is} in {quoted(self.album.name)} already", changed=0)
        return Outcome(f"{photos(len(self._added))} added to {quoted(self.album.name)}", changed=len(self._added))

    def undo(self, tell: Tell) -> Outcome:
        self.library.albums.remove(self.album.id, self._added)
        return Outcome(f"{photos(len(self._added))} taken out of {quoted(self.album.name)} again")


@dataclass
class RemoveFromAlbum:
    """The photos themselves stay."""

    library: Library
    album: Album
    ids: Sequence[PhotoId]
    _before: AlbumContents | None = field(default=None, init=False)
    _removed: int = field(default=0, init=False)  # photos

    @property
    def text(self) -> str:
        return f"remove {photos(len(self.ids))} from {quoted(self.album.name)}"

    def do(self, tell: Tell) -> Outcome:
        self._before = self.library.albums.remove(self.album.id, self.ids)
        self._removed = len(set(self._before.photo_ids).intersection(self.ids))
        return Outcome(f"{photos(self._removed)} removed from {quoted(self.album.name)}", changed=self._removed)

    def undo(self, tell: Tell) -> Outcome:
        assert self._before is not None
        self.library.albums.restore(self._before)
        some = self._removed
        return Outcome(f"{photos(some)} {are(some)} in {quoted(self.album.name)} again")
