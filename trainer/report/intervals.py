"""How far a number from few photos can be trusted: bootstrap intervals, and tests of one tagger against another.

All scores depend only on how many photos fall into each cell (true label, predicted label). So a resample draws counts
of cells, not photos, from a multinomial distribution: the same bootstrap, and thousands of them take milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Labels = NDArray[np.integer]

RESAMPLES = 2000  # settle the ends of a 95 % interval to a few hundredths of its width
COVERAGE = 0.95
_Z = 1.959964  # 95 % of a normal distribution lie within so many deviations
_SEED = 0
_CELLS_AT_A_TIME = 2_000_000  # counts drawn at once: 16 MB


@dataclass(frozen=True, slots=True)
class Interval:
    """A number and where it would lie in 95 of 100 test sets of this size."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class McNemar:
    """Photos that only one of two taggers got right, and how likely so uneven a split is if they are equally good.

    Exact and mid-p: Fagerland, Lydersen and Laake, The McNemar test for binary matched-pairs data, 2013.
    """

    only_first: int
    only_second: int
    exact_p: float
    mid_p: float


def scores(true: NDArray[np.floating], predicted: NDArray[np.floating], hits: NDArray[np.floating]) -> Mapping:
    """Accuracy, balanced accuracy, weighted and macro F1 from counts (..., C).

    They count labels, predictions, and right ones. A class that is neither true nor predicted counts in no mean; one
    that is only predicted has an F1 of 0.
    """
    photos = true.sum(axis=-1)
    f1 = _ratio(2 * hits, true + predicted)
    occurs, exists = true + predicted > 0, true > 0
    return {
        "accuracy": _ratio(hits.sum(axis=-1), photos),
        "balanced_accuracy": _ratio(_ratio(hits, true).sum(axis=-1), exists.sum(axis=-1)),
        "weighted_f1": _ratio((f1 * true).sum(axis=-1), photos),
        "macro_f1": _ratio(f1.sum(axis=-1), occurs.sum(axis=-1)),
    }


def bootstrap(
    targets: Labels, predicted: Labels, classes: int, *, resamples: int = RESAMPLES, seed: int = _SEED
) -> dict[str, Interval]:
    """95 % percentile intervals of all `scores`, for targets (N,) with -1 left out and predictions (N,).

    Where every photo is right, or none, resamples do not differ; then the ends are those of Wilson's interval of the
    accuracy. Empty without labelled photos.
    """
    known = targets >= 0
    if not known.any():
        return {}
    cells, counts = np.unique(np.stack([targets[known], predicted[known]], axis=1), axis=0, return_counts=True)
    value = _scores_of(cells, counts[None], classes, 1)
    drawn = _resampled(counts, resamples, seed)
    spread = [_scores_of(cells, part, classes, 1) for part in drawn]
    found = {name: _interval(value[name][0], np.concatenate([part[name] for part in spread])) for name in value}
    accuracy = found["accuracy"]
    if accuracy.value in (0.0, 1.0):
        accuracy = wilson(round(accuracy.value * int(known.sum())), int(known.sum()))
        return {name: Interval(each.value, accuracy.low, accuracy.high) for name, each in found.items()}
    return found


def bootstrap_differences(
    targets: Labels, first: Labels, second: Labels, classes: int, *, resamples: int = RESAMPLES, seed: int = _SEED
) -> dict[str, Interval]:
    """95 % percentile intervals of the scores of the second less those of the first, on the same photos, all (N,)."""
    known = targets >= 0
    if not known.any():
        return {}
    rows = np.stack([targets, first, second], axis=1)[known]
    cells, counts = np.unique(rows, axis=0, return_counts=True)
    value = _difference(cells, counts[None], classes)
    spread = [_difference(cells, part, classes) for part in _resampled(counts, resamples, seed)]
    return {name: _interval(value[name][0], np.concatenate([part[name] for part in spread])) for name in value}


def mcnemar(first_right: NDArray[np.bool_], second_right: NDArray[np.bool_]) -> McNemar:
    """Two-sided, for the same photos (N,)."""
    from scipy.stats import binom

    only_first = int((first_right & ~second_right).sum())
    only_second = int((second_right & ~first_right).sum())
    torn, fewer = only_first + only_second, min(only_first, only_second)
    if not torn:
        return McNemar(0, 0, 1.0, 1.0)
    tail = 2 * float(binom.cdf(fewer, torn, 0.5))
    return McNemar(only_first, only_second, min(1.0, tail), min(1.0, tail - float(binom.pmf(fewer, torn, 0.5))))


def wilson(right: int, photos: int) -> Interval:
    """95 % interval of a share (Wilson, 1927). Holds for few photos and for shares of 0 and 1."""
    share, z2 = right / photos, _Z**2
    middle = (share + z2 / (2 * photos)) / (1 + z2 / photos)
    half = _Z / (1 + z2 / photos) * math.sqrt(share * (1 - share) / photos + z2 / (4 * photos**2))
    return Interval(share, 0.0 if not right else middle - half, 1.0 if right == photos else middle + half)


def _resampled(counts: NDArray[np.integer], resamples: int, seed: int) -> list[NDArray[np.integer]]:
    """Counts of cells in parts (R, K), `resamples` rows in all."""
    rng = np.random.default_rng(seed)
    photos = int(counts.sum())
    at_a_time = max(1, _CELLS_AT_A_TIME // len(counts))
    sizes = [min(at_a_time, resamples - start) for start in range(0, resamples, at_a_time)]
    return [rng.multinomial(photos, counts / photos, size=size) for size in sizes]


def _difference(cells: Labels, counts: NDArray[np.integer], classes: int) -> dict[str, NDArray[np.float64]]:
    first, second = (_scores_of(cells, counts, classes, column) for column in (1, 2))
    return {name: second[name] - first[name] for name in first}


def _scores_of(
    cells: Labels, counts: NDArray[np.integer], classes: int, column: int
) -> Mapping[str, NDArray[np.float64]]:
    """`scores` (R,) for counts (R, K) of cells (K, 2 or more) whose first column is the truth."""
    own, other = np.eye(classes)[cells[:, 0]], np.eye(classes)[cells[:, column]]  # (K, C)
    weights = counts.astype(np.float64)
    return scores(weights @ own, weights @ other, weights @ (own * other))


def _interval(value: float, resampled: NDArray[np.float64]) -> Interval:
    tail = (1 - COVERAGE) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Interval(float(value), float(low), float(high))


def _ratio(above: NDArray[np.floating], below: NDArray[np.floating]) -> NDArray[np.float64]:
    """0 where there is nothing to divide by."""
    return np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below > 0)
