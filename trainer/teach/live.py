"""Teaching while the user labels: heads that follow every label within seconds, without a run or a promotion for each.

No threads and no Qt: whoever owns the window's worker asks `due_in_s`, waits, and calls `refit` there. What comes out
are predictions for the photos on screen. They are a preview: the library's own tags change when `keep` makes a run of
it and the tagger is promoted, once, when the user is done. A promotion for each label would tag the whole library
anew each time, and leave a row of taggers to roll back through.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import TrainingError
from core.tags.zero_shot import best_of
from trainer.control import CancelledError
from trainer.teach.lesson_runs import TaughtRun, groups_of, labelled_vectors, labels_of, library_vectors, teach_library
from trainer.teach.result import Source, TeachResult, teach

if TYPE_CHECKING:
    from core.library import Library
    from core.tags.values import Predictions
    from core.types import PhotoId

QUIET_S = 0.7  # a pause that long between two labels: the user looks what came of them
LONGEST_S = 4.0  # who labels without a pause sees news this often all the same


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the heads have learned so far."""

    result: TeachResult
    source: Source
    photos: int  # that it was taught with


class LiveTeacher:
    """`note_change` may be called from any thread; `refit` by one worker at a time."""

    def __init__(
        self, library: Library, *, quiet_s: float = QUIET_S, longest_s: float = LONGEST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._library = library
        self._quiet_s, self._longest_s, self._clock = quiet_s, longest_s, clock
        self._lock = threading.Lock()
        self._first: float | None = None  # change that no lesson knows yet
        self._last = 0.0
        self._changes = 0
        self.lesson: Lesson | None = None

    def note_change(self) -> None:
        """A label came, went or changed."""
        with self._lock:
            self._last = self._clock()
            self._first = self._last if self._first is None else self._first
            self._changes += 1

    def due_in_s(self) -> float | None:
        """Seconds until `refit` should be called; 0 where it is due, None where nothing has changed."""
        with self._lock:
            if self._first is None:
                return None
            return max(0.0, min(self._last + self._quiet_s, self._first + self._longest_s) - self._clock())

    def refit(self) -> Lesson | None:
        """Learn what is new, going on from the lesson before. None where a newer label came meanwhile, or where there
        is nothing to tell apart yet; then there is no lesson.
        """
        with self._lock:
            self._first, started_with = None, self._changes
        try:
            examples, vectors, source = labelled_vectors(self._library)
            before = self.lesson
            start = before.result.heads if before is not None and before.source == source else None
            result = teach(
                vectors, labels_of(examples), groups_of(examples),
                start=start, cancelled=lambda: self._changes != started_with,
            )  # fmt: skip
        except (TrainingError, CancelledError):
            if self._changes == started_with:
                self.lesson = None
            return None
        self.lesson = Lesson(result, source, len(examples))
        return self.lesson

    def predictions(self, ids: Sequence[PhotoId]) -> dict[PhotoId, Predictions]:
        """What the lesson says of photos that have a vector; empty without a lesson."""
        lesson = self.lesson
        if lesson is None or not ids:
            return {}
        found, vectors, source = library_vectors(self._library, ids)
        if not found or source != lesson.source:  # another encoder answers by now
            return {}
        tags: dict[PhotoId, Predictions] = {photo_id: {} for photo_id in found}
        for name, head in lesson.result.heads.items():
            predictions = best_of(head.probabilities(vectors), head.labels, head.threshold)
            for photo_id, prediction in zip(found, predictions, strict=True):
                tags[photo_id][name] = prediction
        return tags

    def keep(self) -> TaughtRun:
        """Make a run of the labels as they are now, ready to be promoted; its report can be drawn later.

        Raises:
            TrainingError: there is nothing to tell apart.
            MachineError: the run cannot be written.
        """
        lesson = self.lesson
        start = None if lesson is None else lesson.result
        return teach_library(self._library, start=start, with_report=False)
