"""The forms in which photos lie in the cache: exactly as the tagger takes them, or with room for random crops.

With room, a photo keeps enough pixels that a random crop has about as many as the network takes: the edge is
`image_px / sqrt(least part of the area)`, 251 px for crops from 0.8 of 224 px. For crops of less than half of the area
the factor stays at the square root of two: what is lost in the smallest crops, larger ones would lose to aliasing.
Photos that are smaller are kept as they are; the one resampling of the augmentation enlarges them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xxhash
from PIL import Image

from core.models.taggers.preprocessing import TaggerPreprocessing, as_rgb

if TYPE_CHECKING:
    from core.models.preprocessing import Preprocessing
    from core.models.taggers.config import PreprocessingConfig
    from core.types import Pixels
    from trainer.data.augment import Augmentation

RULES = 1
"""Raised when the same photo would come out with other pixels than before."""

LEAST_AREA = 0.5
LONGEST_SHAPE = 3.0  # longer edge by shorter: of panoramas the middle is kept
DECODED_EDGE_PX = 256
"""What the indexer decodes at least, for its thumbnails: a photo looks the same here as when it is tagged."""


@dataclass(frozen=True)
class Form:
    """How a decoded picture becomes what is kept."""

    key: str  # changes when the pixels would change
    decoded_edge_px: int  # of the shorter side, at least, where the photo has them
    shape: tuple[int, int] | None  # height and width, where they are the same for all photos
    make: Callable[[Image.Image], Pixels]  # (H, W, 3) RGB; safe on any thread


def form_for(preprocessing: PreprocessingConfig, augmentation: Augmentation | None) -> Form:
    """The form for photos that are augmented so; None: for validation and test."""
    if augmentation is None or augmentation.crop_scale is None:
        return as_tagged(preprocessing)
    return with_room(preprocessing, augmentation.crop_scale[0])


def as_tagged(preprocessing: PreprocessingConfig) -> Form:
    """Exactly what the tagger makes of a picture."""
    height, width = preprocessing.height_px, preprocessing.width_px
    return Form(
        key=_key("tagged", preprocessing.model_dump_json()),
        decoded_edge_px=max(DECODED_EDGE_PX, height, width, preprocessing.shorter_edge_px or 0),
        shape=(height, width),
        make=TaggerPreprocessing(preprocessing).prepare,
    )


def as_encoded(preprocessing: Preprocessing) -> Form:
    """Exactly what an encoder makes of a picture."""
    height, width = preprocessing.height_px, preprocessing.width_px
    return Form(
        key=_key("encoder", preprocessing.fingerprint),
        decoded_edge_px=max(DECODED_EDGE_PX, height, width),
        shape=(height, width),
        make=preprocessing.prepare,
    )


def with_room(preprocessing: PreprocessingConfig, least_area: float) -> Form:
    """Larger than the network takes: squashed if it takes squashed pictures, else in the shape that the photo has."""
    factor = 1 / math.sqrt(max(LEAST_AREA, min(1.0, least_area)))
    height, width = (math.ceil(factor * edge) for edge in (preprocessing.height_px, preprocessing.width_px))
    filters = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
    resample = filters[preprocessing.interpolation]
    squash = preprocessing.resize == "squash"
    grey = preprocessing.grey

    def make(image: Image.Image) -> Pixels:
        picture = as_rgb(image, grey=grey)
        if squash:
            # In the network's own shape, however small: the shape of a random crop is measured by it.
            scale = min(1.0, max(picture.height / height, picture.width / width))
            size = max(1, round(width * scale)), max(1, round(height * scale))
        else:
            picture = _no_panorama(picture)
            scale = min(1.0, max(height / picture.height, width / picture.width))
            size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        return np.array(picture if size == picture.size else picture.resize(size, resample), np.uint8)

    named = "squash" if squash else "shape"
    return Form(
        key=_key("room", named, str(height), str(width), preprocessing.interpolation, *(["grey"] if grey else [])),
        decoded_edge_px=max(DECODED_EDGE_PX, height, width),
        shape=None,
        make=make,
    )


def _no_panorama(picture: Image.Image) -> Image.Image:
    shorter, longer = sorted(picture.size)
    kept = math.floor(shorter * LONGEST_SHAPE)
    if longer <= kept:
        return picture
    first = (longer - kept) // 2
    box = (first, 0, first + kept, shorter) if picture.width == longer else (0, first, shorter, first + kept)
    return picture.crop(box)


def _key(*parts: str) -> str:
    return xxhash.xxh3_64_hexdigest("\n".join((str(RULES), str(DECODED_EDGE_PX), *parts)).encode())
