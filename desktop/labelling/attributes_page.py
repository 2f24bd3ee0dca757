"""The tab of attributes: which there are, their values, how many photos have each, and the keys that give them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import RecollectError
from desktop.labelling import attribute_deeds as deeds
from desktop.labelling.attribute_facts import AttributeFacts, read_attributes
from desktop.labelling.value_table import ValueTable
from desktop.organise.wording import photos
from desktop.tagging.tag_words import head_in_sentence, head_name

if TYPE_CHECKING:
    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.organise.undo import Deed, UndoStack
    from desktop.tasks import Tasks

LIST_PX = 184
NAME_ROLE = Qt.ItemDataRole.UserRole
_BY_WIDGET = Qt.ShortcutContext.WidgetShortcut
_RENAMED_BY = QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed


class AttributesPage(QWidget):
    """Every change is a deed. What core refuses stands below the values, and nothing else has changed."""

    changed = Signal()
    """Other attributes, or another one is shown."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, undo: UndoStack) -> None:
        super().__init__()
        self._library, self._tasks, self._undo = library, tasks, undo
        self.attributes: list[AttributeFacts] = []
        self._next: str | None = None  # the attribute to show once it is known
        self._filling = False
        self.list, self.table = QListWidget(), ValueTable()
        self.name_field, self.value_field = QLineEdit(), QLineEdit()
        self.add_attribute_button, self.add_value_button = QPushButton("Add"), QPushButton("Add")
        self.remove_attribute_button = QPushButton("Delete the attribute")
        self.up_button, self.down_button = QPushButton("Up"), QPushButton("Down")
        self.rename_button, self.key_button = QPushButton("Rename"), QPushButton("Key…")
        self.merge_button, self.delete_button = QPushButton("Merge into…"), QPushButton("Delete")
        self.title, self.hint, self.message = QLabel(), QLabel(), QLabel()
        self._build()
        self._wire()
        bridge.tags_changed.connect(lambda _ids: self.refresh())
        bridge.tagger_changed.connect(self.refresh)

    @property
    def shown(self) -> AttributeFacts | None:
        item = self.list.currentItem()
        name = None if item is None else item.data(NAME_ROLE)
        return next((each for each in self.attributes if each.name == name), None)

    @property
    def error(self) -> str:
        return self.message.text() if not self.message.isHidden() else ""

    def refresh(self) -> None:
        if self.isVisible():
            self._tasks.run(partial(read_attributes, self._library), self._take, self._show_error)

    def show_attribute(self, name: str) -> None:
        for row in range(self.list.count()):
            if self.list.item(row).data(NAME_ROLE) == name:
                self.list.setCurrentRow(row)

    def ask_where_to_merge(self) -> QInputDialog:
        """One of the values, those that are selected first, or a new one."""
        chosen, shown = self.table.chosen, self.shown
        others = [value for value in self.table.values if value not in chosen]
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Merge")
        dialog.setLabelText(f"Photos labelled with one of these {len(chosen):,} values get the label:")
        dialog.setComboBoxItems([*chosen, *others])
        dialog.setComboBoxEditable(True)
        dialog.setOkButtonText("Merge")
        name = shown.name if shown is not None else ""
        dialog.textValueSelected.connect(lambda into: self._merge(name, chosen, into))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    # What is shown

    def _take(self, attributes: list[AttributeFacts]) -> None:
        if attributes == self.attributes and self._next is None:
            return
        if self.attributes == [] or [a.name for a in attributes] != [a.name for a in self.attributes]:
            current = self._next or (self.shown.name if self.shown is not None else attributes[0].name)
            self.attributes = attributes
            self._fill_list(current)
        self.attributes = attributes
        self._next = None
        self._show_values()
        self.changed.emit()

    def _fill_list(self, current: str) -> None:
        row = max(0, self.list.currentRow())
        self._filling = True
        self.list.clear()
        for each in self.attributes:
            item = QListWidgetItem(head_name(each.name) if each.is_standard else each.name)
            item.setData(NAME_ROLE, each.name)
            item.setToolTip(each.name)
            if not each.is_standard:
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self.list.addItem(item)
        self._filling = False
        self.list.setCurrentRow(min(row, self.list.count() - 1))
        self.show_attribute(current)

    def _show_values(self) -> None:
        shown = self.shown
        if self._filling or shown is None:
            return
        self.table.show_values(shown.values)
        self.title.setText(head_name(shown.name) if shown.is_standard else shown.name)
        many = f"{len(shown.values):,} values, {photos(shown.labelled)} labelled."
        none = "No values yet: add one, label a photo, or import labels. What models predict is not listed here."
        self.hint.setText(many if shown.values else none)
        self.remove_attribute_button.setEnabled(not shown.is_standard)
        why = "Searches know it by this name: it always is there" if shown.is_standard else "With all labels of it"
        self.remove_attribute_button.setToolTip(why)
        self.value_field.setAccessibleName(f"New value of the {head_in_sentence(shown.name)}")
        self._settle()

    def _settle(self) -> None:
        chosen = len(self.table.chosen)
        for button in (self.up_button, self.down_button, self.rename_button, self.key_button):
            button.setEnabled(chosen == 1)
        self.delete_button.setEnabled(chosen > 0)
        self.merge_button.setEnabled(chosen > 1)

    def _show_error(self, error: RecollectError) -> None:
        self.message.setText(str(error))
        self.message.show()

    # What the user does

    def _perform(self, deed: Deed) -> None:
        self.message.hide()
        self._undo.perform(deed, lambda _outcome: self.refresh(), self._show_error)

    def _add_attribute(self) -> None:
        name = self.name_field.text()

        def done(_outcome: object) -> None:
            self._next = " ".join(name.split())
            self.name_field.clear()
            self.refresh()

        self.message.hide()
        self._undo.perform(deeds.define(self._library, name.strip()), done, self._show_error)

    def _add_value(self) -> None:
        shown, value = self.shown, self.value_field.text()
        if shown is None:
            return

        def done(_outcome: object) -> None:
            self.value_field.clear()
            self.refresh()

        self.message.hide()
        self._undo.perform(deeds.add_value(self._library, shown.name, value.strip()), done, self._show_error)

    def _rename_attribute(self, item: QListWidgetItem) -> None:
        old, new = item.data(NAME_ROLE), item.text()
        if self._filling or new in (old, head_name(old)):
            return
        self._filling = True
        item.setText(old)  # until the library has changed it
        self._filling = False
        self._next = None
        self.message.hide()

        def done(_outcome: object) -> None:
            self._next = " ".join(new.split())
            self.refresh()

        self._undo.perform(deeds.rename_attribute(self._library, old, new.strip()), done, self._show_error)

    def _remove_attribute(self) -> None:
        if self.shown is not None:
            self._perform(deeds.remove_attribute(self._library, self.shown.name))

    def _rename(self, old: str, new: str) -> None:
        if self.shown is not None:
            self._perform(deeds.rename_value(self._library, self.shown.name, old, new, self.table.values))

    def _merge(self, name: str, values: list[str], into: str) -> None:
        self._perform(deeds.merge_values(self._library, name, values, into.strip()))

    def _delete(self) -> None:
        if self.shown is not None and self.table.chosen:
            self._perform(deeds.remove_values(self._library, self.shown.name, self.table.chosen))

    def _order(self, values: list[str]) -> None:
        if self.shown is not None:
            self._perform(deeds.order_values(self._library, self.shown.name, values))

    def _set_key(self, value: str, key: str) -> None:
        if self.shown is not None:
            self._perform(deeds.set_key(self._library, self.shown.name, value, key))

    # Looks

    def _wire(self) -> None:
        self.list.currentRowChanged.connect(lambda _row: self._show_values())
        self.list.itemChanged.connect(self._rename_attribute)
        self.add_attribute_button.clicked.connect(self._add_attribute)
        self.name_field.returnPressed.connect(self._add_attribute)
        self.add_value_button.clicked.connect(self._add_value)
        self.value_field.returnPressed.connect(self._add_value)
        self.remove_attribute_button.clicked.connect(self._remove_attribute)
        self.table.itemSelectionChanged.connect(self._settle)
        self.table.rename_wanted.connect(self._rename)
        self.table.key_wanted.connect(self._set_key)
        self.table.order_wanted.connect(self._order)
        self.up_button.clicked.connect(lambda: self.table.step(-1))
        self.down_button.clicked.connect(lambda: self.table.step(1))
        self.rename_button.clicked.connect(self.table.rename)
        self.key_button.clicked.connect(self.table.choose_key)
        self.merge_button.clicked.connect(self.ask_where_to_merge)
        self.delete_button.clicked.connect(self._delete)
        QShortcut(QKeySequence.StandardKey.Delete, self.table, self._delete, context=_BY_WIDGET)

    def _build(self) -> None:
        self.list.setObjectName("sections")
        self.list.setAccessibleName("Attributes")
        self.list.setFixedWidth(LIST_PX)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setEditTriggers(_RENAMED_BY)
        self.title.setProperty("role", "heading")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        for label, role in ((self.hint, "muted"), (self.message, "danger")):
            label.setProperty("role", role)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.message.hide()
        self.name_field.setPlaceholderText("New attribute")
        self.name_field.setAccessibleName("Name of a new attribute")
        self.value_field.setAccessibleName("New value")
        self.add_attribute_button.setAccessibleName("Add the attribute")
        self.value_field.setPlaceholderText("New value")
        self.add_value_button.setAccessibleName("Add the value")
        tips = (
            (self.up_button, "Alt+Up"),
            (self.down_button, "Alt+Down"),
            (self.rename_button, "F2, or a double-click on the value"),
            (self.key_button, "K: the key that gives this label"),
            (self.merge_button, "Select two values or more"),
            (self.delete_button, "Del: with all labels of it. It can be undone"),
        )
        for button, tip in tips:
            button.setToolTip(tip)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addWidget(self.list)
        left.addLayout(_row(self.name_field, self.add_attribute_button))
        left.addWidget(self.remove_attribute_button)
        self.name_field.setFixedWidth(LIST_PX - self.add_attribute_button.sizeHint().width() - 8)
        right.addWidget(self.title)
        right.addWidget(self.hint)
        right.addWidget(self.table)
        right.addWidget(self.message)
        right.addLayout(_row(self.value_field, self.add_value_button))
        right.addLayout(_row(*(button for button, _tip in tips)))
        for column in (left, right):
            column.setSpacing(8)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 16, 0, 0)
        row.setSpacing(16)
        row.addLayout(left)
        row.addLayout(right, stretch=1)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    return row
