"""The one list of what can be done with photos: for the context menu, the selection bar, the viewer and the keyboard.

Photos are given as ids; their paths are read from the library when they are needed. What a deed does, and how it is
taken back, is written in `marks`, `trash` and `album_deeds`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QImage, QKeySequence
from PySide6.QtWidgets import QMenu, QMessageBox, QWidget
from shiboken6 import isValid

from core.errors import PhotoError, RecollectError
from desktop.organise.action_table import ACTS, MENU, OPEN_AT_ONCE, Act
from desktop.organise.copying import copy_files, copy_image, copy_paths, image_of
from desktop.organise.export_dialog import ExportDialog
from desktop.organise.marks import Mark, Marks, SetMark, common_marks
from desktop.organise.opening import open_photo, show_in_folder
from desktop.organise.trash import MoveToTrash, ask
from desktop.organise.wording import in_menu, quoted
from desktop.tagging.deeds import AcceptTags
from desktop.tagging.label_popup import LabelPopup

if TYPE_CHECKING:
    from core.library import Library
    from core.query import Query
    from core.types import Album, PhotoId
    from desktop.organise.albums import AlbumList
    from desktop.organise.export import Exporter
    from desktop.organise.undo import UndoStack
    from desktop.tasks import Tasks

    Ids = Callable[[], Sequence[PhotoId]]

MARKS_OF_AT_MOST = 1_000  # photos: whether all of more are favourites is not worth reading their rows at each click


class PhotoAction(QAction):
    """One entry of the list, for photos that it asks for when it is triggered."""

    def __init__(self, act: Act, actions: PhotoActions, ids: Ids, parent: QObject) -> None:
        super().__init__(parent)
        self.act = act
        self._actions, self._ids = actions, ids
        self._marks: Marks | None = None
        self.triggered.connect(self._perform)

    def describe(self, count: int, marks: Marks | None = None) -> None:
        """Say what it would do with so many photos. Without marks it turns them over: favourite or not."""
        entry = ACTS[self.act]
        self._marks = marks
        self.setText(entry.text(count, marks or Marks()))
        self.setEnabled(entry.least <= count <= entry.most)

    def _perform(self) -> None:
        ids = list(self._ids())
        if ACTS[self.act].least <= len(ids) <= ACTS[self.act].most:
            self._actions.perform(self.act, ids, self._marks)


class PhotoActions(QObject):
    """Everything takes ids, does nothing with none, and returns at once."""

    view_wanted = Signal(object)
    """list of PhotoId: to be looked at in the window."""
    similar_wanted = Signal(object)
    """PhotoId."""
    compare_wanted = Signal(object)
    """list of two to four PhotoId."""
    failed = Signal(object)
    """RecollectError."""

    def __init__(
        self,
        library: Library,
        tasks: Tasks,
        undo: UndoStack,
        albums: AlbumList,
        exporter: Exporter,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._library, self._tasks, self._window = library, tasks, window
        self._undo, self._albums, self._exporter = undo, albums, exporter
        self._album: Album | None = None
        self._question: QMessageBox | None = None
        self._performers: dict[Act, Callable[[list[PhotoId], Marks | None], object]] = {
            Act.OPEN: lambda ids, _: self.view_wanted.emit(ids),
            Act.OPEN_OUTSIDE: lambda ids, _: self.open_outside(ids),
            Act.SHOW_IN_FOLDER: lambda ids, _: self.show_in_folder(ids[0]),
            Act.FAVORITE: lambda ids, marks: self._mark(Mark.FAVORITE, ids, marks),
            Act.HIDE: lambda ids, marks: self._mark(Mark.HIDDEN, ids, marks),
            Act.LABEL: lambda ids, _: self.ask_for_label(ids),
            Act.ACCEPT_TAGS: lambda ids, _: self._undo.perform(AcceptTags(self._library, ids)),
            Act.REMOVE_FROM_ALBUM: lambda ids, _: self.remove_from_album(ids),
            Act.SIMILAR: lambda ids, _: self.similar_wanted.emit(ids[0]),
            Act.COMPARE: lambda ids, _: self.compare_wanted.emit(ids),
            Act.COPY: lambda ids, _: self._with_paths(ids, copy_files),
            Act.COPY_PATHS: lambda ids, _: self._with_paths(ids, copy_paths),
            Act.COPY_IMAGE: lambda ids, _: self.copy_image(ids[0]),
            Act.EXPORT: lambda ids, _: self.ask_for_export(ids),
            Act.TRASH: lambda ids, _: self.trash(ids),
        }

    # Actions and menus

    def action(self, act: Act, ids: Ids, parent: QObject) -> PhotoAction:
        """An action for photos that may change: call its `describe` when they do."""
        return PhotoAction(act, self, ids, parent)

    def attach(self, widget: QWidget, ids: Ids, *, letters: bool = False) -> None:
        """Let a widget, and what lies in it, understand the keys.

        Args:
            letters: Also single letters, where none can be typed: F is favourite.
        """
        for act, entry in ACTS.items():
            keys = [QKeySequence(key) for key in (entry.key, entry.letter if letters else "") if key]
            if keys and act is not Act.OPEN:  # what Enter opens, the widget knows best
                action = self.action(act, ids, widget)
                action.setShortcuts(keys)
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                action.setText(entry.text(1, Marks()))
                widget.addAction(action)

    def show(self, ids: Sequence[PhotoId], place: QPoint) -> QMenu:
        """The context menu at a place of the screen."""
        menu = self.menu(ids)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)
        return menu

    def menu(self, ids: Sequence[PhotoId]) -> QMenu:
        """All that can be done with these photos."""
        menu, chosen = QMenu(self._window), list(ids)
        actions: list[PhotoAction] = []
        for act in MENU:
            if act is None:
                menu.addSeparator()
            elif act is Act.ADD_TO_ALBUM:
                menu.addMenu(self.album_menu(lambda: chosen, menu)).setEnabled(bool(chosen))
            elif act is not Act.REMOVE_FROM_ALBUM or self._album is not None:
                action = self.action(act, lambda: chosen, menu)
                action.setShortcut(ACTS[act].key)
                action.describe(len(chosen))
                menu.addAction(action)
                actions.append(action)
        for action in actions:
            if action.act is Act.REMOVE_FROM_ALBUM and self._album is not None:
                action.setText(in_menu(f"Remove from {quoted(self._album.name)}"))
        self.read_marks(chosen, lambda marks: _mark_all(actions, len(chosen), marks))
        return menu

    def album_menu(self, ids: Ids, parent: QWidget) -> QMenu:
        """The albums that photos can be put into, and a new one."""
        menu = QMenu("Add to album", parent)
        menu.addAction("New album…", lambda: self._albums.ask_for_new(ids()))
        menu.addSeparator()
        for album in self._albums.by_hand:
            menu.addAction(in_menu(album.name), partial(self._add, album, ids))
        return menu

    def read_marks(self, ids: Sequence[PhotoId], use: Callable[[Marks], None]) -> None:
        """What all these photos have in common, read in the background."""
        if 0 < len(ids) <= MARKS_OF_AT_MOST:
            self._tasks.run(lambda: common_marks(self._library.photos(ids)), use)

    def note_query(self, query: Query) -> None:
        """What the window shows: photos of an album can be removed from it."""
        self._album = self._albums.shown_by(query)

    # What is done

    def perform(self, act: Act, ids: Sequence[PhotoId], marks: Marks | None = None) -> None:
        """Do one thing of the list with these photos.

        Args:
            marks: What the entry said that they have in common; None where it said nothing.
        """
        if ids:
            self._performers[act](list(ids), marks)

    def open_outside(self, ids: Sequence[PhotoId]) -> None:
        """In the program that the system has for photos."""
        self._with_paths(ids[:OPEN_AT_ONCE], lambda paths: [self._hand_over(open_photo, path) for path in paths])

    def show_in_folder(self, photo_id: PhotoId) -> None:
        self._with_paths([photo_id], lambda paths: self._hand_over(show_in_folder, paths[0]))

    def copy_image(self, photo_id: PhotoId) -> None:
        def decode() -> QImage:
            return image_of(self._library.image(photo_id))

        self._tasks.run(decode, copy_image, self.failed.emit)

    def add_to_album(self, album: Album, ids: Sequence[PhotoId]) -> None:
        self._albums.add(album, ids)

    def remove_from_album(self, ids: Sequence[PhotoId]) -> None:
        """From the album that is shown."""
        if self._album is not None:
            self._albums.remove(self._album, ids)

    def set_favorite(self, ids: Sequence[PhotoId], favorite: bool) -> None:
        self._undo.perform(SetMark(self._library, tuple(ids), Mark.FAVORITE, favorite))

    def ask_for_export(self, ids: Sequence[PhotoId]) -> ExportDialog:
        dialog = ExportDialog(self._library, self._tasks, ids, self._window)
        dialog.ordered.connect(self._exporter.start)
        dialog.open()
        return dialog

    def ask_for_label(self, ids: Sequence[PhotoId]) -> LabelPopup:
        """In the middle of the window: it is asked for by a key, a menu or the selection bar."""
        popup = LabelPopup(self._library, self._tasks, ids, None, self._window)
        popup.deed_wanted.connect(self._undo.perform)
        popup.show_in_the_middle()
        return popup

    def trash(self, ids: Sequence[PhotoId]) -> QMessageBox | None:
        """Move originals to the system's trash; for many, returns the question that is asked first."""
        return ask(self._window, len(ids), lambda: self._undo.perform(MoveToTrash(self._library, tuple(ids))))

    def _mark(self, mark: Mark, ids: Sequence[PhotoId], marks: Marks | None) -> None:
        wanted = None if marks is None else not marks[mark]
        self._undo.perform(SetMark(self._library, tuple(ids), mark, wanted))

    def _add(self, album: Album, ids: Ids) -> None:
        self.add_to_album(album, ids())

    def _with_paths(self, ids: Sequence[PhotoId], use: Callable[[list[Path]], object]) -> None:
        def take(paths: list[Path]) -> None:
            if paths:
                use(paths)
            else:
                self.failed.emit(PhotoError("It is no longer in the library.", title="This photo is gone"))

        self._tasks.run(lambda: [photo.path for photo in self._library.photos(ids)], take, self.failed.emit)

    def _hand_over(self, program: Callable[[Path], None], path: Path) -> None:
        try:
            program(path)
        except RecollectError as error:
            self.failed.emit(error)


def _mark_all(actions: Sequence[PhotoAction], count: int, marks: Marks) -> None:
    """The menu may be closed by then."""
    for action in actions:
        if isValid(action) and action.act in (Act.FAVORITE, Act.HIDE):
            action.describe(count, marks)
