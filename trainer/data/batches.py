"""Batches of pixels and targets, prepared in the background while the network learns from the ones before.

What a batch holds depends on seed, epoch and place alone: not on the number of threads, nor on where a run was resumed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import torch

from trainer.data.augment import Augmentation
from trainer.data.background import made_ahead
from trainer.data.colour import recoloured
from trainer.data.geometry import View, drawn_view, seen
from trainer.data.mixing import Mixing, mixed
from trainer.data.policies import with_policy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.data.samplers import Order

WORKERS = max(1, (os.cpu_count() or 2) // 2)
"""Threads beside a training step on the processor: one of two cores. A photo takes about a millisecond of one."""

LOOK_AHEAD = 3  # batches that are ready or being made: 19 MB each at 32 photos of 224 px

_PHOTO_STREAM, _MIXING_STREAM = 2, 3


class Normalisation(Protocol):
    """The part of a checkpoint's preprocessing that is left when a photo lies in the cache."""

    @property
    def height_px(self) -> int: ...
    @property
    def width_px(self) -> int: ...
    @property
    def mean(self) -> Sequence[float]: ...
    @property
    def std(self) -> Sequence[float]: ...


class Photos(Protocol):
    """Photos by row, such as `trainer.data.cache.Images`."""

    def __len__(self) -> int: ...
    def planes(self, row: int) -> NDArray[np.uint8]:
        """(3, H, W) RGB"""
        ...


class Batch(NamedTuple):
    pixels: torch.Tensor  # (B, 3, H, W) float32, normalised
    targets: dict[str, torch.Tensor]  # by head (B,) int64; -1 where there is no label
    rows: torch.Tensor  # (B,) int64: which photos
    mixing: Mixing | None = None  # how they were mixed; None: they were not


class Batches:
    """All batches of a run. Iterate over `epoch`; closing or leaving the loop ends its threads."""

    def __init__(
        self,
        photos: Photos,
        targets: Mapping[str, NDArray[np.int64]],
        preprocessing: Normalisation,
        *,
        order: Order,
        batch_size: int,
        augmentation: Augmentation | None = None,
        seed: int = 0,
        workers: int = WORKERS,
        drop_last: bool = False,
    ) -> None:
        """
        Args:
            photos: Where nothing is augmented, of exactly the size that the network takes.
            targets: By head (N,).
            augmentation: None: photos as they are, as for validation and at tagging.
            drop_last: Leave out the last photos of an epoch where they do not fill a batch.
        """
        self._photos = photos
        self._targets = {head: np.asarray(places, np.int64) for head, places in targets.items()}
        self._size = (preprocessing.height_px, preprocessing.width_px)
        mean, std = (np.array(values, np.float32)[:, None, None] for values in (preprocessing.mean, preprocessing.std))
        self._scale, self._shift = 1 / (255 * std), -mean / std
        self._order = order
        self._batch_size = batch_size
        self._augmentation = augmentation
        self._seed = seed
        self._workers = workers
        count = len(order(0))
        self._steps = count // batch_size if drop_last and count >= batch_size else -(-count // batch_size)

    def __len__(self) -> int:
        """Steps of an epoch."""
        return self._steps

    def epoch(self, epoch: int = 0, *, from_step: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, from a step on. Raises what reading a photo raises."""
        rows = self._order(epoch)
        yield from made_ahead(
            lambda step: self._batch(rows, epoch, step),
            range(from_step, self._steps),
            workers=self._workers,
            ahead=LOOK_AHEAD,
        )

    def _batch(self, all_rows: NDArray[np.int64], epoch: int, step: int) -> Batch:
        first = step * self._batch_size
        rows = all_rows[first : first + self._batch_size]
        pixels = torch.empty((len(rows), 3, *self._size), dtype=torch.float32)
        for place, (row, values) in enumerate(zip(rows.tolist(), pixels.numpy(), strict=True)):
            self._fill(values, self._photos.planes(row), (self._seed, epoch, first + place, _PHOTO_STREAM))
        targets = {head: torch.from_numpy(places[rows]) for head, places in self._targets.items()}
        mixing = None
        if self._augmentation is not None:
            mixing = mixed(pixels, self._augmentation, np.random.default_rng((self._seed, epoch, step, _MIXING_STREAM)))
        return Batch(pixels, targets, torch.from_numpy(rows.copy()), mixing)

    def _fill(self, out: NDArray[np.float32], planes: NDArray[np.uint8], seed: tuple[int, ...]) -> None:
        """Write one photo, normalised, into (3, H, W)."""
        if self._augmentation is None:
            if planes.shape[1:] != self._size:
                raise ValueError(f"a photo is {planes.shape[1:]}; without augmentation it has to be {self._size}")
            np.multiply(planes, self._scale, out=out)
            out += self._shift
            return
        random = np.random.default_rng(seed)
        np.multiply(augmented(planes, self._augmentation, self._size, random), self._scale, out=out)
        out += self._shift
        _erase(out, self._augmentation, random)


def augmented(
    planes: NDArray[np.uint8], augmentation: Augmentation, size: tuple[int, int], random: np.random.Generator
) -> NDArray[np.float32]:
    """(3, H, W) photo -> (3, height, width) in 0..255: all but erasing and mixing."""
    view = drawn_view(augmentation, planes.shape[1:], random)
    if view == View() and planes.shape[1:] == size:
        result = planes.astype(np.float32)
    else:
        result = seen(planes, view, size, augmentation.padding)
    if augmentation.policy != "none":
        result = with_policy(result, augmentation, random)
    if augmentation.recolours:
        recoloured(result, augmentation, random)
    return result


def _erase(out: NDArray[np.float32], augmentation: Augmentation, random: np.random.Generator) -> None:
    """RandomErasing (Zhong et al. 2020) of a normalised photo: 0 is the mean colour."""
    if random.random() >= augmentation.erasing:
        return
    height, width = out.shape[1:]
    for _ in range(10):
        area = height * width * random.uniform(*augmentation.erasing_scale)
        ratio = np.exp(random.uniform(*np.log(augmentation.erasing_ratio)))
        erased_h, erased_w = round(np.sqrt(area * ratio)), round(np.sqrt(area / ratio))
        if erased_h < height and erased_w < width:
            top, left = random.integers(height - erased_h + 1), random.integers(width - erased_w + 1)
            out[:, top : top + erased_h, left : left + erased_w] = 0
            return
