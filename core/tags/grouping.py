"""Photos that look alike, put together: groups of unknown size and number, and what belongs to none.

Average linkage (Sokal and Michener 1958): two groups become one while their photos are, on the average, no farther from
each other than photos of one class are. So the encoder, and what the user calls a class, decide how alike is alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.types import Vectors

LEAST = 3  # photos of a group: two that look alike are chance, or a copy
MOST_COMPARED = 4000  # photos that are compared with each other, two seconds; of more, the others join groups
BLOCK = 8192  # photos that look for their group at once
USUAL_SPREAD = 0.35  # in cosine, where no class says it


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together."""

    rows: tuple[int, ...]  # those nearest to the middle first
    tightness: float  # mean cosine to the middle


def group(vectors: Vectors, spread: float) -> list[Group]:
    """Groups of rows of (N, D) unit length, the largest and tightest first; the same for the same rows.

    Args:
        spread: How far photos of one class are from each other on the average, in cosine.
    """
    if len(vectors) < LEAST:
        return []
    compared = np.arange(0, len(vectors), -(-len(vectors) // MOST_COMPARED))
    labels = np.full(len(vectors), -1)
    labels[compared] = _linked(vectors[compared], spread)
    if len(compared) < len(vectors):
        _join(vectors, labels, spread)
    found = [np.flatnonzero(labels == label) for label in np.unique(labels[labels >= 0])]
    groups = [_group(vectors, rows) for rows in found if len(rows) >= LEAST]
    return sorted(groups, key=lambda each: (-len(each.rows) * each.tightness, each.rows))


def spread_of(vectors: Vectors, values: Sequence[str]) -> float:
    """How far photos of one value are from each other: the median of all values of the mean cosine distance of its
    photos; of photos (N, D) unit length.
    """
    names = np.array(values, dtype=np.str_)
    distances: list[float] = []
    for name in np.unique(names):
        rows = vectors[names == name]
        if len(rows) > 1:  # the square of a sum holds each pair twice, and each photo with itself
            pairs = float(np.square(rows.sum(axis=0, dtype=np.float64)).sum()) - len(rows)
            distances.append(1.0 - pairs / (len(rows) * (len(rows) - 1)))
    return max(0.0, float(np.median(distances))) if distances else USUAL_SPREAD


def _linked(vectors: Vectors, spread: float) -> NDArray[np.intp]:
    """(N,) the number of each row's group; -1 where that is too small."""
    from sklearn.cluster import AgglomerativeClustering  # pyright: ignore[reportMissingTypeStubs] - it has none

    clustering = AgglomerativeClustering(
        n_clusters=None,  # pyright: ignore[reportArgumentType] - it says an int, and its documentation says None too
        distance_threshold=spread,
        metric="cosine",
        linkage="average",
    )
    found: Any = cast("Any", clustering).fit_predict(vectors.astype(np.float64))
    labels: NDArray[np.intp] = np.asarray(found)
    counts = np.bincount(labels)
    return np.where(counts[labels] >= LEAST, labels, -1)


def _join(vectors: Vectors, labels: NDArray[np.intp], spread: float) -> None:
    """Rows that were not compared join the group whose photos they are nearest to, if they are near enough."""
    names = np.unique(labels[labels >= 0])
    if not len(names):
        return
    means = np.stack([vectors[labels == name].mean(axis=0) for name in names])
    for start in range(0, len(vectors), BLOCK):
        block = slice(start, start + BLOCK)
        distances = 1.0 - vectors[block] @ means.T  # (B, G) the mean of those to all photos of a group
        nearest = distances.argmin(axis=1)
        near = distances[np.arange(len(nearest)), nearest] < spread
        labels[block] = np.where((labels[block] < 0) & near, names[nearest], labels[block])


def _group(vectors: Vectors, rows: NDArray[np.intp]) -> Group:
    middle = vectors[rows].mean(axis=0)
    middle /= max(float(np.linalg.norm(middle)), 1e-6)
    cosines = vectors[rows] @ middle
    order = np.lexsort((rows, -cosines))
    return Group(tuple(int(each) for each in rows[order]), float(cosines.mean()))
