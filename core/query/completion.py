"""What could be typed at the cursor: names of filters, and their values. The library's values come from the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core.query import tags
from core.query.dates import NAMED_DATES
from core.query.folding import fold
from core.query.lexer import Word, quote_value, read_words
from core.query.vocabulary import FILTERS, KEYS, choice_of

Values = Callable[[str], Sequence[str]]
"""The values of the library for one key (camera, folder, class, tag and so on), the most frequent first."""

_LIMIT = 12  # as many as fit under a search bar without scrolling
_MIN_LETTERS = 2  # one letter starts too many words to offer filters for it
TAG_KEYS = (*tags.HEADS_WITH_A_FILTER, "tag")
"""Filters whose values are the tags of the library."""

_WITH_LIBRARY_VALUES = ("camera", "lens", "folder", "album", "format", *TAG_KEYS)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`text` may take the place of the characters from `start` to `end` of the line."""

    text: str  # `camera:` or `camera:"Canon EOS 40D"`
    explanation: str  # one line; "" for a value that speaks for itself
    start: int
    end: int

    def applied_to(self, line: str) -> tuple[str, int]:
        """The new line, and where the cursor stands in it. A finished value is followed by a space."""
        gap = "" if self.text.endswith(":") or line[self.end : self.end + 1].isspace() else " "
        before = line[: self.start] + self.text + gap
        return before + line[self.end :], len(before)


def complete(text: str, cursor: int, values: Values) -> list[Suggestion]:
    """Suggestions for the word that the cursor stands in, the best first. Empty where nothing fits. Never raises."""
    word = next((each for each in read_words(text) if each.start < cursor <= each.end), None)
    if word is None or word.is_lone_sign:
        return []
    key = word.key.casefold()
    if not key:
        return [] if word.quoted else list(_keys(word, text[word.body_start : cursor]))
    if key not in FILTERS or cursor < word.text_start:
        return []
    # A quote that is still open runs to the end of the line: what stands behind the cursor is not part of the value.
    end = word.end if word.closed else cursor
    typed = text[word.text_start + word.quoted : cursor].removesuffix('"' if word.quoted and word.closed else "")
    return [
        Suggestion(f"{key}:{quote_value(value)}", "", word.body_start, end) for value in _matching(key, typed, values)
    ]


def _keys(word: Word, typed: str) -> Iterator[Suggestion]:
    if len(typed) < _MIN_LETTERS:
        return
    for key in KEYS.values():
        if key.name.startswith(typed.casefold()):
            explanation = f"{key.explanation}, such as {key.name}:{key.example}"
            yield Suggestion(f"{key.name}:", explanation, word.body_start, word.end)


def _matching(key: str, typed: str, values: Values) -> list[str]:
    """Values that hold what was typed; those that begin with it first."""
    wanted = fold(typed)
    holding = [value for value in dict.fromkeys(_known_values(key, values)) if wanted in fold(value)]
    return sorted(holding, key=lambda value: not fold(value).startswith(wanted))[:_LIMIT]


def _known_values(key: str, values: Values) -> Sequence[str]:
    if key in ("date", "after", "before"):
        return NAMED_DATES
    choices = FILTERS[key].choices
    if key not in _WITH_LIBRARY_VALUES:
        return tuple(choices)
    return [choice_of(FILTERS[key], value) or value for value in values(key)] or tuple(choices)
