"""One download of a model at a time, in the background: how far it is, its end, and the wish to end it."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.errors import DownloadCancelledError, RecollectError
from desktop.tasks import Lane

if TYPE_CHECKING:
    from core.library import Library
    from core.types import ModelInfo
    from desktop.tasks import Tasks


class ModelDownload(QObject):
    """Goes on when the dialog is closed. What has come when it is cancelled is kept, and the next one goes on there."""

    moved = Signal(str, object, object, object)
    """Name of the job, bytes done, bytes of the whole (int, but a Qt int ends at 2 GB), and what cancels it."""
    ended = Signal(object, object)
    """ModelInfo, and the RecollectError that ended it; None when it has come, or when the user ended it."""

    _progressed = Signal(object, object)

    def __init__(self, library: Library, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._cancelled = threading.Event()
        self.model: ModelInfo | None = None
        self.done_bytes = 0
        self.total_bytes = 0
        self._progressed.connect(self._move)  # from the thread that downloads

    @property
    def share(self) -> float:
        """0..1."""
        return self.done_bytes / self.total_bytes if self.total_bytes else 0.0

    def start(self, info: ModelInfo) -> None:
        cancelled = self._cancelled = threading.Event()
        self.model = info
        self.done_bytes, self.total_bytes = 0, info.size_bytes
        work = partial(
            self._library.models.download,
            info.name,
            on_progress=self._progressed.emit,
            cancelled=cancelled.is_set,
        )
        self._tasks.run(work, lambda _path: self._end(None), self._end, Lane.DOWNLOADS)
        self._move(self.done_bytes, self.total_bytes)

    def cancel(self) -> None:
        self._cancelled.set()

    def _move(self, done: int, total: int) -> None:
        if self.model is not None:
            self.done_bytes, self.total_bytes = done, total
            self.moved.emit(job_name(self.model), done, total, self.cancel)

    def _end(self, error: RecollectError | None) -> None:
        model, self.model = self.model, None
        if model is not None:
            self.ended.emit(model, None if isinstance(error, DownloadCancelledError) else error)


def job_name(info: ModelInfo) -> str:
    return f"Downloading {info.title}"
