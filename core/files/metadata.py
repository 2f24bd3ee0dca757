"""What a picture says about itself: size, capture time, camera, lens, place. No pixel is decoded here.

EXIF in the wild is broken in every way that the format allows. Each field is read on its own, and one that cannot be
read is None; the others stay.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar, cast

from PIL import ExifTags, Image

from core.files.formats import FORMAT_NAMES
from core.files.opening import opened
from core.types import Metadata

Tags = Mapping[int, Any]
"""EXIF tag number -> whatever the file holds there: text, number, rational, bytes, a tuple of those."""

Value = TypeVar("Value")

EARLIEST_YEAR = 1826
"""The oldest photograph. An earlier year is a camera whose clock was never set, or damage."""

MAX_TEXT_LENGTH = 120
"""Some programs put whole paragraphs where the camera's name belongs."""

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
    exif = _exif(image)
    details = _read(lambda: exif.get_ifd(ExifTags.IFD.Exif)) or {}
    place = _read(lambda: exif.get_ifd(ExifTags.IFD.GPSInfo)) or {}
    tags = {**exif, **details}
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
        camera=_camera(_text(tags, ExifTags.Base.Make), _text(tags, ExifTags.Base.Model)),
        lens=_lens(tags),
        latitude=latitude,
        longitude=longitude,
        altitude_m=_altitude(place),
    )


def orientation_of(image: Image.Image) -> int:
    """How the pixels still have to be turned: 1 (not at all) to 8, as EXIF counts."""
    if image.format in _TURNED_BY_DECODER:
        return 1
    value = _exif(image).get(ExifTags.Base.Orientation)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _exif(image: Image.Image) -> Image.Exif:
    """Parsed once a picture: Pillow keeps the result, and after an error what it had read until then.

    Called on the base class, because the method of a PNG would decode all pixels in search of late EXIF.
    """
    return _read(lambda: Image.Image.getexif(image)) or Image.Image.getexif(image)


def _read(read: Callable[[], Value]) -> Value | None:
    """The value, or None where the EXIF parser stumbles. It lets through whatever error the damage causes."""
    try:
        return read()
    except (OSError, SyntaxError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, EOFError):
        return None


def _text(tags: Tags, tag: int) -> str | None:
    """A text field without padding; UTF-8 where it is that, although EXIF knows ASCII only and Pillow reads Latin-1."""
    value = tags.get(tag)
    raw = value if isinstance(value, bytes) else value.encode("latin-1", "ignore") if isinstance(value, str) else b""
    raw = raw.split(b"\0", 1)[0]
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return text[:MAX_TEXT_LENGTH] or None


def _capture_time(tags: Tags) -> tuple[datetime | None, int | None]:
    """Local time without zone, and its minutes east of UTC."""
    for time_tag, offset_tag in _TIME_TAGS:
        taken_at = _time(_text(tags, time_tag) or "")
        if taken_at is not None:
            return taken_at, _offset_min(_text(tags, offset_tag) or "")
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
    model = _text(tags, ExifTags.Base.LensModel)
    if model is None or not any(letter.isalnum() for letter in model):  # "----" stands for an unknown lens
        return _lens_specification(tags.get(ExifTags.Base.LensSpecification))
    make = _text(tags, ExifTags.Base.LensMake)
    return _camera(make, model)


def _lens_specification(value: object) -> str | None:
    parts = _parts(value)
    if len(parts) != 4:
        return None
    shortest, longest, widest, narrowest = (_number(part) for part in parts)
    if not shortest or not longest:
        return None
    text = f"{_span(shortest, longest)}mm"
    return f"{text} f/{_span(widest, narrowest)}" if widest and narrowest else text


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g}-{high:g}"


def _parts(value: object) -> tuple[object, ...]:
    """The numbers of a field that holds several; none where it holds something else."""
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()


def _number(value: object) -> float | None:
    """A finite float; None for 0/0 and other things that are no number."""
    number = _read(lambda: float(value))  # type: ignore[arg-type]
    return number if number is not None and math.isfinite(number) else None


def _position(place: Tags) -> tuple[float | None, float | None]:
    """Degrees north and east, or two None: half a position is none."""
    latitude = _degrees(place.get(ExifTags.GPS.GPSLatitude), _text(place, ExifTags.GPS.GPSLatitudeRef), "NS", 90.0)
    longitude = _degrees(place.get(ExifTags.GPS.GPSLongitude), _text(place, ExifTags.GPS.GPSLongitudeRef), "EW", 180.0)
    if latitude is None or longitude is None or latitude == longitude == 0.0:
        return None, None  # 0, 0 lies in the Gulf of Guinea and is what cameras write before they know where they are
    return latitude, longitude


def _degrees(value: object, reference: str | None, letters: str, limit: float) -> float | None:
    """Degrees, minutes, seconds -> signed degrees. Without its letter the half of the globe is unknown: None."""
    letter = (reference or "")[:1].upper()
    parts = [_number(part) for part in _parts(value)]
    if not letter or letter not in letters or not parts or parts[0] is None:
        return None
    # Seconds are often 0/0, where the minutes have decimals: a part that is no number counts as 0.
    degrees = sum((part or 0.0) / 60**index for index, part in enumerate(parts))
    if not 0.0 <= degrees <= limit:
        return None
    return -degrees if letter == letters[1] else degrees


def _altitude(place: Tags) -> float | None:
    """Metres above the sea; below it where the reference says so."""
    altitude = _number(place.get(ExifTags.GPS.GPSAltitude))
    if altitude is None:
        return None
    below = place.get(ExifTags.GPS.GPSAltitudeRef) in (1, b"\x01", "\x01")
    return -altitude if below else altitude
