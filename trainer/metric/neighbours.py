"""How good an embedding is for "more like this": each photo looks for those of its class among all the others.

Recall@k and MAP@R as in Musgrave, Belongie and Lim, A Metric Learning Reality Check, 2020; the mean average precision
over the whole ranking beside them. Exact, on vectors alone; intervals are by bootstrap over the queries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.evaluate.retrieval import DEPTHS, estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from core.types import Vectors
    from trainer.report.intervals import Interval

_QUERIES_AT_A_TIME = 512


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What "more like this" gives."""

    queries: int  # those that have another photo of their class
    pool: int  # photos that are looked through for each of them
    recall: Mapping[int, Interval]  # by k of `DEPTHS`: one of the nearest k is of the class
    map_at_r: Interval  # R: photos of the class in the pool
    mean_average_precision: Interval

    @property
    def figures(self) -> dict[str, float]:
        """ "R@1", "R@5", "R@10", "MAP@R", "mAP"."""
        recalls = {f"R@{depth}": interval.value for depth, interval in self.recall.items()}
        return {**recalls, "MAP@R": self.map_at_r.value, "mAP": self.mean_average_precision.value}


def neighbours(
    vectors: Vectors, classes: NDArray[np.integer], queries: NDArray[np.integer] | None = None
) -> Neighbours:
    """
    Args:
        vectors: (N, D) unit length.
        classes: (N,).
        queries: Rows that ask, among all N; None: all of them.

    Raises:
        ValueError: no class has two photos.
    """
    rows = _askers(classes, queries)
    first, at_r, average = _each(vectors, classes, rows)
    return Neighbours(
        len(rows),
        len(vectors) - 1,
        {depth: estimate((first < depth).astype(float)) for depth in DEPTHS},
        estimate(at_r),
        estimate(average),
    )


def mean_figures(vectors: Vectors, classes: NDArray[np.integer]) -> dict[str, float]:
    """`Neighbours.figures` of all photos without their intervals, which take longer: for each epoch of a training.

    Raises:
        ValueError: no class has two photos.
    """
    first, at_r, average = _each(vectors, classes, _askers(classes, None))
    recalls = {f"R@{depth}": float((first < depth).mean()) for depth in DEPTHS}
    return {**recalls, "MAP@R": float(at_r.mean()), "mAP": float(average.mean())}


def _askers(classes: NDArray[np.integer], queries: NDArray[np.integer] | None) -> NDArray[np.integer]:
    """Those rows that have another photo of their class."""
    _, places, of_class = np.unique(classes, return_inverse=True, return_counts=True)
    rows = np.arange(len(classes)) if queries is None else np.asarray(queries)
    rows = rows[of_class[places[rows]] > 1]
    if not len(rows):
        raise ValueError("no photo has another one of its class")
    return rows


def _each(
    vectors: Vectors, classes: NDArray[np.integer], rows: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """As `_of_queries`, some queries at a time."""
    parts = [
        _of_queries(vectors, classes, rows[start : start + _QUERIES_AT_A_TIME])
        for start in range(0, len(rows), _QUERIES_AT_A_TIME)
    ]
    first, at_r, average = (np.concatenate(values) for values in zip(*parts, strict=True))
    return first, at_r, average


def _of_queries(
    vectors: Vectors, classes: NDArray[np.integer], rows: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """For each query the rank from 0 of the first photo of its class, its precision at R, its average precision."""
    cosines = vectors[rows] @ vectors.T
    cosines[np.arange(len(rows)), rows] = -np.inf  # nobody finds itself
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :-1]
    right = classes[order] == classes[rows, None]
    precision = np.cumsum(right, axis=1) / np.arange(1, right.shape[1] + 1)
    of_class = right.sum(axis=1)
    within_r = np.arange(right.shape[1]) < of_class[:, None]
    at_r = (precision * right * within_r).sum(axis=1) / of_class
    average = (precision * right).sum(axis=1) / of_class
    return right.argmax(axis=1).astype(np.float64), at_r, average
