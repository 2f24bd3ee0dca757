"""The rows of the sidebar as a Qt model: brought up to date row by row, so that focus, scroll place and editor stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel

from desktop.organise.sidebar_parts import RENAMED, TAKE_PHOTOS, Kind, Part, Row

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
"""The Row itself."""


class SidebarModel(QStandardItemModel):
    """Two levels: headings, and their rows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setColumnCount(1)

    def show_parts(self, parts: Sequence[Part]) -> None:
        _reconcile(self.invisibleRootItem(), [part.heading for part in parts])
        for place, part in enumerate(parts):
            _reconcile(self.item(place), part.rows)

    def row_at(self, index: QModelIndex | QPersistentModelIndex) -> Row | None:
        return cast("Row | None", index.data(ROW_ROLE)) if index.isValid() else None

    def indexes(self) -> list[QModelIndex]:
        """Of all rows, headings left out, from top to bottom."""
        headings = [self.index(place, 0) for place in range(self.rowCount())]
        return [self.index(place, 0, heading) for heading in headings for place in range(self.rowCount(heading))]

    def index_of(self, key: str) -> QModelIndex:
        """Invalid where there is no such row."""
        for index in self.indexes():
            row = self.row_at(index)
            if row is not None and row.key == key:
                return index
        return QModelIndex()


def _reconcile(parent: QStandardItem, rows: Sequence[Row]) -> None:
    """Make the children of an item show these rows, with as few removals and insertions as it takes."""
    wanted = {row.key for row in rows}
    for place in reversed(range(parent.rowCount())):
        if _key(parent.child(place)) not in wanted:
            parent.removeRow(place)
    for place, row in enumerate(rows):
        known = next((at for at in range(place, parent.rowCount()) if _key(parent.child(at)) == row.key), None)
        if known is None:
            item = QStandardItem()
            _fill(item, row)  # before it is in the view, which asks for its height at once
            parent.insertRow(place, [item])
            continue
        if known != place:
            parent.insertRow(place, parent.takeRow(known))
        _fill(parent.child(place), row)


def _key(item: QStandardItem) -> str:
    row: Row = item.data(ROW_ROLE)
    return row.key


def _fill(item: QStandardItem, row: Row) -> None:
    if item.data(ROW_ROLE) == row:
        return
    item.setData(row, ROW_ROLE)
    item.setText(row.text)
    item.setToolTip(row.hint)
    item.setAccessibleText(row.spoken)
    item.setSelectable(row.kind is not Kind.HEADING)
    item.setEditable(row.kind in RENAMED)
    item.setDropEnabled(row.kind in TAKE_PHOTOS)
    item.setDragEnabled(False)
