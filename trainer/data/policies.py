"""TrivialAugmentWide (Mueller and Hutter 2021) and RandAugment (Cubuk et al. 2020), with torchvision's ranges.

On Pillow images, each drawn from the photo's own generator. What would open corners is filled with black.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.data.augment import Augmentation

LEVELS = 31  # of strength, from nothing to the most

Operation = Callable[[Image.Image, float], Image.Image]
"""A picture and a strength in -1..1; those without direction take its size."""


def with_policy(
    planes: NDArray[np.float32], augmentation: Augmentation, random: np.random.Generator
) -> NDArray[np.float32]:
    """(3, H, W) in 0..255 after one random operation of TrivialAugment, or several of RandAugment."""
    pixels = np.ascontiguousarray(np.rint(planes).transpose(1, 2, 0)).astype(np.uint8)
    image = Image.fromarray(pixels)
    if augmentation.policy == "trivial":
        image = _once(image, _WIDE, int(random.integers(LEVELS)), random)
    else:
        for _ in range(augmentation.rand_operations):
            image = _once(image, _NARROW, augmentation.rand_magnitude, random)
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1)).astype(np.float32)


def _once(
    image: Image.Image, operations: tuple[Operation, ...], level: int, random: np.random.Generator
) -> Image.Image:
    operation = operations[int(random.integers(len(operations)))]
    sign = -1 if random.random() < 0.5 else 1
    return operation(image, sign * level / (LEVELS - 1))


def _same(image: Image.Image, strength: float) -> Image.Image:
    return image


def _sheared(most: float, *, across: bool) -> Operation:
    def shear(image: Image.Image, strength: float) -> Image.Image:
        by = most * strength
        matrix = (1, by, -by * image.height / 2, 0, 1, 0) if across else (1, 0, 0, by, 1, -by * image.width / 2)
        return _transformed(image, matrix)

    return shear


def _moved(most_px: float | None, *, across: bool) -> Operation:
    """`most_px` of TrivialAugment is of any picture; RandAugment takes 150 of 331 of the edge."""

    def move(image: Image.Image, strength: float) -> Image.Image:
        edge = image.width if across else image.height
        by = (150 / 331 * edge if most_px is None else most_px) * strength
        return _transformed(image, (1, 0, by, 0, 1, 0) if across else (1, 0, 0, 0, 1, by))

    return move


def _transformed(image: Image.Image, matrix: tuple[float, ...]) -> Image.Image:
    return image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _turned(most_deg: float) -> Operation:
    return lambda image, strength: image.rotate(most_deg * strength, Image.Resampling.BILINEAR)


def _enhanced(kind: Callable[[Image.Image], ImageEnhance._Enhance], most: float) -> Operation:
    return lambda image, strength: kind(image).enhance(1 + most * strength)


def _posterized(least_bits: int) -> Operation:
    return lambda image, strength: ImageOps.posterize(image, 8 - round(abs(strength) * (8 - least_bits)))


def _solarized(image: Image.Image, strength: float) -> Image.Image:
    return ImageOps.solarize(image, math.ceil(255 * (1 - abs(strength))))


def _stretched(image: Image.Image, strength: float) -> Image.Image:
    return ImageOps.autocontrast(image)


def _equalized(image: Image.Image, strength: float) -> Image.Image:
    return ImageOps.equalize(image)


def _operations(
    *, shear: float, move_px: float | None, turn_deg: float, enhance: float, least_bits: int
) -> tuple[Operation, ...]:
    enhancers = (ImageEnhance.Brightness, ImageEnhance.Color, ImageEnhance.Contrast, ImageEnhance.Sharpness)
    return (
        _same,
        _sheared(shear, across=True),
        _sheared(shear, across=False),
        _moved(move_px, across=True),
        _moved(move_px, across=False),
        _turned(turn_deg),
        *(_enhanced(kind, enhance) for kind in enhancers),
        _posterized(least_bits),
        _solarized,
        _stretched,
        _equalized,
    )


_WIDE = _operations(shear=0.99, move_px=32, turn_deg=135, enhance=0.99, least_bits=2)
_NARROW = _operations(shear=0.3, move_px=None, turn_deg=30, enhance=0.9, least_bits=4)
