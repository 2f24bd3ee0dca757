"""What is known of the model that answers: read from the library on a worker, and again when another one answers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from core.library import Library
    from core.types import ModelInfo
    from desktop.tasks import Tasks


class AnsweringModel(QObject):
    """Tells of the newest one."""

    changed = Signal(object)
    """ModelInfo, or None while no model is loaded."""

    def __init__(self, library: Library, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._name = ""

    def read(self) -> None:
        """Ask the library which model answers; does nothing where that is told already."""
        name = self._library.encoder_name or ""
        if name != self._name:
            self._name = name
            self._tasks.run(partial(_info, self._library, name), partial(self._take, name))

    def _take(self, name: str, info: ModelInfo | None) -> None:
        if name == self._name:  # another one may have come meanwhile
            self.changed.emit(info)


def _info(library: Library, name: str) -> ModelInfo | None:
    """None for one that the settings do not know: it was given to the library by a program."""
    known = {info.name: info for info in library.models.all()}
    return known.get(name)
