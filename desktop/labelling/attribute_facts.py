"""What there is to label with, and how many photos have each value. Read on a worker; no widgets here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.tags.label_text import STANDARD

if TYPE_CHECKING:
    from core.library import Library


@dataclass(frozen=True, slots=True)
class ValueFacts:
    value: str
    labelled: int  # photos of which the user says so
    predicted: int  # photos of which the tagger says so, sure or not, and the user nothing
    key: str  # that gives it while labelling; empty without


@dataclass(frozen=True, slots=True)
class AttributeFacts:
    name: str
    values: tuple[ValueFacts, ...]  # in the user's order

    @property
    def is_standard(self) -> bool:
        """Every library has it, under this name."""
        return self.name in STANDARD

    @property
    def labelled(self) -> int:
        return sum(each.labelled for each in self.values)


def read_attributes(library: Library) -> list[AttributeFacts]:
    """All of them in the user's order."""
    counts = library.labels.counts()
    facets = {(facet.head, facet.value): facet for facet in library.tags.facets()}
    found: list[AttributeFacts] = []
    for attribute in library.labels.attributes():
        labelled = counts.get(attribute.name, {})
        values: list[ValueFacts] = []
        for value in attribute.values:
            own, facet = labelled.get(value, 0), facets.get((attribute.name, value))
            predicted = 0 if facet is None else max(0, facet.count - own) + facet.unsure
            values.append(ValueFacts(value, own, predicted, attribute.keys.get(value, "")))
        found.append(AttributeFacts(attribute.name, tuple(values)))
    return found
