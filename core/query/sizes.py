"""Sizes as people type them: of the file, in megapixels, or of the longer edge. Nothing here knows filters or SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from core.errors import QueryError

# Twelve digits are more than any file has; a bound keeps the numbers finite.
_SIZE = re.compile(r"([0-9]{1,12}(?:[.,][0-9]{1,6})?)\s*([a-z]*)")


class Measure(StrEnum):
    """What a size is about."""

    BYTES = "bytes"
    PIXELS = "pixels"  # width x height
    EDGE = "edge"  # the longer one, in pixels


# Decimal as on drives, in the Finder and in most Linux file managers; the binary units have their own names.
_UNITS: dict[str, tuple[Measure, int]] = {
    "b": (Measure.BYTES, 1),
    "kb": (Measure.BYTES, 1000),
    "mb": (Measure.BYTES, 1000**2),
    "gb": (Measure.BYTES, 1000**3),
    "kib": (Measure.BYTES, 1024),
    "mib": (Measure.BYTES, 1024**2),
    "gib": (Measure.BYTES, 1024**3),
    "mp": (Measure.PIXELS, 1000**2),
    "px": (Measure.EDGE, 1),
}


@dataclass(frozen=True, slots=True)
class Size:
    """An amount of bytes or pixels, and how finely it was typed."""

    measure: Measure
    amount: float  # bytes or pixels
    step: float  # of the last digit that was typed: 100,000 bytes for 2.5mb

    @property
    def rounded_from(self) -> tuple[float, float]:
        """From this amount up to, and not with, that one: what rounds to the size as it was typed."""
        return self.amount - self.step / 2, self.amount + self.step / 2


def tidy_size(text: str, unit: str = "") -> str:
    """The canonical form of one size: `2,5 MB` is `2.5mb`. A number without a unit takes `unit`.

    Raises:
        QueryError: it is no size; the remedy shows how one is written.
    """
    match = _SIZE.fullmatch(text.strip().casefold())
    number, typed_unit = (match[1].replace(",", "."), match[2] or unit) if match else ("", "")
    if typed_unit in _UNITS:
        return number + typed_unit
    remedy = "Write a number with kb, mb or gb (the file), mp (megapixels) or px (longer edge), such as >2mb or 12mp."
    if number and not typed_unit:
        raise QueryError(f"\u201c{text}\u201d has no unit.", remedy=remedy)
    raise QueryError(f"\u201c{text}\u201d is not a size.", remedy=remedy)


def tidy_range(first: str, last: str) -> tuple[str, str]:
    """The canonical forms of both ends of a range; an end may be empty, and `2..5mb` has one unit for both.

    Raises:
        QueryError: an end is no size, or one is about the file and the other about the picture.
    """
    tidy_last = tidy_size(last) if last else ""
    tidy_first = tidy_size(first, unit=tidy_last.lstrip("0123456789.")) if first else ""
    if tidy_first and tidy_last and size_of(tidy_first).measure is not size_of(tidy_last).measure:
        raise QueryError(
            f"{tidy_first} and {tidy_last} cannot be compared.",
            remedy="Use units of one kind: kb, mb and gb, or mp, or px.",
        )
    return tidy_first, tidy_last


def size_of(tidy: str) -> Size:
    """The size that a canonical form means."""
    unit = tidy.lstrip("0123456789.")
    number = tidy.removesuffix(unit)
    measure, factor = _UNITS[unit]
    decimals = len(number.partition(".")[2])
    return Size(measure, float(number) * factor, factor / 10**decimals)
