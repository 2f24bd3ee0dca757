"""What all taggers have in common: from probabilities by head to predictions. Imports no torch.

`Tagger.load` gives the right kind for a directory: one that looks at pixels, one that reads vectors, or an ensemble.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ModelError
from core.tags.values import CLASS, TOP_K, Prediction, Predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from core.models.calibration import Plans
    from core.models.taggers.known_classes import KnownClasses
    from core.protocols import Prepared
    from core.types import Vectors

    ByHead = dict[str, NDArray[np.float32]]
    """(N, C) by head."""


class Tagger(ABC):
    """A trained tagger. Implements `core.protocols.Tagger`."""

    def __init__(
        self, *, key: str, name: str, heads: Mapping[str, tuple[str, ...]], thresholds: Mapping[str, float]
    ) -> None:
        self.key = key
        self.name = name
        self.heads = dict(heads)
        self.thresholds = dict(thresholds)
        self.known: dict[str, KnownClasses] = {}  # by head, where it can tell what it does not know

    @staticmethod
    def load(directory: Path, *, device: str = "auto", plans: Plans | None = None) -> Tagger:
        """The tagger in a checkpoint directory; see `core.models.taggers.loaded.load_tagger`."""
        from core.models.taggers.loaded import load_tagger

        return load_tagger(directory, device=device, plans=plans)

    @property
    def tells_unknown(self) -> bool:
        return CLASS in self.known

    @property
    @abstractmethod
    def needs_pixels(self) -> bool: ...
    @property
    @abstractmethod
    def encoder_key(self) -> str | None: ...
    @property
    @abstractmethod
    def image_edge_px(self) -> int: ...
    @property
    @abstractmethod
    def batch_size(self) -> int: ...
    @property
    @abstractmethod
    def temperatures(self) -> Mapping[str, float]:
        """By head: logits are divided by it."""
        ...

    @abstractmethod
    def prepare(self, image: Image) -> Prepared: ...
    @abstractmethod
    def outputs(
        self, prepared: Sequence[Prepared], vectors: Vectors | None = None
    ) -> tuple[ByHead, NDArray[np.float32]]:
        """For evaluation: logits (N, C) by head before temperature, and features (N, F).

        Raises:
            ModelError: the vectors are not those of its encoder, or the answer is not finite.
            MachineError: the graphics card has not even memory for a single picture.
        """
        ...

    def probabilities(self, prepared: Sequence[Prepared], vectors: Vectors | None = None) -> ByHead:
        """(N, C) by head, calibrated. Raises what `outputs` raises."""
        logits, _ = self.outputs(prepared, vectors)
        return self.calibrated(logits)

    def answers(
        self, prepared: Sequence[Prepared], vectors: Vectors | None = None
    ) -> tuple[ByHead, dict[str, NDArray[np.bool_]]]:
        """Calibrated probabilities (N, C) by head; and (N,) for those heads that can tell, which photos are none of
        their labels. Raises what `outputs` raises.
        """
        logits, features = self.outputs(prepared, vectors)
        return self.calibrated(logits), {head: known.unknown(features) for head, known in self.known.items()}

    def calibrated(self, logits: ByHead) -> ByHead:
        """Probabilities (N, C) by head of the logits that `outputs` gives (Guo et al. 2017)."""
        return {head: softmax(values / self.temperatures[head]) for head, values in logits.items()}

    def tag_prepared(self, prepared: Sequence[Prepared], vectors: Vectors | None = None) -> list[Predictions]:
        """One answer a photo, in the order given. Raises what `outputs` raises."""
        probabilities, unknown = self.answers(prepared, vectors)
        by_head = {
            head: predictions(self.heads[head], values, self.thresholds[head], unknown.get(head))
            for head, values in probabilities.items()
        }
        return [{head: found[i] for head, found in by_head.items()} for i in range(len(prepared))]

    def tag(self, images: Sequence[Image], vectors: Vectors | None = None) -> list[Predictions]:
        """One answer a picture. Raises what `outputs` raises."""
        return self.tag_prepared([self.prepare(image) for image in images], vectors)


def predictions(
    labels: Sequence[str],
    probabilities: NDArray[np.float32],
    threshold: float,
    unknown: NDArray[np.bool_] | None = None,
) -> list[Prediction]:
    """(N, C) -> N predictions; of labels that are equally probable the first one wins.

    Args:
        unknown: (N,) those that are none of the labels: nothing is sure of them.
    """
    names = list(labels)
    order: NDArray[np.int64] = np.argsort(-probabilities, axis=1, kind="stable")[:, :TOP_K]
    columns_of: list[list[int]] = order.tolist()
    beyond_of: list[bool] = [False] * len(order) if unknown is None else unknown.tolist()
    values_of: list[list[float]] = np.take_along_axis(probabilities, order, axis=1).tolist()
    return [
        Prediction(
            label=names[columns[0]],
            probability=values[0],
            top=tuple((names[column], value) for column, value in zip(columns, values, strict=True)),
            sure=values[0] >= threshold and not beyond,
            unknown=beyond,
        )
        for columns, values, beyond in zip(columns_of, values_of, beyond_of, strict=True)
    ]


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, C) -> (N, C), rows of sum 1."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def check_vectors(vectors: Vectors | None, count: int, dim: int, encoder_name: str) -> Vectors:
    """Raises ModelError unless there is one finite vector of the encoder for each photo."""
    if vectors is None or vectors.shape != (count, dim) or not np.isfinite(vectors).all():
        raise ModelError(
            f"The tagger reads the vectors of the encoder {encoder_name}, and got others.",
            remedy=f"Use the encoder {encoder_name}, or train the tagger again for the one that answers.",
        )
    return vectors


def check_finite(logits: ByHead, name: str) -> ByHead:
    """Raises ModelError for answers that are no numbers."""
    if not all(np.isfinite(values).all() for values in logits.values()):
        raise ModelError(
            f"The tagger {name} answers with numbers that are not finite.",
            remedy="Its weights are probably damaged: take it from a backup, train it again, or choose another one.",
        )
    return logits
