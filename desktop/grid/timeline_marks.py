"""Where the months and years of a timeline stand: pure arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date

TICK_PX = 4  # closer, and the ticks are a grey bar
LABEL_PX = 24  # from one year to the next: a line of text and some air


class Mark(NamedTuple):
    y: int  # of the timeline
    label: str  # the year; empty for a month that only has a tick


def marks(months: Sequence[date], places: Sequence[float], height_px: int) -> list[Mark]:
    """Ticks for the months and labels for the years, as many as have room; none overlap.

    Args:
        months: In the order of the photos.
        places: 0..1 for each month: where in the content it begins; ascending.
        height_px: Of the timeline.
    """
    drawn: list[Mark] = []
    free_tick = free_label = 0.0
    year = None
    for month, place in zip(months, places, strict=True):
        y = round(place * height_px)
        new_year, year = month.year != year, month.year
        if new_year and y >= free_label and y + LABEL_PX <= height_px:
            if y < free_tick and drawn:
                drawn.pop()  # the tick of a month makes room for that of the year
            drawn.append(Mark(y, str(month.year)))
            free_tick, free_label = y + TICK_PX, y + LABEL_PX
        elif y >= free_tick:
            drawn.append(Mark(y, ""))
            free_tick = y + TICK_PX
    return drawn
