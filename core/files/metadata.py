"""What a picture says about itself: size, capture time, camera, lens, place. No pixel is decoded here.

How a shot was exposed is `core.files.exposure`; how broken EXIF is read, `core.files.exif`.
"""

from __future__ import annotations

import re
from datetime import datetime

from PIL import ExifTags, Image

from core.files.exif import Tags, directory, exif_of, number_in, parts_of, tags_of, text_in
from core.files.formats import FORMAT_NAMES
from core.files.opening import opened
from core.types import Metadata

EARLIEST_YEAR = 1826
"""The oldest photograph. An earlier year is a camera whose clock was never set, or damage."""

_TIME = re.compile(r"\s*(\d{4})[:/.-](\d{1,2})[:/.-](\d{1,2})(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?")
_OFFSET = re.compile(r"\s*([+-])(\d{2}):?(\d{2})")

_TIME_TAGS = (
    (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal),
    (ExifTags.Base.DateTimeDigitized, ExifTags.Base.OffsetTimeDigitized),
    (ExifTags.Base.DateTime, ExifTags.Base.OffsetTime),
)
"""Best first: when the shutter opened, when a scanner read the slide, when the file was last written."""

_COMPANY = re.compile(
    r"(?:[\s,.]+(?:corporation|corp|company|co|ltd|inc|gmbh|ag|optical|imaging|electric|techwin|electronics))+[\s,.]*$",
    re.IGNORECASE,
)
"""The legal end of a maker's name: "OLYMPUS OPTICAL CO.,LTD" is called Olympus by everyone."""

_TURNED_BY_DECODER = frozenset({"TIFF"})
"""Formats whose pixels Pillow turns upright while it decodes, and whose size is the upright one from the start."""

_SIDEWAYS = frozenset({5, 6, 7, 8})


def read_metadata(content: bytes, *, name: str = "") -> Metadata:
    """Metadata of a file that is in memory.

    Raises:
        PhotoError: not a picture at all. Broken EXIF is no error.
    """
    with opened(content, name) as image:
        return metadata_of(image, image.size)


def metadata_of(image: Image.Image, size: tuple[int, int]) -> Metadata:
    """Metadata of an open picture. `size` is its width and height as opened, because drafting changes them.

    Best called after decoding: a PNG may carry its EXIF behind the pixels.
    """
    tags = tags_of(image)
    place = directory(exif_of(image), ExifTags.IFD.GPSInfo)
    width, height = size
    if orientation_of(image) in _SIDEWAYS:
        width, height = height, width
    taken_at, taken_offset_min = _capture_time(tags)
    latitude, longitude = _position(place)
    return Metadata(
        format=FORMAT_NAMES.get(str(image.format), str(image.format)),
        width=width,
        height=height,
        taken_at=taken_at,
        taken_offset_min=taken_offset_min,
        camera=_camera(text_in(tags, ExifTags.Base.Make), text_in(tags, ExifTags.Base.Model)),
        lens=_lens(tags),
        latitude=latitude,
        longitude=longitude,
        altitude_m=_altitude(place),
    )


def orientation_of(image: Image.Image) -> int:
    """How the pixels still have to be turned: 1 (not at all) to 8, as EXIF counts."""
    if image.format in _TURNED_BY_DECODER:
        return 1
    value = exif_of(image).get(ExifTags.Base.Orientation)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _capture_time(tags: Tags) -> tuple[datetime | None, int | None]:
    """Local time without zone, and its minutes east of UTC."""
    for time_tag, offset_tag in _TIME_TAGS:
        taken_at = _time(text_in(tags, time_tag) or "")
        if taken_at is not None:
            return taken_at, _offset_min(text_in(tags, offset_tag) or "")
    return None, None


def _time(text: str) -> datetime | None:
    match = _TIME.match(text)
    if match is None or int(match[1]) < EARLIEST_YEAR:
        return None
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None


def _offset_min(text: str) -> int | None:
    if text.strip().upper() == "Z":
        return 0
    match = _OFFSET.match(text)
    if match is None:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    return None if minutes > 14 * 60 else -minutes if match[1] == "-" else minutes  # no zone is further than 14 h


def _camera(make: str | None, model: str | None) -> str | None:
    """ "Canon", "Canon EOS 40D" -> "Canon EOS 40D"; "OLYMPUS OPTICAL CO.,LTD", "C960Z" -> "OLYMPUS C960Z"."""
    if make is None or model is None:
        return model or make
    makers_words = re.split(r"[\s,.]+", make.casefold())
    if re.split(r"[\s,.]+", model.casefold())[0] in makers_words:
        return model
    return f"{_COMPANY.sub('', make)} {model}"


def _lens(tags: Tags) -> str | None:
    """The lens by its name, else by what it can do: "24-70mm f/2.8"."""
    model = text_in(tags, ExifTags.Base.LensModel)
    if model is None or not any(letter.isalnum() for letter in model):  # "----" stands for an unknown lens
        return _lens_specification(tags.get(ExifTags.Base.LensSpecification))
    make = text_in(tags, ExifTags.Base.LensMake)
    return _camera(make, model)


def _lens_specification(value: object) -> str | None:
    parts = parts_of(value)
    if len(parts) != 4:
        return None
    shortest, longest, widest, narrowest = (number_in(part) for part in parts)
    if not shortest or not longest:
        return None
    text = f"{_span(shortest, longest)}mm"
    return f"{text} f/{_span(widest, narrowest)}" if widest and narrowest else text


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g}-{high:g}"


def _position(place: Tags) -> tuple[float | None, float | None]:
    """Degrees north and east, or two None: half a position is none."""
    latitude = _degrees(place.get(ExifTags.GPS.GPSLatitude), text_in(place, ExifTags.GPS.GPSLatitudeRef), "NS", 90.0)
    longitude = _degrees(
        place.get(ExifTags.GPS.GPSLongitude), text_in(place, ExifTags.GPS.GPSLongitudeRef), "EW", 180.0
    )
    if latitude is None or longitude is None or latitude == longitude == 0.0:
        return None, None  # 0, 0 lies in the Gulf of Guinea and is what cameras write before they know where they are
    return latitude, longitude


def _degrees(value: object, reference: str | None, letters: str, limit: float) -> float | None:
    """Degrees, minutes, seconds -> signed degrees. Without its letter the half of the globe is unknown: None."""
    letter = (reference or "")[:1].upper()
    parts = [number_in(part) for part in parts_of(value)]
    if not letter or letter not in letters or not parts or parts[0] is None:
        return None
    # Seconds are often 0/0, where the minutes have decimals: a part that is no number counts as 0.
    degrees = sum((part or 0.0) / 60**index for index, part in enumerate(parts))
    if not 0.0 <= degrees <= limit:
        return None
    return -degrees if letter == letters[1] else degrees


def _altitude(place: Tags) -> float | None:
    """Metres above the sea; below it where the reference says so."""
    altitude = number_in(place.get(ExifTags.GPS.GPSAltitude))
    if altitude is None:
        return None
    below = place.get(ExifTags.GPS.GPSAltitudeRef) in (1, b"\x01", "\x01")
    return -altitude if below else altitude
