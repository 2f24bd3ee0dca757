"""What names of attributes and values of labels may look like, in any script, and which spellings mean the same."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from core.errors import LabelError
from core.query.filters import fold
from core.tags.values import ATTRIBUTES, CLASS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST = 100  # characters: more than a chip shows, and a filter of it stays readable

_REFUSED = '=:;"'
"""In names of attributes: they stand between name and value, in the search line and in files of labels."""

STANDARD = (CLASS, *ATTRIBUTES)
"""Attributes that every library has."""


def tidy(text: str) -> str:
    """Without blanks around it, line breaks, and what no screen shows and no database keeps."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    visible = "".join(char for char in text if char.isspace() or unicodedata.category(char) not in ("Cc", "Cs"))
    return " ".join(unicodedata.normalize("NFC", visible).split())


def sound_value(text: str) -> str:
    """Raises LabelError when nothing is left of it, or too much."""
    return _sound(text, "label")


def sound_name(text: str) -> str:
    """Raises LabelError when nothing is left of it, too much, or a sign that means something beside a name."""
    name = _sound(text, "name of an attribute")
    refused = next((sign for sign in _REFUSED if sign in name), None)
    if refused is not None:
        raise LabelError(
            f"The name of an attribute may not hold {refused}: \u201c{name}\u201d.", remedy="Choose another name."
        )
    return name


def same(one: str, other: str) -> bool:
    """Small and capital letters are the same, as they are in filters."""
    return fold(one) == fold(other)


def _sound(text: str, what: str) -> str:
    sound = tidy(text)
    if not sound:
        raise LabelError(f"A {what} needs a letter at least.", remedy="Type one.")
    if len(sound) > LONGEST:
        raise LabelError(
            f"This {what} has {len(sound)} characters; {LONGEST} are allowed: \u201c{sound[:30]}\u2026\u201d.",
            remedy="Choose a shorter one.",
        )
    return sound


class Spelling:
    """Gives texts that mean the same the spelling that came first."""

    def __init__(self, known: Mapping[str, Iterable[str]] | None = None) -> None:
        """
        Args:
            known: Heads and their values as they are spelled already.
        """
        self._heads: dict[str, str] = {}
        self._values: dict[tuple[str, str], str] = {}
        for head, values in (known or {}).items():
            self.head(head)
            for value in values:
                self.value(head, value)
        for head in STANDARD:
            self.head(head)

    def head(self, name: str) -> str:
        return self._heads.setdefault(fold(name), name)

    def value(self, head: str, value: str) -> str:
        return self._values.setdefault((fold(head), fold(value)), value)
