"""What an adaptation changes in the user's own searches: which are asked, and their first photos before and after.

Searches by words come from the history, without their filters; where there are none, names of labels are taken.
Photos to find others like come from the history too, else from those that the run has not learned from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import QueryError, RecollectError
from core.query import parse
from core.tags.values import Split
from desktop.tagging.tag_words import spoken
from trainer.data.examples import Dataset
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from core.library import Library
    from core.query import Query
    from core.types import PhotoId
    from trainer.contrastive.side_by_side import QueryAnswers, SideBySide

MOST_PHOTOS = 2_000  # that are looked at by both models: a minute with the bundled one
WORDS, LIKE = 6, 4  # searches of each kind at first
FIRST = 8  # photos of each
RECENT = 200

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of both models."""

    words: tuple[str, ...]
    photos: tuple[PhotoId, ...]  # to find others like
    own_words: bool  # the user has searched for them; else they are names of labels
    own_photos: bool  # the same; else the run has held them out


@dataclass(frozen=True, slots=True)
class Answer:
    """One search and its first photos."""

    text: str
    photo: PhotoId | None  # that the others are like; None: it was words
    photo_path: Path | None
    found: QueryAnswers

    @property
    def new(self) -> set[PhotoId]:
        """Photos among the first that were not there before."""
        return {each.photo_id for each in self.found.after} - {each.photo_id for each in self.found.before}

    @property
    def gone(self) -> set[PhotoId]:
        return {each.photo_id for each in self.found.before} - {each.photo_id for each in self.found.after}


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Both models have seen the photos: further searches are answered at once."""

    side: SideBySide
    answers: tuple[Answer, ...]
    asked: Asked
    library_photos: int


def compare_searches(library: Library, run: Path, progress: Progress, cancelled: Cancelled) -> Compared:
    """
    Raises:
        TrainingError: the run has no adapted model.
        ModelError: one of the two cannot be loaded.
    """
    from trainer.contrastive.side_by_side import SideBySide

    asked = searches_to_ask(library, run)
    library.models.all()  # settings of now: the model before may have been taken in by a training
    side = SideBySide(run, library, most=MOST_PHOTOS, also=asked.photos, on_progress=progress, cancelled=cancelled)
    if cancelled():
        return Compared(side, (), asked, library.photo_count())
    answers = [*liken(library, side, asked.photos), *ask(side, asked.words)]
    return Compared(side, tuple(answers), asked, library.photo_count())


def ask(side: SideBySide, words: Sequence[str]) -> list[Answer]:
    """Searches by words."""
    return [Answer(each.query, None, None, each) for each in side.answers(words, FIRST)] if words else []


def liken(library: Library, side: SideBySide, ids: Sequence[PhotoId]) -> list[Answer]:
    """Photos most like each of some."""
    paths = {photo.id: photo.path for photo in library.photos(list(ids))}
    found = [(photo_id, side.like(photo_id, FIRST)) for photo_id in ids]
    return [
        Answer(paths[photo_id].name, photo_id, paths[photo_id], each)
        for photo_id, each in found
        if each is not None and photo_id in paths
    ]


def searches_to_ask(library: Library, run: Path) -> Asked:
    """The newest of the user's own, else what the labels suggest."""
    recent = [query for text in library.history.recent(RECENT) if (query := _understood(text)) is not None]
    words = list(dict.fromkeys(filter(None, map(_words, recent))))[:WORDS]
    named = list(dict.fromkeys(term.photo_id for query in recent for term in query.terms if term.photo_id is not None))
    photos = [photo.id for photo in library.photos(named)][:LIKE]
    return Asked(
        tuple(words or _names_of_labels(run)),
        tuple(photos or _held_out(library, run)),
        own_words=bool(words),
        own_photos=bool(photos),
    )


def _understood(text: str) -> Query | None:
    try:
        return parse(text)
    except QueryError:  # of an older language
        return None


def _words(query: Query) -> str:
    """What is looked for in words, without what is stayed away from."""
    return " ".join(term.value for term in query.terms if term.kind == "text" and term.weight > 0)


def _examples(run: Path) -> Dataset | None:
    try:
        return Dataset.read(RunFolder(run).data)
    except (RecollectError, OSError):
        return None


def _names_of_labels(run: Path) -> list[str]:
    dataset = _examples(run)
    labels = next(iter(dataset.heads.values()), ()) if dataset is not None else ()
    return [spoken(label) for label in labels[:WORDS]]


def _held_out(library: Library, run: Path) -> list[PhotoId]:
    """One photo of each of the first labels that the run has held out."""
    dataset = _examples(run)
    chosen: dict[str, PhotoId] = {}
    for example in dataset.of(Split.VALIDATION) if dataset is not None else ():
        label = next(iter(example.labels.values()), "")
        if label not in chosen and (photo_id := example.photo_id or library.find_photo(example.path)) is not None:
            chosen[label] = photo_id
    return list(chosen.values())[:LIKE]
