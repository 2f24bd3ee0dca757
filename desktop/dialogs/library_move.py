"""Moving the library to another folder, in the background: how far it is, its end, and the wish to end it."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.tasks import Lane

if TYPE_CHECKING:
    from pathlib import Path

    from core.errors import RecollectError
    from core.library import Library
    from core.types import Relocation
    from desktop.tasks import Tasks

JOB = "Moving the library"


class LibraryMove(QObject):
    """One at a time. It goes on when the dialog is closed."""

    moved = Signal(str, object, object, object)
    """As `StatusLine.show_job` takes it: name, bytes done, bytes of the whole, and what cancels it."""
    ended = Signal(object)
    """Relocation."""
    failed = Signal(object)
    """RecollectError; nothing has changed."""

    _progressed = Signal(object, object)

    def __init__(self, library: Library, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._cancelled: threading.Event | None = None  # of the move that runs
        self._progressed.connect(self._move)  # from the thread that copies

    @property
    def is_running(self) -> bool:
        return self._cancelled is not None

    def start(self, target: Path) -> None:
        if self._cancelled is not None:
            return
        cancelled = self._cancelled = threading.Event()
        work = partial(self._library.move_to, target, on_progress=self._progressed.emit, cancelled=cancelled.is_set)
        # In the lane of exports: two that copy at once would only make the disk seek.
        self._tasks.run(work, self._end, self._fail, Lane.EXPORT)
        self._move(0, 0)

    def cancel(self) -> None:
        """What was copied is removed again."""
        if self._cancelled is not None:
            self._cancelled.set()

    def _move(self, done_bytes: int, total_bytes: int) -> None:
        if self._cancelled is not None:
            self.moved.emit(JOB, done_bytes, total_bytes, self.cancel)

    def _end(self, relocation: Relocation) -> None:
        self._cancelled = None
        self.ended.emit(relocation)

    def _fail(self, error: RecollectError) -> None:
        self._cancelled = None
        self.failed.emit(error)
