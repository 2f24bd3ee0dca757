"""Which values the labelling bar offers, and with which keys: the user's own, else the digits in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.query.filters import fold

if TYPE_CHECKING:
    from desktop.tagging.tag_facts import Tagged

DIGITS = "123456789"
MOST_VALUES = 18  # three lines of a usual window; the popup has all of them


@dataclass(frozen=True, slots=True)
class Offer:
    """One value that is a click or a key away."""

    value: str
    key: str  # empty where there is none left
    count: int  # photos that the user has labelled with it


def offers(known: Tagged, head: str) -> list[Offer]:
    """The user's values in the user's order; where these are few, what the tagger finds most often."""
    attribute = next((each for each in known.attributes if each.name == head), None)
    own = attribute.values if attribute is not None else ()
    keys = attribute.keys if attribute is not None else {}
    names = {fold(value) for value in own}
    found = [facet.value for facet in known.of(head) if fold(facet.value) not in names]
    values = [*_shown(own, keys), *found[: max(0, len(DIGITS) - len(own))]]
    by_value, counts = _keyed(values, keys), known.counts.get(head, {})
    return [Offer(value, by_value.get(value, ""), counts.get(value, 0)) for value in values]


def _shown(own: Sequence[str], keys: Mapping[str, str]) -> list[str]:
    """The first ones, and all that have a key."""
    free = MOST_VALUES - sum(value in keys for value in own)
    first = [value for value in own if value not in keys][: max(0, free)]
    return [value for value in own if value in keys or value in first]


def _keyed(values: Sequence[str], own: Mapping[str, str]) -> dict[str, str]:
    free = [digit for digit in DIGITS if digit not in own.values()]
    return dict(own) | dict(zip([value for value in values if value not in own], free, strict=False))
