"""A table of numbers that sorts by any column. A row may stand for photos: Enter or a click shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from PySide6.QtGui import QKeyEvent, QResizeEvent

ROW_PX = 32
NARROWEST_NAME_PX = 160
Index = QModelIndex | QPersistentModelIndex
_SORT = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands there, and what it is sorted by."""

    text: str
    value: float | str
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    cells: tuple[Cell, ...]
    key: Any = None  # what `ValueTable.chosen` tells


def number(text: str, value: float | None, tip: str = "") -> Cell:
    """Those that are not known stand below all others."""
    return Cell(text, -1.0 if value is None else value, tip)


class _Model(QAbstractTableModel):
    def __init__(self, head: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._head = tuple(head)
        self.rows: tuple[Row, ...] = ()

    def show_rows(self, rows: Sequence[Row]) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def name_columns(self, head: Sequence[str]) -> None:
        self._head = tuple(head)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(head) - 1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._head)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        cell = self.rows[index.row()].cells[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell.tip or (cell.text if index.column() == 0 else None)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(index.column())
        return cell.value if role == _SORT else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._head[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(section)
        return None

    def _side(self, column: int) -> int:
        """Numbers to the right, so that their digits stand below each other."""
        is_text = not self.rows or isinstance(self.rows[0].cells[column].value, str)
        side = Qt.AlignmentFlag.AlignLeft if is_text else Qt.AlignmentFlag.AlignRight
        return int(side | Qt.AlignmentFlag.AlignVCenter)


class ValueTable(QTableView):
    """The first column names the row."""

    chosen = Signal(object)
    """The key of a row."""

    selection_changed = Signal()

    def __init__(self, name: str, head: Sequence[str], parent: QWidget | None = None, *, several: bool = False) -> None:
        """
        Args:
            several: A click selects, with Ctrl and Shift more than one row; a double click chooses. Else a click does.
        """
        super().__init__(parent)
        self._model = _Model(head, self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(_SORT)
        self._sorted.setSortCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModel(self._sorted)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.ExtendedSelection if several else modes.SingleSelection)
        self.setShowGrid(False)
        self.setStyleSheet("QTableView::item { padding: 0 8px; }")  # as the headings have it
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)  # as it came, until a heading is pressed
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        (self.doubleClicked if several else self.clicked).connect(self._choose)
        self.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())

    @property
    def selected(self) -> list[Any]:
        """The keys of the selected rows, from the first to the last."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self.rows[self._sorted.mapToSource(self._sorted.index(row, 0)).row()].key for row in rows]

    def select(self, keys: Collection[Any]) -> None:
        """The rows of these keys and no others."""
        flags = QItemSelectionModel.SelectionFlag
        self.clearSelection()
        for row in range(self._sorted.rowCount()):
            index = self._sorted.index(row, 0)
            if self.rows[self._sorted.mapToSource(index).row()].key in keys:
                self.selectionModel().setCurrentIndex(index, flags.Select | flags.Rows)

    @property
    def rows(self) -> tuple[Row, ...]:
        return self._model.rows

    @property
    def texts(self) -> list[list[str]]:
        """As it stands there, in the order it is sorted in."""
        return [
            [str(self._sorted.index(row, column).data()) for column in range(self._sorted.columnCount())]
            for row in range(self._sorted.rowCount())
        ]

    def name_columns(self, head: Sequence[str]) -> None:
        self._model.name_columns(head)

    def show_rows(self, rows: Sequence[Row]) -> None:
        self._model.show_rows(rows)
        self._share_width()
        if rows:
            self.setCurrentIndex(self._sorted.index(0, 0))
            self.clearSelection()

    def fit_height(self) -> None:
        """As high as its rows, for a table in a page that scrolls."""
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        head_px = self.horizontalHeader().sizeHint().height()
        bar_px = self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(head_px + ROW_PX * len(self.rows) + bar_px + 2 * self.frameWidth())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        """The names take what the numbers leave, and are never squeezed to nothing: then the table scrolls."""
        header = self.horizontalHeader()
        numbers = sum(header.sectionSize(column) for column in range(1, self._sorted.columnCount()))
        fits = self.viewport().width() - numbers >= NARROWEST_NAME_PX
        header.setSectionResizeMode(0, header.ResizeMode.Stretch if fits else header.ResizeMode.Interactive)
        if not fits:
            header.resizeSection(0, NARROWEST_NAME_PX)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        key = self.rows[self._sorted.mapToSource(index).row()].key
        if key is not None:
            self.chosen.emit(key)
