"""The order of file names as people count: IMG_2 before IMG_10, small and capital letters alike.

Each photo's row holds a key whose order as plain text is that order, so that SQLite sorts 100,000 names without asking
Python once. Why it is kept, and why natsort does not make it: docs/decisions/0032-natural-order-is-stored.md.
"""

from __future__ import annotations

import re

from core.query.filters import fold

_NUMBER = re.compile(r"[0-9]+")
_END_OF_STEM = "\x01"  # below every letter of a name: IMG_2.jpg stands before IMG_2 (copy).jpg


def name_key(name: str) -> str:
    """The text by which a file of this name is sorted. Names that differ in capitals or leading zeros share one."""
    stem, dot, suffix = fold(name).rpartition(".")
    if not stem:  # no dot, or nothing in front of it
        stem, suffix = dot + suffix, ""
    return _NUMBER.sub(_counted, stem) + _END_OF_STEM + suffix


def _counted(number: re.Match[str]) -> str:
    """A number as text that is sorted by its value: how many digits it has, then the digits.

    The 0 in front keeps it in the place of digits among other signs.
    """
    digits = number[0].lstrip("0")
    return f"0{chr(ord('0') + len(digits))}{digits}"
