"""Coarse before fine: photos whose coarse kind is that of the query come first, by a weight that validation chooses.

A photo's kind is that of the nearest prototype, the mean of the photos of that kind that were trained on; candidates
are not asked for their labels either. A kind is then a few more numbers of a vector: ranking remains a dot product, so
that any index of nearest neighbours can do it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.metric.neighbours import mean_figures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Vectors

STRICTLY_FIRST = 4.0
"""Of a kind in common: more than cosines of -1 and 1 differ."""

WEIGHTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, STRICTLY_FIRST)


@dataclass(frozen=True)
class CoarseKinds:
    """Prototypes of the kinds that were trained on."""

    prototypes: Vectors  # (K, P) unit length
    places: NDArray[np.int64]  # (K,) which kind each one is

    @classmethod
    def of(cls, vectors: Vectors, classes: NDArray[np.int64], kind_of: NDArray[np.int64]) -> CoarseKinds:
        """Classes count alike within their kind, however many photos they have.

        Args:
            vectors: (N, P) of photos that were trained on.
            classes: (N,).
            kind_of: (C,) by class.
        """
        known = np.unique(classes)
        means = np.stack([vectors[classes == fine].mean(axis=0) for fine in known])
        kinds = kind_of[known]
        places = np.unique(kinds)
        return cls(_unit(np.stack([means[kinds == kind].mean(axis=0) for kind in places])), places)

    def predicted(self, vectors: Vectors) -> NDArray[np.int64]:
        """(N,) the kind of each photo."""
        return self.places[(vectors @ self.prototypes.T).argmax(axis=1)]

    def extended(self, vectors: Vectors, weight: float) -> Vectors:
        """(N, P + K) unit length, whose dot products rank by cosine plus `weight` where two kinds are the same."""
        nearest = (vectors @ self.prototypes.T).argmax(axis=1)
        kinds = np.sqrt(weight) * np.eye(len(self.places), dtype=np.float32)[nearest]
        return _unit(np.concatenate([vectors, kinds], axis=1)).astype(np.float32)

    def choose_weight(self, vectors: Vectors, classes: NDArray[np.int64]) -> float:
        """The best of `WEIGHTS` by MAP@R on validation photos; the least of those that are equally good."""
        return max(WEIGHTS, key=lambda weight: mean_figures(self.extended(vectors, weight), classes)["MAP@R"])


def _unit(vectors: Vectors) -> Vectors:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
