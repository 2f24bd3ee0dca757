"""What a training for open-set retrieval gave, read from its `metrics.json`: kinds that it learned and kinds that it
never saw, before and after. The window reads it too: nothing here loads torch or scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import TrainingError
from core.models.json_cache import read_object
from trainer.report.intervals import Interval
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

SEEN, UNSEEN = "seen", "unseen"
POOLED_SEEN, POOLED_UNSEEN = "seen, among all", "unseen, among all"
POOLS = (SEEN, UNSEEN, POOLED_SEEN, POOLED_UNSEEN)
"""Whose photos ask, and among which they look."""

SAME = 0.005
"""Half a point: what is shown without decimals looks the same below it."""


@dataclass(frozen=True, slots=True)
class Found:
    """How well photos find others of their label, each looking among all photos that were held out. Shares of 1."""

    photos: int  # that looked
    first: Interval  # the nearest one is of the same label: R@1
    near: Interval  # as many of the nearest as the label has photos: MAP@R


@dataclass(frozen=True, slots=True)
class Change:
    """The same photos in the space that the training began with, and in the one that it has learned."""

    before: Found
    after: Found

    @property
    def gain(self) -> float:
        """Of MAP@R; what is less than half a point is 0."""
        gain = self.after.near.value - self.before.near.value
        return gain if abs(gain) >= SAME else 0.0

    @property
    def is_sure(self) -> bool:
        """The intervals do not touch. Both are of the same photos, so this asks for more than it had to."""
        return self.after.near.low > self.before.near.high

    @property
    def loses_the_nearest(self) -> bool:
        """Fewer nearest photos are of the same label, whatever became of those behind them."""
        return self.before.first.value - self.after.first.value >= SAME


@dataclass(frozen=True, slots=True)
class Outcome:
    """None of a part of which no label has two photos."""

    seen: Change | None  # validation photos of labels that were learned
    unseen: Change | None  # photos of labels that were kept from it
    unseen_labels: int

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(each for each in (self.unseen, self.seen) if each is not None)

    @property
    def is_better(self) -> bool:
        """One part gained, and none has lost."""
        gains = [each.gain for each in self.changes]
        return max(gains, default=0.0) > 0 and min(gains) >= 0

    @property
    def is_mixed(self) -> bool:
        """One part gained, and another has lost."""
        gains = [each.gain for each in self.changes]
        return max(gains, default=0.0) > 0 and min(gains) < 0

    @property
    def is_sure(self) -> bool:
        """It is better, and hardly by chance."""
        return (
            self.is_better
            and any(each.is_sure for each in self.changes)
            and not any(each.loses_the_nearest for each in self.changes)
        )


def read_outcome(run: Path) -> Outcome:
    """
    Raises:
        TrainingError: the run did not come so far, left its held-out labels alone, or its figures are damaged.
    """
    metrics = read_object(RunFolder(run).metrics)
    try:
        before, after = (metrics["spaces"][space]["rankings"]["cosine"] for space in ("before", "after"))
        seen, unseen = (_change(before, after, pool) for pool in (POOLED_SEEN, POOLED_UNSEEN))
        return Outcome(seen, unseen, int(metrics["classes"]["unseen"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TrainingError(
            f"The run {run.name} does not say what it gave.", remedy="Train it again.", path=run
        ) from error


def _change(before: Mapping[str, Any], after: Mapping[str, Any], pool: str) -> Change | None:
    """Raises KeyError, TypeError or ValueError."""
    return Change(_found(before[pool]), _found(after[pool])) if pool in after else None


def _found(figures: Mapping[str, Any]) -> Found:
    first, near = (
        Interval(*(float(figures[name][end]) for end in ("value", "low", "high"))) for name in ("R@1", "MAP@R")
    )
    return Found(int(figures["queries"]), first, near)
