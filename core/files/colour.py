"""Colours as the photographer saw them: from the colour space that a picture names to sRGB, which all else here takes.

Phones write Display P3 and cameras Adobe RGB; taken for sRGB, both come out dull.
"""

from __future__ import annotations

import functools
from io import BytesIO

from PIL import Image, ImageCms

_TARGET_MODES = {"RGB": "RGB", "RGBA": "RGBA", "CMYK": "RGB", "L": "RGB"}
"""Modes whose colours can be converted -> what they become."""

_KEPT_TRANSFORMS = 16
"""A library has a handful of colour spaces; building the conversion of one takes longer than using it."""


def to_srgb(image: Image.Image) -> Image.Image:
    """The picture in sRGB; unchanged where it names no colour space, or one that makes no sense.

    A colour that stands for transparency would no longer be found afterwards: such pictures stay as they are.
    """
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in _TARGET_MODES or "transparency" in image.info:
        return image
    transform = _transform(bytes(profile), image.mode)
    return image if transform is None else transform.apply(image)


@functools.lru_cache(_KEPT_TRANSFORMS)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """None where nothing has to be done or can be done. Used by many threads at once, hence without lcms' own cache."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if ImageCms.getProfileDescription(source).startswith("sRGB"):
            return None
        return ImageCms.ImageCmsTransform(
            source, _srgb(), mode, _TARGET_MODES[mode], ImageCms.Intent.PERCEPTUAL, flags=ImageCms.Flags.NOCACHE
        )
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return None


@functools.cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
