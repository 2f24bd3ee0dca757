"""The verdict on a new tagger in plain words: better or not, of how many photos, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.tags.values import CLASS
from desktop.organise.wording import photos
from desktop.tagging.tag_words import head_in_sentence, head_name

if TYPE_CHECKING:
    from trainer.promotion.judge import HeadVerdict, Verdict

EVENER = "Its mistakes are spread more evenly over what there is, or it is better in the attributes."
MAYBE_CHANCE = 0.05  # p of McNemar's test from which a difference may be chance


@dataclass(frozen=True, slots=True)
class Said:
    """What stands on the card."""

    title: str
    lines: tuple[str, ...]


def said(verdict: Verdict) -> Said:
    first = _deciding(verdict)
    if first is None:
        return Said("Better than guessing" if verdict.better else "Not better", (verdict.reason, *verdict.notes))
    name, head = first
    is_even = head.accuracy == head.live_accuracy
    before = ", as before" if is_even else f" instead of {percent(head.live_accuracy)}"
    share = f"{percent(head.accuracy)} right{before}"
    counted = f"of {photos(head.photos)} that it had not learned from"
    of_head = "" if name == CLASS else f" in {head_in_sentence(name)}"
    lines = [f"{share}{of_head}, {counted}."]
    if not verdict.better:
        lines.append(_beside_the_count(verdict.reason))
    elif is_even:
        return Said("A little better", (*lines, EVENER, *_others(verdict, name), *verdict.notes))
    if verdict.p is not None and verdict.p >= MAYBE_CHANCE:
        lines.append("So few photos differ that it could be chance: more held-out photos would tell.")
    if verdict.flatters_live:
        lines.append("The tagger in use may have learned from some of these photos, which flatters it.")
    lines += _others(verdict, name)
    return Said("Better" if verdict.better else "Not better", tuple(filter(None, (*lines, *verdict.notes))))


def percent(share: float) -> str:
    return f"{share:.0%}"


def _deciding(verdict: Verdict) -> tuple[str, HeadVerdict] | None:
    """The class, else the head with most photos; None without anything to compare with."""
    if not verdict.heads:
        return None
    name = CLASS if CLASS in verdict.heads else max(verdict.heads, key=lambda head: verdict.heads[head].photos)
    return name, verdict.heads[name]


def _beside_the_count(reason: str) -> str:
    """What the reason says behind its first sentence, where that one has counted what stands there already."""
    return reason.partition(". ")[2] if "held-out photos right" in reason else reason


def _others(verdict: Verdict, deciding: str) -> list[str]:
    return [_other(name, head) for name, head in verdict.heads.items() if name != deciding]


def _other(name: str, head: HeadVerdict) -> str:
    share = f"{percent(head.accuracy)} instead of {percent(head.live_accuracy)}"
    return f"{head_name(name)}: {share} of {photos(head.photos)}."
