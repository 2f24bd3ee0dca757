"""Text made comparable, in Python as in SQL."""

from __future__ import annotations

import re
import sqlite3
import unicodedata

_GAPS = re.compile(r"[\s_-]+")


def register_functions(connection: sqlite3.Connection) -> None:
    """Give a connection the SQL functions `casefold` and `foldtag`, which the conditions call. Once for each."""
    connection.create_function("casefold", 1, fold, deterministic=True)
    connection.create_function("foldtag", 1, fold_tag, deterministic=True)


def fold(text: str | None) -> str:
    """Text made comparable: SQLite knows the capitals of ASCII alone, and macOS writes file names decomposed (NFD)."""
    if text is None:
        return ""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def fold_tag(text: str | None) -> str:
    """As `fold`; and `clothing_cap`, `clothing-cap` and `clothing cap` are one: folders and files of labels differ."""
    return _GAPS.sub(" ", fold(text)).strip()
