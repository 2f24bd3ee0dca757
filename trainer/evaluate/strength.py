"""Whether strengths mean what they say: calibration, the weak line, and what shows that should not.

The constants of `core.relevance` were fitted here: `fit` on one half of the class names, all figures on the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from core.relevance import combine, strength_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.relevance import NoiseFloor, TermKind
    from core.types import Vectors
    from trainer.evaluate.photos import LabelledPhoto

# Strengths are probabilities for a library in which one photo in fifteen answers the query. Were it rarer, most of what
# people look for would hide below the line; were it commoner, things that are not there would show.
REFERENCE_SHARE = 1 / 15
LINES = (0.25, 0.35, 0.5, 0.75)
_BINS = 10


@dataclass(frozen=True, slots=True)
class Pairs:
    """Queries against photos where the truth is known: both (P,)."""

    deviations: NDArray[np.float64]  # above the noise
    relevant: NDArray[np.bool_]

    @property
    def weights(self) -> NDArray[np.float64]:
        """(P,) so that relevant pairs are `REFERENCE_SHARE` of all."""
        share = float(self.relevant.mean())
        return np.where(self.relevant, REFERENCE_SHARE / share, (1 - REFERENCE_SHARE) / (1 - share))


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far strengths are from the truth, and how often each tenth of them is right."""

    error: float  # expected calibration error
    reliability: list[tuple[float, float]]  # mean strength and share of right ones, for each tenth that occurs


@dataclass(frozen=True, slots=True)
class Line:
    """What a strictness shows."""

    strictness: float
    precision: float  # of what is shown, where one photo in fifteen is right
    recall: float  # of what is right
    false_shows: float  # share of wrong photos that are shown


def known_truth(names: Sequence[str], photos: Sequence[LabelledPhoto]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which photos, (names, photos), are relevant for a name, and for which of them that is known at all.

    It is not known of photos without a label, and where name and label share a word: a plastic bag for "bag".
    """
    relevant = np.array([[name in photo.names for photo in photos] for name in names])
    said = [_words(" ".join(photo.names)) for photo in photos]
    open_question = np.array([[bool(_words(name) & words) for words in said] for name in names])
    labelled = np.array([bool(photo.label) for photo in photos])
    return relevant, relevant | (labelled & ~open_question)


def deviations(queries: Vectors, photos: Vectors, noise: NoiseFloor, kind: TermKind = "text") -> NDArray[np.float64]:
    """(Q, N) above the noise, as a search for each query alone has them."""
    combined = [combine([(query, 1.0, kind)], noise) for query in queries]
    return np.array([query.deviations(photos @ query.vector) for query in combined])


def fit(pairs: Pairs) -> tuple[float, float]:
    """Midpoint and slope, in deviations, of the logistic curve that fits best."""
    model = LogisticRegression(C=1e6)  # as good as no regularisation: there are two parameters
    model.fit(pairs.deviations[:, None], pairs.relevant, sample_weight=pairs.weights)
    slope = 1 / float(np.ravel(model.coef_)[0])
    return -float(np.ravel(model.intercept_)[0]) * slope, slope


def calibration(pairs: Pairs) -> Calibration:
    """How well the strengths that the search gives agree with the truth."""
    strengths, weights = strength_of(pairs.deviations), pairs.weights
    tenth = np.minimum((strengths * _BINS).astype(int), _BINS - 1)
    mass = np.bincount(tenth, weights, _BINS)
    held = mass > 0
    said = np.bincount(tenth, weights * strengths, _BINS)[held] / mass[held]
    true = np.bincount(tenth, weights * pairs.relevant, _BINS)[held] / mass[held]
    error = float(np.average(np.abs(said - true), weights=mass[held]))
    return Calibration(error, list(zip(said.tolist(), true.tolist(), strict=True)))


def line(pairs: Pairs, strictness: float) -> Line:
    """What the line at this strictness shows and hides."""
    shown = strength_of(pairs.deviations) >= strictness
    right = shown & pairs.relevant
    precision = pairs.weights[right].sum() / pairs.weights[shown].sum() if shown.any() else 1.0
    return Line(
        strictness,
        precision=float(precision),
        recall=float(right.sum() / pairs.relevant.sum()),
        false_shows=float((shown & ~pairs.relevant).sum() / (~pairs.relevant).sum()),
    )


def same_label_pairs(photos: Sequence[LabelledPhoto]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pairs, (N, N), show the same thing, and of which that is known: each pair once, no photo with itself.

    Of different labels that share a word or a broader name, such as two breeds of dog, it is not known.
    """
    same = np.array([[one.label == other.label != "" for other in photos] for one in photos])
    said = [_words(" ".join(photo.names)) for photo in photos]
    akin = np.array([[bool(one & other) for other in said] for one in said])
    labelled = np.array([bool(photo.label) for photo in photos])
    known = (same | ~akin) & labelled[:, None] & labelled[None, :]
    return same, np.triu(known, k=1)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))
