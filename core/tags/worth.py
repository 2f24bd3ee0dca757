"""Which photos to label next: those that the tagger is unsure of, and that are not like each other or like what is
labelled already.

Greedy k-centre selection (Sener and Savarese 2018, "Active Learning for Convolutional Neural Networks: A Core-Set
Approach") on the vectors of the library, with distances weighted by the uncertainty, so that both count at once as they
do in BADGE (Ash et al. 2020). A few thousand of the most uncertain photos are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.store.labels import LabelStore
    from core.store.unlabelled import UnlabelledStore
    from core.types import PhotoId, Vectors

POOL = 4000  # photos that are compared: some tenths of a second, and far more than anybody labels in a day
MOST_LABELLED = 1000  # with which they are compared, spread evenly over all that are labelled
LEAST_UNCERTAINTY = 0.02  # so that between photos that the tagger is sure of it is the distance that decides


def worth_labelling(
    labels: LabelStore,
    unlabelled: UnlabelledStore,
    vectors: Callable[[Sequence[PhotoId]], tuple[list[PhotoId], Vectors]],
    head: str,
    *,
    limit: int,
) -> list[PhotoId]:
    """Photos without a label of the head, the most instructive first; those without a vector come last."""
    uncertainty = unlabelled.most_uncertain(head, max(POOL, 2 * limit))
    ids, pool = vectors(list(uncertainty))
    weights = np.array([uncertainty[photo_id] for photo_id in ids], np.float32)  # (N,)
    _, known = vectors(_spread(sorted(labels.of_head(head))))
    chosen = [ids[at] for at in choose(pool, np.maximum(weights, LEAST_UNCERTAINTY), known, limit)]
    compared = set(ids)
    without_vector = [photo_id for photo_id in uncertainty if photo_id not in compared]
    return (chosen + without_vector)[:limit]


def choose(pool: Vectors, weights: NDArray[np.float32], known: Vectors, limit: int) -> list[int]:
    """Rows of the pool, one after the other the one farthest from all that is known by then.

    Args:
        pool: (N, D) unit length.
        weights: (N,) above 0; a distance counts as many times.
        known: (K, D) unit length, what need not be chosen any more; K may be 0.
    """
    if not len(pool):
        return []
    distance = 1.0 - (pool @ known.T).max(axis=1) if len(known) else np.ones(len(pool), np.float32)  # (N,)
    chosen: list[int] = []
    for _ in range(min(limit, len(pool))):
        score = weights * np.maximum(distance, 1e-6)  # copies of what is known come last, the least sure of them first
        score[chosen] = -1.0
        best = int(score.argmax())
        chosen.append(best)
        distance = np.minimum(distance, 1.0 - pool @ pool[best])
    return chosen


def _spread(ids: Sequence[PhotoId]) -> list[PhotoId]:
    step = -(-len(ids) // MOST_LABELLED) or 1
    return list(ids[::step])
