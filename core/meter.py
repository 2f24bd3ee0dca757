"""Done, total, rate and time left of the indexer's current stretch of work."""

from __future__ import annotations

import time
from collections import deque

from core.types import Activity, Progress

WINDOW_S = 10.0  # over which the rate is taken: long enough to be steady, short enough to notice a change
SETTLED_S = 1.0  # a rate over less than this is a guess, and no time left is told


class Meter:
    """Counts photos. Used by the indexer's thread alone."""

    def __init__(self) -> None:
        self.done = 0
        self._marks: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def count(self, photos: int) -> None:
        self.done += photos
        now = time.monotonic()
        self._marks.append((now, self.done))
        while len(self._marks) > 2 and now - self._marks[0][0] > WINDOW_S:
            self._marks.popleft()

    def progress(self, activity: Activity, remaining: int, *, throttled: bool, detail: str = "") -> Progress:
        rate = self._rate()
        return Progress(
            activity,
            done=self.done,
            total=self.done + remaining,
            rate=rate or 0.0,
            eta_s=remaining / rate if rate else None,
            throttled=throttled,
            detail=detail,
        )

    def _rate(self) -> float | None:
        """Photos/s over the window; None while that cannot be told."""
        (first_s, first), (last_s, last) = self._marks[0], self._marks[-1]
        return (last - first) / (last_s - first_s) if last_s - first_s >= SETTLED_S else None
