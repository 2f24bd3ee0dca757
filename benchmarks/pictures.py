"""Photos for measuring: generated, with the statistics of real ones, so that JPEG has as much to do as in life."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

TWELVE_MEGAPIXELS = (4000, 3000)
QUALITY = 90
CAMERA_GRAIN = 6.0  # grey levels: a 12 MP file then has 3 to 4 MB, as from a telephone
FINE_GRAIN = 1.5  # 1 MB, where the disk has to hold thousands of them


def natural_picture(size: tuple[int, int], seed: int, *, grain: float = CAMERA_GRAIN) -> Image.Image:
    """Noise whose detail falls off with its fineness as in photographs (1/f), in colours of its own, with grain."""
    chance = np.random.default_rng(seed)
    ground = chance.uniform(70, 180, 3).astype(np.float32)
    coarse_size = (max(8, size[0] // 4), max(8, size[1] // 4))  # what is finer than this, the grain covers
    coarse = np.clip(ground + 42 * _octaves(coarse_size, chance), 0, 255).astype(np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC), np.int16)
    speckle = np.rint(grain * chance.standard_normal((size[1], size[0], 1), dtype=np.float32)).astype(np.int16)
    return Image.fromarray(np.clip(smooth + speckle, 0, 255).astype(np.uint8))


def _octaves(size: tuple[int, int], chance: np.random.Generator) -> NDArray[np.float32]:
    layers = np.zeros((size[1], size[0], 3), np.float32)
    cells, weight = 4, 1.0
    while cells <= max(size):
        rows, columns = max(2, cells * size[1] // max(size)), max(2, cells * size[0] // max(size))
        layers += weight * _stretched(chance.standard_normal((rows, columns, 3), dtype=np.float32), size)
        cells, weight = cells * 2, weight / 1.9
    return layers


def _stretched(cells: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    channels = [Image.fromarray(cells[:, :, i]).resize(size, Image.Resampling.BILINEAR) for i in range(3)]
    return np.stack([np.asarray(channel) for channel in channels], axis=-1)


def write_photos(
    folder: Path, count: int, size: tuple[int, int], *, distinct: int, grain: float = CAMERA_GRAIN
) -> list[Path]:
    """Write `count` JPEGs of which `distinct` look different.

    The others are copies with a few bytes more behind the picture, which no decoder reads: another content, so that
    no photo is recognised as known and skipped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    originals = [_jpeg(natural_picture(size, seed, grain=grain)) for seed in range(min(distinct, count))]
    paths = [folder / f"{number // 1000:03d}" / f"photo {number:06d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(originals[number % len(originals)] + number.to_bytes(8, "big"))
    return paths


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
