"""The plain values that speak of tags: predictions, labels of the user, and both as the window shows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from core.types import PhotoId

CLASS = "class"
"""The head that says what a photo shows. All other heads are attributes: colour, material, what the user defines."""

ATTRIBUTES = ("color", "material", "condition")
"""Attributes that have a filter of their own in the search line; all others are found with `tag:`."""

TOP_K = 5  # labels that are kept of a prediction, best first: what a correction offers

TaggerId = NewType("TaggerId", int)


class TagSource(StrEnum):
    """Who says so."""

    USER = "user"
    MODEL = "model"  # a trained tagger
    ZERO_SHOT = "zero-shot"  # the encoder and a vocabulary: nobody has trained anything


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one head of a tagger says of one photo. Probabilities are calibrated."""

    label: str
    probability: float
    top: tuple[tuple[str, float], ...]  # at most TOP_K labels with their probabilities, best first
    sure: bool  # the probability reaches the head's threshold, and the photo is not unknown
    unknown: bool = False  # it is none of the labels that the tagger knows; the label is the nearest of them


Predictions = dict[str, Prediction]
"""By head."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One head of one photo as the window shows it: the user's label where there is one, else the live prediction."""

    head: str
    value: str  # of the user, or the most probable one
    source: TagSource
    sure: bool  # False: shown as "unsure"; always True for the user's
    prediction: Prediction | None  # of the live tagger; None where it has no such head or has not looked yet

    @property
    def is_corrected(self) -> bool:
        """The user says something else than the tagger, which did not say that it does not know."""
        said = self.prediction
        return self.source is TagSource.USER and said is not None and not said.unknown and said.label != self.value

    @property
    def is_unknown(self) -> bool:
        """The tagger says that it is none of what it knows, and the user has said nothing: `value` is only nearest."""
        return self.source is not TagSource.USER and self.prediction is not None and self.prediction.unknown


@dataclass(frozen=True, slots=True)
class Facet:
    """One value of one head and how many visible photos have it."""

    head: str
    value: str
    count: int  # the user's labels, and predictions that are sure
    unsure: int = 0  # predictions of it below the threshold; those of unknown photos count nowhere


@dataclass(frozen=True, slots=True)
class Attribute:
    """A head that the user can label with."""

    name: str
    values: tuple[str, ...]  # in the user's order
    keys: Mapping[str, str]  # value -> the key that gives it, such as "1"; only where one is set


class Split(StrEnum):
    """The part that a labelled photo plays in training."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """A photo that the user labelled, with all that training wants to know."""

    photo_id: PhotoId
    path: Path
    content_hash: str
    labels: Mapping[str, str]  # by head
    taken_at: datetime | None
    split: Split | None = None  # as a labels.csv said; None: the trainer decides
    instance: str | None = None  # photos of one thing: they stay on one side of a split


@dataclass(frozen=True, slots=True)
class Origin:
    """What a file of labels says of a photo beside its labels."""

    split: Split | None = None
    instance: str | None = None
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class LabelsBefore:
    """Labels as they were before a change; `Labels.restore` undoes it. A value of None: there was no label."""

    labels: tuple[tuple[PhotoId, str, str | None], ...]  # photo, head, value; those alone that the change has changed
    origins: tuple[tuple[PhotoId, Origin | None], ...] = ()
    added: tuple[tuple[str, str | None], ...] = ()  # attribute and value that the change brought; None: the attribute

    def __bool__(self) -> bool:
        """Whether there is anything to undo."""
        return bool(self.labels or self.origins or self.added)


WordsBefore = tuple[tuple[TaggerId | None, str], ...]
"""For each tagger that the change has given other words, and with None for those to come: JSON of what the heads and
values were called that it has changed, those alone."""


@dataclass(frozen=True, slots=True)
class AttributesBefore:
    """Attributes as they were before one of them was changed, with the labels; `Labels.restore` undoes it."""

    attributes: tuple[tuple[str, Attribute | None], ...]  # by name, those alone that were changed; None: there was none
    order: tuple[str, ...]  # of all attributes
    labels: LabelsBefore
    words: WordsBefore = ()  # of taggers; empty where the change has nothing to do with them
    searches: tuple[tuple[int, str, str], ...] = ()  # that were saved and are others now: album, before and after


@dataclass(frozen=True, slots=True)
class TaggerInfo:
    """One tagger as the user chooses it."""

    id: TaggerId
    key: str
    name: str
    source: TagSource
    heads: Mapping[str, tuple[str, ...]]  # in the words of the user, who may have renamed what the tagger says
    live: bool
    created_at: datetime
    metrics: Mapping[str, float]  # "class accuracy", "class weighted F1", ... on the photos that were held out
    run: str | None  # the name of the run folder that it came from
    usable: bool  # its files are there, and the encoder whose vectors it reads answers
    stalled: bool  # wanted, and cannot work at the moment
    encoder_key: str | None = None  # of the model whose vectors it reads; None: it looks at photos itself
