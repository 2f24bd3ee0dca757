"""What becomes of words that no photo was described with: do they find what they mean, and are they known for what
they are? The words stand in `unknown_words.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from core.coverage import LEAST_PHOTOS
from core.known_words import KnownWords, forms, words_of
from core.prompts import embed_texts
from core.word_vectors import CLOSE, comparable, looks_like
from trainer.evaluate.photos import LabelledPhoto, embed_photos, read_unseen
from trainer.evaluate.retrieval import average_precisions, estimate
from trainer.evaluate.tables import Cell, Table
from trainer.starter.corpus import READABLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models.clip import ClipEncoder
    from core.types import Vectors

LINES = (0.6, 0.65, 0.7, 0.75, CLOSE, 0.85)


class UnknownWords(BaseModel):
    """See the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outside: tuple[str, ...]
    synonyms: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Taken:
    """The known word that lies nearest to another one."""

    word: str
    nearest: str
    cosine: float

    @property
    def is_alike(self) -> bool:
        """Only their letters say that they are near."""
        return looks_like(self.word, self.nearest)

    def means(self, names: Sequence[str]) -> bool:
        """Whether it is a word of one of these names."""
        return not {form for name in names for word in words_of(name) for form in forms(word)}.isdisjoint(
            forms(self.nearest)
        )


def unknown_words() -> UnknownWords:
    text = files("trainer").joinpath("evaluate", "unknown_words.toml").read_text(encoding="utf-8")
    return UnknownWords.model_validate(tomllib.loads(text))


def words_tables(encoder: ClipEncoder, known: KnownWords, data: Path) -> list[Table]:
    """
    Raises:
        DataMissingError: photos to measure with are absent.
    """
    words = unknown_words()
    synonyms = {word: names for word, names in words.synonyms.items() if known.count(word) < LEAST_PHOTOS}
    outside = [word for word in words.outside if known.count(word) < LEAST_PHOTOS]
    nearest = _nearest(encoder, known)
    taken = {word: nearest(word) for word in (*synonyms, *outside)}
    photos = [each for each in read_unseen(data) if each.label]
    return [
        _found(encoder, synonyms, photos, taken),
        _lines([taken[word] for word in synonyms], list(synonyms.values()), [taken[word] for word in outside]),
    ]


def _found(
    encoder: ClipEncoder,
    synonyms: dict[str, tuple[str, ...]],
    photos: Sequence[LabelledPhoto],
    taken: dict[str, Taken],
) -> Table:
    vectors = embed_photos(encoder, photos)
    own = [{*photo.names, READABLE.get(photo.label, photo.label)} for photo in photos]
    relevant = np.array([[not each.isdisjoint(names) for each in own] for names in synonyms.values()])
    asked = {word: names for (word, names), row in zip(synonyms.items(), relevant, strict=True) if row.any()}
    relevant = relevant[relevant.any(axis=1)]
    by_word = _precisions(encoder, list(asked), vectors, relevant)
    by_name = _precisions(encoder, [names[0] for names in asked.values()], vectors, relevant)
    rows: list[tuple[Cell, ...]] = [
        (word, names[0], int(row.sum()), float(ours), float(theirs), f"{taken[word].nearest} {taken[word].cosine:.2f}")
        for (word, names), row, ours, theirs in zip(asked.items(), relevant, by_word, by_name, strict=True)
    ]
    rows.append(("all", "", "", estimate(by_word), estimate(by_name), ""))
    head = ("word", "name", "photos", "average precision of the word", "of the name", "nearest known word")
    return Table(f"Words of fewer than {LEAST_PHOTOS} training photos, and the names that they stand for", head, rows)


def _precisions(
    encoder: ClipEncoder, texts: list[str], vectors: Vectors, relevant: NDArray[np.bool_]
) -> NDArray[np.float64]:
    return average_precisions(embed_texts(encoder, texts, encoder.templates) @ vectors.T, relevant)


def _lines(synonyms: list[Taken], names: list[tuple[str, ...]], outside: list[Taken]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for line in LINES:
        near = [(each, wanted) for each, wanted in zip(synonyms, names, strict=True) if _counts(each, line)]
        right = sum(each.means(wanted) for each, wanted in near)
        wrong = sum(_counts(each, line) for each in outside)
        rows.append((line, len(synonyms), len(near), right, len(outside), wrong))
    head = ("cosine", "synonyms", "taken for a known word", "for their own", "words of other things", "taken for one")
    return Table("What is taken for a known word", head, rows)


def _counts(taken: Taken, line: float) -> bool:
    return taken.cosine >= line and not taken.is_alike


def _nearest(encoder: ClipEncoder, known: KnownWords) -> Callable[[str], Taken]:
    words = comparable(known)
    vectors = np.concatenate(
        [embed_texts(encoder, words[first : first + 256], encoder.templates) for first in range(0, len(words), 256)]
    )

    def nearest(word: str) -> Taken:
        cosines = vectors @ embed_texts(encoder, [word], encoder.templates)[0]
        best = int(cosines.argmax())
        return Taken(word, words[best], float(cosines[best]))

    return nearest
