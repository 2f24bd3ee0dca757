"""Labels that are likely wrong, by confident learning, made here: decision 0063.

Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels". A label is doubted
where a classifier that has not seen the photo is as sure of another one as it is, on average, where that one is given.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.data.examples import NOT_LABELLED

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS = 5
LEAST_PHOTOS = 20  # labelled ones: with fewer, nothing that has not seen a photo knows enough
LEAST_OF_LABEL = 3  # a label of fewer is not doubted, and nothing is suggested to be it

LEAST_DOUBT = 0.95
"""Of the labels above it, three in four had been made wrong on purpose (decision 0063); below it, most doubts are
mistakes of the classifier, and who is shown those stops looking."""

FIT = 10.0
"""Inverse regularisation of the logistic regression on standardised vectors, divided by the number of photos, so that
it is as strong for few photos as for many. With ten times as much it believes wrong labels."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One label that is likely wrong."""

    row: int
    given: int
    suggested: int
    strength: float  # 0..1: by how much the label is less probable than where it is given as a rule


def likely_wrong(
    features: NDArray[np.float32],
    targets: NDArray[np.int64],
    *,
    groups: Sequence[int] | None = None,
    seed: int = 0,
    least_doubt: float = LEAST_DOUBT,
) -> list[Doubt]:
    """The strongest doubts first.

    Args:
        features: (N, F) of any network; vectors of an encoder will do.
        targets: (N,) places of the labels; -1 where there is none.
        groups: (N,) photos of one thing: a photo is not judged by what was learned from its twins.
    """
    counts = np.bincount(targets[targets != NOT_LABELLED])
    usable = np.flatnonzero((targets != NOT_LABELLED) & (counts[np.maximum(targets, 0)] >= LEAST_OF_LABEL))
    labels, places = np.unique(targets[usable], return_inverse=True)
    if len(usable) < LEAST_PHOTOS or len(labels) < 2:
        return []
    together = np.arange(len(usable)) if groups is None else np.asarray(groups)[usable]
    probabilities = out_of_sample(features[usable], places, together, seed)
    doubts = [
        Doubt(int(usable[row]), int(labels[places[row]]), int(labels[suggested]), strength)
        for row, suggested, strength in _doubted(probabilities, places)
        if strength >= least_doubt
    ]
    return sorted(doubts, key=lambda doubt: (-doubt.strength, doubt.row))


def out_of_sample(
    features: NDArray[np.float32], places: NDArray[np.int64], groups: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """(N, C) probabilities of each photo by a logistic regression that has not seen its group."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classes = int(places.max()) + 1
    folds = min(FOLDS, len(np.unique(groups)))
    probabilities = np.full((len(places), classes), 1 / classes)
    if folds < 2:
        return probabilities
    division = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # Rare labels with fewer groups than folds, and steps that run out before the last digit: both are harmless.
        warnings.simplefilter("ignore", category=UserWarning)
        for seen, unseen in division.split(features, places, groups):
            present = np.unique(places[seen])
            if len(present) < 2:
                continue
            model = make_pipeline(StandardScaler(), LogisticRegression(C=FIT / len(seen), max_iter=200))
            model.fit(features[seen], places[seen])
            probabilities[unseen] = 0
            probabilities[np.ix_(unseen, present)] = model.predict_proba(features[unseen])
    return probabilities


def _doubted(probabilities: NDArray[np.float64], places: NDArray[np.int64]) -> list[tuple[int, int, float]]:
    """Row, suggested label and strength of what lies off the diagonal of the confident joint.

    Ranked by the probability of the label that was given: that finds more wrong ones among the first than the margin to
    the suggestion does.
    """
    rows = np.arange(len(places))
    classes = probabilities.shape[1]
    own = probabilities[rows, places]
    # The mean confidence in each label where it is given: what counts as sure of it.
    thresholds = np.bincount(places, own, classes) / np.maximum(np.bincount(places, minlength=classes), 1)
    sure = probabilities >= thresholds
    suggested = np.where(sure, probabilities, -1.0).argmax(1)
    doubted = sure.any(1) & (suggested != places) & (probabilities[rows, suggested] > own)
    strengths = 1 - own / np.maximum(thresholds[places], 1e-12)
    return [(int(row), int(suggested[row]), float(strengths[row])) for row in np.flatnonzero(doubted)]
