"""Reading EXIF as it is found in the wild: broken in every way that the format allows. No pixel is decoded here.

Each field is read on its own, and one that cannot be read is None; the others stay. What the fields mean is
`core.files.metadata` and `core.files.exposure`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from PIL import ExifTags, Image

Tags = Mapping[int, Any]
"""EXIF tag number -> whatever the file holds there: text, number, rational, bytes, a tuple of those."""

Value = TypeVar("Value")

_STUMBLES = (
    OSError, SyntaxError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, EOFError, struct.error
)  # fmt: skip

MAX_TEXT_LENGTH = 120
"""Some programs put whole paragraphs where the camera's name belongs."""


def exif_of(image: Image.Image) -> Image.Exif:
    """Parsed once a picture: Pillow keeps the result, and after an error what it had read until then.

    Called on the base class, because the method of a PNG would decode all pixels in search of late EXIF.
    """
    return attempt(lambda: Image.Image.getexif(image)) or Image.Image.getexif(image)


def tags_of(image: Image.Image) -> Tags:
    """What the picture's own directory and that of the shot hold. Best called after decoding: see `metadata_of`."""
    exif = exif_of(image)
    return {**exif, **directory(exif, ExifTags.IFD.Exif)}


def directory(exif: Image.Exif, which: ExifTags.IFD) -> dict[int, Any]:
    """An inner directory; empty where there is none or it is broken."""
    return attempt(lambda: exif.get_ifd(which)) or {}


def attempt(read: Callable[[], Value]) -> Value | None:
    """The value, or None where the EXIF parser stumbles. It lets through whatever error the damage causes."""
    try:
        return read()
    except _STUMBLES:
        return None


def text_in(tags: Tags, tag: int, most: int = MAX_TEXT_LENGTH) -> str | None:
    """A text field without padding; UTF-8 where it is that, although EXIF knows ASCII only and Pillow reads Latin-1."""
    value = tags.get(tag)
    raw = value if isinstance(value, bytes) else value.encode("latin-1", "ignore") if isinstance(value, str) else b""
    raw = raw.split(b"\0", 1)[0]
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return text[:most] or None


def number_in(value: object) -> float | None:
    """A finite float; None for 0/0 and other things that are no number."""
    number = attempt(lambda: float(value))  # type: ignore[arg-type]
    return number if number is not None and math.isfinite(number) else None


def parts_of(value: object) -> tuple[object, ...]:
    """The numbers of a field that holds several; none where it holds something else."""
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()
