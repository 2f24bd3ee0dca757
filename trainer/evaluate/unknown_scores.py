"""Scores by which photos of classes that a head has never seen may be told from those that it knows; higher: known.

Maximum softmax probability: Hendrycks and Gimpel 2017; maximum logit: Hendrycks et al. 2022; energy: Liu et al. 2020,
Energy-based Out-of-distribution Detection; nearest photos: Sun et al. 2022, Out-of-Distribution Detection with Deep
Nearest Neighbors; Mahalanobis: Lee et al. 2018, A Simple Unified Framework for Detecting Out-of-Distribution Samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp, softmax
from sklearn.covariance import ledoit_wolf

from core.models.taggers.known_classes import nearest_cosine, unit
from trainer.metric.known_classes import middles_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = NDArray[np.floating]

NEIGHBOURS = 5  # as many as a class has photos where few are labelled; 1 to 10 differ by less than draws do


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What a head has learned from."""

    features: NDArray[np.float32]  # (M, F)
    targets: NDArray[np.int64]  # (M,)
    classes: int
    temperature: float


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What it says of other photos."""

    features: NDArray[np.float32]  # (N, F)
    logits: NDArray[np.float32]  # (N, C) before temperature


def highest_probability(learned: Learned, asked: Asked) -> Scores:
    return softmax(asked.logits / learned.temperature, axis=1).max(axis=1)


def highest_logit(learned: Learned, asked: Asked) -> Scores:
    return asked.logits.max(axis=1)


def energy(learned: Learned, asked: Asked) -> Scores:
    """The negative of what is called energy, at a temperature of 1."""
    return np.asarray(logsumexp(asked.logits, axis=1))


def nearest_photos(learned: Learned, asked: Asked) -> Scores:
    """The cosine to the fifth nearest photo."""
    cosines = unit(asked.features) @ unit(learned.features).T
    place = min(NEIGHBOURS, cosines.shape[1])
    return -np.partition(-cosines, place - 1, axis=1)[:, place - 1]


def nearest_mean(learned: Learned, asked: Asked) -> Scores:
    """The cosine to the nearest mean of a class: what taggers keep."""
    return nearest_cosine(asked.features, middles_of(learned.features, learned.targets, learned.classes))


def mahalanobis(learned: Learned, asked: Asked) -> Scores:
    """The distance to the nearest class, all of one covariance; that is shrunk as Ledoit and Wolf do (2004)."""
    present = np.unique(learned.targets)
    means = np.stack([learned.features[learned.targets == each].mean(axis=0) for each in present])
    covariance, _ = ledoit_wolf(learned.features - means[np.searchsorted(present, learned.targets)])
    whitening = np.linalg.cholesky(np.linalg.inv(covariance))
    moved, centres = asked.features @ whitening, means @ whitening
    squares = (moved**2).sum(axis=1, keepdims=True) - 2 * moved @ centres.T + (centres**2).sum(axis=1)
    return -squares.min(axis=1)


SCORES: Mapping[str, Callable[[Learned, Asked], Scores]] = {
    "highest probability": highest_probability,
    "highest logit": highest_logit,
    "energy": energy,
    "fifth nearest photo": nearest_photos,
    "Mahalanobis distance": mahalanobis,
    "nearest class mean": nearest_mean,
}
