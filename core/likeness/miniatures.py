"""Small copies of pictures, all of one shape, that can be compared many at a time."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

Miniatures = NDArray[np.uint8] if TYPE_CHECKING else object
"""(N, E, E, 3) RGB: whole pictures, squeezed into a square."""

Floats = NDArray[np.float32] if TYPE_CHECKING else object

SKETCH_PX = 16
"""Edge of the miniatures that are kept of every photo: 768 bytes each, 77 MB for 100,000 photos."""

DETAIL_PX = 64
"""Edge of the miniatures on which the verdict stands. Made when they are needed: 12 kB each."""

OUTLINE_PX = 8
"""Edge at which a cosine between two pictures says whether they are worth a closer look."""

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def miniature(jpeg: bytes, edge_px: int) -> NDArray[np.uint8]:
    """(E, E, 3) of a thumbnail.

    Raises:
        OSError: it is not a picture.
    """
    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
        image.draft("RGB", (edge_px, edge_px))  # decodes no finer than needed
        square = image.convert("RGB").resize((edge_px, edge_px), Image.Resampling.BOX)
    return np.asarray(square, np.uint8)


def shrunk(pictures: NDArray[np.generic], edge_px: int) -> Floats:
    """(P, E, E, C) -> (P, edge_px, edge_px, C), where `edge_px` divides E."""
    count, edge, _, channels = pictures.shape
    factor = edge // edge_px
    return pictures.reshape(count, edge_px, factor, edge_px, factor, channels).mean((2, 4), dtype=np.float32)


def gray(pictures: Floats) -> Floats:
    """(P, E, E, 3) -> (P, E, E)."""
    return pictures @ _LUMA


def softened(pictures: Floats) -> Floats:
    """(P, E, E, C) without the finest detail, which resizing and compressing change."""
    for axis in (1, 2):
        padding = [(0, 0)] * 4
        padding[axis] = (1, 1)
        padded = np.pad(pictures, padding, mode="edge")
        edge = pictures.shape[axis]
        before, same, after = (np.take(padded, range(start, start + edge), axis) for start in range(3))
        pictures = 0.25 * before + 0.5 * same + 0.25 * after
    return pictures


def outlines(sketches: Miniatures) -> Floats:
    """(N, 192) unit length: where pictures are light, dark and coloured, whatever their brightness and contrast."""
    small = shrunk(sketches, OUTLINE_PX)
    small -= small.mean((1, 2), keepdims=True)
    flat = small.reshape(len(small), -1)
    return flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-3)
