"""Teaching while the user labels: after each change of the labels, heads that know it, in a lane of their own.

What the heads say is a preview. The library's own tags change when it is kept and promoted: see `trainer.teach.live`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.tasks import Lane

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.errors import RecollectError
    from core.library import Library
    from core.tags.values import Predictions
    from core.types import PhotoId
    from desktop.bridge import Bridge
    from desktop.tasks import Task, Tasks
    from trainer.teach.live import Lesson, LiveTeacher

FIRST_MS = 100  # the switch was just turned
QUIET_MS = 700  # a pause that long between two labels: the user looks what came of them
LONGEST_S = 4.0  # who labels without a pause sees news this often all the same


class LiveTeaching(QObject):
    """Off until it is turned on. One lesson at a time."""

    turned = Signal(bool)
    taught = Signal(object)
    """Lesson of `trainer.teach.live`; None: there is nothing to tell apart."""
    kept = Signal(object)
    """Path of the run that was made of what was learned."""
    failed = Signal(object)
    """RecollectError."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._class = _Class(library)
        self._task: Task | None = None
        self._first_change: float | None = None
        self._changed_meanwhile = False
        self.is_on = False
        self.lesson: Lesson | None = None
        self._due = QTimer(self, singleShot=True)
        self._due.timeout.connect(self._teach)
        bridge.tags_changed.connect(lambda _ids: self._note_change())

    def turn(self, on: bool) -> None:
        if on == self.is_on:
            return
        self.is_on = on
        self.turned.emit(on)
        if on:
            self._due.start(FIRST_MS)
        else:
            self._due.stop()

    def predictions(self, ids: Sequence[PhotoId]) -> dict[PhotoId, Predictions]:
        """What the newest lesson says of photos; empty without one. Reads vectors: not for the thread that draws."""
        teacher = self._class.teacher
        return {} if teacher is None else teacher.predictions(ids)

    def keep(self) -> None:
        """Make a run of what was learned, to be compared and promoted."""
        if self._class.teacher is not None:
            self._tasks.run(self._class.keep, self.kept.emit, self.failed.emit, Lane.TEACHING)

    def stop(self) -> None:
        """The window closes."""
        self._due.stop()
        self._class.end()

    def _note_change(self) -> None:
        """Labels, or predictions: which of them, the worker finds out."""
        if not self.is_on:
            return
        if self._task is not None:
            self._changed_meanwhile = True
            return
        now = time.monotonic()
        self._first_change = self._first_change or now
        left_s = self._first_change + LONGEST_S - now
        self._due.start(max(0, min(QUIET_MS, round(left_s * 1000))))

    def _teach(self) -> None:
        self._first_change = None
        self._changed_meanwhile = False
        self._task = self._tasks.run(self._class.teach, self._show, self._fail, Lane.TEACHING)

    def _show(self, is_new: bool) -> None:
        self._task = None
        teacher = self._class.teacher
        if is_new and teacher is not None:
            self.lesson = teacher.lesson
            self.taught.emit(self.lesson)
        if self._changed_meanwhile:
            self._note_change()

    def _fail(self, error: RecollectError) -> None:
        self._task = None
        self.failed.emit(error)


class _Class:
    """What the lane works with: one teacher, and the labels that it has seen."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: int | None = None
        self.teacher: LiveTeacher | None = None

    def teach(self) -> bool:
        """On a worker: a lesson, if the labels are others than before. Predictions that change are no reason."""
        from trainer.teach.live import LiveTeacher

        self.teacher = teacher = self.teacher or LiveTeacher(self._library)
        labelled = self._library.labels.labelled()
        labels = hash(frozenset((each.photo_id, tuple(sorted(each.labels.items()))) for each in labelled))
        if labels == self._known:
            return False
        self._known = labels
        teacher.refit()
        return True

    def keep(self) -> Path:
        """On a worker."""
        assert self.teacher is not None
        return self.teacher.keep().folder

    def end(self) -> None:
        """Whatever is being learned ends."""
        if self.teacher is not None:
            self.teacher.note_change()
