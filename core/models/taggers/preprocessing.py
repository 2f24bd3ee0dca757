"""From a picture to the pixels that a tagger's network takes; the same for training and for tagging. Imports no torch.

The arithmetic of mean and standard deviation is left to the device, for a whole batch: see `network.normalised`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from PIL import Image as images

from core.models.taggers.config import PreprocessingConfig, Triple

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.types import Pixels

_FILTERS = {"bilinear": images.Resampling.BILINEAR, "bicubic": images.Resampling.BICUBIC}
# What hubs write for PIL's filters. Other filters than these two are rare: bicubic is nearest to them.
_INTERPOLATIONS = {2: "bilinear", 3: "bicubic"}
_NO_MEAN, _NO_STD = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class TaggerPreprocessing:
    """Resizes a picture, or resizes and crops it."""

    config: PreprocessingConfig

    @property
    def edge_px(self) -> int:
        """The longer edge of what `prepare` looks at: what a decoder has to deliver at least."""
        return max(self.config.height_px, self.config.width_px, self.config.shorter_edge_px or 0)

    def prepare(self, image: Image) -> Pixels:
        """One upright picture -> (H, W, 3) RGB. Safe on any thread."""
        image = as_rgb(image, grey=self.config.grey)  # before the resize: palette colours cannot be averaged
        size = self.config.width_px, self.config.height_px
        resample = _FILTERS[self.config.interpolation]
        if self.config.resize == "squash":
            return np.asarray(image.resize(size, resample), dtype=np.uint8)
        return np.asarray(image.resize(size, resample, box=self._cut(image.size)), dtype=np.uint8)

    def _cut(self, size: tuple[int, int]) -> tuple[float, float, float, float]:
        """The part of the picture that is kept, in its own pixels: resized at once, nothing is made to be cut off."""
        wanted = self.config.width_px, self.config.height_px
        shorter = self.config.shorter_edge_px
        scale = min(size) / shorter if shorter is not None else min(size[0] / wanted[0], size[1] / wanted[1])
        width, height = (min(have, want * scale) for have, want in zip(size, wanted, strict=True))
        left, top = (size[0] - width) / 2, (size[1] - height) / 2
        return left, top, left + width, top + height


def as_rgb(image: Image, *, grey: bool = False) -> Image:
    """In RGB; grey: three equal channels with the luma of ITU-R BT.601."""
    if image.mode != "RGB":
        image = image.convert("RGB")
    return image.convert("L").convert("RGB") if grey else image


def from_hub(document: Mapping[str, Any], image_px: int) -> PreprocessingConfig:
    """What a hub's `preprocessor_config.json` says, for another size of picture where that is asked for.

    What is missing or odd in it is as for ImageNet. MobileViT's says that channels are BGR and are not normalised.
    """
    normalised = document.get("do_normalize", "image_mean" in document)
    crop = _edge(document.get("crop_size"))
    size = _edge(document.get("size"))
    cropped = bool(document.get("do_center_crop")) and crop is not None and size is not None and size >= crop
    return PreprocessingConfig(
        height_px=image_px,
        width_px=image_px,
        mean=_triple(
            document.get("image_mean"), PreprocessingConfig.model_fields["mean"].default, normalised, _NO_MEAN
        ),
        std=_triple(document.get("image_std"), PreprocessingConfig.model_fields["std"].default, normalised, _NO_STD),
        resize="crop" if cropped else "squash",
        interpolation=cast("Any", _INTERPOLATIONS.get(document.get("resample", 3), "bicubic")),
        shorter_edge_px=round(image_px * size / crop) if cropped and size is not None and crop is not None else None,
        flip_channels=bool(document.get("do_flip_channel_order", document.get("do_flip_channels", False))),
    )


def _edge(size: object) -> int | None:
    """Hubs write 224, {"shortest_edge": 224} or {"height": 224, "width": 224}."""
    if isinstance(size, dict):
        named = cast("dict[str, object]", size)
        size = named.get("shortest_edge", named.get("height"))
    return size if isinstance(size, int) and size > 0 else None


def _triple(stated: object, usual: Triple, normalised: object, none: Triple) -> Triple:
    if not normalised:
        return none
    values = cast("list[object]", stated) if isinstance(stated, list) else []
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return (numbers[0], numbers[1], numbers[2]) if len(numbers) == len(values) == 3 else usual
