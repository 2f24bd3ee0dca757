"""Crop, flips, rotation and translation of one photo, in a single resampling: one interpolation blurs less than four.

Everything runs on the calling thread alone, because it works beside a training step that has all cores.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as functional

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.data.augment import Augmentation

_PADDING = {"black": "zeros", "edge": "border", "mirror": "reflection"}
_CROP_TRIES = 10  # as torchvision; then the whole picture, as far as the ratio allows


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of a photo, and how. The identity shows all of it, stretched to the output."""

    left: float = 0.0  # of the crop, in parts of the photo's width and height
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0
    mirrored: bool = False
    upside_down: bool = False
    angle_rad: float = 0.0  # counterclockwise
    right_by: float = 0.0  # moved, in parts of the output
    down_by: float = 0.0


def drawn_view(augmentation: Augmentation, size: tuple[int, int], random: np.random.Generator) -> View:
    """A view by chance of a photo of (height, width).

    Each number is drawn whether it is used or not, so that switching one transform leaves the others as they were.
    """
    chances = random.random(2)
    angle, right_by, down_by = random.uniform(-1, 1, 3)
    left, top, width, height = _crop(augmentation, size, random)
    return View(
        left,
        top,
        width,
        height,
        mirrored=bool(chances[0] < augmentation.flip),
        upside_down=bool(chances[1] < augmentation.vertical_flip),
        angle_rad=math.radians(augmentation.rotation_deg) * float(angle),
        right_by=augmentation.translate * float(right_by),
        down_by=augmentation.translate * float(down_by),
    )


def seen(planes: NDArray[np.uint8], view: View, size: tuple[int, int], padding: str = "black") -> NDArray[np.float32]:
    """(3, H, W) photo -> (3, height, width) in 0..255, bilinear.

    Args:
        size: Height and width of the output.
    """
    grid = _grid(view, planes.shape[1:], size)
    photo = torch.from_numpy(planes.astype(np.float32)[None])
    # One picture at a time, which torch does on this thread; with a batch it would take threads from the training.
    sampled = functional.grid_sample(
        photo, torch.from_numpy(grid[None]), mode="bilinear", padding_mode=_PADDING[padding], align_corners=False
    )
    return sampled[0].numpy()


def _grid(view: View, photo: tuple[int, ...], size: tuple[int, int]) -> NDArray[np.float32]:
    """(height, width, 2) where each output pixel lies in the photo: x and y, -1..1."""
    rows, columns = _places(size)
    height, width = size
    columns, rows = columns - width * view.right_by, rows - height * view.down_by
    cosine, sine = math.cos(view.angle_rad), math.sin(view.angle_rad)
    # Turned in pixels of the output, then stretched: so circles stay circles where the crop has the output's shape.
    across = view.width * 2 / width * (-1 if view.mirrored else 1)
    down = view.height * 2 / height * (-1 if view.upside_down else 1)
    centre_x, centre_y = 2 * view.left + view.width - 1, 2 * view.top + view.height - 1
    grid = np.empty((height, width, 2), np.float32)
    np.add(across * cosine * columns + centre_x, -across * sine * rows, out=grid[..., 0])
    np.add(down * sine * columns + centre_y, down * cosine * rows, out=grid[..., 1])
    return grid


@lru_cache(8)
def _places(size: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(height, 1) and (1, width) centres of pixels, from the middle of the picture."""
    height, width = size
    rows = np.arange(height, dtype=np.float32)[:, None] + np.float32(0.5 - height / 2)
    columns = np.arange(width, dtype=np.float32)[None, :] + np.float32(0.5 - width / 2)
    return rows, columns


def _crop(
    augmentation: Augmentation, size: tuple[int, int], random: np.random.Generator
) -> tuple[float, float, float, float]:
    """Left, top, width and height in parts of the photo: torchvision's RandomResizedCrop."""
    if augmentation.crop_scale is None:
        return 0.0, 0.0, 1.0, 1.0
    height, width = size
    least, greatest = (math.log(bound) for bound in augmentation.crop_ratio)
    for _ in range(_CROP_TRIES):
        area = height * width * random.uniform(*augmentation.crop_scale)
        ratio = math.exp(random.uniform(least, greatest))
        part_x, part_y = math.sqrt(area * ratio) / width, math.sqrt(area / ratio) / height
        if part_x <= 1 and part_y <= 1:
            return random.uniform(0, 1 - part_x), random.uniform(0, 1 - part_y), part_x, part_y
    ratio = min(max(width / height, augmentation.crop_ratio[0]), augmentation.crop_ratio[1])
    part_x, part_y = min(1.0, height * ratio / width), min(1.0, width / ratio / height)
    return (1 - part_x) / 2, (1 - part_y) / 2, part_x, part_y
