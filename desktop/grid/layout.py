"""Where each photo of the grid stands: pure arithmetic, so that a million photos cost no more than a hundred."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize

MARGIN_PX = 16  # around the grid: two steps of the 8-pixel rhythm
DIVIDER_PX = 56  # height of the line before the weak results


@dataclass(frozen=True, slots=True)
class GridLayout:
    """Equal cells in reading order, as many a line as fit, with room for one full-width divider.

    Coordinates are of the whole content: y = 0 is the top of the first line, whatever is scrolled into view.
    """

    count: int = 0
    width: int = 800  # of the viewport
    cell_px: int = 176  # the wanted width of a cell; the real one is stretched so that the lines end flush
    caption_px: int = 0  # below each picture
    divider_at: int | None = None  # the divider stands before this row; `count` puts it at the end

    @property
    def columns(self) -> int:
        return max(1, (self.width - 2 * MARGIN_PX) // self.cell_px)

    @property
    def cell(self) -> QSize:
        side = max(1, (self.width - 2 * MARGIN_PX) // self.columns)
        return QSize(side, side + self.caption_px)

    @property
    def height(self) -> int:
        """Of the whole content."""
        lines = self._lines(self.count if self.divider_at is None else self.divider_at)
        if self.divider_at is not None:
            lines += self._lines(self.count - self.divider_at)
        return 2 * MARGIN_PX + lines * self.cell.height() + self._divider_px

    @property
    def divider(self) -> QRect | None:
        if self.divider_at is None:
            return None
        top = MARGIN_PX + self._lines(self.divider_at) * self.cell.height()
        return QRect(MARGIN_PX, top, self.width - 2 * MARGIN_PX, DIVIDER_PX)

    def rect(self, row: int) -> QRect:
        """The cell of a row."""
        line, column, below = self._place(row)
        cell = self.cell
        top = MARGIN_PX + line * cell.height() + (self._divider_px if below else 0)
        return QRect(QPoint(MARGIN_PX + column * cell.width(), top), cell)

    def row_at(self, point: QPoint) -> int | None:
        """The row under a point; None beside the cells."""
        row = self.row_near(point)
        return row if row is not None and self.rect(row).contains(point) else None

    def row_near(self, point: QPoint) -> int | None:
        """The row at a point, or the nearest one in reading order; None only if there are no rows."""
        if not self.count:
            return None
        start, end, top = self._section(point.y())
        column = min(max((point.x() - MARGIN_PX) // self.cell.width(), 0), self.columns - 1)
        line = max((point.y() - top) // self.cell.height(), 0)
        return min(start + line * self.columns + column, max(end - 1, start), self.count - 1)

    def rows_between(self, top: int, bottom: int) -> range:
        """The rows whose lines touch the stretch from top to bottom."""
        if not self.count:
            return range(0)
        first = self.row_near(QPoint(MARGIN_PX, top))
        last = self.row_near(QPoint(self.width, bottom))
        return range(first or 0, (last or 0) + 1)

    def _section(self, y: int) -> tuple[int, int, int]:
        """First row, end row and top of the part, before or after the divider, that a height belongs to."""
        divider = self.divider
        if self.divider_at is None or divider is None or self.divider_at >= self.count:
            return 0, self.count, MARGIN_PX
        if self.divider_at and y < divider.center().y():
            return 0, self.divider_at, MARGIN_PX
        return self.divider_at, self.count, divider.top() + DIVIDER_PX

    def _place(self, row: int) -> tuple[int, int, bool]:
        """Line, column, and whether the divider lies above."""
        if self.divider_at is None or row < self.divider_at:
            return row // self.columns, row % self.columns, False
        behind = row - self.divider_at
        return self._lines(self.divider_at) + behind // self.columns, behind % self.columns, True

    def _lines(self, rows: int) -> int:
        return -(-rows // self.columns)

    @property
    def _divider_px(self) -> int:
        return 0 if self.divider_at is None else DIVIDER_PX
