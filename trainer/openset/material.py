"""What a network for retrieval learns from and is looked at with: pixels from the cache, or vectors of an encoder."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from core.tags.values import CLASS, Split
from trainer.data.batches import Batches, Normalisation, Photos
from trainer.data.samplers import Order, grouped, in_order
from trainer.openset.config import MetricConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.types import Vectors

TRAIN, VALIDATION, UNSEEN = Split.TRAIN.value, Split.VALIDATION.value, Split.TEST.value
PROTOTYPES = "prototypes"
"""Some of the photos to train on, as they are: for the means of classes and kinds."""

_LOOK_PHOTOS, _LOOK_VECTORS = 64, 4096  # at once, where nothing is learned


@dataclass(frozen=True)
class Batch:
    """A few photos of each of some classes."""

    inputs: Tensor  # (B, 3, H, W) normalised pixels, or (B, D) vectors
    classes: Tensor  # (B,) int64, among those that are learned
    kinds: Tensor  # (B,) int64

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class Labels:
    """The photos of each part by class and kind."""

    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    kinds: tuple[str, ...]
    kind_of: NDArray[np.int64]  # (C,) by class: the seen ones first, then the unseen ones
    of: Mapping[str, NDArray[np.int64]]  # (N,) the class of each photo, by part


class Material(Protocol):
    """Batches to learn from, and all photos of a part in their order."""

    @property
    def steps(self) -> int:
        """Of an epoch."""
        ...

    def training(self, epoch: int, first_step: int = 0) -> Generator[Batch]: ...
    def plain(self, part: str) -> Iterator[Tensor]:
        """As they are, some at a time."""
        ...


class PixelMaterial:
    """Photos by row, augmented while they are learned from."""

    def __init__(
        self,
        config: MetricConfig,
        photos: Mapping[str, Photos],
        labels: Labels,
        preprocessing: Normalisation,
        device: torch.device,
    ) -> None:
        self._photos = photos
        self._preprocessing = preprocessing
        self._device = device
        self._kind_of = torch.from_numpy(labels.kind_of)
        self._batches = Batches(
            photos[TRAIN],
            {CLASS: labels.of[TRAIN]},
            preprocessing,
            order=_order(config, labels),
            batch_size=_batch_size(config, labels),
            augmentation=config.augmentation,
            seed=config.seed,
        )

    @property
    def steps(self) -> int:
        return len(self._batches)

    def training(self, epoch: int, first_step: int = 0) -> Generator[Batch]:
        for batch in self._batches.epoch(epoch, from_step=first_step):
            classes = batch.targets[CLASS]
            yield Batch(
                batch.pixels.to(self._device), classes.to(self._device), self._kind_of[classes].to(self._device)
            )

    def plain(self, part: str) -> Iterator[Tensor]:
        photos = self._photos[part]
        rows = Batches(photos, {}, self._preprocessing, order=in_order(len(photos)), batch_size=_LOOK_PHOTOS)
        for batch in rows.epoch():
            yield batch.pixels.to(self._device)


class VectorMaterial:
    """Vectors that an encoder has made once."""

    def __init__(
        self, config: MetricConfig, vectors: Mapping[str, Vectors], labels: Labels, device: torch.device
    ) -> None:
        self._vectors = {part: torch.from_numpy(values).to(device) for part, values in vectors.items()}
        self._classes = torch.from_numpy(labels.of[TRAIN]).to(device)
        self._kind_of = torch.from_numpy(labels.kind_of).to(device)
        self._order = _order(config, labels)
        self._batch_size = _batch_size(config, labels)
        self.steps = -(-len(self._order(0)) // self._batch_size)

    def training(self, epoch: int, first_step: int = 0) -> Generator[Batch]:
        rows = torch.from_numpy(self._order(epoch)).to(self._classes.device)
        for step in range(first_step, self.steps):
            chosen = rows[step * self._batch_size : (step + 1) * self._batch_size]
            classes = self._classes[chosen]
            yield Batch(self._vectors[TRAIN][chosen], classes, self._kind_of[classes])

    def plain(self, part: str) -> Iterator[Tensor]:
        yield from self._vectors[part].split(_LOOK_VECTORS)


def _order(config: MetricConfig, labels: Labels) -> Order:
    """Each class equally often, relatives together."""
    classes = labels.of[TRAIN]
    return grouped(
        classes,
        config.seed,
        classes=config.batch_size // config.photos_per_class,
        each=config.photos_per_class,
        coarse=labels.kind_of[classes],
    )


def _batch_size(config: MetricConfig, labels: Labels) -> int:
    """Whole groups: fewer where there are fewer classes than a batch has room for."""
    classes = min(config.batch_size // config.photos_per_class, len(np.unique(labels.of[TRAIN])))
    return classes * config.photos_per_class
