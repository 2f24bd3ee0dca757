"""How well words find photos and photos find words: Recall@k for captions, mean average precision for class names.

Works on vectors alone. Average precision and the bootstrap come from scikit-learn and SciPy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import bootstrap
from sklearn.metrics import average_precision_score

from trainer.report.intervals import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Vectors

DEPTHS = (1, 5, 10)
# 1,000 resamples settle the ends of a 95 % interval to about a tenth of its width.
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Recall:
    """How often the right answer stands among the first k."""

    queries: int
    pool: int  # among so many
    at: Mapping[int, Interval]  # k of `DEPTHS`


@dataclass(frozen=True, slots=True)
class NamePrecision:
    """Mean average precision of class names as queries."""

    names: int
    pool: int
    mean: Interval


def recall_text_to_image(texts: Vectors, photos: Vectors, owners: NDArray[np.intp]) -> Recall:
    """Each text looks for its photo. `owners[i]` is the row in `photos` of the photo that text i describes."""
    return recall_of(texts @ photos.T, owners)


def recall_of(cosines: NDArray[np.floating], owners: NDArray[np.intp]) -> Recall:
    """The same, from (T, N) cosines of texts and photos."""
    own = cosines[np.arange(len(cosines)), owners]
    # The own photo is one of those at least as near. Ties count against: a model that answers all alike finds nothing.
    ranks = (cosines >= own[:, None]).sum(axis=1)
    return _recall(ranks, owners, pool=cosines.shape[1])


def recall_image_to_text(texts: Vectors, photos: Vectors, owners: NDArray[np.intp]) -> Recall:
    """Each photo looks for any one of its texts; those of its own do not stand in each other's way."""
    cosines = photos @ texts.T  # (N, T)
    mine = owners[None, :] == np.arange(len(photos))[:, None]
    best = np.where(mine, cosines, -np.inf).max(axis=1)
    ranks = 1 + ((cosines >= best[:, None]) & ~mine).sum(axis=1)
    return _recall(ranks, np.arange(len(photos)), pool=len(texts))


def name_precision(names: Vectors, photos: Vectors, relevant: NDArray[np.bool_]) -> NamePrecision:
    """Each class name ranks all photos. `relevant` is (names, photos), with at least one photo a name."""
    precisions = average_precisions(names @ photos.T, relevant)
    return NamePrecision(len(names), len(photos), estimate(precisions))


def average_precisions(scores: NDArray[np.floating], relevant: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(Q,) one for each row of `scores` and `relevant`, both (Q, N)."""
    return np.array([average_precision_score(truth, row) for truth, row in zip(relevant, scores, strict=True)])


def precision_at(scores: NDArray[np.floating], relevant: NDArray[np.bool_], depth: int = 10) -> float:
    """The share of relevant ones, (N,), among the `depth` highest scores, (N,)."""
    first = np.argsort(-scores, kind="stable")[:depth]
    return float(relevant[first].mean())


def estimate(values: NDArray[np.floating], groups: Sequence[int] | NDArray[np.intp] | None = None) -> Interval:
    """Mean of (N,) values. Values of one group, such as the captions of one photo, are drawn together."""
    _, rows = np.unique(np.arange(len(values)) if groups is None else groups, return_inverse=True)
    sums, counts = np.bincount(rows, weights=values), np.bincount(rows)
    mean = float(sums.sum() / counts.sum())
    if len(sums) < 2:
        return Interval(mean, mean, mean)
    interval = bootstrap(
        (sums, counts), _ratio, paired=True, n_resamples=_RESAMPLES, method="percentile", rng=0
    ).confidence_interval
    return Interval(mean, float(interval.low), float(interval.high))


def _ratio(sums: NDArray[np.floating], counts: NDArray[np.integer], axis: int = -1) -> NDArray[np.floating]:
    return sums.sum(axis=axis) / counts.sum(axis=axis)


def _recall(ranks: NDArray[np.intp], groups: NDArray[np.intp], *, pool: int) -> Recall:
    return Recall(len(ranks), pool, {depth: estimate((ranks <= depth).astype(float), groups) for depth in DEPTHS})
