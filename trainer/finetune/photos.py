"""The photos of one training as tensors on its device: shuffled, augmented, mixed batches, and plain ones to look at.

Reading and augmenting happen ahead of the loop in `trainer.data.batches`. What a batch holds depends on seed, epoch and
step alone, so that a resumed training sees the very same ones.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.tags.values import CLASS
from trainer.config import TrainConfig
from trainer.data.augment import Augmentation
from trainer.data.batches import Batches, Normalisation
from trainer.data.batches import Photos as Rows
from trainer.data.samplers import Order, balanced, in_order, shuffled
from trainer.finetune.loss import Mixed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from trainer.finetune.parallel import Workers

Targets = Mapping[str, "NDArray[np.int64]"]
_NOTHING = Augmentation.model_validate({})
_LOOK_BATCH = 64  # photos at once where nothing is learned: no gradients have to be kept


@dataclass(frozen=True)
class Part:
    """The photos of one split."""

    rows: Rows
    targets: Targets  # (N,) by head

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Batch:
    """One step's share of this process."""

    pixels: Tensor  # (B, 3, H, W) float32, normalised
    targets: dict[str, Tensor]  # (B,) int64
    mixed: Mixed | None

    def __len__(self) -> int:
        return len(self.pixels)


class TrainingPhotos:
    """All parts of a dataset."""

    def __init__(
        self, config: TrainConfig, parts: Mapping[str, Part], preprocessing: Normalisation, workers: Workers
    ) -> None:
        """
        Args:
            parts: By the name of the split; "train" may hold larger pictures than the network takes: crops.
        """
        self.parts = parts
        self._preprocessing = preprocessing
        self._device = workers.device
        train = parts["train"]
        self._batches = Batches(
            train.rows,
            train.targets,
            preprocessing,
            order=share_of(_order(config, train), workers),
            batch_size=max(1, config.batch_size // workers.count),
            augmentation=config.augmentation,
            seed=config.seed + 1_000_003 * workers.rank,  # each process augments in its own way
        )

    @property
    def steps_per_epoch(self) -> int:
        return len(self._batches)

    def training(self, epoch: int, first_step: int = 0) -> Generator[Batch]:
        """The batches of one epoch (of the whole training), from a step on. Close it to end its threads."""
        for batch in self._batches.epoch(epoch, from_step=first_step):
            targets = {head: values.to(self._device) for head, values in batch.targets.items()}
            mixed = None
            if batch.mixing is not None:
                partner = batch.mixing.partner.to(self._device)
                others = {head: values[partner] for head, values in targets.items()}
                mixed = Mixed(others, float(batch.mixing.share[0]))
            yield Batch(batch.pixels.to(self._device), targets, mixed)

    def plain(
        self, part: str, rows: NDArray[np.intp] | None = None
    ) -> Iterator[tuple[Tensor, dict[str, NDArray[np.int64]]]]:
        """All photos of a split in their order, or these rows, as the tagger will see them, with their targets."""
        photos = self.parts[part]
        batches = Batches(
            photos.rows,
            photos.targets,
            self._preprocessing,
            order=in_order(len(photos)) if rows is None else lambda _epoch: rows,
            batch_size=_LOOK_BATCH,
            augmentation=_NOTHING
            if part == "train"
            else None,  # photos to train on may be larger, and are brought to size
        )
        for batch in batches.epoch():
            yield batch.pixels.to(self._device), {head: values.numpy() for head, values in batch.targets.items()}


def balancing_head(heads: Sequence[str]) -> str:
    """The head whose labels are drawn equally often: the class, where there is one."""
    return CLASS if CLASS in heads else heads[0]


def _order(config: TrainConfig, train: Part) -> Order:
    if config.loss.class_balance == "sampler":
        return balanced(train.targets[balancing_head([*train.targets])], config.seed)
    return shuffled(len(train), config.seed)


def share_of(order: Order, workers: Workers) -> Order:
    """Every process the same number of photos, each its own; the first ones fill up what is missing."""
    if workers.count == 1:
        return order

    def share(epoch: int) -> NDArray[np.int64]:
        rows = order(epoch)
        filled = np.resize(rows, -(-len(rows) // workers.count) * workers.count)
        return filled[workers.rank :: workers.count]

    return share
