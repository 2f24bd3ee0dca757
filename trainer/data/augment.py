"""What may happen to a training photo before the network sees it, as one typed value that is saved with the run.

The transforms are those of torchvision, with their names and ranges: RandomResizedCrop, flips, RandomRotation,
RandomAffine's translation, ColorJitter, RandomErasing, TrivialAugmentWide, RandAugment, MixUp, CutMix. They are made
anew here (`geometry`, `colour`, `policies`, `mixing`) because torchvision's own take several times as long, and draw
from one global generator, so that a run could not be repeated with another number of threads.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Probability = Annotated[float, Field(ge=0, le=1)]
Range = tuple[float, float]  # least and greatest


class Augmentation(BaseModel):
    """All off by default: then a photo is what the tagger would see."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    crop_scale: Range | None = None
    """RandomResizedCrop: the part of the area that is kept, such as 0.8 to 1. None: the whole picture."""
    crop_ratio: Range = (3 / 4, 4 / 3)
    """Width by height of what is kept, before it is stretched."""
    flip: Probability = 0.0
    """Mirrored left to right."""
    vertical_flip: Probability = 0.0
    rotation_deg: float = Field(0.0, ge=0, le=180)
    """Turned by up to so much to either side."""
    translate: float = Field(0.0, ge=0, le=1)
    """Moved by up to this part of the width, and of the height."""
    padding: Literal["black", "edge", "mirror"] = "black"
    """What fills the corners that turning and moving leave open."""

    brightness: float = Field(0.0, ge=0, le=1)
    """ColorJitter: multiplied by up to one more or less this, in random order with the next three."""
    contrast: float = Field(0.0, ge=0, le=1)
    saturation: float = Field(0.0, ge=0, le=1)
    hue: float = Field(0.0, ge=0, le=0.5)
    """Turned by up to this part of the colour wheel."""

    policy: Literal["none", "trivial", "rand"] = "none"
    """TrivialAugmentWide or RandAugment, after the geometry and before the four above."""
    rand_operations: int = Field(2, ge=1, le=6)
    rand_magnitude: int = Field(9, ge=0, le=30)
    """Of RandAugment, of 30."""

    erasing: Probability = 0.0
    """RandomErasing: a rectangle becomes the mean colour."""
    erasing_scale: Range = (0.02, 0.33)
    """Its part of the area."""
    erasing_ratio: Range = (0.3, 3.3)

    mixup_alpha: float = Field(0.0, ge=0)
    """Of the Beta distribution of the shares; 0: no MixUp. With CutMix also on, each batch takes one of both."""
    cutmix_alpha: float = Field(0.0, ge=0)
    mix: Probability = 1.0
    """How many of the batches are mixed, where either is on."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name, (low, high) in {
            "crop_scale": self.crop_scale or (1.0, 1.0),
            "crop_ratio": self.crop_ratio,
            "erasing_scale": self.erasing_scale,
            "erasing_ratio": self.erasing_ratio,
        }.items():
            if not 0 < low <= high:
                raise ValueError(f"{name}: {low} to {high} is no range of positive numbers")
            if name.endswith("scale") and high > 1:
                raise ValueError(f"{name}: {high} is more than all of the picture")
        return self

    @property
    def mixes(self) -> bool:
        return self.mix > 0 and (self.mixup_alpha > 0 or self.cutmix_alpha > 0)

    @property
    def recolours(self) -> bool:
        return max(self.brightness, self.contrast, self.saturation, self.hue) > 0
