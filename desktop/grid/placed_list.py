"""A list view whose geometry is arithmetic: where its items stand, what is under the mouse, where the arrows lead."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from desktop.grid.layout import HEADING_PX, GridLayout

_Action = QAbstractItemView.CursorAction
_Hint = QAbstractItemView.ScrollHint


class PlacedList(QListView):
    """QListView's own layout walks all its items at each change (110 ms at 100,000, 600 ms at a million); here every
    question about a place is answered by a `GridLayout`, whatever the number of items."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = GridLayout()
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    @property
    def places(self) -> GridLayout:
        """Where everything stands. Its coordinates are those of the whole content."""
        return self._layout

    def make_layout(self) -> GridLayout:
        """For the rows that the model has and the width that the viewport has now."""
        raise NotImplementedError

    def after_scroll(self, *, down: bool) -> None:
        """Other rows are in view, or the same ones stand elsewhere."""
        raise NotImplementedError

    def heading_at(self, point: QPoint) -> int | None:
        """The section whose heading is at a point of the viewport."""
        top = self.verticalOffset()
        sticky = self._layout.sticky(top)
        if sticky is not None and 0 <= point.y() < HEADING_PX + sticky[1]:
            return sticky[0]
        y = point.y() + top
        near = self._layout.sections_between(y, y)
        return next((section for section in near if self._layout.heading(section).contains(point.x(), y)), None)

    def index_of(self, row: int) -> QModelIndex:
        return self.model().index(row, 0)

    def selection_of(self, *stretches: range) -> QItemSelection:
        selection = QItemSelection()
        for rows in stretches:
            selection.select(self.index_of(rows.start), self.index_of(rows.stop - 1))
        return selection

    def selected_stretches(self) -> list[range]:
        """The rows that are selected, in the order of the grid."""
        selection = self.selectionModel().selection()
        parts = [selection.at(place) for place in range(selection.size())]
        return sorted((range(part.top(), part.bottom() + 1) for part in parts), key=lambda rows: rows.start)

    # What QListView asks

    def doItemsLayout(self) -> None:
        self._layout = self.make_layout()
        self.updateGeometries()
        self.viewport().update()

    def updateGeometries(self) -> None:
        if self.model() is None:  # Qt asks while the view is being made
            return
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._layout.height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(max(1, self._layout.cell.height() // 3))  # a notch of the wheel, three steps: one line
        self.after_scroll(down=True)

    def visualRect(self, index: QModelIndex | QPersistentModelIndex) -> QRect:
        if not index.isValid() or index.row() >= self._layout.count:
            return QRect()
        return self._layout.rect(index.row()).translated(0, -self.verticalOffset())

    def indexAt(self, point: QPoint) -> QModelIndex:
        if self.heading_at(point) is not None:
            return QModelIndex()
        row = self._layout.row_at(point + QPoint(0, self.verticalOffset()))
        return QModelIndex() if row is None else self.index_of(row)

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def horizontalOffset(self) -> int:
        return 0

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()
        self.after_scroll(down=dy < 0)

    def scrollTo(
        self, index: QModelIndex | QPersistentModelIndex, hint: QAbstractItemView.ScrollHint = _Hint.EnsureVisible
    ) -> None:
        rect = self.visualRect(index)
        bar = self.verticalScrollBar()
        covered = HEADING_PX if self._layout.sections else 0  # by the heading that stays in sight
        if rect.isNull():
            return
        if hint is _Hint.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - self.viewport().height() // 2)
        elif hint is _Hint.PositionAtTop or rect.top() < covered:
            bar.setValue(bar.value() + rect.top() - covered)
        elif rect.bottom() > self.viewport().height():
            bar.setValue(bar.value() + rect.bottom() - self.viewport().height() + 1)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        row, count = self.currentIndex().row(), self._layout.count
        if not count:
            return QModelIndex()
        if row < 0:
            return self.index_of(0)
        page = max(1, self.viewport().height() // self._layout.cell.height())
        moves = {
            _Action.MoveLeft: lambda: row - 1,
            _Action.MovePrevious: lambda: row - 1,
            _Action.MoveRight: lambda: row + 1,
            _Action.MoveNext: lambda: row + 1,
            _Action.MoveUp: lambda: self._row_beyond(row, -1),
            _Action.MoveDown: lambda: self._row_beyond(row, 1),
            _Action.MovePageUp: lambda: self._row_beyond(row, -page),
            _Action.MovePageDown: lambda: self._row_beyond(row, page),
            _Action.MoveHome: lambda: 0,
            _Action.MoveEnd: lambda: count - 1,
        }
        return self.index_of(min(max(moves[action](), 0), count - 1))

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """The rows from one corner to the other in reading order, as in a text. Rectangles are `select_area`'s."""
        offset = QPoint(0, self.verticalOffset())
        one, other = (self._layout.row_near(corner + offset) for corner in (rect.topLeft(), rect.bottomRight()))
        if one is not None and other is not None:
            self.selectionModel().select(self.selection_of(range(min(one, other), max(one, other) + 1)), command)

    def select_area(self, area: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """The photos that touch a rectangle of the content."""
        self.selectionModel().select(self.selection_of(*self._layout.rows_touching(area)), command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())  # what has changed is cheap to repaint: only what is in view is painted

    def _row_beyond(self, row: int, lines: int) -> int:
        """The row so many lines below, in the same column; from the ends a page leads to the very first or last."""
        line = self._layout.line_of(row) + lines
        if 0 <= line < self._layout.lines:
            return self._layout.row_on(line, self._layout.column_of(row))
        if abs(lines) == 1:
            return row
        return 0 if lines < 0 else self._layout.count - 1
