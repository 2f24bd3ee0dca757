"""How well the words of a query are covered by those that a model was trained with: a measure, and a verdict a word.

A word is known where the model saw it with enough photos, near where its text vector lies close to that of a known
word, and unknown else. Why these thresholds, and how well they separate: docs/decisions/0071-known-words.md. The list
of words is `core.known_words`; the vectors of known words are `core.word_vectors`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from core.known_words import LONGEST_TERM, KnownWords, says_something, words_of
from core.query.query import Term

LEAST_PHOTOS = 5
"""Said in so many photos, a word is known: below it, more than half of the words find no better than chance or little
better (an AUC below 0.7 on photos of the validation part)."""

NAMED = 3  # words that a sentence names one by one

Verdict = Literal["known", "near", "unknown"]
Nearest = Callable[[str], tuple[str, float] | None]
"""For a word the known word that it is taken for, and their cosine; None where none is near enough."""


class NotMeasuredError(Exception):
    """The vectors of the known words are not there yet: never shown to the user."""


@dataclass(frozen=True, slots=True)
class WordCoverage:
    """One word of a query, or a term of several that is known as a whole."""

    word: str
    verdict: Verdict
    weight: float = 1.0  # of its term
    nearest: str = ""  # the known word that it is taken for, where the verdict is near
    closeness: float = 0.0  # 0..1: cosine of the two, where the verdict is near
    unfinished: bool = False  # the last word, and the beginning of a known one: it may still be typed


@dataclass(frozen=True, slots=True)
class Coverage:
    """All words that a query is about, in their order; there is at least one."""

    words: tuple[WordCoverage, ...]
    with_picture: bool = False  # a picture is searched for beside them

    @property
    def measure(self) -> float:
        """0..1: the share of the words that are known, by their weights; a near one counts by its closeness."""
        worth = {"known": 1.0, "unknown": 0.0}
        covered = sum(word.weight * worth.get(word.verdict, word.closeness) for word in self.words)
        return covered / sum(word.weight for word in self.words)

    @property
    def hardly_known(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word.word for word in self.words if word.verdict == "unknown"))

    @property
    def taken_for(self) -> dict[str, str]:
        """Near words, and the known ones that they are taken for."""
        return {word.word: word.nearest for word in self.words if word.verdict == "near"}

    @property
    def is_hopeless(self) -> bool:
        """Nothing that is searched for is known: what is found is noise."""
        return not self.with_picture and all(word.verdict == "unknown" for word in self.words)

    @property
    def is_unfinished(self) -> bool:
        """What is hardly known may only be hardly typed."""
        return any(word.unfinished for word in self.words)


def cover(
    terms: Sequence[Term], known: KnownWords, nearest: Nearest, *, familiar: Callable[[str], bool] = lambda word: False
) -> Coverage | None:
    """What is known of the words that are searched for; None where there are none.

    Args:
        nearest: Asked for words that are not known.
        familiar: Whether something else than the model knows a word: the user's own labels, say.

    Raises:
        NotMeasuredError: `nearest` cannot tell yet.
    """
    wanted = [term for term in terms if term.weight > 0]
    found = [(word, term.weight) for term in wanted if term.kind == "text" for word in _words(term.value, known)]
    if not found:
        return None
    last = found[-1][0]
    words = [_judged(word, weight, known, nearest, familiar, last=word is last) for word, weight in found]
    return Coverage(tuple(words), with_picture=any(term.kind == "image" for term in wanted))


def hardly_known_sentence(title: str, words: Sequence[str], quoted: Callable[[str], str]) -> str:
    """As in: Recollect starter hardly knows “zeppelin”.

    Args:
        title: Of the model.
        quoted: A word in quotation marks.
    """
    named = [quoted(word) for word in words[:NAMED]]
    more = len(words) - len(named)
    if more:
        named.append("1 more word" if more == 1 else f"{more} more words")
    listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return f"{title} hardly knows {listed}"


def _words(text: str, known: KnownWords) -> Iterator[str]:
    """What the text is about; words that are known as a whole stay together, as in "golden retriever"."""
    words = words_of(text)
    at = 0
    while at < len(words):
        length = next((length for length in range(LONGEST_TERM, 1, -1) if _is_term(words[at : at + length], known)), 1)
        word = " ".join(words[at : at + length])
        if length > 1 or says_something(word):
            yield word
        at += length


def _is_term(words: Sequence[str], known: KnownWords) -> bool:
    return len(words) > 1 and known.count(" ".join(words)) >= LEAST_PHOTOS


def _judged(
    word: str, weight: float, known: KnownWords, nearest: Nearest, familiar: Callable[[str], bool], *, last: bool
) -> WordCoverage:
    if known.count(word) >= LEAST_PHOTOS or familiar(word):
        return WordCoverage(word, "known", weight)
    found = nearest(word)
    if found is not None:
        return WordCoverage(word, "near", weight, *found)
    unfinished = last and known.begins(word, least=LEAST_PHOTOS)
    return WordCoverage(word, "unknown", weight, unfinished=unfinished)
