"""Brightness, contrast, saturation and hue of one photo, as torchvision's ColorJitter changes them, in random order.

The first three are of one form, a multiple of the photo plus a multiple of its grey plus a constant, and so is what any
number of them make together: one pass does it. Values are clipped where the hue is turned and at the end, not after
each step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.data.augment import Augmentation

_LUMA = (0.299, 0.587, 0.114)
_CHROMA_FLOOR = 1e-3  # of 255: below it there is no hue that could be turned
_PIECE = 1 << 13  # pixels: their intermediate results stay in the cache of a core, which halves the time


@dataclass(slots=True)
class _Linear:
    """photo * own + grey * of_grey + constant"""

    own: float = 1.0
    of_grey: float = 0.0
    constant: float = 0.0

    def then(self, own: float, of_grey: float, constant: float) -> _Linear:
        return _Linear(
            own=own * self.own,
            of_grey=own * self.of_grey + of_grey * (self.own + self.of_grey),
            constant=(own + of_grey) * self.constant + constant,
        )

    def mean(self, grey: float) -> float:
        """Mean grey of the result."""
        return (self.own + self.of_grey) * grey + self.constant


def recoloured(planes: NDArray[np.float32], augmentation: Augmentation, random: np.random.Generator) -> None:
    """Change (3, H, W) in 0..255 in place, by chance."""
    strength = (augmentation.brightness, augmentation.contrast, augmentation.saturation)
    brightness, contrast, saturation = (1 + bound * random.uniform(-1, 1) for bound in strength)
    turn = augmentation.hue * random.uniform(-1, 1)
    order = random.permutation(4)
    linear = _Linear()
    grey = _grey(planes)
    for step in order:
        if step == 0:
            linear = linear.then(brightness, 0, 0)
        elif step == 1 and augmentation.contrast:
            linear = linear.then(contrast, 0, (1 - contrast) * linear.mean(float(grey.mean())))
        elif step == 2:
            linear = linear.then(saturation, 1 - saturation, 0)
        elif step == 3 and turn:
            _apply(planes, grey, linear)
            turn_hue(planes, turn)
            linear, grey = _Linear(), _grey(planes)
    _apply(planes, grey, linear)


def turn_hue(planes: NDArray[np.float32], turn: float) -> None:
    """Turn the hue of (3, H, W) by a part of the colour wheel, in HSV as torchvision does, in place."""
    flat = planes.reshape(3, -1)  # a view: planes are contiguous
    for start in range(0, flat.shape[1], _PIECE):
        _turn_piece(flat[:, start : start + _PIECE], np.float32(6 * turn))


def _turn_piece(planes: NDArray[np.float32], sixths: np.float32) -> None:
    """(3, P)"""
    red, green, blue = planes
    high = np.maximum(red, green)
    np.maximum(high, blue, out=high)
    low = np.minimum(red, green)
    np.minimum(low, blue, out=low)
    chroma = high - low
    hue = _hue(planes, high, chroma)
    hue += sixths
    hue -= np.float32(6) * np.floor(hue * np.float32(1 / 6))
    for plane, middle in ((red, 3), (green, 2), (blue, 4)):
        # 1 around the middle, falling to 0 within two sixths
        np.subtract(hue, np.float32(middle), out=plane)
        np.abs(plane, out=plane)
        np.subtract(np.float32(2), plane, out=plane)
        np.maximum(plane, np.float32(0), out=plane)
        np.minimum(plane, np.float32(1), out=plane)
    np.subtract(
        np.float32(1), red, out=red
    )  # red alone is greatest at both ends of the wheel: its wave is the cyan one
    planes *= chroma
    planes += low


def _hue(planes: NDArray[np.float32], high: NDArray[np.float32], chroma: NDArray[np.float32]) -> NDArray[np.float32]:
    """(P,) in sixths of the wheel, -1..5."""
    red, green, blue = planes
    scale = np.float32(1) / np.maximum(chroma, np.float32(_CHROMA_FLOOR))
    hue = (red - green) * scale  # where blue is greatest
    hue += np.float32(4)
    # Chosen by arithmetic: a choice by mask takes twenty times as long, because no processor can guess it.
    for greatest, other in ((green, (blue - red) * scale + np.float32(2)), (red, (green - blue) * scale)):
        other -= hue
        other *= (greatest == high).astype(np.float32)
        hue += other
    return hue


def _grey(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W)"""
    red, green, blue = (np.float32(weight) for weight in _LUMA)
    grey = planes[0] * red
    grey += planes[1] * green
    grey += planes[2] * blue
    return grey


def _apply(planes: NDArray[np.float32], grey: NDArray[np.float32], linear: _Linear) -> None:
    """In place, clipped to 0..255. Spoils `grey`."""
    if linear == _Linear():
        return
    grey *= np.float32(linear.of_grey)
    grey += np.float32(linear.constant)
    planes *= np.float32(linear.own)
    planes += grey
    np.clip(planes, 0, 255, out=planes)
