"""The list inside the sidebar: keys, mouse and drops. What its rows mean, the sidebar knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTreeView, QWidget

from desktop.grid.dragging import ids_in
from desktop.organise.sidebar_delegate import SidebarDelegate
from desktop.organise.sidebar_model import SidebarModel
from desktop.organise.sidebar_parts import TAKE_PHOTOS, Kind, Row
from desktop.search.field import folders_in

if TYPE_CHECKING:
    from pathlib import Path

    from desktop.theme import Theme

_Flag = QItemSelectionModel.SelectionFlag


class SidebarTree(QTreeView):
    """The keys move the current row; Enter, Space or a click choose it. What is selected is what the window shows."""

    chosen = Signal(object)
    """Row."""
    menu_wanted = Signal(object, QPoint)
    """Row, global position."""
    delete_wanted = Signal(object)
    """Row."""
    photos_dropped = Signal(object, object)
    """Row, list of PhotoId."""
    folder_dropped = Signal(object)
    """Path."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebarTree")
        self.setAccessibleName("Library, albums and folders")
        self.rows = SidebarModel(self)
        self.rows_delegate = SidebarDelegate(theme, self)
        self.setModel(self.rows)
        self.setItemDelegate(self.rows_delegate)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setExpandsOnDoubleClick(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.clicked.connect(self._choose)
        theme.changed.connect(self.viewport().update)

    def select_row(self, index: QModelIndex) -> None:
        """Mark the row that the window shows; an invalid index marks none."""
        if index.isValid():
            self.selectionModel().select(index, _Flag.ClearAndSelect)
            if not self.hasFocus():
                self.selectionModel().setCurrentIndex(index, _Flag.NoUpdate)  # where the keys begin
        else:
            self.selectionModel().clearSelection()

    def selected_row(self) -> Row | None:
        chosen = self.selectionModel().selectedIndexes()
        return self.rows.row_at(chosen[0]) if chosen else None

    def selectionCommand(
        self, index: QModelIndex | QPersistentModelIndex, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        return _Flag.NoUpdate  # only `select_row` selects

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.rows.row_at(self.currentIndex())
        editing = self.state() is QAbstractItemView.State.EditingState
        if row is None or editing:
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self.currentIndex())
        elif event.key() == Qt.Key.Key_Delete:
            self.delete_wanted.emit(row)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        row = self.rows.row_at(index)
        if row is not None:
            place = self.visualRect(index).center() if by_key else event.pos()
            self.menu_wanted.emit(row, self.viewport().mapToGlobal(place))

    def _choose(self, index: QModelIndex) -> None:
        row = self.rows.row_at(index)
        if row is not None and row.kind is Kind.HEADING:
            self.setExpanded(index, not self.isExpanded(index))
        elif row is not None:
            self.chosen.emit(row)

    # What is dropped

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.dragMoveEvent(event)
        if not event.isAccepted() and ids_in(event.mimeData()) is not None:
            event.acceptProposedAction()  # to hear where it goes from here

    def dragMoveEvent(self, event: QDragMoveEvent | QDragEnterEvent) -> None:
        row = self._target(event)
        self._show_target(self.indexAt(event.position().toPoint()) if row is not None else None)
        if row is not None or self._folders_of(event):
            event.acceptProposedAction()
        else:
            event.ignore()
        self._scroll_at_edges(event.position().toPoint())

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_target(None)
        self.stopAutoScroll()

    def dropEvent(self, event: QDropEvent) -> None:
        row, ids, folders = self._target(event), ids_in(event.mimeData()), self._folders_of(event)
        self._show_target(None)
        self.stopAutoScroll()
        if row is not None and ids:
            event.acceptProposedAction()
            self.photos_dropped.emit(row, ids)
        elif folders:
            event.acceptProposedAction()
            for folder in folders:
                self.folder_dropped.emit(folder)
        else:
            event.ignore()

    def _target(self, event: QDropEvent) -> Row | None:
        """The row that takes the photos that are dragged."""
        row = self.rows.row_at(self.indexAt(event.position().toPoint()))
        takes = row is not None and row.kind in TAKE_PHOTOS and ids_in(event.mimeData()) is not None
        return row if takes else None

    def _folders_of(self, event: QDropEvent) -> list[Path]:
        """The folders that come from the file manager."""
        return folders_in(event.mimeData()) if ids_in(event.mimeData()) is None else []

    def _scroll_at_edges(self, place: QPoint) -> None:
        """An album that is out of sight comes when photos are held at the upper or lower edge."""
        margin = self.autoScrollMargin()
        if place.y() < margin or place.y() > self.viewport().height() - margin:
            self.startAutoScroll()
        else:
            self.stopAutoScroll()

    def _show_target(self, index: QModelIndex | None) -> None:
        self.rows_delegate.drop_target = QPersistentModelIndex(index) if index is not None else None
        self.viewport().update()
