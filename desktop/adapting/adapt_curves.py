"""The curves of a training for search while it runs, and its lines in the log: it has no tagger's heads, but questions
asked of photos that were held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.training.curve_view import Curves, Series
from trainer.openset.outcome import SEEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from desktop.training.curve_view import Mark
    from trainer.events import EpochDone

ADAPTATION, ALIKE = "contrastive", "metric"
"""Kinds of training for search, as runs name them."""
PHOTOS, NAMES = "photos", "names"
"""Parts of an epoch's figures: photos that look for photos, and names of labels that look for photos."""
SCORE = "Found among held-out photos"
JUDGING = {
    ADAPTATION: "Finding how far it may go so that words still find photos, and drawing the report…",
    ALIKE: "Finding out what it gave, also of labels that it never saw, and drawing the report…",
}
_SCORES = {
    ADAPTATION: (
        ("more like this (MAP@R)", PHOTOS, "MAP@R", "accent"),
        ("the nearest photo (R@1)", PHOTOS, "R@1", "text"),
        ("names of the labels (mAP)", NAMES, "mAP", "muted"),
    ),
    ALIKE: (
        ("more like this (MAP@R)", SEEN, "MAP@R", "accent"),
        ("the nearest photo (R@1)", SEEN, "R@1", "text"),
    ),
}
"""By the kind of training."""

Values = tuple[float | None, ...]


def kind_of(validation: Mapping[str, Mapping[str, float]]) -> str:
    """The kind of training for search that the figures of an epoch are of; empty: of none."""
    return next((kind for kind, scores in _SCORES.items() if "MAP@R" in validation.get(scores[0][1], {})), "")


def loss_curves(
    values: Callable[[Callable[[EpochDone], float | None]], Values], marks: Sequence[Mark], epochs: int
) -> Curves:
    """Nothing is held out that has a loss.

    Args:
        values: Reads one value of each epoch.
    """
    series = Series("while training", values(lambda each: each.train.get("loss")), "accent")
    return Curves("Loss", (series,), tuple(marks), epochs)


def score_curves(
    kind: str, values: Callable[[Callable[[EpochDone], float | None]], Values], marks: Sequence[Mark], epochs: int
) -> Curves:
    """Photos that find photos, and names that find them.

    Args:
        kind: See `kind_of`.
        values: Reads one value of each epoch.
    """
    series = tuple(
        Series(said, values(lambda each, part=part, name=name: each.validation.get(part, {}).get(name)), tone)  # type: ignore[arg-type]
        for said, part, name, tone in _SCORES[kind]
    )
    return Curves(SCORE, series, tuple(marks), epochs, as_percent=True)


def line_of(event: EpochDone) -> str:
    """What an epoch says in the log, behind its loss."""
    said = [
        f"{figure} {of_part[figure]:.0%}"
        for _, part, figure, _ in _SCORES.get(kind_of(event.validation), ())
        if figure in (of_part := event.validation.get(part, {}))
    ]
    return ", ".join(said)
