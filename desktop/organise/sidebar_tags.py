"""The parts of the sidebar by which one browses: what is on the photos, and one part for each attribute."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from core.query import Filter, Query
from core.tags.values import CLASS, Facet
from desktop.organise.sidebar_parts import Kind, Part, Row
from desktop.tagging.tag_words import head_in_sentence, head_name, query_of, spoken

if TYPE_CHECKING:
    from desktop.tagging.tag_facts import Tagged

SHOWN = 8  # values; the others unfold
GUESSED = "A guess, made without any training on your photos"


def tag_parts(tagged: Tagged, whole: Collection[str]) -> tuple[Part, ...]:
    """The class, then the attributes in the user's order, folded until the user unfolds them.

    Args:
        whole: Heads of which all values are shown.
    """
    heads = [head for head in tagged.heads() if head != CLASS]
    return (
        Part(_heading(CLASS, "Things"), (*_values(tagged, CLASS, whole), *_doubts(tagged))),
        *(Part(_heading(head, head_name(head)), _values(tagged, head, whole), folded=True) for head in heads),
    )


def _heading(head: str, text: str) -> Row:
    return Row(f"tags {head}", Kind.HEADING, text)


def _values(tagged: Tagged, head: str, whole: Collection[str]) -> tuple[Row, ...]:
    """What photos surely have, then what some of them perhaps have: guesses are hardly ever sure."""
    facets, guessed = tagged.of(head), head not in tagged.trained
    shown = facets if head in whole else facets[:SHOWN]
    rows = [_value(facet, guessed=guessed) if facet.count else _perhaps(facet, guessed=guessed) for facet in shown]
    if len(facets) > SHOWN:
        text = "Fewer" if head in whole else f"All {len(facets):,} {_plural(head)}…"
        rows.append(Row(f"all tags {head}", Kind.ALL_VALUES, text, "more", head=head))
    return tuple(rows)


def _value(facet: Facet, *, guessed: bool) -> Row:
    lines = [spoken(facet.value)]
    if facet.unsure:
        lines.append(f"Perhaps {facet.unsure:,} more: the model is unsure of them")
    if guessed:
        lines.append(GUESSED)
    return Row(
        f"tag {facet.head} {facet.value}",
        Kind.TAG,
        spoken(facet.value),
        "tag",
        facet.count,
        query_of(facet.head, facet.value),
        hint="\n".join(lines),
        head=facet.head,
        value=facet.value,
    )


def _perhaps(facet: Facet, *, guessed: bool) -> Row:
    """The tagger is sure of none of them."""
    lines = [f"Perhaps {spoken(facet.value)}: the model is unsure of all of them", *([GUESSED] if guessed else [])]
    query = query_of(facet.head, facet.value, unsure=True)
    key = f"tag {facet.head} {facet.value}"
    hint = "\n".join(lines)
    return Row(
        key, Kind.TAG, spoken(facet.value), "unsure", facet.unsure, query, hint,
        faded=True, head=facet.head, value=facet.value,
    )  # fmt: skip


def _doubts(tagged: Tagged) -> list[Row]:
    rows = []
    for value, text, sign, count, hint in (
        ("unsure", "Unsure", "unsure", tagged.unsure, "Photos of which the model does not know what they show"),
        ("corrected", "Corrected", "corrected", tagged.corrected, "Photos of which you say something else"),
    ):
        if count:
            kind = Kind.UNSURE if value == "unsure" else Kind.SEARCH
            rows.append(Row(value, kind, text, sign, count, str(Query(filters=(Filter("is", value),))), hint))
    if tagged.unknown:
        hint = "Photos that are none of what the model knows: name them in groups"
        rows.append(Row("unknown", Kind.UNKNOWN, "Unknown", "unknown", tagged.unknown, hint=hint))
    return rows


def _plural(head: str) -> str:
    return "classes" if head == CLASS else f"values of {head_in_sentence(head)}"
