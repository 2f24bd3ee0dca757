"""What can be done with chosen photos: open, show in folder, find similar, copy path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from core.errors import PhotoError, RecollectError
from desktop.organise.opening import open_photo, show_in_folder

if TYPE_CHECKING:
    from core.library import Library
    from core.types import Photo, PhotoId
    from desktop.tasks import Tasks

OPEN_AT_ONCE = 10  # Enter with all photos selected must not start a thousand viewers


class PhotoMenu(QObject):
    """Actions on photos, given as ids: their paths are read from the library when they are needed."""

    similar_wanted = Signal(object)
    """PhotoId."""
    failed = Signal(object)
    """RecollectError."""

    def __init__(self, library: Library, tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self._library, self._tasks, self._window = library, tasks, parent

    def show(self, ids: Sequence[PhotoId], place: QPoint) -> QMenu:
        menu = QMenu(self._window)
        menu.aboutToHide.connect(menu.deleteLater)
        one = len(ids) == 1
        menu.addAction("Open" if one else f"Open {min(len(ids), OPEN_AT_ONCE)} photos", lambda: self.open(ids))
        folder = menu.addAction("Show in folder", lambda: self.show_in_folder(ids[0]))
        menu.addSeparator()
        similar = menu.addAction("Find similar", lambda: self.similar_wanted.emit(ids[0]))
        for action in (folder, similar):
            action.setEnabled(one)
        menu.addSeparator()
        menu.addAction("Copy path" if one else f"Copy {len(ids)} paths", lambda: self.copy_paths(ids))
        menu.popup(place)
        return menu

    def open(self, ids: Sequence[PhotoId]) -> None:
        self._with_paths(ids[:OPEN_AT_ONCE], lambda paths: [self._hand_over(open_photo, path) for path in paths])

    def show_in_folder(self, photo_id: PhotoId) -> None:
        self._with_paths([photo_id], lambda paths: self._hand_over(show_in_folder, paths[0]))

    def copy_paths(self, ids: Sequence[PhotoId]) -> None:
        self._with_paths(ids, lambda paths: QGuiApplication.clipboard().setText("\n".join(map(str, paths))))

    def _with_paths(self, ids: Sequence[PhotoId], use: Callable[[list[Path]], object]) -> None:
        def take(photos: Sequence[Photo]) -> None:
            if photos:
                use([photo.path for photo in photos])
            else:
                self.failed.emit(PhotoError("It is no longer in the library.", title="This photo is gone"))

        self._tasks.run(partial(self._library.photos, list(ids)), take, self.failed.emit)

    def _hand_over(self, program: Callable[[Path], None], path: Path) -> None:
        try:
            program(path)
        except RecollectError as error:
            self.failed.emit(error)
