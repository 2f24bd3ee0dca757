"""What to look at before training: labels that are too few, contradict each other, or are likely wrong.

Each finding names its photos, so that the window can show them and the user can put them right.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from core.tags.values import Split
from trainer.data.examples import Dataset, Example
from trainer.data.splits import Groups, grouped

if TYPE_CHECKING:
    from core.types import Vectors

VectorsOf = Callable[[Sequence[Example]], "Vectors"]
"""(N, D) of any network, a row a photo: the library's, or those of `trainer.data.features`."""

FEWEST = 5  # of a label: with fewer, what is learned is hardly more than those photos
FEW = 20  # with fewer, more photos are the surest way to a better tagger
MOST_OFTEN = 10  # times as many as the rarest label: from there on, balancing is advised
MOST_UNLABELLED = 0.5  # of the photos lack an attribute
_NAMED = 5


class FindingKind(StrEnum):
    TOO_FEW = "too few"
    FEW = "few"
    IMBALANCE = "imbalance"
    SINGLE_LABEL = "single label"
    CONFLICT = "conflict"
    LEAK = "leak"
    LIKELY_WRONG = "likely wrong"
    NOT_LABELLED = "not labelled"
    LEFT_OUT = "left out"


class Severity(IntEnum):
    """The greater, the more it matters."""

    HINT = 0  # could be better
    WARNING = 1  # makes what is learned, or its figures, worse
    ERROR = 2  # contradicts itself, or cannot be learned


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at."""

    kind: FindingKind
    severity: Severity
    message: str
    remedy: str
    head: str | None = None  # the class, or the attribute, that it is about
    examples: tuple[Example, ...] = ()
    suggested: tuple[str, ...] = ()  # for each of the examples, the label that it likely has; empty: no suggestion


def check(
    dataset: Dataset,
    *,
    vectors: VectorsOf | None = None,
    near: Iterable[Sequence[int]] | None = None,
    seed: int = 0,
) -> list[Finding]:
    """All findings, what matters most first.

    Args:
        vectors: For labels that are likely wrong; None: those are not looked for.
        near: Groups of rows that show one picture, of `trainer.data.near`; None: exact copies alone are known.
    """
    groups = grouped(dataset.examples, near or ())
    findings = [
        *_left_out(dataset),
        *_counts(dataset),
        *_conflicts(dataset, groups),
        *_across_splits(dataset, groups),
    ]
    if vectors is not None and dataset.examples:
        findings += _likely_wrong(dataset, groups, vectors, seed)
    return sorted(findings, key=lambda finding: -finding.severity)


def _left_out(dataset: Dataset) -> Iterator[Finding]:
    """What reading the source complained of."""
    for warning in dataset.warnings:
        yield Finding(FindingKind.LEFT_OUT, Severity.WARNING, warning, "Put it right and read the labels again.")


def _counts(dataset: Dataset) -> Iterator[Finding]:
    for head in dataset.heads:
        having: defaultdict[str, list[Example]] = defaultdict(list)
        for example in dataset.examples:
            if head in example.labels:
                having[example.labels[head]].append(example)
        if len(having) == 1:
            label, examples = next(iter(having.items()))
            yield Finding(
                FindingKind.SINGLE_LABEL,
                Severity.ERROR,
                f"All photos that have a label of {head} are \u201c{label}\u201d: there is nothing to tell apart.",
                f"Label photos of another {head}, or leave it out.",
                head,
                tuple(examples),
            )
            continue
        yield from _rare(head, having)
        yield from _unlabelled(dataset, head)


def _rare(head: str, having: dict[str, list[Example]]) -> Iterator[Finding]:
    counts = {label: len(examples) for label, examples in having.items()}
    for kind, severity, least, most in (
        (FindingKind.TOO_FEW, Severity.WARNING, 1, FEWEST - 1),
        (FindingKind.FEW, Severity.HINT, FEWEST, FEW - 1),
    ):
        labels = sorted((label for label, count in counts.items() if least <= count <= most), key=counts.__getitem__)
        if labels:
            yield Finding(
                kind,
                severity,
                f"Few photos of {head}: {_listed([f'{label} ({counts[label]})' for label in labels])}.",
                f"Label more of them: {FEWEST} at least, {FEW} and more are better.",
                head,
                tuple(example for label in labels for example in having[label]),
            )
    rarest, most_frequent = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if counts[most_frequent] >= MOST_OFTEN * counts[rarest]:
        yield Finding(
            FindingKind.IMBALANCE,
            Severity.HINT,
            f"{head}: {counts[most_frequent]} photos of {most_frequent}, {counts[rarest]} of {rarest}.",
            "Label more of the rare ones, or train with balanced classes.",
            head,
            tuple(having[rarest]),
        )


def _unlabelled(dataset: Dataset, head: str) -> Iterator[Finding]:
    lacking = tuple(example for example in dataset.examples if head not in example.labels)
    if len(lacking) > MOST_UNLABELLED * len(dataset.examples):
        share = len(lacking) / len(dataset.examples)
        yield Finding(
            FindingKind.NOT_LABELLED,
            Severity.HINT,
            f"{share:.0%} of the photos have no label of {head}. They are not used for it, nor counted as wrong.",
            f"Label {head} on more photos.",
            head,
            lacking,
        )


def _conflicts(dataset: Dataset, groups: Groups) -> Iterator[Finding]:
    """The same picture with two labels."""
    for rows in groups.same_picture:
        members = tuple(dataset.examples[row] for row in rows)
        for head in dataset.heads:
            labelled = tuple(each for each in members if head in each.labels)
            values = Counter(each.labels[head] for each in labelled)
            if len(values) > 1:
                named = " and ".join(f"\u201c{value}\u201d" for value in sorted(values))
                yield Finding(
                    FindingKind.CONFLICT,
                    Severity.ERROR,
                    f"The same picture is {named} ({_listed([each.path.name for each in labelled])}).",
                    f"Decide which {head} it has.",
                    head,
                    labelled,
                )


def _across_splits(dataset: Dataset, groups: Groups) -> Iterator[Finding]:
    pictures = _on_two_sides(dataset, groups.same_picture)
    if pictures:
        yield Finding(
            FindingKind.LEAK,
            Severity.WARNING,
            f"{len(pictures)} photos of one part of the data show the same picture as one of another part.",
            "Those to train on are left out, because the figures would flatter. Better take them out of the data.",
            examples=pictures,
        )
    of_group: defaultdict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(groups.of):
        of_group[group].append(row)
    known = {id(each) for each in pictures}
    things = [each for each in _on_two_sides(dataset, of_group.values()) if id(each) not in known]
    if things:
        yield Finding(
            FindingKind.LEAK,
            Severity.WARNING,
            f"{len(things)} photos show a thing, or a moment, that stands in two parts of the data.",
            "Put all photos of one thing into one part: the figures flatter otherwise.",
            examples=tuple(things),
        )


def _on_two_sides(dataset: Dataset, groups: Iterable[Sequence[int]]) -> tuple[Example, ...]:
    found: list[Example] = []
    for rows in groups:
        members = [dataset.examples[row] for row in rows]
        sides = {each.split for each in members} - {None}
        if Split.TRAIN in sides and len(sides) > 1:
            found += members
    return tuple(found)


def _likely_wrong(dataset: Dataset, groups: Groups, vectors: VectorsOf, seed: int) -> Iterator[Finding]:
    from trainer.data.likely_wrong import likely_wrong

    features = vectors(dataset.examples)
    for head, targets in dataset.targets(dataset.examples).items():
        doubts = likely_wrong(features, targets, groups=groups.of, seed=seed)
        if doubts:
            labels = dataset.heads[head]
            yield Finding(
                FindingKind.LIKELY_WRONG,
                Severity.WARNING,
                f"{len(doubts)} labels of {head} are likely wrong.",
                "Look at them: keep the label, or take the suggested one.",
                head,
                tuple(dataset.examples[doubt.row] for doubt in doubts),
                tuple(labels[doubt.suggested] for doubt in doubts),
            )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
