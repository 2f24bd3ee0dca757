"""Photos of an adaptation as tensors: balanced batches to learn from, and plain ones, as the encoder sees them."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from core.models.taggers.config import PreprocessingConfig
from trainer.data.batches import Batches, Normalisation, Photos
from trainer.data.examples import NOT_LABELLED
from trainer.data.forms import Form, as_encoded, with_room
from trainer.data.samplers import grouped, in_order
from trainer.finetune.photos import share_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from core.models.preprocessing import Preprocessing
    from core.types import Pixels, Vectors
    from trainer.contrastive.config import ContrastiveConfig
    from trainer.data.augment import Augmentation
    from trainer.finetune.parallel import Workers
    from trainer.finetune.task import Autocast

_LOOK_BATCH = 64  # photos at once where nothing is learned


@dataclass(frozen=True)
class ClassBatch:
    """One step's share of this process."""

    pixels: Tensor  # (B, 3, H, W) float32, normalised
    classes: Tensor  # (B,) int64

    def __len__(self) -> int:
        return len(self.pixels)


class HeldPhotos:
    """Photos in memory, as the encoder takes them."""

    def __init__(self, pixels: Sequence[Pixels]) -> None:
        """
        Args:
            pixels: (H, W, 3) each.
        """
        self._pixels = pixels

    def __len__(self) -> int:
        return len(self._pixels)

    def planes(self, row: int) -> NDArray[np.uint8]:
        """(3, H, W) RGB"""
        return np.ascontiguousarray(self._pixels[row].transpose(2, 0, 1))


class ClassBatches:
    """Balanced batches: as many classes as fit, each with as many photos as the others."""

    def __init__(
        self,
        config: ContrastiveConfig,
        photos: Photos,
        classes: NDArray[np.int64],
        preprocessing: Normalisation,
        workers: Workers,
    ) -> None:
        """
        Args:
            classes: (N,) of `photos`; several processes each compare the photos of their own share.
        """
        kinds = len(np.unique(classes[classes != NOT_LABELLED]))
        together = max(1, min(config.batch_size // config.photos_per_class, kinds))
        each = config.batch_size // together
        self.batch_size = together * each
        self._device = workers.device
        self._batches = Batches(
            photos,
            {"": classes},
            preprocessing,
            order=share_of(grouped(classes, config.seed, classes=together, each=each), workers),
            batch_size=max(1, self.batch_size // workers.count),
            augmentation=config.augmentation,
            seed=config.seed + 1_000_003 * workers.rank,  # each process augments in its own way
        )

    def __len__(self) -> int:
        """Steps of an epoch."""
        return len(self._batches)

    def epoch(self, epoch: int, first_step: int = 0) -> Generator[ClassBatch]:
        """Close it to end its threads."""
        for batch in self._batches.epoch(epoch, from_step=first_step):
            yield ClassBatch(on_device(batch.pixels, self._device), batch.targets[""].to(self._device))


def training_form(preprocessing: Preprocessing, preprocess: Mapping[str, Any], augmentation: Augmentation) -> Form:
    """How photos to learn from lie in the cache: with room for random crops, where there are any.

    Args:
        preprocess: The same as open_clip's values.
    """
    if augmentation.crop_scale is None:
        return as_encoded(preprocessing)
    like = PreprocessingConfig(
        height_px=preprocessing.height_px,
        width_px=preprocessing.width_px,
        resize="squash" if preprocess["resize_mode"] == "squash" else "crop",
        interpolation="bilinear" if preprocess["interpolation"] == "bilinear" else "bicubic",
    )
    return with_room(like, augmentation.crop_scale[0])


@torch.inference_mode()
def embedded(
    tower: nn.Module, photos: Photos, preprocessing: Normalisation, device: torch.device,
    autocast: Autocast = nullcontext,
) -> Vectors:  # fmt: skip
    """(N, D) of unit length, as the tower sees the whole of each photo. It should be in eval mode.

    Args:
        tower: With answers of unit length.
    """
    parts = [np.empty((0, 0), np.float32)]
    for pixels in _plain(photos, preprocessing):
        with autocast():
            vectors = tower(on_device(pixels, device))
        parts.append(vectors.float().cpu().numpy())
    return np.concatenate(parts[1:]) if len(parts) > 1 else parts[0]


def _plain(photos: Photos, preprocessing: Normalisation) -> Iterator[Tensor]:
    batches = Batches(photos, {}, preprocessing, order=in_order(len(photos)), batch_size=_LOOK_BATCH)
    return (batch.pixels for batch in batches.epoch())


def on_device(pixels: Tensor, device: torch.device) -> Tensor:
    """In the memory layout that convolutions are fastest with."""
    return pixels.to(device=device, memory_format=torch.channels_last)
