"""What an encoder is asked, of photos that nothing is learned from: do photos find photos, and do texts find them?

Texts are embedded once, by the encoder as it is: its text tower does not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.contrastive.guard import AGREEMENT
from trainer.evaluate.retrieval import estimate, name_precision, recall_text_to_image
from trainer.metric.neighbours import neighbours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Vectors
    from trainer.contrastive.guard import Figures
    from trainer.data.batches import Photos
    from trainer.report.intervals import Interval

FIRST = 20  # photos that a text finds: about what a person looks at
_PART = 5  # of few photos a fifth: all of them are always the same


@dataclass(frozen=True)
class ClassQuestions:
    """Photos of the classes that are learned, such as the validation part."""

    photos: Photos
    classes: NDArray[np.int64]  # (N,) places in `names`
    names: Vectors  # (C, D) the names of the classes as queries

    def image_figures(self, vectors: Vectors) -> Figures:
        """
        Args:
            vectors: (N, D) unit length.
        """
        found = neighbours(vectors, self.classes)
        recalls = {f"R@{depth}": interval for depth, interval in found.recall.items()}
        return {**recalls, "MAP@R": found.map_at_r, "mAP": found.mean_average_precision}

    def text_figures(self, vectors: Vectors) -> Figures:
        """Each name looks for its photos, and each photo is called by the nearest of all names."""
        present = np.unique(self.classes)
        relevant = self.classes[None, :] == present[:, None]
        right = (vectors @ self.names.T).argmax(axis=1) == self.classes
        return {
            "names mAP": name_precision(self.names[present], vectors, relevant).mean,
            "names top-1": estimate(right.astype(float)),
        }


@dataclass(frozen=True)
class OtherQuestions:
    """Texts of another kind, for photos that may show anything."""

    asked: str  # whom, in words
    photos: Photos
    prompts: Vectors  # (P, D) whose first photos should stay the same
    captions: Vectors  # (T, D), perhaps none
    owners: NDArray[np.intp]  # (T,) rows of `photos` that the captions describe
    captioned: NDArray[np.intp]  # rows with captions: each caption looks for its photo among them
    names: Vectors  # (C, D), perhaps none
    relevant: NDArray[np.bool_]  # (C, N') which of `named` a name is true of
    named: NDArray[np.intp]  # (N',) rows with a name

    def figures(self, vectors: Vectors) -> Figures:
        """
        Args:
            vectors: (N, D) unit length.
        """
        figures: dict[str, Interval] = {}
        if len(self.captions):
            places = np.searchsorted(self.captioned, self.owners)
            recall = recall_text_to_image(self.captions, vectors[self.captioned], places)
            figures |= {f"captions R@{depth}": interval for depth, interval in recall.at.items()}
        if len(self.names):
            figures["other names mAP"] = name_precision(self.names, vectors[self.named], self.relevant).mean
        return figures

    def first(self, vectors: Vectors) -> NDArray[np.intp]:
        """(P, 20) rows that each prompt finds first; fewer of few photos."""
        first = max(1, min(FIRST, len(vectors) // _PART))
        return np.argsort(-(self.prompts @ vectors.T), axis=1, kind="stable")[:, :first]


def agreement(before: NDArray[np.intp], now: NDArray[np.intp]) -> Figures:
    """How much of what each prompt found first it still finds first.

    Args:
        before: (P, K) rows of photos.
        now: The same.
    """
    shared = [len(np.intersect1d(*pair)) / before.shape[1] for pair in zip(before, now, strict=True)]
    return {AGREEMENT: estimate(np.array(shared))}
