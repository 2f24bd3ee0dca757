"""How a photo was taken, as its file states it: time, aperture, sensitivity, focal length, flash, and who says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PIL import ExifTags

from core.files.exif import Tags, attempt, number_in, parts_of, tags_of, text_in
from core.files.opening import opened
from core.types import Exposure

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_EXPOSURE_S = 7 * 24 * 3600
"""Beyond a week it is no shutter but a broken field."""

MAX_DESCRIPTION_LENGTH = 2000

_SAID_BY_THE_CAMERA = re.compile(
    r"(?:[\w-]+ )*digital camera|sony dsc|exif_jpeg_picture|default|dcim\\.*|<.*>", re.IGNORECASE
)
"""What cameras put into the description of each photo, where people would write what it shows."""

_FLASH_FIRED = 0b1
_OVERFLOWED = 65535  # what cameras write for a sensitivity that two bytes cannot hold; the newer tags have it


def read_exposure(content: bytes, *, name: str = "") -> Exposure:
    """Of a file that is in memory. Its pixels are not decoded.

    Raises:
        PhotoError: not a picture at all. Broken EXIF is no error.
    """
    with opened(content, name) as image:
        return exposure_of(tags_of(image))


def exposure_of(tags: Tags) -> Exposure:
    base = ExifTags.Base
    flash = tags.get(base.Flash)
    return Exposure(
        exposure_s=_exposure_s(tags),
        f_number=_f_number(tags),
        iso=_iso(tags),
        focal_length_mm=_positive(tags.get(base.FocalLength)),
        focal_length_35mm=_positive(tags.get(base.FocalLengthIn35mmFilm)),
        flash=bool(flash & _FLASH_FIRED) if isinstance(flash, int) else None,
        description=_description(tags),
        artist=text_in(tags, base.Artist),
        software=text_in(tags, base.Software),
    )


def _f_number(tags: Tags) -> float | None:
    stated = _positive(tags.get(ExifTags.Base.FNumber))
    return stated or _from_apex(tags.get(ExifTags.Base.ApertureValue), lambda av: 2 ** (av / 2))


def _description(tags: Tags) -> str | None:
    text = text_in(tags, ExifTags.Base.ImageDescription, MAX_DESCRIPTION_LENGTH)
    return None if text is None or _SAID_BY_THE_CAMERA.fullmatch(text) else text


def _exposure_s(tags: Tags) -> float | None:
    stated = _positive(tags.get(ExifTags.Base.ExposureTime))
    seconds = stated or _from_apex(tags.get(ExifTags.Base.ShutterSpeedValue), lambda tv: 2**-tv)
    return seconds if seconds is not None and seconds <= LONGEST_EXPOSURE_S else None


def _iso(tags: Tags) -> int | None:
    """The first tag that holds one. Old cameras write the sensitivity twice into a field of one."""
    base = ExifTags.Base
    for tag in (base.ISOSpeedRatings, base.RecommendedExposureIndex, base.ISOSpeed, base.StandardOutputSensitivity):
        value = tags.get(tag)
        number = _positive(next(iter(parts_of(value)), value))
        if number is not None and round(number) != _OVERFLOWED:
            return round(number)
    return None


def _positive(value: object) -> float | None:
    """A number above 0, which is what cameras write for what they do not know."""
    number = number_in(value)
    return number if number is not None and number > 0 else None


def _from_apex(value: object, convert: Callable[[float], float]) -> float | None:
    """From the logarithmic units that EXIF has beside the plain ones. Rounded: they were rounded when written."""
    number = number_in(value)
    result = attempt(lambda: convert(number)) if number is not None else None
    return float(f"{result:.2g}") if result else None
