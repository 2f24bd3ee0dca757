"""In how many training photos each word was said: makes the `known-words.json` that a model ships.

Captions, names and attributes say words, and so does the image teacher, where it is surer of a class than not. What the
window does with the words is `core.coverage`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.known_words import LONGEST_TERM, KnownWords, known_words_document, words_of
from trainer.starter.concepts import imagenet_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.starter.corpus import Corpus
    from trainer.starter.image_teacher import Lessons

LEAST_PHOTOS = 2
"""A word of a single photo is mostly a slip of the pen: leaving these out halves the file and changes no verdict."""

_LOOKED_UP = 4096  # photos at once

Said = tuple[Sequence[str], str, Mapping[str, Any]]
"""What people say of one photo: captions, label (may be empty), attributes (strings, or lists of strings)."""


def count_words(photos: Iterable[Said], *, least: int = LEAST_PHOTOS) -> KnownWords:
    """How many photos each word was said of, once a photo; and each label or attribute of a few words, as a whole.

    Args:
        least: Words of fewer photos are left out.
    """
    counts: Counter[str] = Counter()
    number = 0
    for captions, label, attributes in photos:
        names = [label, *_strings(attributes)]
        counts.update({word for text in (*captions, *names) for word in words_of(text)} | set(_terms(names)))
        number += 1
    return KnownWords(number, {word: count for word, count in counts.items() if count >= least})


def write_known_words(known: KnownWords, path: Path) -> None:
    """One line a word, so that two versions can be compared."""
    path.write_text(json.dumps(known_words_document(known), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def said_of(corpus: Corpus, lessons: Lessons) -> Iterator[Said]:
    """What captions, names and the image teacher say of the photos of the train part."""
    rows = corpus.rows("train")
    for row, seen_as in zip(rows.tolist(), _seen_as(lessons, rows), strict=True):
        each = corpus.photos[row]
        names = [*each.synonyms, *each.broader, *seen_as]
        yield each.captions, each.label, {"names": names, "color": each.color, "material": each.material}


def _seen_as(lessons: Lessons, rows: NDArray[np.int64]) -> Iterator[tuple[str, ...]]:
    """For each photo the class that the image teacher sees in the whole of it, where it is surer than not."""
    names = imagenet_names()
    for part in np.array_split(rows, max(1, len(rows) // _LOOKED_UP)):
        _, logits = lessons.of(0, part)
        chances, classes = logits.softmax(dim=1).max(dim=1)
        for chance, place in zip(chances.tolist(), classes.tolist(), strict=True):
            yield (names[place],) if chance > 0.5 else ()


def _strings(attributes: Mapping[str, Any]) -> Iterator[str]:
    for value in attributes.values():
        yield from (str(each) for each in (value if isinstance(value, list) else [value]))


def _terms(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        words = words_of(name)
        if 1 < len(words) <= LONGEST_TERM:
            yield " ".join(words)
