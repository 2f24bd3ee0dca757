"""How well a score tells two kinds of photos apart, such as those of known and of unknown classes.

AUROC with the interval of DeLong, DeLong and Clarke-Pearson, Comparing the areas under two or more correlated receiver
operating characteristic curves, 1988; and the false positives that a wanted share of true positives costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trainer.report.intervals import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = NDArray[np.floating]

KEPT = 0.95
"""The share of photos of known classes that shall stay known."""
_Z = 1.959964  # 95 % of a normal distribution lie within so many deviations


def auroc(positive: Scores, negative: Scores) -> Interval:
    """How often a positive photo (P,) scores higher than a negative one (N,), ties counting one half.

    Raises:
        ValueError: there are none of one kind.
    """
    if not len(positive) or not len(negative):
        raise ValueError("AUROC needs photos of both kinds.")
    above = _shares_below(positive, negative)  # (P,) of the negative ones
    below = 1.0 - _shares_below(negative, positive)  # (N,) of the positive ones that are higher
    value = float(above.mean())
    spread = sum(float(each.var(ddof=1)) / len(each) for each in (above, below) if len(each) > 1)
    half = _Z * spread**0.5
    return Interval(value, max(0.0, value - half), min(1.0, value + half))


def threshold_for(positive: Scores, kept: float = KEPT) -> float:
    """The highest score that so many of the positive photos (P,) reach.

    Raises:
        ValueError: there are none.
    """
    if not len(positive):
        raise ValueError("A threshold needs photos to be chosen on.")
    ordered = np.sort(positive)
    return float(ordered[int(np.floor((1.0 - kept) * len(ordered) + 1e-9))])


def false_positives(positive: Scores, negative: Scores, kept: float = KEPT) -> float:
    """The share of negative photos (N,) that pass where so many of the positive ones do: FPR at 95 % TPR."""
    return float((np.asarray(negative) >= threshold_for(positive, kept)).mean())


def _shares_below(scores: Scores, others: Scores) -> NDArray[np.float64]:
    """(N,) which share of the others each score is above; half of those that are equal."""
    ordered = np.sort(others)
    lower = np.searchsorted(ordered, scores, side="left")
    upper = np.searchsorted(ordered, scores, side="right")
    return (lower + upper) / (2.0 * len(ordered))
