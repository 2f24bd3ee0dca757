"""What came of learning what is alike, and what is in use, in plain words. The numbers are those of
`trainer.openset.outcome`; none is computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.projections import Standing
from desktop.adapting.adapt_words import CHANCE, now_and_before
from desktop.organise.wording import photos
from desktop.training.verdict_words import Said

if TYPE_CHECKING:
    from desktop.alike.alike_work import InUse, Learned
    from trainer.openset.outcome import Change, Outcome

GAINED = "Learned: “more like this” gets better"
MAYBE = "Learned: “more like this” seems to get a little better"
MIXED = "Better for some labels, worse for others"
NOTHING = "“More like this” gets no better"
NO_GAIN = "It is not better than what the model sees alone, so there is no reason to use it."
TORN = "It is no clear gain: use it only if the labels that gain matter more to you."
CHOSEN_BY = "The photos of labels that it learned also chose when it stopped: of new photos expect a little less."
MEASURED = "Each of these photos looked among all of them."
WHAT_HELPS = "More labels help most, and more photos of each."
MODEL_ALONE = "In use now: what the model sees, and nothing learned."
LOST = "What was in use was deleted, or is damaged: the model alone orders. Learn anew, or go back for good."
PIXELS = "It is a network of its own, which cannot order the photos of the window. The report shows what it can."


def said(learned: Learned) -> Said:
    outcome = learned.outcome
    figures = figures_of(outcome)
    if outcome.is_better:
        unsure = () if outcome.is_sure else (CHANCE,)
        return Said(GAINED if outcome.is_sure else MAYBE, (*figures, *unsure, *_chosen_by(learned)))
    if outcome.is_mixed:
        return Said(MIXED, (*figures, TORN, *_chosen_by(learned)))
    return Said(NOTHING, (NO_GAIN, *figures, WHAT_HELPS))


def of_another_model(learned: Learned) -> str:
    """Why it cannot be used now."""
    return (
        f"It was learned from what {learned.model} sees, and another model answers now. "
        "It can be used as soon as that one answers again; or learn anew."
    )


def in_use(now: InUse) -> str:
    match now.standing:
        case Standing.ORDERS:
            return f"In use now: {now.title}."
        case Standing.LOST:
            return LOST
        case Standing.OF_ANOTHER_MODEL:
            return (
                f"Chosen, but of another model than the one that answers: {now.title}. Until that one answers again, "
                "what the model sees orders alone. Learn anew for this one, or go back for good."
            )
        case _:
            return MODEL_ALONE


def figures_of(outcome: Outcome) -> tuple[str, ...]:
    """What it gave, for labels that it never saw and for those that it learned."""
    lines = [line for line in (_unseen(outcome), _seen(outcome)) if line]
    return (*lines, MEASURED) if len(lines) > 1 else tuple(lines)


def _unseen(outcome: Outcome) -> str:
    """As in "Labels that it never saw (2 labels, 24 photos): the nearest photo has the same label in 84%"."""
    change, count = outcome.unseen, outcome.unseen_labels
    labels = "1 label" if count == 1 else f"{count:,} labels"
    return f"Labels that it never saw ({labels}, {photos(change.after.photos)}): {_change(change)}" if change else ""


def _seen(outcome: Outcome) -> str:
    change = outcome.seen
    new = f"{photos(change.after.photos)} that it had not learned from" if change else ""
    return f"Labels that it learned ({new}): {_change(change)}" if change else ""


def _change(change: Change) -> str:
    first = now_and_before(change.before.first, change.after.first)
    near = now_and_before(change.before.near, change.after.near)
    return (
        f"the nearest photo has the same label in {first} (Recall@1). "
        f"Photos of a label stand near each other (MAP@R): {near}."
    )


def _chosen_by(learned: Learned) -> tuple[str, ...]:
    return (CHOSEN_BY,) if learned.outcome.seen is not None else ()
