"""The panel on the left: the library, albums, folders and recent searches, each one click or key away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPoint, QSize, QTimer, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QMenu, QVBoxLayout, QWidget

from core.errors import RecollectError
from core.query import Query
from core.tags.values import CLASS
from core.types import Folder
from desktop.organise.albums import query_for
from desktop.organise.opening import open_photo
from desktop.organise.sidebar_parts import RENAMED, Kind, Row
from desktop.organise.sidebar_rows import RECENT_SHOWN, Facts, parts
from desktop.organise.sidebar_tree import SidebarTree
from desktop.tagging.deeds import SetLabel
from desktop.tagging.tag_facts import TagFacts
from desktop.tagging.tag_words import UNKNOWN_QUERY, query_of

if TYPE_CHECKING:
    from core.library import Library
    from core.types import Album, PhotoId
    from desktop.bridge import Bridge
    from desktop.organise.organiser import Organiser
    from desktop.tasks import Tasks
    from desktop.theme import Theme

WIDTH_PX, NARROWEST_PX, WIDEST_PX = 224, 176, 400
READ_MS = 1_000  # counts follow the photos at most once a second


class _Counted(NamedTuple):
    photos: int
    favorites: int
    folders: list[Folder]
    recent: list[str]


class Sidebar(QFrame):
    """Shows what there is and says what the user wants; the window does it. Albums it changes itself."""

    query_wanted = Signal(str)
    """A search; "" for all photos."""
    album_followed = Signal(str)
    """The album that is shown has another name or search now, or is gone: what to search for instead."""
    duplicates_wanted = Signal()
    training_wanted = Signal()
    labels_wanted = Signal()
    review_wanted = Signal(str, object)
    """Head, value or None: go through the photos of which the tagger is unsure."""
    unknown_wanted = Signal()
    """Name the photos that are none of what the tagger knows."""
    add_folder_wanted = Signal()
    folder_dropped = Signal(object)
    """Path, to be watched from now on."""
    folders_dialog_wanted = Signal()
    failed = Signal(object)
    """RecollectError."""

    def __init__(
        self,
        library: Library,
        tasks: Tasks,
        theme: Theme,
        bridge: Bridge,
        organiser: Organiser,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setMinimumWidth(NARROWEST_PX)
        self.setMaximumWidth(WIDEST_PX)
        self._library, self._tasks = library, tasks
        self._albums, self._actions, self._undo = organiser.albums, organiser.actions, organiser.undo
        self.tag_facts = TagFacts(library, tasks, bridge, self)
        self._facts = Facts(albums=self._albums.known)
        self._page = ""  # the row of the page that is shown; empty where photos are
        self._unfolded: set[str] = set()
        self.tree = SidebarTree(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tree)
        self._timer = QTimer(self, singleShot=True, interval=READ_MS)
        self._timer.timeout.connect(self.refresh)
        self._connect(bridge)
        self._show()
        self.refresh()
        self.tag_facts.refresh()

    def show_query(self, query: Query) -> None:
        """Mark the row that shows what the window shows."""
        self._page = ""
        self._facts = replace(self._facts, query=str(query))
        self._show()
        self._refresh_soon()  # it is a recent search by now

    def show_duplicates(self) -> None:
        """The window shows the page of duplicates."""
        self._show_page("duplicates")

    def show_training(self) -> None:
        """The window shows the page of training."""
        self._show_page("training")

    def show_review(self) -> None:
        """The window shows proposals, which no row stands for."""
        self._show_page("review")

    def show_unknown(self) -> None:
        """The window shows groups of unknown photos."""
        self._show_page("unknown")

    def refresh(self) -> None:
        self._tasks.run(partial(_count, self._library), self._take)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH_PX, 400)

    def menu_for(self, row: Row) -> QMenu | None:
        """The context menu of a row; None where there is nothing to do but to choose it."""
        menu = QMenu(self)
        if row.kind in RENAMED:
            self._fill_album_menu(menu, row)
        elif row.kind is Kind.FOLDER:
            self._fill_folder_menu(menu, row)
        elif row.kind is Kind.RECENT:
            menu.addAction("Remove from this list", lambda: self._change_history(partial(self._forget, row.text)))
            menu.addAction("Clear recent searches", lambda: self._change_history(self._library.history.clear))
        elif row.kind is Kind.TAG:
            menu.addAction("Show", lambda: self._choose(row))
            unsure = query_of(row.head, row.value, unsure=True)
            menu.addAction("Show those that it is unsure of", lambda: self.query_wanted.emit(unsure))
            menu.addAction("Go through those…", lambda: self.review_wanted.emit(row.head, row.value))
        elif row.kind is Kind.UNSURE:
            menu.addAction("Show", lambda: self._choose(row))
            menu.addAction("Go through them…", lambda: self.review_wanted.emit(CLASS, None))
        elif row.kind is Kind.UNKNOWN:
            menu.addAction("Name them in groups…", lambda: self._choose(row))
            menu.addAction("Show", lambda: self.query_wanted.emit(UNKNOWN_QUERY))
        elif row.key == "albums" or row.kind is Kind.NEW_ALBUM:
            menu.addAction("New album…", self._albums.ask_for_new)
        elif row.key == "folders" or row.kind is Kind.ADD_FOLDER:
            menu.addAction("Add a folder…", self.add_folder_wanted.emit)
            menu.addAction("Folders…", self.folders_dialog_wanted.emit)
        if menu.isEmpty():
            menu.deleteLater()
            return None
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _connect(self, bridge: Bridge) -> None:
        tree = self.tree
        self._pages = {
            Kind.DUPLICATES: self.duplicates_wanted,
            Kind.TRAINING: self.training_wanted,
            Kind.LABELS: self.labels_wanted,
            Kind.UNKNOWN: self.unknown_wanted,
            Kind.ADD_FOLDER: self.add_folder_wanted,
        }
        tree.chosen.connect(self._choose)
        tree.menu_wanted.connect(self._show_menu)
        tree.delete_wanted.connect(self._delete)
        tree.photos_dropped.connect(self._take_photos)
        tree.folder_dropped.connect(self.folder_dropped)
        tree.rows_delegate.renamed.connect(self._albums.rename)
        self._albums.changed.connect(self._take_albums)
        self.tag_facts.changed.connect(self._take_tags)
        bridge.folders_changed.connect(self._refresh_soon)
        bridge.photos_changed.connect(self._refresh_soon)

    # What the user does

    def _choose(self, row: Row) -> None:
        if row.query is not None:
            self.query_wanted.emit(row.query)
        elif row.kind is Kind.ALL_VALUES:
            self._facts = replace(self._facts, whole=self._facts.whole ^ {row.head})
            self._show()
        elif row.kind in self._pages:
            self._pages[row.kind].emit()
        elif row.kind is Kind.NEW_ALBUM:
            self._albums.ask_for_new()
        elif row.kind is Kind.SAVE_SEARCH:
            self._albums.ask_for_saved_search(self._facts.query)

    def _delete(self, row: Row) -> None:
        if row.album is not None:
            self._albums.delete(row.album)
        elif row.kind is Kind.RECENT:
            self._change_history(partial(self._forget, row.text))

    def _take_photos(self, row: Row, ids: Sequence[PhotoId]) -> None:
        if row.kind is Kind.FAVORITES:
            self._actions.set_favorite(ids, True)
        elif row.kind is Kind.TAG:
            self._undo.perform(SetLabel(self._library, ids, row.head, row.value))
        elif row.album is not None:
            self._albums.add(row.album, ids)
        else:
            self._albums.ask_for_new(ids)

    def _show_menu(self, row: Row, place: QPoint) -> None:
        menu = self.menu_for(row)
        if menu is not None:
            menu.popup(place)

    def _fill_album_menu(self, menu: QMenu, row: Row) -> None:
        album = row.album
        assert album is not None  # rows that can be renamed are albums
        menu.addAction("Show", lambda: self._choose(row))
        menu.addSeparator()
        menu.addAction("Rename", QKeySequence("F2"), lambda: self.tree.edit(self.tree.rows.index_of(row.key)))
        if album.query is not None:
            menu.addAction("Edit the search…", lambda: self._albums.ask_for_change(album))
        menu.addAction("Delete album", QKeySequence("Del"), lambda: self._albums.delete(album))
        menu.addSeparator()
        menu.addAction("New album…", self._albums.ask_for_new)

    def _fill_folder_menu(self, menu: QMenu, row: Row) -> None:
        folder = row.folder
        assert folder is not None
        menu.addAction("Show", lambda: self._choose(row))
        opened = menu.addAction("Open in the file manager", lambda: self._open(folder))
        rescan = menu.addAction("Look through again", lambda: self._tasks.run(partial(self._library.rescan, folder.id)))
        for action in (opened, rescan):
            action.setEnabled(folder.online)
        menu.addSeparator()
        menu.addAction("Folders…", self.folders_dialog_wanted.emit)

    def _open(self, folder: Folder) -> None:
        try:
            open_photo(folder.path)
        except RecollectError as error:
            self.failed.emit(error)

    def _forget(self, text: str) -> None:
        self._library.history.forget(text)

    def _change_history(self, change: Callable[[], None]) -> None:
        self._tasks.run(change, lambda _: self.refresh())

    # What there is

    def _refresh_soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _take(self, counted: _Counted) -> None:
        self._facts = replace(self._facts, **counted._asdict())
        self._show()

    def _take_tags(self) -> None:
        self._facts = replace(self._facts, tagged=self.tag_facts.known)
        self._show()

    def _take_albums(self) -> None:
        shown = [album for album in self._facts.albums if query_for(album) == self._facts.query]
        self._facts = replace(self._facts, albums=self._albums.known)
        self._show()
        if shown:
            self._follow(shown[0])

    def _follow(self, before: Album) -> None:
        """The album that is shown may have changed. A smart one that is gone leaves its search."""
        now = next((album for album in self._albums.known if album.id == before.id), None)
        query = query_for(now) if now is not None else before.query or ""
        if query != self._facts.query:
            self.album_followed.emit(query)

    def _show(self) -> None:
        shown = parts(self._facts)
        self.tree.rows.show_parts(shown)
        for place, part in enumerate(shown):
            self.tree.setRowHidden(place, self.tree.rootIndex(), not part.rows)
            if part.rows and part.heading.key not in self._unfolded:  # later the user folds and unfolds it
                self._unfolded.add(part.heading.key)
                self.tree.setExpanded(self.tree.rows.index(place, 0), not part.folded)
        key = self._shown_key([row for part in shown for row in part.rows])
        self.tree.select_row(self.tree.rows.index_of(key))

    def _show_page(self, key: str) -> None:
        self._page = key
        self._show()

    def _shown_key(self, rows: Sequence[Row]) -> str:
        """Of the first row that shows what the window shows; "" if none does."""
        if self._page:
            return self._page
        return next((row.key for row in rows if row.query == self._facts.query), "")


def _count(library: Library) -> _Counted:
    """On a worker."""
    return _Counted(
        library.photo_count(),
        len(library.browse("is:favorite").ids),
        library.folders(),
        library.history.recent(RECENT_SHOWN),
    )
