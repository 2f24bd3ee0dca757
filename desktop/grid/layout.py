"""Where each photo of the grid stands: pure arithmetic, so that a million photos cost no more than a hundred."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, QSize

USUAL_CELL_PX = 176  # the wanted width of a cell: seven a line in a window of 1,280
SMALLEST_CELL_PX, LARGEST_CELL_PX = 96, 400
MARGIN_PX = 16  # around the grid: two steps of the 8-pixel rhythm
GAP_PX = 4  # on each side of a picture: 8 between two
HEADING_PX = 40  # the name of a section
SECTION_GAP_PX = 16  # between the last line of a section and the heading of the next
DIVIDER_PX = 56  # the line before the weak results


def columns_in(width: int, cell_px: int) -> int:
    """How many cells of at least this width stand side by side."""
    return max(1, (width - 2 * MARGIN_PX) // cell_px)


class _Part(NamedTuple):
    """Rows that begin on a line of their own."""

    first: int  # row
    end: int  # the row behind the last
    line: int  # its first line, counted from the top of the grid
    begin: int  # y where what belongs to it begins: its heading, with the gap above
    top: int  # y of its first line


@dataclass(frozen=True, slots=True)
class GridLayout:
    """Equal cells in reading order, as many a line as fit. Sections, and the weak results behind a divider, begin on
    lines of their own below something that takes the whole width.

    Coordinates are of the whole content: y = 0 is its top, whatever is scrolled into view. Each question takes time
    that grows with the logarithm of the number of sections, and not with that of photos.
    """

    count: int = 0
    width: int = 800  # of the viewport
    cell_px: int = USUAL_CELL_PX  # the wanted width of a cell; the real one is stretched so that the lines end flush
    caption_px: int = 0  # below each picture
    sections: tuple[int, ...] = ()  # photos in each; they tile the rows from the first, up to the divider
    divider_at: int | None = None  # the divider stands before this row; `count` puts it at the end
    columns: int = field(init=False)
    cell: QSize = field(init=False)
    height: int = field(init=False)  # of the whole content
    _parts: tuple[_Part, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        inner = self.width - 2 * MARGIN_PX
        columns = columns_in(self.width, self.cell_px)
        side = max(1, inner // columns)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "cell", QSize(side, side + self.caption_px))
        object.__setattr__(self, "_parts", self._lay_parts())
        last = self._parts[-1]
        object.__setattr__(self, "height", last.top + self._lines(last) * self.cell.height() + MARGIN_PX)

    # Places of rows

    def rect(self, row: int) -> QRect:
        """The cell of a row."""
        part = self._part_of(row)
        line, column = divmod(row - part.first, self.columns)
        cell = self.cell
        return QRect(QPoint(MARGIN_PX + column * cell.width(), part.top + line * cell.height()), cell)

    def picture(self, row: int) -> QRect:
        """The cell of a row without the gap around it."""
        return self.rect(row).adjusted(GAP_PX, GAP_PX, -GAP_PX, -GAP_PX)

    def row_at(self, point: QPoint) -> int | None:
        """The row whose picture, or caption, is under a point; None between and beside the pictures."""
        row = self.row_near(point)
        return row if row is not None and self.picture(row).contains(point) else None

    def row_near(self, point: QPoint) -> int | None:
        """The row at a point, or the nearest one in reading order; None only if there are no rows."""
        if not self.count:
            return None
        part = self._part_at(point.y())
        column = min(max((point.x() - MARGIN_PX) // self.cell.width(), 0), self.columns - 1)
        line = max((point.y() - part.top) // self.cell.height(), 0)
        return min(part.first + line * self.columns + column, part.end - 1)

    def rows_between(self, top: int, bottom: int) -> range:
        """The rows whose lines touch the stretch from top to bottom."""
        if not self.count:
            return range(0)
        first = self.row_near(QPoint(MARGIN_PX, top))
        last = self.row_near(QPoint(self.width, bottom))
        return range(first or 0, (last or 0) + 1)

    def rows_touching(self, area: QRect) -> list[range]:
        """The rows whose pictures touch an area, as stretches in reading order: at most one a line."""
        width, height = self.cell.width(), self.cell.height()
        first_column = max((area.left() - MARGIN_PX + GAP_PX) // width, 0)
        last_column = min((area.right() - MARGIN_PX - GAP_PX) // width, self.columns - 1)
        stretches: list[range] = []
        if not self.count or first_column > last_column:
            return stretches
        for part in self._parts[self._place_at(area.top()) : self._place_at(area.bottom()) + 1]:
            first_line = max((area.top() - part.top + GAP_PX) // height, 0)
            last_line = min((area.bottom() - part.top - GAP_PX) // height, self._lines(part) - 1)
            for line in range(first_line, last_line + 1):
                start = part.first + line * self.columns
                _join(stretches, range(start + first_column, min(start + last_column + 1, part.end)))
        return stretches

    # Lines, for the arrow keys

    @property
    def lines(self) -> int:
        last = self._parts[-1]
        return last.line + self._lines(last)

    def line_of(self, row: int) -> int:
        part = self._part_of(row)
        return part.line + (row - part.first) // self.columns

    def column_of(self, row: int) -> int:
        return (row - self._part_of(row).first) % self.columns

    def row_on(self, line: int, column: int) -> int:
        """The row there, or the last one of a shorter line."""
        line = min(max(line, 0), self.lines - 1)
        part = self._parts[max(bisect_right(self._parts, line, key=lambda part: part.line) - 1, 0)]
        return min(part.first + (line - part.line) * self.columns + column, part.end - 1)

    # Sections

    @property
    def divider(self) -> QRect | None:
        if self.divider_at is None:
            return None
        part = self._parts[-1]
        return QRect(MARGIN_PX, part.top - DIVIDER_PX, self.width - 2 * MARGIN_PX, DIVIDER_PX)

    def heading(self, section: int) -> QRect:
        top = self._parts[section].top - HEADING_PX
        return QRect(MARGIN_PX, top, self.width - 2 * MARGIN_PX, HEADING_PX)

    def rows_of(self, section: int) -> range:
        part = self._parts[section]
        return range(part.first, part.end)

    def section_of(self, row: int) -> int | None:
        """None where the row belongs to no section."""
        return self._known(bisect_right(self._parts, row, key=lambda part: part.first) - 1)

    def section_at(self, y: int) -> int | None:
        """The section whose heading or photos stand at a height; None at the weak results, or without sections."""
        return self._known(self._place_at(y))

    def sections_between(self, top: int, bottom: int) -> range:
        """Those whose headings may touch the stretch from top to bottom."""
        first, last = self._place_at(top), self._place_at(bottom)
        return range(first, min(last + 1, len(self.sections)))

    def sticky(self, top: int) -> tuple[int, int] | None:
        """The section whose heading stays in sight while `top` is the first height in view, and how far (≤ 0 px) the
        next one pushes it out."""
        section = self.section_at(top)
        if section is None:
            return None
        if top < self.heading(section).top():  # in the gap above it: the one before has just left
            return None
        behind = self._parts[section + 1].begin if section + 1 < len(self._parts) else self.height
        return section, min(0, behind - top - HEADING_PX)

    # The arithmetic

    def _lay_parts(self) -> tuple[_Part, ...]:
        end = self.count if self.divider_at is None else self.divider_at
        parts: list[_Part] = []
        row = 0
        for section in self.sections:
            parts.append(self._next_part(parts, row, row + section, HEADING_PX + (SECTION_GAP_PX if parts else 0)))
            row += section
        if row < end:
            parts.append(self._next_part(parts, row, end, 0))
        if self.divider_at is not None:
            parts.append(self._next_part(parts, end, self.count, DIVIDER_PX))
        return tuple(parts) or (_Part(0, 0, 0, MARGIN_PX, MARGIN_PX),)

    def _next_part(self, before: list[_Part], first: int, end: int, head_px: int) -> _Part:
        if not before:  # the first heading has room of its own
            begin = 0 if head_px == HEADING_PX else MARGIN_PX
            return _Part(first, end, 0, begin, begin + head_px)
        last = before[-1]
        begin = last.top + self._lines(last) * self.cell.height()
        return _Part(first, end, last.line + self._lines(last), begin, begin + head_px)

    def _lines(self, part: _Part) -> int:
        return -(-(part.end - part.first) // self.columns)

    def _part_of(self, row: int) -> _Part:
        return self._parts[max(bisect_right(self._parts, row, key=lambda part: part.first) - 1, 0)]

    def _place_at(self, y: int) -> int:
        """Which part a height belongs to; the first and the last reach beyond the content."""
        return max(bisect_right(self._parts, y, key=lambda part: part.begin) - 1, 0)

    def _part_at(self, y: int) -> _Part:
        """The part with rows that a height belongs to."""
        place = self._place_at(y)
        part = self._parts[place]
        return part if part.end > part.first else self._parts[place - 1]  # a divider that hides what is below it

    def _known(self, place: int) -> int | None:
        return place if 0 <= place < len(self.sections) else None


def _join(stretches: list[range], rows: range) -> None:
    """Add rows; to the last stretch where they continue it."""
    if not rows:
        return
    if stretches and stretches[-1].stop == rows.start:
        rows = range(stretches.pop().start, rows.stop)
    stretches.append(rows)
