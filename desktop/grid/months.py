"""Months in words, and which of them share a heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.types import Section


@dataclass(frozen=True, slots=True)
class Group:
    """Months of one year, one behind the other, that stand below one heading."""

    first: date  # in time, whatever the order of the photos
    last: date
    count: int  # photos

    @property
    def title(self) -> str:
        """ "March 2019", or "March to June 2019"."""
        if self.first == self.last:
            return month_name(self.first)
        return f"{self.first:%B} to {month_name(self.last)}"


def grouped(sections: Sequence[Section], columns: int) -> list[Group]:
    """Each month by itself, except where neighbours of the same year fit on one line together: a heading for each
    single photo would leave the window empty."""
    groups: list[Group] = []
    for section in sections:
        month, last = section.month, groups[-1] if groups else None
        if last is not None and last.first.year == month.year and last.count + section.count <= columns:
            groups[-1] = Group(min(last.first, month), max(last.last, month), last.count + section.count)
        else:
            groups.append(Group(month, month, section.count))
    return groups


def month_name(month: date) -> str:
    """ "March 2019"."""
    return f"{month:%B} {month.year}"
