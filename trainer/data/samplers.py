"""Which photos an epoch shows, in what order. The order of an epoch depends on the seed and its number alone, so that a
run can go on in the middle of any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


def grouped(
    targets: NDArray[np.int64], seed: int, *, classes: int, each: int, coarse: NDArray[np.int64] | None = None
) -> Order:
    """Batches of `classes` classes with `each` photos of every one, as metric learning needs them. Each class has its
    turn as often as the others; photos of a class with fewer than `each` come more than once. An epoch shows about as
    many photos as there are, in whole batches.

    Args:
        targets: (N,) of one head; photos without a label are never drawn.
        coarse: (N,) the coarse kind of each photo: half of the classes of a batch are then relatives of the other half
            (class-balanced hierarchical sampling). None: drawn at random.
    """
    labels = [int(label) for label in np.unique(targets[targets != NOT_LABELLED])]
    rows_of = {label: np.flatnonzero(targets == label) for label in labels}
    kind_of = None if coarse is None else {label: int(coarse[rows[0]]) for label, rows in rows_of.items()}
    per_batch = min(classes, len(labels))
    batches = max(1, sum(map(len, rows_of.values())) // max(1, per_batch * each))

    def rows(epoch: int) -> NDArray[np.int64]:
        random = _generator(seed, epoch)
        queue: list[int] = []
        drawn: list[NDArray[np.int64]] = []
        for _ in range(batches if labels else 0):
            for label in _next_classes(queue, labels, per_batch, kind_of, random):
                drawn.append(random.choice(rows_of[label], each, replace=len(rows_of[label]) < each))
        return np.concatenate(drawn).astype(np.int64) if drawn else np.empty(0, np.int64)

    return rows


def _next_classes(
    queue: list[int],
    labels: Sequence[int],
    count: int,
    kind_of: Mapping[int, int] | None,
    random: np.random.Generator,
) -> list[int]:
    """Different classes, taken out of the queue of those that wait for their turn, which is filled up as needed."""
    batch: list[int] = []
    while len(batch) < count:
        waiting = [label for label in queue if label not in batch]
        if not waiting:
            queue += [int(label) for label in random.permutation(labels)]
            continue
        kinds = {kind_of[label] for label in batch[-1:]} if kind_of is not None and len(batch) % 2 else set[int]()
        relatives = [label for label in waiting if kind_of is not None and kind_of[label] in kinds]
        batch.append((relatives or waiting)[0])
        queue.remove(batch[-1])
    return batch


def class_weights(targets: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """(classes,) inverse frequencies, with mean 1 over the photos, for a loss that balances; 0 where there are none."""
    counts = np.bincount(targets[targets != NOT_LABELLED], minlength=classes).astype(np.float64)
    present = counts > 0
    weights = np.where(present, counts.sum() / (np.maximum(counts, 1) * max(1, present.sum())), 0.0)
    return weights.astype(np.float32)


def _generator(seed: int, epoch: int) -> np.random.Generator:
    return np.random.default_rng((seed, epoch, _ORDER_STREAM))
