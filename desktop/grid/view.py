"""The grid of photos: a list view whose geometry is arithmetic, its keys, its mouse. It knows nothing of searching."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyleOptionViewItem, QWidget

from desktop.grid.delegate import CAPTION_PX, GridDelegate
from desktop.grid.layout import GridLayout
from desktop.grid.weak_line import WeakLine

if TYPE_CHECKING:
    from core.types import PhotoId
    from desktop.grid.listing import Listing
    from desktop.grid.model import GridModel
    from desktop.theme import Theme

CELL_PX = 176  # the wanted width of a cell: seven a line in a window of 1,280
_Action = QAbstractItemView.CursorAction
_Flag = QItemSelectionModel.SelectionFlag


class GridView(QListView):
    """Shows a Listing. QListView's own layout walks all its items at each change (110 ms at 100,000, 600 ms at a
    million); here every question about a place is answered by `GridLayout`, whatever the number of photos."""

    opened = Signal(object)
    """list of PhotoId: double-click or Enter."""
    menu_requested = Signal(object, QPoint)
    """list of PhotoId, global position."""
    typed = Signal(str)
    """Letters typed while the grid has the focus: they are meant for the search bar."""
    weak_toggled = Signal(bool)

    def __init__(self, model: GridModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("grid")
        self.setAccessibleName("Photos")
        self._grid_model = model
        self._layout = GridLayout()
        self.weak_line = WeakLine(self.viewport())
        self.weak_line.hide()
        self.weak_line.toggled.connect(self.weak_toggled)
        self.setItemDelegate(GridDelegate(theme, self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setModel(model)
        self.doubleClicked.connect(lambda index: self.opened.emit([model.photo_id(index.row())]))

    def show_listing(self, listing: Listing) -> None:
        """Show other photos. What is selected, and what is in view, stays so where it is still there."""
        chosen = self.selected_ids()
        anchor = self._first_in_view()
        self._grid_model.show_listing(listing)
        self.doItemsLayout()
        self._select(chosen)
        self._hold(anchor)

    def selected_ids(self) -> list[PhotoId]:
        """In the order of the grid."""
        selection = self.selectionModel().selection()
        parts = [selection.at(place) for place in range(selection.size())]
        ranges = [range(part.top(), part.bottom() + 1) for part in parts]
        return [self._grid_model.photo_id(row) for rows in sorted(ranges, key=lambda rows: rows.start) for row in rows]

    # What QListView asks about places

    def doItemsLayout(self) -> None:
        listing = self._grid_model.listing
        self._layout = GridLayout(
            count=len(listing.ids),
            width=self.viewport().width(),
            cell_px=CELL_PX,
            caption_px=CAPTION_PX if listing.strengths is not None else 0,
            divider_at=listing.strong if listing.has_weak else None,
        )
        self.setGridSize(self._layout.cell)
        self.weak_line.describe(listing)
        self.updateGeometries()
        self.viewport().update()

    def updateGeometries(self) -> None:
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._layout.height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(max(1, self._layout.cell.height() // 3))  # a notch of the wheel, three steps: one line
        self._after_scroll()

    def visualRect(self, index: QModelIndex | QPersistentModelIndex) -> QRect:
        if not index.isValid() or index.row() >= self._layout.count:
            return QRect()
        return self._layout.rect(index.row()).translated(0, -self.verticalOffset())

    def indexAt(self, point: QPoint) -> QModelIndex:
        row = self._layout.row_at(point + QPoint(0, self.verticalOffset()))
        return QModelIndex() if row is None else self._index(row)

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def horizontalOffset(self) -> int:
        return 0

    def scrollTo(
        self,
        index: QModelIndex | QPersistentModelIndex,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        rect = self.visualRect(index)
        bar = self.verticalScrollBar()
        if rect.isNull():
            return
        if hint is QAbstractItemView.ScrollHint.PositionAtTop or rect.top() < 0:
            bar.setValue(bar.value() + rect.top())
        elif rect.bottom() > self.viewport().height():
            bar.setValue(bar.value() + rect.bottom() - self.viewport().height() + 1)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        row, count = self.currentIndex().row(), self._layout.count
        if not count:
            return QModelIndex()
        if row < 0:
            return self._index(0)
        line = self._layout.cell.height()
        page = max(line, self.viewport().height() // line * line)
        moves = {
            _Action.MoveLeft: lambda: row - 1,
            _Action.MovePrevious: lambda: row - 1,
            _Action.MoveRight: lambda: row + 1,
            _Action.MoveNext: lambda: row + 1,
            _Action.MoveUp: lambda: self._row_beyond(row, -line),
            _Action.MoveDown: lambda: self._row_beyond(row, line),
            _Action.MovePageUp: lambda: self._row_beyond(row, -page),
            _Action.MovePageDown: lambda: self._row_beyond(row, page),
            _Action.MoveHome: lambda: 0,
            _Action.MoveEnd: lambda: count - 1,
        }
        return self._index(min(max(moves[action](), 0), count - 1))

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """The rows from one corner to the other in reading order, as in a text."""
        offset = QPoint(0, self.verticalOffset())
        ends = [self._layout.row_near(corner + offset) for corner in (rect.topLeft(), rect.bottomRight())]
        if rect.width() == 1 and rect.height() == 1 and self._layout.row_at(rect.topLeft() + offset) is None:
            ends = [None, None]  # a click beside the photos
        first, last = ends
        selection = QItemSelection()
        if first is not None and last is not None:
            selection.select(self._index(min(first, last)), self._index(max(first, last)))
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())  # what has changed is cheap to repaint: only what is in view is painted

    # What the user does

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.selected_ids() or [self._grid_model.photo_id(self.currentIndex().row())])
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        self.typed.emit(search)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_keyboard = event.reason() is QContextMenuEvent.Reason.Keyboard
        place = self.visualRect(self.currentIndex()).center() if by_keyboard else event.pos()
        if self.selected_ids() and self.indexAt(place).isValid():
            self.menu_requested.emit(self.selected_ids(), self.viewport().mapToGlobal(place))

    def resizeEvent(self, event: QResizeEvent) -> None:
        anchor = self._first_in_view()
        super().resizeEvent(event)
        self.doItemsLayout()
        self._hold(anchor)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()
        self._after_scroll()

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        usual = option.state & ~QStyle.StateFlag.State_MouseOver  # type: ignore[attr-defined]
        under_mouse = self.indexAt(self.viewport().mapFromGlobal(self.cursor().pos()))
        painter = QPainter(self.viewport())
        top = event.rect().top() + self.verticalOffset()
        for row in self._layout.rows_between(top, top + event.rect().height()):
            index = self._index(row)
            option.rect = self.visualRect(index)  # type: ignore[attr-defined]
            option.state = usual | self._state(index, under_mouse)  # type: ignore[attr-defined]
            self.itemDelegate().paint(painter, option, index)

    def _state(self, index: QModelIndex, under_mouse: QModelIndex) -> QStyle.StateFlag:
        state = QStyle.StateFlag.State_Enabled
        if self.selectionModel().isSelected(index):
            state |= QStyle.StateFlag.State_Selected
        if self.hasFocus() and index == self.currentIndex():
            state |= QStyle.StateFlag.State_HasFocus
        if index == under_mouse:
            state |= QStyle.StateFlag.State_MouseOver
        return state

    def _index(self, row: int) -> QModelIndex:
        return self._grid_model.index(row, 0)

    def _row_beyond(self, row: int, distance_px: int) -> int:
        """The row one line, or one page, above or below; across the divider where there is one."""
        center = self._layout.rect(row).center() + QPoint(0, distance_px)
        divider = self._layout.divider
        if divider is not None and (center.y() < divider.top()) != (self._layout.rect(row).top() < divider.top()):
            center += QPoint(0, divider.height() if distance_px > 0 else -divider.height())
        if not 0 <= center.y() <= self._layout.height:
            return row if abs(distance_px) == self._layout.cell.height() else (0 if distance_px < 0 else 10**9)
        near = self._layout.row_near(center)
        return row if near is None else near

    def _after_scroll(self) -> None:
        top = self.verticalOffset()
        self._grid_model.set_rows_on_screen(self._layout.rows_between(top, top + self.viewport().height()))
        divider = self._layout.divider
        self.weak_line.setVisible(divider is not None)
        if divider is not None:
            self.weak_line.setGeometry(divider.translated(0, -top))

    def _first_in_view(self) -> tuple[PhotoId, int] | None:
        """The first photo in view and how far its top is scrolled; None at the very top, where new photos belong."""
        rows = self._layout.rows_between(self.verticalOffset(), self.verticalOffset() + 1)
        if self.verticalOffset() == 0 or not rows or rows.start >= self._grid_model.rowCount():
            return None
        return self._grid_model.photo_id(rows.start), self.verticalOffset() - self._layout.rect(rows.start).top()

    def _hold(self, anchor: tuple[PhotoId, int] | None) -> None:
        """Scroll so that the anchor stands where it stood."""
        ids = self._grid_model.listing.ids
        if anchor is not None and anchor[0] in ids:
            self.verticalScrollBar().setValue(self._layout.rect(ids.index(anchor[0])).top() + anchor[1])
        elif anchor is not None:
            self.verticalScrollBar().setValue(0)

    def _select(self, chosen: Sequence[PhotoId]) -> None:
        """Select those that lost their selection because their rows were moved."""
        if not chosen or len(self.selected_ids()) == len(chosen):
            return
        wanted = set(chosen)
        rows = [row for row, photo_id in enumerate(self._grid_model.listing.ids) if photo_id in wanted]
        selection = QItemSelection()
        for row in rows:
            selection.select(self._index(row), self._index(row))
        self.selectionModel().select(selection, _Flag.ClearAndSelect)
        if rows:
            self.selectionModel().setCurrentIndex(self._index(rows[0]), _Flag.NoUpdate)
