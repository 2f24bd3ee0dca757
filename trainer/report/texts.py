"""Names and numbers as a report prints them. Names come from users: they may hold anything and be of any length."""

from __future__ import annotations

from trainer.report.intervals import Interval

HEAD_SCORES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "weighted_f1": "Weighted F1",
    "macro_f1": "Macro F1",
}
LONGEST_NAME = 28  # characters; "a-long-name-with-a-tail" still tells itself from its neighbours


def readable(text: str) -> str:
    """Without control characters and halves of characters, which neither HTML nor SVG may hold."""
    cleaned = "".join(character if character.isprintable() else " " for character in str(text))
    return cleaned.strip() or "(no name)"


def short(text: str, longest: int = LONGEST_NAME) -> str:
    """Its beginning and its end: names of classes often differ in one of them."""
    cleaned = readable(text)
    if len(cleaned) <= longest:
        return cleaned
    tail = longest // 3
    return f"{cleaned[: longest - tail - 1]}…{cleaned[-tail:]}"


def short_names(names: tuple[str, ...] | list[str], longest: int = LONGEST_NAME) -> list[str]:
    """Shortened, and still different from each other: those that became alike get a number."""
    seen: dict[str, int] = {}
    found: list[str] = []
    for name in names:
        text = short(name, longest)
        seen[text] = seen.get(text, 0) + 1
        found.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return found


def percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def between(interval: Interval | None) -> str:
    """The ends of a 95 % interval."""
    return "" if interval is None else f"{100 * interval.low:.1f} to {100 * interval.high:.1f} %"


def points(interval: Interval | None) -> str:
    """A difference in percentage points."""
    if interval is None:
        return "-"
    return f"{100 * interval.value:+.1f} ({100 * interval.low:+.1f} to {100 * interval.high:+.1f})"


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def size(number: int | None) -> str:
    return "-" if number is None else f"{number / 1e6:,.1f} MB"


def count(number: float | None) -> str:
    return "-" if number is None else f"{number:,.0f}"
