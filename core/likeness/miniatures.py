"""Small copies of pictures, all of one shape, that can be compared many at a time."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Miniatures = NDArray[np.uint8]
"""(N, E, E, 3) RGB: whole pictures, squeezed into a square."""

Floats = NDArray[np.float32]

SKETCH_PX = 16
"""Edge of the miniatures that are kept of every photo: 768 bytes each, 77 MB for 100,000 photos."""

DETAIL_PX = 64
"""Edge of the miniatures on which the verdict stands. Made when they are needed: 12 kB each."""

OUTLINE_PX = 8
"""Edge at which a cosine between two pictures says whether they are worth a closer look."""

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def miniature(jpeg: bytes, edge_px: int) -> Miniatures:
    """(E, E, 3) of a thumbnail.

    Raises:
        OSError: it is not a picture.
    """
    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
        image.draft("RGB", (2 * edge_px, 2 * edge_px))  # decodes no finer than needed
        # A filter that overlaps: with plain averages, fabrics and other fine patterns turn into moire of their own.
        square = image.convert("RGB").resize((edge_px, edge_px), Image.Resampling.BILINEAR)
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
    return _softened_along(_softened_along(pictures, 1), 2)


def outlines(sketches: Miniatures) -> Floats:
    """(N, 192) unit length: where pictures are light, dark and coloured, whatever their brightness and contrast."""
    small = shrunk(sketches, OUTLINE_PX)
    small -= small.mean((1, 2), keepdims=True)
    flat = small.reshape(len(small), -1)
    return unit_length(flat, floor=1e-3)


def unit_length(vectors: Floats, *, floor: float = 1e-6) -> Floats:
    """(N, D) divided by their lengths; those that are hardly longer than `floor` stay short."""
    lengths = np.sqrt((vectors * vectors).sum(1, keepdims=True))
    return (vectors / (lengths + floor)).astype(np.float32)


def _softened_along(pictures: Floats, axis: int) -> Floats:
    first, last = np.take(pictures, [0], axis), np.take(pictures, [-1], axis)
    before = np.concatenate([first, np.delete(pictures, -1, axis)], axis)
    after = np.concatenate([np.delete(pictures, 0, axis), last], axis)
    return (0.5 * pictures + 0.25 * (before + after)).astype(np.float32, copy=False)
