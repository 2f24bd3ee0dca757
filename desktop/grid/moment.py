"""What the user has before him, noted before other photos come into the grid, and found again among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from core.types import PhotoId
    from desktop.grid.layout import GridLayout
    from desktop.grid.model import GridModel


@dataclass(frozen=True, slots=True)
class Moment:
    """The grid as it was."""

    ids: tuple[PhotoId, ...]
    layout: GridLayout
    top: int  # y of the content that stood at the top of the viewport
    bottom: int
    current: int  # row; -1: none
    selected: list[PhotoId]

    def current_in(self, model: GridModel) -> int:
        """The row of the photo that was current; where it is gone that of the one behind it, then of the one before.
        -1: of none."""
        if self.current < 0 or not model.rowCount():
            return -1
        row = model.row_of(self.ids[self.current])
        for rest in (self.ids[self.current + 1 :], self.ids[: self.current][::-1]):
            if row is None:
                row = _first_left(rest, model)
        return -1 if row is None else row

    def anchor_in(self, model: GridModel) -> tuple[int, int] | None:
        """The first photo of those that were in view that is still there: its row, and how far its line's top stood
        below that of the viewport. None where none is left."""
        rows = self.layout.rows_between(self.top, self.bottom)
        in_view = np.fromiter(self.ids[rows.start : rows.stop], np.int64, len(rows))
        left = np.flatnonzero(np.isin(in_view, model.numbers))
        if not len(left):
            return None
        row = rows.start + int(left[0])
        found = model.row_of(self.ids[row])
        return None if found is None else (found, self.layout.rect(row).top() - self.top)


def _first_left(ids: tuple[PhotoId, ...], model: GridModel) -> int | None:
    """The row of the first of the photos that are still there."""
    if not ids:
        return None
    left = np.isin(np.fromiter(ids, np.int64, len(ids)), model.numbers)
    place = int(np.argmax(left))
    return model.row_of(ids[place]) if left[place] else None
