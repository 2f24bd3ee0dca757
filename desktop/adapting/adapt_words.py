"""What came of an adaptation, in plain words. The numbers are those of the guard; none is computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.organise.wording import photos
from desktop.reports.words import title_of_run
from desktop.training.verdict_words import Said
from trainer.contrastive.guard import AGREEMENT, DECIDING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from desktop.adapting.adapt_work import Adapted
    from trainer.contrastive.guard import Point
    from trainer.report.intervals import Interval

FIGURES: dict[str, str] = {
    "MAP@R": "Photos of its label near a photo (MAP@R)",
    "R@1": "The nearest photo is of the same label (R@1)",
    "R@5": "One of the nearest five is (R@5)",
    "R@10": "One of the nearest ten is (R@10)",
    "mAP": "Photos of its label before all others (mAP)",
    "names mAP": "The name of a label finds its photos (mAP)",
    "names top-1": "A photo is called by the right name",
    "other names mAP": "Other names find their photos (mAP)",
    "captions R@1": "A description finds its photo first (R@1)",
    "captions R@5": "Among the first five (R@5)",
    "captions R@10": "Among the first ten (R@10)",
    AGREEMENT: "Of the first photos of a text, still there",
}
GAINED, NOTHING = "Adapted: “more like this” got better", "Search stays as it is"
MAYBE = "Adapted: “more like this” seems a little better"
WHOLE = "All that it learned is used."
CHANCE = "With so few photos the difference may be chance: more labels would tell."
CHOSEN_BY = "These photos also chose how far it goes: of photos that are new, expect a little less."
WORSE = "What it learned does not help “more like this” without spoiling search by words, so there is nothing to use."
NO_GAIN = "It learned nothing that helps “more like this”, so there is nothing to use."
IN_FULL = "That is what it learned in full, of which nothing is used."
WHAT_HELPS = "More labelled photos of each kind help most. The options let it learn more gently, or less of the model."


def said(adapted: Adapted) -> Said:
    curve = adapted.curve
    if not adapted.gained:
        most = curve.points[-1].image[DECIDING].value
        why = WORSE if most > curve.before.image[DECIDING].value else NO_GAIN
        return Said(NOTHING, (why, *_at_best(adapted), WHAT_HELPS))
    before, taken, where = _measured(adapted)
    lines = [
        more_like_this(before.image, taken.image),
        by_words(curve.before.text, curve.taken.text),
        used(curve.alpha),
        f"Measured on {where}.",
    ]
    unsure = before.image[DECIDING].high >= taken.image[DECIDING].low
    if unsure:
        lines.append(CHANCE)
    elif not curve.test:
        lines.append(CHOSEN_BY)
    if adapted.tagger and not adapted.chosen:
        lines.append(
            f"The tagger in use, {title_of_run(adapted.tagger)}, reads what {adapted.title} sees: it rests while the "
            "adapted model answers. Teach it again then, which takes seconds; it comes back if you go back."
        )
    return Said(MAYBE if unsure else GAINED, tuple(lines))


def more_like_this(before: Mapping[str, Interval], now: Mapping[str, Interval]) -> str:
    """As in "“More like this”: the nearest photo has the same label in 81%, 74% before"."""
    first = f"the nearest photo has the same label in {_now(before, now, 'R@1')}"
    return f"“More like this”: {first}. Photos of a label stand near each other (MAP@R): {_now(before, now, DECIDING)}."


def by_words(before: Mapping[str, Interval], now: Mapping[str, Interval]) -> str:
    """What became of search by words, by what was asked."""
    parts = [
        f"{text} {_now(before, now, name)}"
        for name, text in (
            ("names mAP", "the names of your labels find their photos with"),
            ("captions R@10", "descriptions find their photo among the first ten for"),
        )
        if name in now
    ]
    if AGREEMENT in now and "captions R@10" not in now:
        parts.append(
            f"of the first photos that other texts found, {now[AGREEMENT].value:.0%} are still among the first"
        )
    return f"Search by words: {'; '.join(parts)}." if parts else ""


def used(alpha: float) -> str:
    if alpha >= 1:
        return WHOLE
    return f"{alpha:.0%} of the way to what it learned is used: further on, search by words would have become worse."


def about(adapted: Adapted) -> str:
    """Where it comes from, in a few words."""
    return f"Adapted from {adapted.title}" if adapted.gained else f"{adapted.title} stays as it was"


def share_in_list(headline: Mapping[str, float]) -> str:
    """For the list of runs, whose column is of accuracies."""
    now, before = headline.get(DECIDING), headline.get(f"{DECIDING} before")
    if now is None or before is None:
        return "-"
    if not headline.get("alpha", 1):  # what learned what is alike has none
        return "nothing gained"
    return f"more like this: {now:.0%}, was {before:.0%}"


def _measured(adapted: Adapted) -> tuple[Point, Point, str]:
    """The figures before and as taken, and of which photos: those of the test part, where there are any."""
    curve = adapted.curve
    if len(curve.test) > 1:
        return curve.test[0], curve.test[1], "test photos that it had never seen"
    return curve.before, curve.taken, f"{photos(curve.photos)} with labels that it had not learned from"


def _at_best(adapted: Adapted) -> tuple[str, ...]:
    curve = adapted.curve
    return more_like_this(curve.before.image, curve.points[-1].image), IN_FULL


def _now(before: Mapping[str, Interval], now: Mapping[str, Interval], name: str) -> str:
    return now_and_before(before[name], now[name])


def now_and_before(before: Interval, now: Interval) -> str:
    """As in "81%, 74% before". Without decimals: the intervals are wider than a point."""
    new, old = f"{now.value:.0%}", f"{before.value:.0%}"
    return f"{new}, as before" if new == old else f"{new}, {old} before"
