"""What reports say in plain words. The numbers are those of `trainer.report`; nothing here computes any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.organise.wording import photos
from desktop.tagging.tag_words import head_in_sentence, head_name, percent, spoken
from trainer.recipe_book import recipes
from trainer.report.texts import readable, short

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from trainer.report.intervals import Interval
    from trainer.report.values import HeadReport, PhotoOutcome, RunReport, SplitReport

PARTS = {"test": "Test photos", "validation": "Validation photos"}
STATES = {
    "running": "Training now",
    "finished": "Finished",
    "cancelled": "Cancelled",
    "failed": "Failed",
    "interrupted": "Interrupted",
}
COARSE = 0.04  # an interval that wide says nothing about tenths of a percent


def title_of_run(name: str) -> str:
    """What the user has called it, else what its recipe is called: the recipe's key is for the command line. Taggers
    that have the name of their recipe have a moment behind it."""
    recipe, comma, moment = name.partition(", ")
    title = next((each.title for each in recipes() if each.name == recipe), None)
    return readable(name) if title is None else f"{title}{comma}{moment}"


def titles_of_runs(earlier: str, later: str) -> tuple[str, str]:
    """Of two runs beside each other, told apart, and short enough for a heading."""
    first, second = title_of_run(earlier), title_of_run(later)
    return ("the earlier", "the later") if first == second else (short(first), short(second))


def named(label: str) -> str:
    """A class or a value as it is read."""
    return spoken(readable(label))


def share(value: float | None) -> str:
    """As in "93.0%"; a dash where no photo supports the number."""
    return "-" if value is None else f"{100 * value:.1f}%"


def margin(interval: Interval) -> str:
    return f"{100 * interval.low:.1f} to {100 * interval.high:.1f}%"


def with_margin(interval: Interval | None) -> str:
    """No finer than it is known."""
    if interval is None:
        return "-"
    if interval.high - interval.low > COARSE:
        return f"{100 * interval.value:.0f}% ({100 * interval.low:.0f} to {100 * interval.high:.0f}%)"
    return f"{share(interval.value)} ({margin(interval)})"


def difference(interval: Interval) -> str:
    """In percentage points, with the ends of its interval."""
    value, low, high = (100 * each for each in (interval.value, interval.low, interval.high))
    return f"{value:+.1f} points ({low:+.1f} to {high:+.1f})"


def when(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment.day} {moment:%b %Y, %H:%M}"


def spent(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def summary(part: SplitReport) -> str:
    """How good it is, for people who want one sentence."""
    head = part.main
    if head is None or not head.count:
        return "None of the photos that were held out has a label, so nobody can say how good it is."
    accuracy = head.scores["accuracy"]
    held_out = photos(head.count)
    said = f"{head.right:,} of {held_out} that it had not learned from are right: {share(accuracy.value)}."
    if accuracy.high - accuracy.low < 0.02:
        return said
    return f"{said} On other photos like these, expect between {100 * accuracy.low:.0f} and {100 * accuracy.high:.0f}%."


def chosen_by(report: RunReport, part: SplitReport) -> str:
    """What a reader has to know about the part that the numbers are from."""
    if report.config.get("tier") == "teach":
        return "Each of these photos was held out in turn, while it learned from the others."
    if part.split == "validation":
        return "These photos also chose the best moment of the training: on photos that are new it does a little worse."
    return ""


def confused(head: HeadReport, most: int = 3) -> str:
    """What it takes for what, most often."""
    pairs = [
        f"{named(pair.true)} for {named(pair.predicted)} ({pair.count} of {pair.of})" for pair in head.pairs[:most]
    ]
    return f"Most often it takes {_listed(pairs)}." if pairs else ""


def unsure(head: HeadReport) -> str:
    if head.sure_share is None:
        return ""
    text = f"It is sure of {percent(head.sure_share)} of them"
    return f"{text}." if head.sure_accuracy is None else f"{text}, and right in {percent(head.sure_accuracy)} of these."


def outcome_lines(outcome: PhotoOutcome) -> tuple[str, str, str]:
    """What a photo is, what the tagger says, and how surely: the lines below it."""
    is_line = f"Is {named(outcome.true)}" if outcome.true is not None else "Has no label"
    return is_line, f"Said {named(outcome.predicted)}", f"{percent(outcome.probability)} sure"


def cell(true: str, predicted: str, count: int, of: int) -> str:
    """One cell of a confusion matrix."""
    many = f"{count} of {photos(of)}" if of else "no photos"
    if true == predicted:
        return f"{named(true)}: {many} right"
    return f"{named(true)}, taken for {named(predicted)}: {many}"


def mcnemar(only_first: int, only_second: int, p: float) -> str:
    """McNemar's test without its name."""
    torn = only_first + only_second
    if not torn:
        return "They are right and wrong on the very same photos."
    what = "could well be chance" if p > 0.05 else "is hardly chance"
    return (
        f"They differ on {photos(torn)}: the first alone is right on {only_first}, the second alone on {only_second}. "
        f"So uneven a split {what} (McNemar's test, p = {p:.3f})."
    )


def heads_line(heads: Sequence[str]) -> str:
    return _listed([head_in_sentence(head) for head in heads])


def title_of(head: str) -> str:
    return head_name(readable(head))


def _listed(texts: Sequence[str]) -> str:
    *first, last = texts
    return f"{', '.join(first)} and {last}" if first else last
