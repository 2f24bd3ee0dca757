"""The photos behind the classes that are confused most, those of both sides."""

from __future__ import annotations

from dataclasses import dataclass

from trainer.report.values import HeadReport, PhotoOutcome

PAIRS = 6  # with photos
PHOTOS = 4  # of each side


@dataclass(frozen=True, slots=True)
class ConfusedSides:
    """Two classes. Each side begins with its photos that were taken for the other class, the most confident first."""

    labels: tuple[str, str]
    taken: tuple[int, int]  # photos of the first that were taken for the second, and the other way round
    of: tuple[int, int]  # photos of each
    photos: tuple[tuple[PhotoOutcome, ...], tuple[PhotoOutcome, ...]]


def confused_sides(head: HeadReport, pairs: int = PAIRS, photos: int = PHOTOS) -> tuple[ConfusedSides, ...]:
    """The most confused pairs of classes, each of them once."""
    counts = {(pair.true, pair.predicted): pair.count for pair in head.pairs}
    support = {each.label: each.support for each in head.classes}
    both = dict.fromkeys((min(pair), max(pair)) for pair in counts)
    ranked = sorted(both, key=lambda pair: -counts.get(pair, 0) - counts.get(_turned(pair), 0))
    found: list[ConfusedSides] = []
    for pair in ranked[:pairs]:
        # The direction in which more photos went astray comes first.
        first, second = max((pair, _turned(pair)), key=lambda each: counts.get(each, 0))
        found.append(
            ConfusedSides(
                (first, second),
                (counts.get((first, second), 0), counts.get((second, first), 0)),
                (support[first], support[second]),
                (_photos(head, first, second, photos), _photos(head, second, first, photos)),
            )
        )
    return tuple(found)


def _turned(pair: tuple[str, str]) -> tuple[str, str]:
    return pair[1], pair[0]


def _photos(head: HeadReport, true: str, other: str, most: int) -> tuple[PhotoOutcome, ...]:
    """Photos of a class: those taken for the other one, then right ones for comparison."""
    return (*head.cells.get((true, other), ()), *head.cells.get((true, true), ()))[:most]
