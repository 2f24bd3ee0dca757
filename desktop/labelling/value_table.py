"""The values of one attribute as a table: renamed and given keys in place, dragged into another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from desktop.labelling.attribute_facts import ValueFacts
from desktop.labelling.key_field import KeyField

if TYPE_CHECKING:
    from PySide6.QtGui import QDropEvent, QKeyEvent

VALUE, LABELLED, PREDICTED, KEY = range(4)
HEADINGS = ("Value", "Labelled", "Predicted", "Key")
VALUE_ROLE = Qt.ItemDataRole.UserRole
ROW_PX = 32
_FLAGS = (
    Qt.ItemFlag.ItemIsEnabled
    | Qt.ItemFlag.ItemIsSelectable
    | Qt.ItemFlag.ItemIsEditable
    | Qt.ItemFlag.ItemIsDragEnabled
    | Qt.ItemFlag.ItemNeverHasChildren
)


class ValueTable(QTreeWidget):
    """Tells what the user wants; what is shown follows the library."""

    rename_wanted = Signal(str, str)
    """Value, new value."""
    key_wanted = Signal(str, str)
    """Value, key; empty for none."""
    order_wanted = Signal(object)
    """list of all values."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderLabels(HEADINGS)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setStyleSheet("QTreeView::item { padding: 0 5px; }")  # below the headings
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setItemDelegate(_Rows(self))
        self.setItemDelegateForColumn(VALUE, _ValueEditor(self))
        self.setItemDelegateForColumn(KEY, _KeyEditor(self))
        self.setAccessibleName("Values")
        self.setAccessibleDescription("F2 renames, K gives a key, Alt with the arrows moves, Del removes")
        self.facts: tuple[ValueFacts, ...] = ()
        self._filling = False
        self.itemChanged.connect(self._tell_change)

    @property
    def values(self) -> list[str]:
        return [self._value(self.topLevelItem(row)) for row in range(self.topLevelItemCount())]

    @property
    def chosen(self) -> list[str]:
        """Those that are selected, in their order."""
        return [
            self._value(item)
            for row in range(self.topLevelItemCount())
            if (item := self.topLevelItem(row)) is not None and item.isSelected()
        ]

    def show_values(self, facts: Sequence[ValueFacts]) -> None:
        """What is selected stays selected, and so does the place of the keyboard."""
        chosen, row = set(self.chosen), self._row()
        scrolled = self.verticalScrollBar().value()
        self.facts = tuple(facts)
        self._filling = True
        self.clear()
        self.addTopLevelItems([_item(each) for each in facts])
        self._filling = False
        if facts:
            values = self.values
            at = next((values.index(value) for value in values if value in chosen), min(max(row, 0), len(values) - 1))
            self.select(values[at])
        for value in chosen:
            self.select(value, alone=False)
        self.verticalScrollBar().setValue(scrolled)

    def select(self, value: str, *, alone: bool = True) -> None:
        if value not in self.values:
            return
        item = self.topLevelItem(self.values.index(value))
        if item is not None:
            if alone:
                self.clearSelection()
                self.setCurrentItem(item)
            item.setSelected(True)

    def rename(self) -> None:
        """Begin to type another name for the current value."""
        if (item := self.currentItem()) is not None:
            self.editItem(item, VALUE)

    def choose_key(self) -> None:
        if (item := self.currentItem()) is not None:
            self.editItem(item, KEY)

    def step(self, by: int) -> None:
        """Move the current value up or down."""
        values, row = self.values, self._row()
        if row >= 0 and 0 <= row + by < len(values):
            values.insert(row + by, values.pop(row))
            self.order_wanted.emit(values)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and Qt.Key(event.key()) in moves:
            self.step(moves[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_F2:
            self.rename()
        elif event.key() == Qt.Key.Key_K and not event.modifiers():
            self.choose_key()
        else:
            super().keyPressEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        before = self.values
        super().dropEvent(event)
        if self.values != before:
            self.order_wanted.emit(self.values)

    def _row(self) -> int:
        item = self.currentItem()
        return -1 if item is None else self.indexOfTopLevelItem(item)

    def _value(self, item: QTreeWidgetItem | None) -> str:
        return "" if item is None else item.data(VALUE, VALUE_ROLE)

    def _tell_change(self, item: QTreeWidgetItem, column: int) -> None:
        if self._filling or column not in (VALUE, KEY):
            return
        value, text = self._value(item), item.text(column)
        facts = next((each for each in self.facts if each.value == value), None)
        if facts is None:
            return
        self._filling = True  # as it is, until the library has changed it
        item.setText(column, facts.value if column == VALUE else facts.key)
        self._filling = False
        if column == VALUE and text != value:
            self.rename_wanted.emit(value, text)
        elif column == KEY and text != facts.key:
            self.key_wanted.emit(value, text)


def _item(facts: ValueFacts) -> QTreeWidgetItem:
    item = QTreeWidgetItem([facts.value, f"{facts.labelled:,}", f"{facts.predicted:,}", facts.key])
    item.setData(VALUE, VALUE_ROLE, facts.value)
    item.setToolTip(VALUE, facts.value)
    item.setFlags(_FLAGS)
    return item


class _Rows(QStyledItemDelegate):
    """Of columns that nobody types into."""

    def createEditor(  # type: ignore[override] - Qt takes None for "not to be edited"
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget | None:
        return None

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        hint = super().sizeHint(option, index)
        return QSize(hint.width() + 16, max(ROW_PX, hint.height()))

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        editor.setGeometry(option.rect)  # type: ignore[attr-defined]


class _ValueEditor(_Rows):
    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        field = QLineEdit(parent)
        field.setAccessibleName("Name of the value")
        return field


class _KeyEditor(_Rows):
    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        field = KeyField(parent)
        field.pressed.connect(lambda: self._end(field))
        return field

    def setModelData(
        self, editor: QWidget, model: QAbstractItemModel, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        assert isinstance(editor, KeyField)
        model.setData(index, editor.text(), Qt.ItemDataRole.EditRole)

    def _end(self, field: KeyField) -> None:
        self.commitData.emit(field)
        self.closeEditor.emit(field)
