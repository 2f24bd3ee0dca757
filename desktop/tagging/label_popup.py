"""The small window in which a label is chosen or typed: what the tagger says first, then all that is known."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from core.errors import LabelError
from core.query.filters import fold
from core.tags.label_text import sound_value
from core.tags.values import CLASS
from desktop.organise.wording import photos, quoted
from desktop.tagging.deeds import ClearLabel, SetLabel
from desktop.tagging.tag_sheet import Choice, TagSheet, read_sheet
from desktop.tagging.tag_words import head_name, percent, spoken
from desktop.theme import STEP_PX

if TYPE_CHECKING:
    from core.library import Library
    from core.types import PhotoId
    from desktop.organise.undo import Deed
    from desktop.tasks import Tasks

WIDTH_PX, LIST_PX = 304, 240
GAP_PX = 4
VALUE_ROLE = Qt.ItemDataRole.UserRole


class LabelPopup(QFrame):
    """Asks for one label of some photos. It goes when one is chosen, by Esc, or by a click beside it."""

    deed_wanted = Signal(object)
    """Deed."""
    labelled = Signal(str, str)
    """Head, value: right after the deed was asked for."""

    def __init__(self, library: Library, tasks: Tasks, ids: Sequence[PhotoId], head: str | None, parent: QWidget):
        """
        Args:
            head: What is asked for; None: the user chooses that, too, beginning with the class.
        """
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)  # for its round corners
        self.setFixedWidth(WIDTH_PX)
        self._library, self._ids, self._head = library, tuple(ids), head or CLASS
        self._window, self._sheet = parent.window(), TagSheet(self._ids, (), 0)
        self.title = QLabel(f"Label {photos(len(self._ids))}" if head is None else head_name(head))
        self.head_box, self.field, self.list = QComboBox(), QLineEdit(), QListWidget()
        self.message = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.clear_button = QPushButton("Remove my label")
        if head is not None:
            self.head_box.hide()
        self.setAccessibleName(self.title.text())
        self._build()
        self._show_choices()
        self._task = tasks.run(partial(read_sheet, library, self._ids), self._take)

    def show_at(self, place: QPoint, above: int | None = None) -> None:
        """At a place of the screen, moved so that all of it can be seen.

        Args:
            above: What shall stay free if the popup has to go over it: the height of the button below which it opens.
        """
        self.adjustSize()
        screen = self._window.screen().availableGeometry()
        left = max(screen.left(), min(place.x(), screen.right() - self.width()))
        top = place.y()
        if top + self.height() > screen.bottom():
            top = place.y() - self.height() - (above + 2 * GAP_PX if above is not None else 0)
        self.move(left, max(screen.top(), top))
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def show_in_the_middle(self) -> None:
        """Of the window."""
        self.adjustSize()
        self.show_at(self._window.mapToGlobal(self._window.rect().center() - self.rect().center()))

    def show_below(self, anchor: QWidget) -> None:
        self.show_at(anchor.mapToGlobal(QPoint(0, anchor.height() + GAP_PX)), above=anchor.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrows move in the list while the field has the focus."""
        moves = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)
        if watched is self.field and isinstance(event, QKeyEvent) and event.key() in moves:
            if event.type() is QEvent.Type.KeyPress:
                self._move(1 if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_PageDown) else -1)
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    # What is offered

    def _take(self, sheet: TagSheet) -> None:
        if not isValid(self):
            return
        self._sheet = sheet
        for each in sheet.heads:
            self.head_box.addItem(head_name(each.head), each.head)
        self.head_box.setCurrentIndex(max(0, self.head_box.findData(self._head)))
        self._show_choices()

    def _choose_head(self, place: int) -> None:
        self._head = self.head_box.itemData(place) or CLASS
        self._show_choices()
        self.field.setFocus()

    def _show_choices(self) -> None:
        """Those that hold what was typed, those that begin with it first; and what was typed itself, if it is new."""
        known = self._sheet.of(self._head)
        typed = " ".join(self.field.text().split())
        offered = _matching(known.choices if known is not None else (), typed)
        self.list.clear()
        for choice in offered:
            self._add(spoken(choice.value), choice.value, choice.probability)
        if typed and not any(fold(choice.value) == fold(typed) for choice in offered):
            self._add(f"New: {quoted(typed)}", typed)
        if typed:
            self.list.setCurrentRow(0)
        self.clear_button.setVisible(known is not None and known.labelled > 0)
        self.message.hide()

    def _add(self, text: str, value: str, probability: float | None = None) -> None:
        item = QListWidgetItem(text if probability is None else f"{text}\u2002{percent(probability)}")
        item.setData(VALUE_ROLE, value)
        item.setToolTip(value)
        self.list.addItem(item)

    def _move(self, step: int) -> None:
        row = self.list.currentRow() + step if self.list.currentRow() >= 0 else 0
        self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))

    # What the user does

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._set(item.data(VALUE_ROLE))

    def _set(self, value: str) -> None:
        try:
            sound = sound_value(value)
        except LabelError as error:
            self.message.setText(str(error))
            self.message.show()
            self.adjustSize()
            return
        self._finish(SetLabel(self._library, self._ids, self._head, sound))
        self.labelled.emit(self._head, sound)

    def _clear(self) -> None:
        self._finish(ClearLabel(self._library, self._ids, self._head))

    def _finish(self, deed: Deed) -> None:
        self._task.cancel()
        self.deed_wanted.emit(deed)
        self.close()

    # How it looks

    def _build(self) -> None:
        frame = QFrame()
        frame.setObjectName("popover")
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(frame)
        self.title.setProperty("role", "heading")
        self.message.setProperty("role", "danger")
        self.message.setWordWrap(True)
        self.head_box.setAccessibleName("What to label")
        self.field.setAccessibleName("Label")
        self.field.setPlaceholderText("Choose, or type a new one")
        self.field.installEventFilter(self)
        self.list.setAccessibleName("Labels")
        self.list.setFixedHeight(LIST_PX)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.clear_button.setProperty("role", "link")
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.clear_button)
        column = QVBoxLayout(frame)
        column.setContentsMargins(2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX, STEP_PX)
        column.setSpacing(STEP_PX)
        for widget in (self.title, self.head_box, self.field, self.list, self.message):
            column.addWidget(widget)
        column.addLayout(buttons)
        self.field.textEdited.connect(lambda _text: self._show_choices())
        self.field.returnPressed.connect(self._choose)
        self.list.itemActivated.connect(lambda _item: self._choose())
        self.list.itemClicked.connect(lambda _item: self._choose())
        self.head_box.activated.connect(self._choose_head)
        self.clear_button.clicked.connect(self._clear)


def _matching(choices: Sequence[Choice], typed: str) -> list[Choice]:
    wanted = fold(typed)
    found = [choice for choice in choices if wanted in fold(choice.value)]
    return sorted(found, key=lambda choice: not fold(choice.value).startswith(wanted)) if wanted else found
