"""Any picture that Pillow can open -> upright 8-bit sRGB, small enough to keep. Nothing here knows files."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.errors import PhotoError
from core.files.colour import to_srgb
from core.files.metadata import orientation_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_DECODED_PIXELS = 250_000_000
"""What may become pixels in memory: a 200 MP phone photo in a format that cannot be decoded at reduced size takes
1 GB, at 4 bytes a pixel. Larger JPEGs pass, because they are decoded at an eighth of their size."""

LARGE_PIXELS = 50_000_000
"""From 200 MB on, pictures are decoded one at a time: each thread of a pool with one of them would fill the memory."""

_one_large_picture = threading.Lock()

_KEEP_FACTOR = 2
"""A shrunk picture keeps this many times the edge that was asked for: box averaging down to twice the size followed by
a good filter cannot be told from the good filter alone, and costs a fraction."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation -> what makes the picture upright."""


def upright_rgb(image: Image.Image, *, edge_px: int, keep_colours: bool = False) -> Image.Image:
    """Decode, reduce to no less than `edge_px` at the shorter side, turn upright, lay transparency on white.

    Args:
        keep_colours: Stay in the colour space that the picture names instead of converting to sRGB.

    Raises:
        PhotoError: more than `MAX_DECODED_PIXELS` even after drafting.
    """
    image.draft("RGB", (edge_px, edge_px))  # JPEG decodes at 1/2, 1/4 or 1/8, HEIF takes a fitting preview
    pixels = image.width * image.height
    if pixels > MAX_DECODED_PIXELS:
        raise PhotoError(
            f"The picture has {pixels // 1_000_000} megapixels; a {image.format} may have "
            f"{MAX_DECODED_PIXELS // 1_000_000}.",
            remedy="Save it as JPEG, or smaller.",
        )
    with _one_large_picture if pixels > LARGE_PIXELS else nullcontext():
        image.load()
        small = _reduced(_eight_bit(image), edge_px)
        small = _on_white(small if keep_colours else to_srgb(small))
    turn = _TURNS.get(orientation_of(image))  # known for certain only now: a PNG may carry EXIF behind its pixels
    upright = small if turn is None else small.transpose(turn)
    upright.info.clear()  # EXIF would have the next reader turn it once more, and takes memory
    return upright


def _eight_bit(image: Image.Image) -> Image.Image:
    """Grey pictures of 16 and 32 bits and of floats, which Pillow would clip to white, scaled to 8 bits."""
    return Image.fromarray(_scaled(np.asarray(image))) if image.mode.startswith(("I", "F")) else image


def _scaled(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """(H, W) of any number type -> (H, W) uint8.

    16-bit integers are taken at full scale. Wider integers and floats have no agreed white: what fits 0..1 or 16 bits
    is taken as such, anything else is stretched from its least to its greatest value.
    """
    if values.dtype.itemsize == 2:
        return (values.astype(np.uint16) >> 8).astype(np.uint8)
    finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = min(float(finite.min()), 0.0), float(finite.max())
    if low == 0.0 and values.dtype.kind == "f" and high <= 1.0:
        high = 1.0
    elif low == 0.0 and values.dtype.kind in "iu" and 255 < high <= 65535:
        high = 65535.0
    return ((finite - low) * (255.0 / max(high - low, 1.0))).astype(np.uint8)


def _reduced(image: Image.Image, edge_px: int) -> Image.Image:
    """Box-averaged by a whole factor, before the dearer steps. Palettes cannot be averaged: they get colours first."""
    factor = min(image.size) // (_KEEP_FACTOR * edge_px)
    if factor < 2:
        return image
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode in ("P", "1"):
        image = image.convert("RGB")
    return image.reduce(factor)


def _on_white(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture)
        image = white
    return image.convert("RGB")
