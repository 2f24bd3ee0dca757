"""The verdict on a new tagger in plain words: better or not, of how many photos, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.tags.values import CLASS
from desktop.organise.wording import photos
from desktop.tagging.tag_words import head_in_sentence, head_name

if TYPE_CHECKING:
    from trainer.promotion.judge import HeadVerdict, Verdict

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
    share = f"{percent(head.accuracy)} right instead of {percent(head.live_accuracy)}"
    counted = f"of {photos(head.photos)} that nobody trained on"
    of_head = "" if name == CLASS else f" in {head_in_sentence(name)}"
    lines = [f"{share}{of_head}, {counted}."] if verdict.better else [f"{share}{of_head}, {counted}.", verdict.reason]
    if verdict.p is not None and verdict.p >= MAYBE_CHANCE and verdict.better:
        lines.append("So few photos differ that it could be chance: more held-out photos would tell.")
    if verdict.flatters_live:
        lines.append("The tagger in use may have learned from some of these photos, which flatters it.")
    lines += [_other(other, each) for other, each in verdict.heads.items() if other != name]
    return Said("Better" if verdict.better else "Not better", (*lines, *verdict.notes))


def percent(share: float) -> str:
    return f"{share:.0%}"


def _deciding(verdict: Verdict) -> tuple[str, HeadVerdict] | None:
    """The class, else the head with most photos; None without anything to compare with."""
    if not verdict.heads:
        return None
    name = CLASS if CLASS in verdict.heads else max(verdict.heads, key=lambda head: verdict.heads[head].photos)
    return name, verdict.heads[name]


def _other(name: str, head: HeadVerdict) -> str:
    share = f"{percent(head.accuracy)} instead of {percent(head.live_accuracy)}"
    return f"{head_name(name)}: {share} of {photos(head.photos)}."
