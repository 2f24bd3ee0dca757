"""Reads the search line: `parse` is all that others need. The language is told in docs/search.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import QueryError
from core.query.lexer import Word, read_words
from core.query.query import Filter, Query, Term
from core.query.values import read_value
from core.query.vocabulary import FILTERS, IMAGES, nearest_key

_MAX_WEIGHT = 100.0  # beyond it the other terms no longer count: more likely "1920*1080" than a weight
_MAX_PARTS = 64  # far more than anyone types; SQLite takes expressions up to a depth of 1,000


def parse(text: str) -> Query:
    """The query that a line of text means.

    Raises:
        QueryError: a filter, its value or a weight is not valid. `start` and `end` tell which characters are at fault;
            the remedy names the nearest valid word.
    """
    reader = _Reader(text)
    for word in read_words(text):
        reader.take(word)
    return reader.query()


@dataclass(slots=True)
class _Draft:
    """A term that may still grow by the words that follow."""

    kind: Literal["text", "image"]
    value: str
    weight: float
    start: int
    end: int

    def finish(self) -> Term:
        return Term(self.kind, self.value, self.weight, self.start, self.end)


class _Reader:
    """Takes word by word and puts each one where it belongs."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._terms: list[_Draft] = []
        self._filters: list[Filter] = []
        self._growing: _Draft | None = None  # the text term that further words join
        self._lone_sign: Word | None = None  # it waits for what it stands in front of

    def query(self) -> Query:
        return Query(tuple(draft.finish() for draft in self._terms), tuple(self._filters))

    def take(self, word: Word) -> None:
        if word.is_lone_sign:
            self._lone_sign = word
            return
        before, self._lone_sign = self._lone_sign, None
        sign = word.sign or (before.sign if before else "")
        start = before.start if before and not word.sign else word.start
        key = word.key.casefold()
        if key in FILTERS:
            self._take_filter(word, key, start, negated=sign == "-")
        elif key in IMAGES:
            self._take_image(word, key, start, sign)
        else:
            _refuse_misspelled_key(word)
            self._take_text(word, start, sign)
        self._refuse_too_many(word)

    def _take_filter(self, word: Word, key: str, start: int, *, negated: bool) -> None:
        if word.weight:
            raise QueryError(
                f"{key}: is a filter and takes no weight.", remedy=f"Leave out {word.weight}*.", **_prefix_span(word)
            )
        try:
            value, comparison = read_value(FILTERS[key], _sound(word.text))
        except QueryError as error:
            raise QueryError(error.message, remedy=error.remedy, **_value_span(word)) from None
        self._filters.append(Filter(key, value, comparison, negated, start, word.end))

    def _take_image(self, word: Word, key: str, start: int, sign: str) -> None:
        value = word.text if key == "image" else _photo_value(word)
        if not value.strip():
            raise QueryError(
                "image: needs the path of a file right behind the colon.",
                remedy='Write image:"holidays/pool.jpg", or put "image:" in quotes to search for the word.',
                **_value_span(word),
            )
        self._terms.append(_Draft("image", value, _weight(word, sign), start, word.end))
        if not _binds_one_word(word):
            self._growing = None

    def _take_text(self, word: Word, start: int, sign: str) -> None:
        raw = word.text if word.quoted and not word.key else self._line[word.body_start : word.end]
        text = " ".join(_sound(raw).split())
        if not text:
            return
        if self._growing and not sign and not word.weight:
            self._growing.value += f" {text}"
            self._growing.end = word.end
            return
        draft = _Draft("text", text, _weight(word, sign), start, word.end)
        self._terms.append(draft)
        if not _binds_one_word(word):
            self._growing = draft

    def _refuse_too_many(self, word: Word) -> None:
        if max(len(self._terms), len(self._filters)) > _MAX_PARTS:
            raise QueryError(
                f"The search has more than {_MAX_PARTS} terms or filters.",
                remedy="Leave some of them out.",
                start=word.start,
                end=word.end,
            )


def _binds_one_word(word: Word) -> bool:
    """A minus written to a word takes it alone, as on the web: in `dog -cat in snow` the dog stays in the snow."""
    return word.sign == "-"


def _weight(word: Word, sign: str) -> float:
    amount = round(float(word.weight.replace(",", ".")), 2) if word.weight else 1.0
    if not 0 < amount <= _MAX_WEIGHT:
        raise QueryError(
            f"{word.weight} is not a weight.",
            remedy=f"Write a number between 0.01 and {_MAX_WEIGHT:g}, or put the words in quotes to search for them.",
            **_prefix_span(word),
        )
    return -amount if sign == "-" else amount


def _photo_value(word: Word) -> str:
    value = f"photo:{word.text.strip().lstrip('0')}"
    if Term("image", value).photo_id is None:
        raise QueryError(
            "photo: needs the number of a photo of the library.",
            remedy='Write photo:123, image:"FILE" for a file, or put the words in quotes to search for them.',
            **_value_span(word),
        )
    return value


def _refuse_misspelled_key(word: Word) -> None:
    """`camra:canon` is an error. Text with a colon is text: "http://x", "re: meeting", and what is near to no key."""
    if not word.key or not word.text or word.text.startswith("//"):
        return
    near = nearest_key(word.key)
    if near is not None:
        raise QueryError(
            f"There is no filter \u201c{word.key}:\u201d.",
            remedy=f"Did you mean {near}:? Put it in quotes to search for the words themselves.",
            start=word.body_start,
            end=word.body_start + len(word.key),
        )


def _sound(text: str) -> str:
    """Halves of surrogate pairs (from broken pastes) cannot be stored or tokenized: a mark replaces them."""
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


def _value_span(word: Word) -> dict[str, int]:
    """The value; the whole word where there is none."""
    return {"start": word.text_start if word.end > word.text_start else word.body_start, "end": word.end}


def _prefix_span(word: Word) -> dict[str, int]:
    return {"start": word.start + len(word.sign), "end": word.body_start}
