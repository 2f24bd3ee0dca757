"""How tags stand in sentences, and what to search for to see the photos that have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.query import Filter, Query
from core.tags.values import ATTRIBUTES, CLASS, Tag, TagSource
from desktop.organise.wording import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES: Mapping[str, str] = {"color": "colour"}
"""Searches know them by the first; people read the second."""

UNKNOWN_QUERY = str(Query(filters=(Filter("is", "unknown"),)))
"""The search for the photos that are none of what the tagger knows."""


def head_in_sentence(head: str) -> str:
    """As in "their colour"."""
    return _NAMES.get(head, head)


def head_name(head: str) -> str:
    """As a heading: "Colour"."""
    name = head_in_sentence(head)
    return name[:1].upper() + name[1:]


def query_of(head: str, value: str, *, unsure: bool = False) -> str:
    """The search for the photos that have a value, in canonical text.

    Args:
        unsure: Those that the tagger takes for it without being sure. A filter says so of the class alone; of other
            heads the sure ones are found, too.
    """
    has_filter = head == CLASS or head in ATTRIBUTES
    parts = [Filter(head, value) if has_filter else Filter("tag", f"{head}={value}")]
    if unsure:
        parts.append(Filter("is", "unsure") if head == CLASS else Filter("conf", "0", ">"))
    return str(Query(filters=tuple(parts)))


def percent(probability: float) -> str:
    """Never rounded up to certainty, nor down to nothing: 99.6% is not sure, and 0.2% not impossible."""
    if 0 < probability < 0.005:
        return "under 1%"
    return f"{min(int(probability * 100 + 0.5), 99) if probability < 1 else 100}%"


def spoken(value: str) -> str:
    """A value as it is read: "clothing cap" of "clothing_cap". What is searched for or typed stays as it is."""
    return value.replace("_", " ").strip() or value


def said_by(tag: Tag, *, guessed: bool = False) -> str:
    """Who says so, and how surely, in a few words.

    Args:
        guessed: The prediction is none of a trained tagger.
    """
    prediction = tag.prediction
    if tag.is_corrected and prediction is not None:
        other = "the guess was" if guessed else "the model"
        return f"You said {quoted(spoken(tag.value))}, {other} {quoted(spoken(prediction.label))}"
    if tag.source is TagSource.USER:
        return "You said so"
    assert prediction is not None  # what the user did not say, a tagger predicts
    share = percent(prediction.probability)
    if tag.is_unknown:
        return f"Unknown to the model. The nearest that it knows is {quoted(spoken(tag.value))}"
    if tag.source is TagSource.ZERO_SHOT:
        return f"A guess, {share}" if tag.sure else f"An unsure guess, {share}"
    return share if tag.sure else f"Unsure, perhaps {spoken(tag.value)} {share}"
