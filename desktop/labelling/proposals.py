"""What is proposed for photos, where proposals come from, and what the user has decided. No widgets here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from core.query.filters import fold
from core.tags.values import CLASS, TagSource
from desktop.labelling.deeds import SeveralChanges
from desktop.organise.wording import photos

if TYPE_CHECKING:
    from core.library import Library
    from core.tags.values import Tag
    from core.types import PhotoId
    from trainer.data.checks import Finding

MOST = 500  # proposals at once: nobody looks at more in one go
LOOKED_AT = 20_000  # photos that are looked through for those


class Decision(Enum):
    OPEN = "not decided"
    ACCEPTED = "accepted"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one photo may be, for somebody to look at."""

    photo_id: PhotoId
    head: str
    value: str
    current: str | None  # what it is said to be now, by the user or by a tagger
    probability: float | None  # of the value; None where nobody knows
    because: PhotoId | None  # the photo that it looks like
    reason: str  # a few words
    by_user: bool = False  # the current one is a label of the user
    choices: tuple[tuple[str, float], ...] = ()  # what else it may be, with probabilities, best first


@dataclass(frozen=True, slots=True)
class Decided:
    """A proposal and what became of it."""

    proposal: Proposal
    decision: Decision = Decision.OPEN
    chosen: str = ""  # instead of the value that was proposed

    @property
    def value(self) -> str:
        return self.chosen or self.proposal.value

    def accepted(self, value: str = "") -> Decided:
        return replace(self, decision=Decision.ACCEPTED, chosen="" if value == self.proposal.value else value)


@dataclass(frozen=True, slots=True)
class Batch:
    """Proposals with the words above them."""

    title: str
    explanation: str
    proposals: tuple[Proposal, ...]


def accept(library: Library, accepted: Sequence[Decided]) -> SeveralChanges:
    """The deed: what was accepted becomes what the user says."""
    wanted: dict[tuple[str, str], list[PhotoId]] = {}
    for each in accepted:
        wanted.setdefault((each.proposal.head, each.value), []).append(each.proposal.photo_id)

    return SeveralChanges(
        library,
        f"accept the labels of {photos(len(accepted))}",
        [partial(library.labels.set, ids, head, value) for (head, value), ids in wanted.items()],
        lambda count: f"Labelled {photos(count)}" if count else "They are labelled so already",
        f"{photos(len(accepted))} labelled as before",
    )


def still_open(library: Library, labelled: Sequence[Decided]) -> list[Decided]:
    """On a worker: those whose labels were taken back since."""
    labels = library.labels.of([each.proposal.photo_id for each in labelled])
    return [
        each
        for each in labelled
        if fold(labels.get(each.proposal.photo_id, {}).get(each.proposal.head, "")) != fold(each.value)
    ]


# Where they come from; all of it on a worker


def alike(library: Library, ids: Sequence[PhotoId], head: str) -> list[Proposal]:
    """Photos that look like these and have no label yet.

    Raises:
        LabelError: none of these has a label of the head.
    """
    found = library.labels.propagate(ids, head, limit=MOST)
    tags = library.tags.of([each.photo_id for each in found])
    return [
        _with_tag(
            Proposal(each.photo_id, head, each.value, None, each.probability, each.because, "Looks like this one"),
            tags.get(each.photo_id, {}).get(head),
        )
        for each in found
    ]


def unsure(library: Library, head: str, value: str | None = None) -> list[Proposal]:
    """Photos of which a tagger is unsure: those of one value side by side, the most probable first. Those that are none
    of what it knows have a page of their own.

    Args:
        value: Those alone that it takes for this.
    """
    ids = library.browse("is:unsure" if head == CLASS else "").ids[:LOOKED_AT]
    found: list[Proposal] = []
    for photo_id, tags in library.tags.of(ids).items():
        tag = tags.get(head)
        if tag is None or tag.sure or tag.is_unknown or tag.prediction is None or value not in (None, tag.value):
            continue
        guess = tag.source is TagSource.ZERO_SHOT
        reason = "A guess" if guess else "The model is unsure"
        found.append(
            Proposal(
                photo_id, head, tag.value, None, tag.prediction.probability, None, reason, choices=tag.prediction.top
            )
        )
    best = sorted(found, key=lambda each: -(each.probability or 0.0))[:MOST]
    return sorted(best, key=lambda each: (fold(each.value), -(each.probability or 0.0)))


def of_finding(library: Library, finding: Finding) -> list[Proposal]:
    """The labels that a check of the labels suggests instead; photos that are not in the library are left out."""
    head = finding.head or CLASS
    suggested = [
        Proposal(example.photo_id, head, value, example.labels.get(head), None, None, "Likely wrong", True)
        for example, value in zip(finding.examples, finding.suggested, strict=False)
        if example.photo_id is not None
    ]
    return up_to_date(library, suggested)


def up_to_date(library: Library, proposals: Sequence[Proposal]) -> list[Proposal]:
    """With what is said of the photos now; those that are gone, or are labelled so already, are left out."""
    ids = [each.photo_id for each in proposals]
    there = {photo.id for photo in library.photos(ids)}
    tags = library.tags.of(ids)
    now = [_with_tag(each, tags.get(each.photo_id, {}).get(each.head)) for each in proposals if each.photo_id in there]
    return [each for each in now if not (each.by_user and fold(each.current or "") == fold(each.value))]


def _with_tag(proposal: Proposal, tag: Tag | None) -> Proposal:
    if tag is None:
        return replace(proposal, current=None, by_user=False)
    top = tag.prediction.top if tag.prediction is not None else ()
    by_user = tag.source is TagSource.USER
    current = None if tag.is_unknown else tag.value  # the nearest is no answer
    return replace(proposal, current=current, by_user=by_user, choices=proposal.choices or top)
