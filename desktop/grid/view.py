"""The grid of photos: what it shows, what is selected in it, how it is painted. It knows nothing of searching."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, QRect, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)

from desktop.grid.cell_painter import CAPTION_PX, RADIUS_PX, CellPainter, CellState
from desktop.grid.dragging import keep_out_own
from desktop.grid.headings import Headings
from desktop.grid.keys import take_key, take_wheel
from desktop.grid.layout import GAP_PX, LARGEST_CELL_PX, SMALLEST_CELL_PX, USUAL_CELL_PX, GridLayout, columns_in
from desktop.grid.moment import Moment
from desktop.grid.months import Group, grouped
from desktop.grid.mouse import Mouse
from desktop.grid.placed_list import PlacedList
from desktop.grid.weak_line import WeakLine

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from core.types import PhotoId
    from desktop.grid.listing import Listing
    from desktop.grid.model import GridModel
    from desktop.theme import Theme

_Flag = QItemSelectionModel.SelectionFlag


class GridView(PlacedList):
    """Shows a Listing."""

    opened = Signal(object)
    """list with one PhotoId: double-click, Enter or Space."""
    open_outside = Signal(object)
    """list of PhotoId: Ctrl+Enter."""
    trash_wanted = Signal(object)
    """list of PhotoId: Del."""
    menu_requested = Signal(object, QPoint)
    """list of PhotoId, global position."""
    typed = Signal(str)
    """Letters typed while the grid has the focus: they are meant for the search bar."""
    selection_changed = Signal(int)
    """How many photos are selected; which ones, `selected_ids` tells."""
    current_changed = Signal(object)
    """PhotoId, or None: where the keyboard is."""
    listing_changed = Signal()
    """Other photos, or other places of them."""
    cell_px_changed = Signal(int)
    """The user asked for larger or smaller pictures, here and not at the slider."""
    weak_toggled = Signal(bool)

    def __init__(
        self, model: GridModel, theme: Theme, parent: QWidget | None = None, *, cell_px: int = USUAL_CELL_PX
    ) -> None:
        super().__init__(parent)
        self.setObjectName("grid")
        self.setAccessibleName("Photos")
        self.grid_model = model
        self._cell_px = min(max(cell_px, SMALLEST_CELL_PX), LARGEST_CELL_PX)
        self._shows_names = False
        self._cells, self._headings = CellPainter(theme), Headings(theme)
        self._mouse = Mouse(self, theme)
        self._changing = False
        self._current_id: PhotoId | None = None
        self._groups: list[Group] = []  # one a heading
        self.weak_line = WeakLine(self.viewport())
        self.weak_line.hide()
        self.weak_line.toggled.connect(self.weak_toggled)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setModel(model)
        self.selectionModel().selectionChanged.connect(self._tell_selection)
        self.selectionModel().currentChanged.connect(self._tell_current)
        self.doubleClicked.connect(lambda index: self.opened.emit([model.photo_id(index.row())]))
        theme.changed.connect(self.viewport().update)

    # What is shown

    @property
    def listing(self) -> Listing:
        return self.grid_model.listing

    def show_listing(self, listing: Listing, *, anew: bool = False) -> None:
        """Show other photos. What is selected, and what is in view, stays so where it is still there; the photo behind
        one that is gone becomes the current one.

        Args:
            anew: They answer another question: begin at the top, with nothing selected.
        """
        moment = self._moment()
        with self._one_change():
            self.grid_model.show_listing(listing)
            self.doItemsLayout()
            if anew:
                self.selectionModel().clear()
                self.verticalScrollBar().setValue(0)
            else:
                self._restore(moment)
        self.listing_changed.emit()

    @property
    def groups(self) -> list[Group]:
        """What the headings stand for, in their order."""
        return self._groups

    @property
    def cell_px(self) -> int:
        """The wanted width of a cell."""
        return self._cell_px

    def set_cell_px(self, cell_px: int, at: QPoint | None = None) -> None:
        """Show larger or smaller pictures. What is at a point of the viewport stays there; without a point, the
        current photo stays where it is, or what is in the middle."""
        cell_px = min(max(cell_px, SMALLEST_CELL_PX), LARGEST_CELL_PX)
        if cell_px == self._cell_px:
            return
        if at is None:
            current, seen = self.visualRect(self.currentIndex()), self.viewport().rect()
            at = current.center() if seen.intersects(current) else seen.center()
        row = self._layout.row_near(at + QPoint(0, self.verticalOffset()))
        y = 0 if row is None else self._layout.rect(row).center().y() - self.verticalOffset()
        self._cell_px = cell_px
        self.doItemsLayout()
        if row is not None:
            self.verticalScrollBar().setValue(self._layout.rect(row).center().y() - y)
            self.scrollTo(self.index_of(row))  # grown at the edge, it would stand out of the window
        self.listing_changed.emit()

    def show_names(self, show: bool) -> None:
        """The name of each file below its picture."""
        moment = self._moment()
        self._shows_names = show
        self.doItemsLayout()
        self._hold(moment)
        self.listing_changed.emit()

    # What is selected

    def selected_ids(self) -> list[PhotoId]:
        """In the order of the grid."""
        ids = self.listing.ids
        return [photo_id for rows in self.selected_stretches() for photo_id in ids[rows.start : rows.stop]]

    def selected_count(self) -> int:
        return sum(len(rows) for rows in self.selected_stretches())

    def current_id(self) -> PhotoId | None:
        index = self.currentIndex()
        return self.grid_model.photo_id(index.row()) if index.isValid() else None

    def ids_to_act_on(self) -> list[PhotoId]:
        """What is selected; where nothing is, the current photo."""
        current = self.current_id()
        return self.selected_ids() or ([] if current is None else [current])

    def select_ids(self, ids: Iterable[PhotoId]) -> None:
        """These and no others; those that are not shown are left out."""
        self._select_rows(self.grid_model.rows_of(set(ids)))

    def go_to(self, photo_id: PhotoId) -> None:
        """Make a photo the current one and the only one that is selected, and scroll to it."""
        row = self.grid_model.row_of(photo_id)
        if row is not None:
            self.setCurrentIndex(self.index_of(row))

    def go_to_first(self) -> None:
        """Let the keys begin at the first photo, where none is the current one."""
        if not self.currentIndex().isValid() and self.listing.ids:
            self.setCurrentIndex(self.index_of(0))

    def toggle_section(self, section: int, *, keep_others: bool = False) -> None:
        """Select the photos of a section; where all of them are selected, select them no longer."""
        taken = self.is_section_selected(section)
        if not keep_others:
            self.selectionModel().clearSelection()
        rows = self.selection_of(self._layout.rows_of(section))
        self.selectionModel().select(rows, _Flag.Deselect if taken else _Flag.Select)

    def is_section_selected(self, section: int) -> bool:
        own = self._layout.rows_of(section)
        common = (min(rows.stop, own.stop) - max(rows.start, own.start) for rows in self.selected_stretches())
        return len(own) == sum(max(0, rows) for rows in common)

    # What the user does

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not take_key(self, event):
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        if search.isprintable():
            self.typed.emit(search)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not take_wheel(self, event):
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._mouse.press(event):
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._mouse.move(event):
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._mouse.release(event):
            super().mouseReleaseEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._mouse.leave()
        super().leaveEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        keep_out_own(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        keep_out_own(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_keyboard = event.reason() is QContextMenuEvent.Reason.Keyboard
        place = self.visualRect(self.currentIndex()).center() if by_keyboard else event.pos()
        ids = self.ids_to_act_on() if by_keyboard else self.selected_ids()
        if ids and self.indexAt(place).isValid():
            self.menu_requested.emit(ids, self.viewport().mapToGlobal(place))

    # What Qt asks and tells

    def make_layout(self) -> GridLayout:
        listing, width = self.listing, self.viewport().width()
        self._groups = grouped(listing.sections, columns_in(width, self._cell_px))
        layout = GridLayout(
            count=len(listing.ids),
            width=width,
            cell_px=self._cell_px,
            caption_px=CAPTION_PX * ((listing.strengths is not None) + self._shows_names),
            sections=tuple(group.count for group in self._groups),
            divider_at=listing.strong if listing.has_weak else None,
        )
        scale = self.devicePixelRatio()
        self.grid_model.thumbnails.fit(round((layout.cell.width() - 2 * GAP_PX) * scale), round(RADIUS_PX * scale))
        self.weak_line.describe(listing)
        return layout

    def after_scroll(self, *, down: bool) -> None:
        top = self.verticalOffset()
        rows = self._layout.rows_between(top, top + self.viewport().height())
        screen = len(rows)
        below = range(rows.stop, min(rows.stop + screen, self._layout.count))
        above = range(rows.start - 1, max(rows.start - screen, 0) - 1, -1)
        self.grid_model.set_rows_on_screen(rows, below if down else above)
        divider = self._layout.divider
        self.weak_line.setVisible(divider is not None)
        if divider is not None:
            self.weak_line.setGeometry(divider.translated(0, -top))

    def resizeEvent(self, event: QResizeEvent) -> None:
        moment = self._moment()
        super().resizeEvent(event)
        self.doItemsLayout()
        self._hold(moment)
        self.listing_changed.emit()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.DevicePixelRatioChange:
            self.doItemsLayout()
        return super().event(event)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_cells(painter, event.region())
        self._paint_headings(painter)
        self._mouse.paint(painter)

    def _paint_cells(self, painter: QPainter, region: QRegion) -> None:
        hovered = self.indexAt(self.viewport().mapFromGlobal(self.cursor().pos())).row() if self.underMouse() else -1
        current = self.currentIndex().row() if self.hasFocus() else -1
        selection = self.selectionModel()
        several = self.selected_count() > 1
        top = region.boundingRect().top() + self.verticalOffset()
        for row in self._layout.rows_between(top, top + region.boundingRect().height()):
            cell = self._layout.rect(row).translated(0, -self.verticalOffset())
            if region.intersects(cell):
                selected = selection.isSelected(self.index_of(row))
                state = CellState(selected, row == current and (several or not selected), row == hovered)
                place = cell.adjusted(GAP_PX, GAP_PX, -GAP_PX, -GAP_PX)
                self._cells.paint(painter, place, self.grid_model.cell(row), state)

    def _paint_headings(self, painter: QPainter) -> None:
        top = self.verticalOffset()
        sticky = self._layout.sticky(top)
        for number in self._layout.sections_between(top, top + self.viewport().height()):
            place = self._layout.heading(number).translated(0, -top)
            if sticky is not None and number == sticky[0]:
                floating = place.top() < 0
                place.moveTop(sticky[1])
                ground = QRect(0, place.top(), self.viewport().width(), place.height())
                self._headings.paint_ground(painter, ground, floating=floating)
            self._headings.paint(painter, place, self._groups[number], self._offer(number))

    def _offer(self, section: int) -> str | None:
        """What a click on the heading would do, while the mouse is on it."""
        if section != self._mouse.heading:
            return None
        return "Select none" if self.is_section_selected(section) else "Select all"

    # What stays when other photos come

    def _moment(self) -> Moment:
        top = self.verticalOffset()
        selected, current = self.selected_ids(), self.currentIndex().row()
        return Moment(self.listing.ids, self._layout, top, top + self.viewport().height(), current, selected)

    def _restore(self, moment: Moment) -> None:
        if self.selected_count() != len(moment.selected):  # rows were moved, and their selection was lost
            self._select_rows(self.grid_model.rows_of(moment.selected))
        row = moment.current_in(self.grid_model)
        if row >= 0:
            self.selectionModel().setCurrentIndex(self.index_of(row), _Flag.NoUpdate)
        self._hold(moment)

    def _hold(self, moment: Moment) -> None:
        """Scroll so that what was in view stands where it stood; at the very top new photos come into view."""
        anchor = moment.anchor_in(self.grid_model) if moment.top else None
        top = moment.top if anchor is None else self._layout.rect(anchor[0]).top() - anchor[1]
        self.verticalScrollBar().setValue(top)

    def _select_rows(self, rows: list[int]) -> None:
        self.selectionModel().clearSelection()
        stretches: list[range] = []
        for row in rows:
            start = stretches.pop().start if stretches and stretches[-1].stop == row else row
            stretches.append(range(start, row + 1))
        self.selectionModel().select(self.selection_of(*stretches), _Flag.Select)

    @contextmanager
    def _one_change(self) -> Iterator[None]:
        """Tell of the selection and of the current photo once at the end, if they are others then."""
        chosen = self.selected_ids()
        self._changing = True
        yield
        self._changing = False
        if self.selected_ids() != chosen:
            self._tell_selection()
        self._tell_current()

    def _tell_selection(self) -> None:
        if not self._changing:
            self.selection_changed.emit(self.selected_count())

    def _tell_current(self, _current: QModelIndex | None = None, _before: QModelIndex | None = None) -> None:
        current_id = self.current_id()
        if not self._changing and current_id != self._current_id:
            self._current_id = current_id
            self.current_changed.emit(current_id)
