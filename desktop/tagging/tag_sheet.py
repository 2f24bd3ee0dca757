"""What one photo or several are tagged with, and what they could be labelled with, read for the panel and the popup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.query.filters import fold
from core.tags.values import CLASS, Tag, TaggerInfo, TagSource

if TYPE_CHECKING:
    from core.library import Library
    from core.types import PhotoId

MOST_READ = 2_000  # photos: what more of them have in common is not worth a second of reading


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that can be given."""

    value: str
    probability: float | None = None  # as the tagger says; None: it says nothing of it


@dataclass(frozen=True, slots=True)
class ValueCount:
    """Of how many photos something is said."""

    value: str
    count: int
    sure: bool  # of one of them at least, by the tagger or the user


@dataclass(frozen=True, slots=True)
class HeadSheet:
    """One head of the photos together."""

    head: str
    tag: Tag | None  # of a single photo; None: nobody says anything, or there are several photos
    values: tuple[ValueCount, ...]  # the most frequent first
    labelled: int  # photos of which the user has said something
    predicted: int  # photos of which only the tagger says something
    choices: tuple[Choice, ...]  # what to offer, the likeliest first
    unknown: int = 0  # photos that are none of what the tagger knows: they are in no value
    guessed: bool = False  # what is predicted is a guess: no trained tagger answers for the head


@dataclass(frozen=True, slots=True)
class TagSheet:
    ids: tuple[PhotoId, ...]
    heads: tuple[HeadSheet, ...]
    read: int  # photos that were looked at: at most MOST_READ

    def of(self, head: str) -> HeadSheet | None:
        return next((each for each in self.heads if each.head == head), None)

    @property
    def can_be_accepted(self) -> bool:
        return any(each.predicted for each in self.heads)


def read_sheet(library: Library, ids: Sequence[PhotoId]) -> TagSheet:
    """On a worker."""
    looked_at = list(ids)[:MOST_READ]
    tags = library.tags.of(looked_at)
    attributes = {attribute.name: attribute.values for attribute in library.labels.attributes()}
    heads = dict.fromkeys([*attributes, *(head for of_photo in tags.values() for head in of_photo)])
    live = [tagger for tagger in library.tags.taggers() if tagger.live]
    trained = trained_heads(live)
    sheets = []
    for head in heads:
        of_head = [of_photo[head] for of_photo in tags.values() if head in of_photo]
        offered = [*attributes.get(head, ()), *_known_to_taggers(live, head, attributes.get(head, ()))]
        sheet = _sheet(head, of_head, offered, single=len(looked_at) == 1)
        sheets.append(replace(sheet, guessed=head not in trained))
    return TagSheet(tuple(ids), tuple(sheets), len(looked_at))


def _sheet(head: str, tags: Sequence[Tag], offered: Sequence[str], *, single: bool) -> HeadSheet:
    counts = Counter(tag.value for tag in tags if not tag.is_unknown)
    sure = {tag.value for tag in tags if tag.sure}
    labelled = sum(tag.source is TagSource.USER for tag in tags)
    unknown = sum(tag.is_unknown for tag in tags)
    return HeadSheet(
        head,
        tag=tags[0] if single and tags else None,
        values=tuple(ValueCount(value, count, value in sure) for value, count in counts.most_common()),
        labelled=labelled,
        predicted=len(tags) - labelled - unknown,
        choices=tuple(_choices(tags, offered)),
        unknown=unknown,
    )


def _choices(tags: Sequence[Tag], offered: Sequence[str]) -> list[Choice]:
    """What the tagger takes them for, averaged over the photos, then what the user and the tagger know besides."""
    shares: dict[str, float] = {}
    predictions = [tag.prediction for tag in tags if tag.prediction is not None]
    for prediction in predictions:
        for value, probability in prediction.top:
            shares[value] = shares.get(value, 0.0) + probability / len(predictions)
    ranked = [Choice(value, share) for value, share in sorted(shares.items(), key=lambda each: -each[1])]
    known = {fold(choice.value) for choice in ranked}
    return [*ranked, *(Choice(value) for value in offered if fold(value) not in known)]


def trained_heads(live: Sequence[TaggerInfo]) -> frozenset[str]:
    """Those that a trained tagger answers for; of all others Recollect guesses."""
    return frozenset(head for tagger in live if tagger.source is TagSource.MODEL for head in tagger.heads)


def _known_to_taggers(live: Sequence[TaggerInfo], head: str, besides: Sequence[str]) -> list[str]:
    """The values that they tell apart: some of them no photo may have yet."""
    known = {fold(value) for value in besides}
    words: dict[str, None] = {}
    for tagger in live:
        words.update(dict.fromkeys(tagger.heads.get(head, ())))
    names = [word for word in words if fold(word) not in known]
    return names if head != CLASS else sorted(names, key=fold)
