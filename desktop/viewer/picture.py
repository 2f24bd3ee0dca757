"""A decoded photo at several sizes, each half of the one before, so that every zoom is sharp and quick to paint.

The pixels are computed with numpy and Pillow, in stripes: QImage's own conversions and scaling keep the interpreter
locked, and the window would stand still while a worker prepares a large photo.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtGui import QImage

from core.types import Pixels

Words = NDArray[np.uint32]
"""(H, W) contiguous, 0xffRRGGBB: what the screen takes."""

SMALLEST_LEVEL_PX = 512  # below it, painting straight from the level is quick and smooth enough
STRIPE_ROWS = 128  # a few MB: stays in the processor's cache
_NOT_LOWEST_BITS = np.uint32(0xFEFEFEFE)


class Level:
    """One size of a picture. The image borrows its pixels from the array: keep the level as long as the image."""

    def __init__(self, words: Words) -> None:
        self._words = words
        height, width = words.shape
        self.image = QImage(words.data, width, height, 4 * width, QImage.Format.Format_RGB32)

    @property
    def width(self) -> int:
        return self._words.shape[1]

    @property
    def height(self) -> int:
        return self._words.shape[0]

    @property
    def bytes(self) -> int:
        return self._words.nbytes

    def scaled(self, width: int, height: int) -> Level:
        """Smaller, averaged with care. Meant for a worker."""
        # Pillow averages channels and does not ask what they are: as RGBX it takes the array as it is.
        whole = Image.frombuffer("RGBX", (self.width, self.height), self._words, "raw", "RGBX", 0, 1)
        small = np.asarray(whole.resize((width, height), Image.Resampling.LANCZOS))
        return Level(np.ascontiguousarray(small).view(np.uint32)[..., 0])


@dataclass(frozen=True, slots=True)
class Picture:
    """One photo, upright."""

    levels: tuple[Level, ...]  # largest first
    width: int  # pixels of the original, of which the largest level may have fewer
    height: int
    complete: bool  # there is no larger level to be had: it is the original, or as much of it as memory allows
    mtime_ns: int = 0  # of the file that it was read from

    @property
    def longer_edge_px(self) -> int:
        """Of the largest level."""
        return max(self.levels[0].width, self.levels[0].height)

    @property
    def is_reduced(self) -> bool:
        """There is no larger level to be had, and yet the original has more pixels."""
        return self.complete and self.longer_edge_px < max(self.width, self.height)

    @property
    def bytes(self) -> int:
        return sum(level.bytes for level in self.levels)

    def trimmed(self, edge_px: int | None) -> Picture:
        """Without the levels that are larger than `edge_px` asks for."""
        levels = self.levels
        while edge_px is not None and len(levels) > 1 and max(levels[1].width, levels[1].height) >= edge_px:
            levels = levels[1:]
        return self if levels is self.levels else replace(self, levels=levels, complete=False)

    def level_for(self, width: int) -> Level:
        """The smallest level with at least that width; the largest one if all have less."""
        return next((level for level in reversed(self.levels) if level.width >= width), self.levels[0])


def levels_of(pixels: Pixels, *, edge_px: int | None, most_pixels: int, longest_px: int) -> tuple[Level, ...]:
    """(H, W, 3) RGB -> levels, the largest with at least `edge_px` where the picture has them, and less than twice.

    Args:
        edge_px: Longer edge of the largest level; None for all there is.
        most_pixels: No level has more.
        longest_px: No level has a longer edge.
    """
    words = _words(pixels)
    while _too_large(words, edge_px, most_pixels, longest_px):
        words = _halved(words)
    return tuple(Level(level) for level in _smaller(words))


def _too_large(words: Words, edge_px: int | None, most_pixels: int, longest_px: int) -> bool:
    longer = max(words.shape)
    more_than_wanted = edge_px is not None and longer // 2 >= edge_px
    return min(words.shape) > 1 and (more_than_wanted or words.size > most_pixels or longer > longest_px)


def _smaller(words: Words) -> Iterator[Words]:
    yield words
    while max(words.shape) >= 2 * SMALLEST_LEVEL_PX and min(words.shape) > 1:
        words = _halved(words)
        yield words


def _words(pixels: Pixels) -> Words:
    """(H, W, 3) RGB -> (H, W)."""
    height, width, _ = pixels.shape
    channels = np.full((height, width, 4), 255, np.uint8)  # blue, green, red, unused, as they lie in memory
    for top in range(0, height, STRIPE_ROWS):
        stripe = slice(top, top + STRIPE_ROWS)
        for channel in range(3):
            channels[stripe, :, 2 - channel] = pixels[stripe, :, channel]
    return channels.view(np.uint32)[..., 0]


def _halved(words: Words) -> Words:
    """(H, W) -> (H // 2, W // 2), each pixel the mean of four.

    The four bytes of a word are averaged at once: `(a & b) + ((a ^ b) >> 1)` is their mean rounded down, and
    `(a | b) - ((a ^ b) >> 1)` rounded up. One after the other, the picture gets neither darker nor brighter.
    """
    height, width = words.shape[0] // 2, words.shape[1] // 2
    halved = np.empty((height, width), np.uint32)
    for top in range(0, height, STRIPE_ROWS):
        stripe = words[2 * top : 2 * min(top + STRIPE_ROWS, height), : 2 * width]
        upper, lower = stripe[::2], stripe[1::2]
        rows = (upper & lower) + (((upper ^ lower) & _NOT_LOWEST_BITS) >> np.uint32(1))
        left, right = rows[:, ::2], rows[:, 1::2]
        halved[top : top + STRIPE_ROWS] = (left | right) - (((left ^ right) & _NOT_LOWEST_BITS) >> np.uint32(1))
    return halved
