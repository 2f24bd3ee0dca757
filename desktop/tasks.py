"""Work off the GUI thread: named lanes of threads whose results come back to it. What the work is, the caller knows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from core.errors import RecollectError

log = logging.getLogger(__name__)

T = TypeVar("T")


class Lane(Enum):
    """Where a piece of work runs: a pool with its number of threads and a name."""

    def __init__(self, threads: int, label: str) -> None:
        self.threads = threads
        self.label = label

    # One: while the user types, only the newest question matters, and two would share the same cores.
    QUERY = (1, "query")
    # One: what could be typed next is asked for at every key press, and only the newest answer is of use.
    SUGGESTIONS = (1, "suggestions")
    # Two: one reads from the disk while the other decodes; more would take cores from the indexer.
    THUMBNAILS = (2, "thumbnails")
    # Two: one decodes the photo that is looked at while the other makes the one beside it ready. Apart from the
    # thumbnails: a large photo takes as long as a hundred of them.
    VIEWER = (2, "viewer")
    # Two: a folder on a slow network drive must not hold up the list of problems.
    GENERAL = (2, "general")
    # One: a download runs for minutes; in the general lane it would hold up everything else.
    DOWNLOADS = (1, "downloads")
    # One: an export runs for minutes as well, and two would only make the disk seek.
    EXPORT = (1, "export")
    # One: comparing all photos with each other takes a minute or more of a large library.
    DUPLICATES = (1, "duplicates")
    # One: grouping thousands of unknown photos takes seconds, and the general lane shall show photos meanwhile.
    GROUPING = (1, "grouping")
    # One: a look through all labels takes a minute, and teaching and comparing taggers want the same cores.
    TRAINING = (1, "training")
    # One, apart from it: what is learned while the user labels must not wait for that look.
    TEACHING = (1, "teaching")


@dataclass(eq=False)
class Task:
    """A piece of work that was handed in. After `cancel` neither of its callbacks is called."""

    work: Callable[[], Any]
    done: Callable[[Any], None] | None
    failed: Callable[[RecollectError], None] | None
    cancelled: bool = field(default=False, init=False)

    def cancel(self) -> None:
        self.cancelled = True


@dataclass(frozen=True, slots=True)
class _Outcome:
    task: Task
    value: Any = None
    error: RecollectError | None = None


class Tasks(QObject):
    """Runs pure functions on threads and gives their results to the GUI thread, where it must be created."""

    failed = Signal(object)
    """A RecollectError that no `failed` callback took."""

    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executors = {
            lane: ThreadPoolExecutor(lane.threads, thread_name_prefix=f"recollect-{lane.label}") for lane in Lane
        }
        self._newest_query: Task | None = None
        self._stopped = False
        # A slot of a QObject that lives on the GUI thread: Qt queues the call, whichever thread emits.
        self._finished.connect(self._deliver)

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[RecollectError], None] | None = None,
        lane: Lane = Lane.GENERAL,
    ) -> Task:
        """Run `work` on a thread of the lane, then `done(value)` or `failed(error)` on the GUI thread.

        In the query lane a newer task replaces the older ones: what has not begun never begins, and the answer of
        one that is running is dropped.
        """
        task = Task(work, done, failed)
        if self._stopped:
            task.cancel()
            return task
        if lane is Lane.QUERY:
            if self._newest_query is not None:
                self._newest_query.cancel()
            self._newest_query = task
        self._executors[lane].submit(self._perform, task)
        return task

    def stop(self) -> None:
        """Begin nothing more and deliver nothing more. Returns at once; `finish` waits for what is running."""
        self._stopped = True
        for executor in self._executors.values():
            executor.shutdown(wait=False, cancel_futures=True)

    def finish(self, *lanes: Lane) -> None:
        """Stop, and wait until the last thread of these lanes, or of all, has ended.

        Whoever their work waits for must have been closed before.
        """
        self.stop()
        for lane in lanes or tuple(Lane):
            self._executors[lane].shutdown(wait=True)

    def _perform(self, task: Task) -> None:
        """On a thread of the lane."""
        if task.cancelled:
            return
        try:
            outcome = _Outcome(task, value=task.work())
        except RecollectError as error:
            outcome = _Outcome(task, error=error)
        except Exception as error:
            if self._stopped:  # the library was closed under it
                return
            log.exception("A background task failed")
            outcome = _Outcome(task, error=_unexpected(error))
        if not self._stopped:
            self._finished.emit(outcome)

    @Slot(object)
    def _deliver(self, outcome: _Outcome) -> None:
        task = outcome.task
        if task.cancelled or self._stopped:
            return
        if outcome.error is None:
            if task.done is not None:
                task.done(outcome.value)
        elif task.failed is not None:
            task.failed(outcome.error)
        else:
            self.failed.emit(outcome.error)


def _unexpected(error: Exception) -> RecollectError:
    return RecollectError(
        f"This is a mistake in Recollect: {type(error).__name__}: {error}",
        remedy="Please report it, with the file recollect.log of your library.",
    )
