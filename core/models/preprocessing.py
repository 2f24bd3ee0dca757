"""open_clip's image transform, split in two: what PIL does (any thread), and what the device does for a whole batch.

The result equals open_clip's own transform; only the place of the arithmetic differs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from core.models.open_clip_api import Normalize, PreprocessCfg, ToTensor, image_transform_v2

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from core.types import Pixels


@dataclass(frozen=True)
class Preprocessing:
    """How pictures become the input of one model."""

    steps: tuple[Callable[[Image], Image], ...]  # resize and crop, on PIL images
    mean: tuple[float, float, float]  # of RGB in 0..1
    std: tuple[float, float, float]
    height_px: int
    width_px: int
    fingerprint: str  # changes when a vector would change

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Preprocessing:
        """Take apart the transform that open_clip makes for `config`, a model's `visual.preprocess_cfg`."""
        settings = PreprocessCfg(**config)
        transforms = cast("Any", image_transform_v2(settings, is_train=False)).transforms
        cut = next(i for i, step in enumerate(transforms) if isinstance(step, ToTensor))
        last = transforms[-1]
        if not isinstance(last, Normalize) or cut != len(transforms) - 2:
            raise TypeError("open_clip's transform no longer ends with ToTensor and Normalize")
        height, width = cast("tuple[int, int]", settings.input_size[1:])
        # Named one by one: a field that open_clip adds some day shall not make every vector look foreign.
        decisive = [settings.mean, settings.std, settings.interpolation, settings.resize_mode, settings.fill_color]
        described = json.dumps([height, width, *decisive])
        return cls(
            steps=tuple(transforms[:cut]),
            mean=tuple(transforms[-1].mean),
            std=tuple(transforms[-1].std),
            height_px=height,
            width_px=width,
            fingerprint=hashlib.sha256(described.encode()).hexdigest(),
        )

    def prepare(self, image: Image) -> Pixels:
        """(height_px, width_px, 3) RGB. Safe on any thread."""
        if image.mode != "RGB":
            image = image.convert("RGB")  # before the resize: palette colours cannot be averaged
        for step in self.steps:
            image = step(image)
        return np.array(image, dtype=np.uint8)
