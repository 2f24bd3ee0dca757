"""The words that a model was trained with: `known-words.json` beside its weights, and how words are looked up in it.

A model that ships no such file is one of which nothing is known: nothing is then said of its words. How well a query is
covered by them is `core.coverage`; the file is made by `trainer.starter.known_words`.
"""

from __future__ import annotations

import bisect
import hashlib
import json
import logging
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from core.words import LITTLE_WORDS, PICTURE_WORDS

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

FILE = "known-words.json"
FORMAT = 1
LONGEST_TERM = 3  # words of a term such as "golden retriever": longer ones are names of products

# Letters only: what a number means no photo shows, and a filter says it better. The "'s" of the owner is no part.
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019](?!s\b)[^\W\d_]+)*")

_SAYS_NOTHING = LITTLE_WORDS | PICTURE_WORDS | frozenset(
    {
        "about", "after", "all", "along", "also", "am", "any", "around", "away", "been", "before", "behind", "being",
        "between", "both", "but", "can", "could", "do", "does", "down", "during", "each", "every", "few", "find", "get",
        "gets", "give", "gives", "go", "goes", "going", "had", "he", "her", "here", "him", "how", "i", "if", "just",
        "kind", "like", "lot", "lots", "made", "many", "may", "me", "more", "most", "much", "near", "next", "not",
        "only", "onto", "other", "others", "pic", "pics", "puts", "seen", "she", "should", "show", "showing", "shown",
        "shows", "some", "something", "somewhere", "such", "take", "taken", "than", "them", "then", "there", "these",
        "they", "thing", "things", "those", "though", "through", "together", "too", "toward", "towards", "try",
        "type", "under", "until", "us", "via", "we", "well", "what", "when", "where", "which", "while", "who", "whose",
        "will", "would", "you", "your",
    }
)  # fmt: skip
"""What a query is not about. To a small model they all mean the same, and so does much that it does not know."""

_IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "feet": "foot", "teeth": "tooth", "mice": "mouse",
    "geese": "goose", "leaves": "leaf", "knives": "knife", "wolves": "wolf", "calves": "calf", "loaves": "loaf",
    "ran": "run", "sat": "sit", "swam": "swim", "grey": "gray", "colour": "color", "colourful": "colorful",
}  # fmt: skip
_SHORTEST_STEM = 3  # letters that have to be left: "ring" is no form of "r"


class KnownWords:
    """In how many training photos a word was said."""

    def __init__(self, photos: int, counts: Mapping[str, int]) -> None:
        """
        Args:
            photos: Of the training, all of them.
            counts: By word, or term of up to three words, in lower case.
        """
        self.photos = photos
        self.counts = counts

    @cached_property
    def digest(self) -> str:
        """Names the content: what was computed from other words is of no use."""
        lines = "\n".join(f"{word} {count}" for word, count in sorted(self.counts.items()))
        return hashlib.sha256(lines.encode()).hexdigest()[:16]

    def count(self, word: str) -> int:
        """Photos in which the word or another form of it was said: the form that was said most often counts."""
        return max(self.counts.get(form, 0) for form in forms(word))

    def begins(self, letters: str, *, least: int) -> bool:
        """Whether a word that was said in at least so many photos begins with these letters: it may still be typed."""
        at = bisect.bisect_left(self._sorted, letters)
        while at < len(self._sorted) and self._sorted[at].startswith(letters):
            if self.counts[self._sorted[at]] >= least:
                return True
            at += 1
        return False

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.counts)


def read_known_words(path: Path) -> KnownWords | None:
    """The words of a model; None where it ships none. A damaged file is logged, and like none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read: %s", path, error)
        return None
    try:
        return _parsed(json.loads(text))
    except (ValueError, TypeError, KeyError) as error:
        log.warning("%s is not a list of known words: %r", path, error)
        return None


def known_words_document(known: KnownWords) -> dict[str, Any]:
    """The words as the file holds them, the most frequent first."""
    ordered = sorted(known.counts.items(), key=lambda item: (-item[1], item[0]))
    return {"format": FORMAT, "photos": known.photos, "words": dict(ordered)}


def words_of(text: str) -> list[str]:
    """All words of a text in lower case, in their order."""
    return [word.replace("\u2019", "'") for word in _WORD.findall(text.casefold())]


def says_something(word: str) -> bool:
    """Whether a query can be about this word. One letter is none, and "photo" is what all photos are."""
    return len(word) > 1 and not any(form in _SAYS_NOTHING for form in (word, word.removesuffix("s")))


def forms(word: str) -> tuple[str, ...]:
    """The word and what else it may be written as: other numbers and tenses. Rough: what is no word is in no list.

    A term of several words has the forms of its last one.
    """
    start, gap, last = word.rpartition(" ")
    return tuple(dict.fromkeys(start + gap + form for form in _forms(last)))


def _forms(word: str) -> Iterator[str]:
    yield word
    if word in _IRREGULAR:
        yield _IRREGULAR[word]
    yield from (plural for plural, singular in _IRREGULAR.items() if singular == word)
    for stem in _stems(word):
        if len(stem) >= _SHORTEST_STEM:
            yield from _endings(stem)
    yield from _endings(word)


def _stems(word: str) -> Iterator[str]:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and not word.endswith("ss"):
            stem = word.removesuffix(ending)
            yield stem
            if len(stem) > _SHORTEST_STEM and stem[-1] == stem[-2]:  # running, stopped
                yield stem[:-1]
    if word.endswith(("ies", "ied")):
        yield word[:-3] + "y"


def _endings(stem: str) -> Iterator[str]:
    """`stem` with and without what numbers and tenses add to it."""
    yield from (stem, f"{stem}e", f"{stem}s", f"{stem}es", f"{stem}ing", f"{stem}{stem[-1:]}ing", f"{stem}ed")
    if stem.endswith("e"):
        yield f"{stem[:-1]}ing"
    if stem.endswith("y"):
        yield f"{stem[:-1]}ies"


def _parsed(document: Any) -> KnownWords:
    if not isinstance(document, dict):
        raise TypeError("no object")
    fields = cast("dict[str, Any]", document)
    if fields["format"] != FORMAT:
        raise ValueError(f"format {fields['format']!r}")
    words = cast("dict[str, Any]", fields["words"])
    return KnownWords(int(fields["photos"]), {str(word).casefold(): int(count) for word, count in words.items()})
