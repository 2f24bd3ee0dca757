"""Paths as text for the database, also those that are not valid UTF-8.

Linux allows any bytes in a file name; Python reads those that are not UTF-8 as lone surrogates (U+DC80..U+DCFF),
which SQLite cannot hold. They are stored in a private-use block instead, where they survive the round trip.
"""

from __future__ import annotations

import os
from pathlib import Path

_SURROGATES = range(0xDC80, 0xDD00)
_PRIVATE_USE = 0xF780  # the block that Samba and Cygwin use for the same purpose
_TO_TEXT = {code: code - 0xDC80 + _PRIVATE_USE for code in _SURROGATES}
_TO_PATH = {private: surrogate for surrogate, private in _TO_TEXT.items()}


def path_to_text(path: Path) -> str:
    return str(path).translate(_TO_TEXT)


def text_to_path(text: str) -> Path:
    return Path(text.translate(_TO_PATH))


def as_stored(text: str) -> str:
    """Text that may name such a path, such as a search by an image file, for the database."""
    return text.translate(_TO_TEXT).encode("utf-8", "replace").decode("utf-8")


def as_typed(text: str) -> str:
    """The text that `as_stored` was given."""
    return text.translate(_TO_PATH)


def below(directory: Path) -> tuple[str, str]:
    """Bounds (inclusive, exclusive) of the text of every path below a directory, for a range query on an index."""
    prefix = path_to_text(directory).rstrip(os.sep) + os.sep
    return prefix, prefix[:-1] + chr(ord(os.sep) + 1)


def is_below(text: str, directory: Path) -> bool:
    low, high = below(directory)
    return low <= text < high
