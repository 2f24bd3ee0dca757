"""Teaching while the user labels: after each change of the labels, heads that know it, in a lane of their own.

What the heads say is a preview. When labelling rests, and twice a minute where it does not, a run is made of it, and
promoted if it is better on photos held out than what tags the library now: so the tags follow by themselves, though
not with each label. A tagger that was fine-tuned, which the user waited for, is never replaced so. Older lessons make
room: see `trainer.teach.kept`.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import RecollectError
from core.tags.values import TagSource
from desktop.tasks import Lane
from trainer.config import load_config
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.library import Library
    from core.tags.values import Predictions, TaggerInfo
    from core.types import PhotoId
    from desktop.bridge import Bridge
    from desktop.tasks import Task, Tasks
    from trainer.teach.live import Lesson, LiveTeacher

FIRST_MS = 100  # the switch was just turned
QUIET_MS = 700  # a pause that long between two labels: the user looks what came of them
REST_MS = 5_000  # a pause that long after a lesson: the tags of the library follow
LONGEST_S = 4.0  # who labels without a pause sees news this often all the same
LONGEST_REST_S = 30.0  # and the tags follow this often: all photos are looked at for it, which takes a second or two


class LiveTeaching(QObject):
    """Off until it is turned on. One lesson at a time."""

    turned = Signal(bool)
    taught = Signal(object)
    """Lesson of `trainer.teach.live`; None: there is nothing to tell apart."""
    kept = Signal(object)
    """Path of the run that was made of what was learned."""
    followed = Signal(object)
    """True: the tags of the library follow the newest lesson. False: it was not better than what they come from. None:
    they come from a tagger that was fine-tuned, and stay."""
    failed = Signal(object)
    """RecollectError."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._class = _Class(library)
        self._task: Task | None = None
        self._first_change: float | None = None
        self._first_lesson: float | None = None  # that no tag follows yet
        self._changed_meanwhile = False
        self.is_on = False
        self.may_follow: Callable[[], bool] = lambda: True
        self.lesson: Lesson | None = None
        self._followed: Lesson | None = None  # it was compared, and tags follow it or do not
        self._tried: Lesson | None = None  # that failed at it, which may have been for the moment
        self.rest_ms, self.longest_rest_s = REST_MS, LONGEST_REST_S
        self._due = QTimer(self, singleShot=True)
        self._due.timeout.connect(self._teach)
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._follow)
        bridge.tags_changed.connect(lambda _ids: self._note_change())

    @property
    def is_busy(self) -> bool:
        """It learns, or is about to."""
        return self._task is not None or self._due.isActive()

    def turn(self, on: bool) -> None:
        if on == self.is_on:
            return
        self.is_on = on
        self._first_lesson = None
        self.turned.emit(on)
        if not on:
            self._due.stop()
            self._rest.stop()
            return
        if self.lesson is not None:  # of the last time; it is learned again where the labels are others by now
            self.taught.emit(self.lesson)
            if self.lesson is not self._followed:
                self._wait_for_rest()
        self._due.start(FIRST_MS)

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
        self._rest.stop()
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
        if self._task is not None:
            self._changed_meanwhile = True
            return
        self._first_change = None
        self._changed_meanwhile = False
        self._task = self._tasks.run(self._class.teach, self._show, self._fail, Lane.TEACHING)

    def _show(self, is_new: bool) -> None:
        self._task = None
        teacher = self._class.teacher
        if is_new and teacher is not None:
            self.lesson = teacher.lesson
            self.taught.emit(self.lesson)
            if self.lesson is not None and self.is_on:
                self._wait_for_rest()
        self._catch_up()

    def _wait_for_rest(self) -> None:
        """A while after the newest lesson, and not forever after the first."""
        now = time.monotonic()
        self._first_lesson = self._first_lesson or now
        left_ms = round((self._first_lesson + self.longest_rest_s - now) * 1000)
        self._rest.start(max(0, min(self.rest_ms, left_ms)))

    def _follow(self) -> None:
        """Labelling rests. Never while something else is being taught, trained or compared."""
        if self._task is not None or not self.may_follow():
            self._rest.start(self.rest_ms)
            return
        self._first_lesson = None
        shown, failed = partial(self._show_followed, self.lesson), partial(self._try_again, self.lesson)
        self._task = self._tasks.run(self._class.follow, shown, failed, Lane.TEACHING)

    def _show_followed(self, lesson: Lesson | None, better: bool | None) -> None:
        self._task, self._followed = None, lesson
        self.followed.emit(better)
        self._catch_up()

    def _try_again(self, lesson: Lesson | None, error: RecollectError) -> None:
        """Once, for each lesson: what fails again is left until something is learned, or the switch is turned."""
        if self.is_on and lesson is not self._tried:
            self._tried = lesson
            self._rest.start(self.rest_ms)
        self._fail(error)

    def _fail(self, error: RecollectError) -> None:
        self._task = None
        self.failed.emit(error)
        self._catch_up()

    def _catch_up(self) -> None:
        if self._changed_meanwhile:
            self._note_change()


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

    def follow(self) -> bool | None:
        """On a worker: let the tags follow. Whether the lesson is better; None where a fine-tuned tagger is in use."""
        from trainer.promotion.judge import judge, live_tagger, promote

        library = self._library
        if self.teacher is None or not _is_taught(library):
            return None
        run = self.keep()
        verdict = judge(run, live_tagger(library), encoder=library.answering_encoder(), home=library.paths.home)
        if verdict.better:
            promote(library, run, force=True)
        return verdict.better

    def end(self) -> None:
        """Whatever is being learned ends."""
        if self.teacher is not None:
            self.teacher.note_change()


def _is_taught(library: Library) -> bool:
    """Whether what tags the photos, or is about to, are guesses or an older lesson."""
    live = [tagger for tagger in library.tags.taggers() if tagger.live and tagger.source is TagSource.MODEL]
    coming = library.tags.on_its_way()
    return all(_is_lesson(library, info) for info in (*live, *([coming] if coming is not None else [])))


def _is_lesson(library: Library, info: TaggerInfo) -> bool:
    if info.run is None:
        return False
    try:
        return load_config(RunFolder(library.paths.runs / info.run).config).tier == "teach"
    except RecollectError:  # the run was deleted: what it was nobody knows
        return False
