"""The albums as the window knows them: their list, kept up to date, and everything that the user does with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from core.errors import RecollectError
from core.query import Filter, Query
from core.query.filters import fold
from desktop.organise.album_deeds import AddToAlbum, ChangeAlbum, DeleteAlbum, MakeAlbum, RemoveFromAlbum
from desktop.organise.album_dialogs import AlbumDialog
from desktop.organise.undo import Deed, Outcome
from desktop.organise.wording import photos

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from core.library import Library
    from core.types import Album, PhotoId
    from desktop.bridge import Bridge
    from desktop.organise.undo import UndoStack
    from desktop.tasks import Tasks

READ_MS = 1_000  # counts follow the photos at most once a second


class AlbumList(QObject):
    """Menus and the sidebar read `known`; the database is read in the background."""

    changed = Signal()

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, undo: UndoStack, window: QWidget) -> None:
        super().__init__(window)
        self._library, self._tasks, self._undo, self._window = library, tasks, undo, window
        self.known: tuple[Album, ...] = ()
        """By name."""
        self._timer = QTimer(self, singleShot=True, interval=READ_MS)
        self._timer.timeout.connect(self.refresh)
        bridge.albums_changed.connect(self.refresh)
        bridge.photos_changed.connect(self._refresh_soon)
        bridge.folders_changed.connect(self._refresh_soon)
        self.refresh()

    @property
    def by_hand(self) -> list[Album]:
        """Those that photos can be put into."""
        return [album for album in self.known if album.query is None]

    def shown_by(self, query: Query) -> Album | None:
        """The album that a query shows, whatever else it asks for: photos can be taken out of it."""
        names = [each.value for each in query.filters if each.key == "album" and not each.negated]
        if len(names) != 1:
            return None
        return next((album for album in self.by_hand if fold(album.name) == fold(names[0])), None)

    def refresh(self) -> None:
        self._tasks.run(self._library.albums.all, self._take)

    # What the user does

    def ask_for_new(self, ids: Sequence[PhotoId] = ()) -> AlbumDialog:
        lead = f"{photos(len(ids))} will be put into it." if ids else ""
        dialog = AlbumDialog(self._window, "New album", "Make album", lead=lead)
        return self._open(dialog, lambda name, _query: MakeAlbum(self._library, name, tuple(ids)))

    def ask_for_saved_search(self, query: str) -> AlbumDialog:
        dialog = AlbumDialog(
            self._window,
            "Save this search",
            "Save",
            query=query,
            lead="A smart album holds whatever its search finds, also photos that come later.",
        )
        return self._open(dialog, lambda name, wanted: MakeAlbum(self._library, name, query=wanted))

    def ask_for_change(self, album: Album) -> AlbumDialog:
        title = "Rename album" if album.query is None else "Edit smart album"
        dialog = AlbumDialog(self._window, title, "Save", name=album.name, query=album.query)
        return self._open(dialog, lambda name, query: ChangeAlbum(self._library, album, name, query or None))

    def rename(self, album: Album, name: str) -> None:
        if name.strip() and name.strip() != album.name:
            self._undo.perform(ChangeAlbum(self._library, album, name.strip()))

    def delete(self, album: Album) -> None:
        self._undo.perform(DeleteAlbum(self._library, album))

    def add(self, album: Album, ids: Sequence[PhotoId]) -> None:
        self._undo.perform(AddToAlbum(self._library, album, tuple(ids)))

    def remove(self, album: Album, ids: Sequence[PhotoId]) -> None:
        self._undo.perform(RemoveFromAlbum(self._library, album, tuple(ids)))

    def _open(self, dialog: AlbumDialog, deed: Callable[[str, str], Deed]) -> AlbumDialog:
        def accept(_outcome: Outcome) -> None:
            if isValid(dialog):
                dialog.accept()

        def refuse(error: RecollectError) -> None:
            if isValid(dialog):
                dialog.refuse(error)
            else:  # the user did not wait for the answer
                self._undo.failed.emit(error)

        dialog.submitted.connect(lambda name, query: self._undo.perform(deed(name, query), accept, refuse))
        dialog.open()
        return dialog

    def _refresh_soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _take(self, albums: list[Album]) -> None:
        if tuple(albums) != self.known:
            self.known = tuple(albums)
            self.changed.emit()


def query_for(album: Album) -> str:
    """The search that shows an album."""
    return album.query if album.query is not None else str(Query(filters=(Filter("album", album.name),)))
