"""What the grid shows, as values: photo ids in order, their sections, their strengths where they answer a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.types import PhotoId, SearchResult, Section


@dataclass(frozen=True, slots=True)
class Listing:
    """Photos in the order of the grid."""

    ids: tuple[PhotoId, ...] = ()
    strengths: tuple[float, ...] | None = None  # 0..1, one a photo; None where nothing was compared
    strong: int = 0  # the first so many are good matches; the others are weak
    weak_hidden: int = 0  # weak ones that are left out of `ids`
    sections: tuple[Section, ...] = ()  # months; they tile the strong ones. Empty where the order is not by date
    cut: bool = False  # there are more weak results than the search gave

    @property
    def has_weak(self) -> bool:
        return self.weak_hidden > 0 or self.strong < len(self.ids)


def browsing(ids: Sequence[PhotoId], sections: tuple[Section, ...] = ()) -> Listing:
    """Photos of which none was compared with anything."""
    return Listing(ids=tuple(ids), strong=len(ids), sections=sections)


def found(result: SearchResult, *, show_weak: bool, limit: int | None = None) -> Listing:
    """The answer of a search; weak results stand at its end or are counted only.

    Args:
        limit: How many results were asked for: as many as that, and there are more.
    """
    strong = sum(not hit.weak for hit in result.hits)
    hits = result.hits if show_weak else result.hits[:strong]
    compared = result.compared
    return Listing(
        ids=tuple(hit.photo_id for hit in hits),
        strengths=tuple(hit.score for hit in hits) if compared else None,
        strong=strong,
        weak_hidden=len(result.hits) - len(hits),
        sections=result.sections,
        cut=len(result.hits) == limit,
    )
