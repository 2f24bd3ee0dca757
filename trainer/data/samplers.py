"""Which photos an epoch shows, in what order. The order of an epoch depends on the seed and its number alone, so that a
run can go on in the middle of any of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from trainer.data.examples import NOT_LABELLED

if TYPE_CHECKING:
    from numpy.typing import NDArray

Order = Callable[[int], "NDArray[np.int64]"]
"""From the number of an epoch to the rows that it shows. Each epoch has the same number of them."""

_ORDER_STREAM = 1  # apart from the stream of the augmentation, whatever the seed


def in_order(count: int) -> Order:
    rows = np.arange(count, dtype=np.int64)
    return lambda epoch: rows


def shuffled(count: int, seed: int) -> Order:
    return lambda epoch: _generator(seed, epoch).permutation(count).astype(np.int64)


def balanced(targets: NDArray[np.int64], seed: int) -> Order:
    """As often as there are photos, with replacement, each class equally often: torch's WeightedRandomSampler with
    weights of inverse class frequency. Photos without a label count as a class of their own.

    Args:
        targets: (N,) of one head.
    """
    if not len(targets):
        return in_order(0)
    _, places, counts = np.unique(targets, return_inverse=True, return_counts=True)
    weights = 1.0 / counts[places]
    weights /= weights.sum()
    return lambda epoch: _generator(seed, epoch).choice(len(targets), len(targets), p=weights).astype(np.int64)


def class_weights(targets: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """(classes,) inverse frequencies, with mean 1 over the photos, for a loss that balances; 0 where there are none."""
    counts = np.bincount(targets[targets != NOT_LABELLED], minlength=classes).astype(np.float64)
    present = counts > 0
    weights = np.where(present, counts.sum() / (np.maximum(counts, 1) * max(1, present.sum())), 0.0)
    return weights.astype(np.float32)


def _generator(seed: int, epoch: int) -> np.random.Generator:
    return np.random.default_rng((seed, epoch, _ORDER_STREAM))
