"""What files and folders of labels say, before anybody asks whether a library holds the photos.

`label_csv` and `label_folders` read it. Neither opens a photo or a database, so that training reads with them too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from core.errors import LabelError
from core.query.filters import fold
from core.tags.label_text import Spelling, sound_name, sound_value
from core.tags.values import Split

MOST_WARNINGS = 200  # that are kept in words: nobody reads more, and a file may have one in every line

SPLITS = {
    **dict.fromkeys(("train", "training"), Split.TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "dev"), Split.VALIDATION),
    **dict.fromkeys(("test", "testing"), Split.TEST),
}
"""What files and folders call the parts, in small letters."""


@dataclass(frozen=True, slots=True)
class LabelRow:
    """What is said of one photo."""

    line: int  # of the file; 0 where a folder says it
    path: Path  # absolute; nobody has looked whether it is there
    labels: dict[str, str]  # by head
    split: Split | None = None
    instance: str | None = None
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class LabelWarning:
    """Something that was left out or decided, in one sentence."""

    line: int  # of the file; 0: of no line
    text: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.text}" if self.line else self.text


@dataclass(slots=True)
class Warnings:
    """The first ones in words, all of them counted."""

    shown: list[LabelWarning] = field(default_factory=list[LabelWarning])
    count: int = 0

    def add(self, line: int, text: str) -> None:
        self.count += 1
        if len(self.shown) < MOST_WARNINGS:
            self.shown.append(LabelWarning(line, text))


@dataclass(frozen=True, slots=True)
class LabelFile:
    """All that a file or a folder says. Each photo has one row."""

    rows: list[LabelRow]
    warnings: list[LabelWarning]  # at most `MOST_WARNINGS`
    warning_count: int


class Wording:
    """Brings heads and values of one source into shape. What cannot be used becomes a warning."""

    def __init__(self, warnings: Warnings) -> None:
        self._warnings = warnings
        self._spelling = Spelling()
        self._heads: dict[str, str | None] = {}  # as written -> as used; None: it cannot be
        self._values: dict[tuple[str, str], str | None] = {}

    def head(self, line: int, text: str) -> str | None:
        if text not in self._heads:
            try:
                self._heads[text] = self._spelling.head(sound_name(text))
            except LabelError as error:
                self._heads[text] = None
                self._warnings.add(line, f"{error.message} It was left out.")
        return self._heads[text]

    def value(self, line: int, head: str, text: str) -> str | None:
        key = (head, text)
        known = self._values.get(key)
        if known is not None:
            return known
        try:
            known = self._values[key] = self._spelling.value(head, sound_value(text))
        except LabelError as error:
            self._warnings.add(line, f"{error.message} It was left out.")
        return known


def split_of(text: str) -> Split | None:
    """The part that a file or a folder means; None if it is none of them."""
    return SPLITS.get(fold(text.strip()))
