"""What a tagger has to know of its classes to tell what lies outside of all of them: their middles, and how near to one
a photo of a known class usually lies. How that is used is `core.models.taggers.known_classes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.models.taggers.known_classes import KnownClasses, nearest_cosine, unit
from trainer.report.detection import KEPT, threshold_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Features = NDArray[np.floating]
    Targets = NDArray[np.integer]

ENOUGH = 20  # photos that were held out: of fewer, the one in twenty that may be lost is chance
MOST_OF_A_CLASS = 100  # photos: more of them move a middle by less than photos differ


def middles_of(features: Features, targets: Targets, classes: int) -> NDArray[np.float32]:
    """Unit-length features (N, F) averaged by their targets (N,), -1 left out -> (C, F) unit length; zeros for a class
    without photos.
    """
    return unit(_sums(unit(features), targets, classes))


def known_classes(middles: NDArray[np.float32], held_out: Features, kept: float = KEPT) -> KnownClasses | None:
    """With a threshold that so many photos of known classes reach, of features (M, F) that no middle was made of; None
    where there are too few of them.
    """
    return _with_threshold(middles, nearest_cosine(held_out, middles), kept)


def known_classes_of(
    features: Features, targets: Targets, classes: int, groups: NDArray[np.integer], kept: float = KEPT
) -> KnownClasses | None:
    """The same of one set of photos: each is compared with middles that were made without those of its group.

    Args:
        groups: (N,) photos of one thing have the same number.
    """
    cosines = left_out_cosines(features, targets, classes, groups)
    return _with_threshold(middles_of(features, targets, classes), cosines, kept)


def left_out_cosines(
    features: Features, targets: Targets, classes: int, groups: NDArray[np.integer]
) -> NDArray[np.float32]:
    """(M,) to the nearest middle, each class made without the photos of one's own group. Photos without a target, and
    those that are all that is known of their class, are left out.
    """
    labelled = np.flatnonzero(targets >= 0)
    if not len(labelled):
        return np.empty(0, np.float32)
    rows, own = unit(features[labelled]), np.asarray(targets)[labelled]
    sums = _sums(rows, own, classes)
    cosines = rows @ unit(sums).T  # (M, C)
    names, place = np.unique(groups[labelled], return_inverse=True)
    _, together = np.unique(own * len(names) + place, return_inverse=True)  # of one class and one group
    rest = sums[own] - _sums(rows, together, int(together.max()) + 1)[together]
    cosines[np.arange(len(rows)), own] = (rows * unit(rest)).sum(axis=1)
    fair = np.bincount(own)[own] > np.bincount(together)[together]
    return cosines[fair].max(axis=1) if fair.any() else np.empty(0, np.float32)


def some_of_each(targets: Targets, most: int = MOST_OF_A_CLASS) -> NDArray[np.intp]:
    """Rows: of each target (N,) so many at most, spread evenly; -1 left out."""
    chosen = [np.flatnonzero(targets == each) for each in np.unique(targets[targets >= 0])]
    return np.sort(np.concatenate([rows[:: -(-len(rows) // most)] for rows in chosen])) if chosen else np.empty(0, int)


def _with_threshold(middles: NDArray[np.float32], cosines: NDArray[np.float32], kept: float) -> KnownClasses | None:
    return KnownClasses(middles, threshold_for(cosines, kept)) if len(cosines) >= ENOUGH else None


def _sums(rows: NDArray[np.float32], targets: Targets, classes: int) -> NDArray[np.float32]:
    sums = np.zeros((classes, rows.shape[1]), np.float32)
    known = targets >= 0
    np.add.at(sums, np.asarray(targets)[known], rows[known])
    return sums
