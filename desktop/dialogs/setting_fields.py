"""What the pages of the settings are built of: labelled fields that can show an error, and the way into the library."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QSizePolicy,
    QSpinBox,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from core.errors import RecollectError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.library import Library
    from desktop.tasks import Tasks

NEXT_START = "Takes effect when Recollect is started the next time."


class Field(QWidget):
    """A label, a control below it, what it means, and what is wrong with its value."""

    def __init__(self, label: str, control: QWidget, explanation: str = "", *beside: QWidget) -> None:
        """
        Args:
            label: With an & before the letter that leads to the control.
            beside: Stand in one row with the control.
        """
        super().__init__()
        self.control = control
        heading = QLabel(label)
        heading.setProperty("role", "heading")
        heading.setBuddy(control)
        name = label.replace("&", "")
        if not control.accessibleName():
            control.setAccessibleName(name)
        control.setAccessibleDescription(explanation)
        self._explanation, self._error = _wrapped("muted"), _wrapped("danger")
        self._error.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout()
        row.setSpacing(8)
        grows = control.sizePolicy().horizontalPolicy() in (QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        row.addWidget(control, stretch=1 if grows else 0)
        for widget in beside:
            row.addWidget(widget)
        if not grows:
            row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(heading)
        column.addLayout(row)
        column.addWidget(self._explanation)
        column.addWidget(self._error)
        self.explain(explanation)
        self.clear_error()

    @property
    def error(self) -> str:
        return self._error.text()

    def explain(self, text: str) -> None:
        self._explanation.setText(text)
        self._explanation.setVisible(bool(text))

    def show_error(self, error: RecollectError | str) -> None:
        self._error.setText(str(error))
        self._error.show()
        self._mark(wrong=True)

    def clear_error(self) -> None:
        self._error.clear()
        self._error.hide()
        self._mark(wrong=False)

    def _mark(self, *, wrong: bool) -> None:
        if self.control.property("wrong") != wrong:
            self.control.setProperty("wrong", wrong)
            self.control.style().polish(self.control)


class Paragraph(QWidget):
    """A heading and a text that can be selected and copied."""

    def __init__(self, heading: str, text: str = "") -> None:
        super().__init__()
        title = QLabel(heading)
        title.setProperty("role", "heading")
        self._text = _wrapped("muted")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(title)
        column.addWidget(self._text)
        self.say(text)

    @property
    def text(self) -> str:
        return self._text.text()

    def say(self, text: str) -> None:
        self._text.setText(text)


class Choice(QWidget):
    """One of a few, each with a sentence about it."""

    chosen = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str, str]]) -> None:
        """
        Args:
            options: Value, label and explanation of each.
        """
        super().__init__()
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QRadioButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for value, label, explanation in options:
            button = self.buttons[value] = QRadioButton(label)
            button.setAccessibleDescription(explanation)
            button.clicked.connect(partial(self.chosen.emit, value))
            self._group.addButton(button)
            text = _wrapped("muted")
            text.setText(explanation)
            text.setContentsMargins(32, 0, 0, 4)  # below the label, not below its mark
            column.addWidget(button)
            column.addWidget(text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_value(self, value: str) -> None:
        self.buttons[value].setChecked(True)
        self.setFocusProxy(self.buttons[value])  # what the label leads to


class Changes(QObject):
    """Hands changes to the library, one after the other: the last one that the user made is the one that stays."""

    made = Signal(object)
    """Names of the settings that have other values now."""

    def __init__(self, library: Library, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._waiting: list[tuple[Field, dict[str, Any]]] = []
        self._is_busy = False

    def make(self, field: Field, **settings: Any) -> None:
        """Change settings; what is wrong with them stands at the field."""
        self._waiting.append((field, settings))
        self._next()

    def _next(self) -> None:
        if self._is_busy or not self._waiting:
            return
        self._is_busy = True
        field, settings = self._waiting.pop(0)
        work = partial(self._library.change_settings, **settings)
        self._tasks.run(work, lambda _nothing: self._take(field, tuple(settings)), partial(self._end, field))

    def _take(self, field: Field, names: tuple[str, ...]) -> None:
        self.made.emit(names)
        self._end(field, None)

    def _end(self, field: Field, error: RecollectError | None) -> None:
        self._is_busy = False
        if error is None:
            field.clear_error()
        else:
            field.show_error(error)
        self._next()


def combo(options: Sequence[tuple[str, str]]) -> QComboBox:
    """A list to choose from, of (label, value)."""
    box = QComboBox()
    box.setItemDelegate(QStyledItemDelegate(box))  # the one that heeds the style sheet
    for label, value in options:
        box.addItem(label, value)
    return box


def number(lowest: int, highest: int, step: int, unit: str) -> QSpinBox:
    """A number that is taken over when the user has finished typing it."""
    box = QSpinBox()
    box.setRange(lowest, highest)
    box.setSingleStep(step)
    box.setSuffix(f" {unit}")
    box.setGroupSeparatorShown(True)
    box.setKeyboardTracking(False)
    box.lineEdit().setTextMargins(8, 0, 0, 0)  # where the padding of a style sheet does not reach
    return box


def page(*parts: QWidget) -> QWidget:
    """A column of fields."""
    content = QWidget()
    column = QVBoxLayout(content)
    column.setContentsMargins(8, 0, 16, 0)
    column.setSpacing(24)
    for part in parts:
        column.addWidget(part)
    column.addStretch()
    return content


def _wrapped(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label
