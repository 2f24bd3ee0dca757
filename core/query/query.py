"""A search as values, and their canonical text. Reading text is `parser`, SQL is `filters`: not here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from core.query.lexer import quote_text, quote_value
from core.types import PhotoId

# Without a leading zero, so that each photo has one spelling; 18 digits always fit SQLite's 64-bit row ids.
_LIBRARY_PHOTO = re.compile(r"photo:([1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class Term:
    """Something to look for, or with a negative weight to stay away from.

    `start` and `end` tell where it stands in the line that was parsed; they do not count when terms are compared.
    """

    kind: Literal["text", "image"]
    value: str  # the words; or the path of an image file, or `photo:ID` for a photo of the library
    weight: float = 1.0  # signed, never 0; two decimals are kept in the canonical text
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    @property
    def photo_id(self) -> PhotoId | None:
        """The photo of the library that this term names; None for text and for image files."""
        match = _LIBRARY_PHOTO.fullmatch(self.value) if self.kind == "image" else None
        return PhotoId(int(match[1])) if match else None

    def __str__(self) -> str:
        return f"- {self.unsigned}" if self.weight < 0 else self.unsigned

    @property
    def unsigned(self) -> str:
        """Canonical text without the sign: `2*dog`, `image:pool.jpg`."""
        weight = f"{round(abs(self.weight), 2):g}"
        return self._body() if weight == "1" else f"{weight}*{self._body()}"

    def _body(self) -> str:
        if self.kind == "text":
            return quote_text(self.value)
        return self.value if self.photo_id is not None else f"image:{quote_value(self.value)}"


Comparison = Literal["", "<", "<=", ">", ">=", ".."]


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that photos meet or do not meet.

    `value` is in its canonical form (`2023-05`, `jpeg`, `2mb..5mb`); `start` and `end` as in `Term`.
    """

    key: str
    value: str
    comparison: Comparison = ""  # ".." where the value is a range: both ends stand in `value`
    negated: bool = False
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        comparison = "" if self.comparison == ".." else self.comparison
        return f"{'-' if self.negated else ''}{self.key}:{quote_value(comparison + self.value)}"


@dataclass(frozen=True, slots=True)
class Query:
    """Terms rank the photos, filters choose them. The canonical text of a parsed query parses to the same query."""

    terms: tuple[Term, ...] = ()
    filters: tuple[Filter, ...] = ()

    def __str__(self) -> str:
        parts = [str(self.terms[0])] if self.terms else []
        parts += [f"{'-' if term.weight < 0 else '+'} {term.unsigned}" for term in self.terms[1:]]
        return " ".join([*parts, *map(str, self.filters)])

    @property
    def is_empty(self) -> bool:
        return not self.terms and not self.filters

    @property
    def is_one_picture(self) -> bool:
        """It looks for photos like one, and for nothing else."""
        return len(self.terms) == 1 and self.terms[0].kind == "image" and self.terms[0].weight > 0

    def without(self, part: Term | Filter) -> Query:
        """The query without this very part, or else the first that equals it; unchanged if there is none."""
        if isinstance(part, Term):
            return Query(_replaced(self.terms, part, ()), self.filters)
        return Query(self.terms, _replaced(self.filters, part, ()))

    def replacing(self, old: Term | Filter, new: Term | Filter) -> Query:
        """The query with `new` in the place of `old`, or else of the first part that equals it; unchanged without one.

        A term is replaced by a term, a filter by a filter.
        """
        if isinstance(old, Term) and isinstance(new, Term):
            return Query(_replaced(self.terms, old, (new,)), self.filters)
        if isinstance(old, Filter) and isinstance(new, Filter):
            return Query(self.terms, _replaced(self.filters, old, (new,)))
        raise TypeError("a term is replaced by a term, a filter by a filter")


Part = TypeVar("Part", Term, Filter)


def _replaced(parts: tuple[Part, ...], old: Part, new: tuple[Part, ...]) -> tuple[Part, ...]:
    """The very part that is meant counts first: of two equal ones, the user points at one."""
    at = next((place for place, part in enumerate(parts) if part is old), None)
    if at is None:
        if old not in parts:
            return parts
        at = parts.index(old)
    return parts[:at] + new + parts[at + 1 :]
