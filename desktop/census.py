"""How many photos and folders there are: counted anew, in the background, when the library says that they changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from core.library import Library
    from core.types import Folder
    from desktop.tasks import Tasks

PAUSE_MS = 1_000  # while photos come by the hundred, once a second is enough


class Counts(NamedTuple):
    """What the window knows of the library as a whole."""

    folders: list[Folder]
    photos: int


class Census(QObject):
    """Counts when it is asked to."""

    taken = Signal(object)
    """Counts."""

    def __init__(self, library: Library, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self.take)

    def take(self) -> None:
        self._tasks.run(partial(_count, self._library), self.taken.emit)

    def take_soon(self) -> None:
        """At most once a second."""
        if not self._timer.isActive():
            self._timer.start()


def _count(library: Library) -> Counts:
    return Counts(library.folders(), library.photo_count())
