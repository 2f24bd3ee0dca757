"""The one door to open_clip and torchvision: opens it in the right order, and gives what passes through it a type.

All other modules import from here, never from `open_clip` or `torchvision` themselves.
"""

from __future__ import annotations

from typing import Any

from core.models.torchvision_operators import define_missing_operators

define_missing_operators()

import open_clip as _open_clip  # noqa: E402  # pyright: ignore[reportMissingTypeStubs]
from open_clip.factory import load_checkpoint  # noqa: E402  # pyright: ignore[reportMissingTypeStubs]
from open_clip.model import CLIP, CustomTextCLIP  # noqa: E402  # pyright: ignore[reportMissingTypeStubs]
from open_clip.tokenizer import (  # noqa: E402  # pyright: ignore[reportMissingTypeStubs]
    SimpleTokenizer,
    get_clean_fn,
)
from open_clip.transform import (  # noqa: E402  # pyright: ignore[reportMissingTypeStubs]
    PreprocessCfg,
    image_transform_v2,
)
from torchvision.transforms import Normalize, ToTensor  # noqa: E402  # pyright: ignore[reportMissingTypeStubs]

open_clip: Any = _open_clip
"""The package itself: it has annotations, but too few to check against."""

__all__ = [
    "CLIP",
    "CustomTextCLIP",
    "Normalize",
    "PreprocessCfg",
    "SimpleTokenizer",
    "ToTensor",
    "get_clean_fn",
    "image_transform_v2",
    "load_checkpoint",
    "open_clip",
]
