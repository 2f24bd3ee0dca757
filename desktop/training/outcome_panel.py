"""What came of a training: the verdict and what to do with it, why it failed, or that one waits to be gone on with."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.icons import picture
from desktop.search.flow_layout import FlowLayout
from desktop.training.panel import Panel, button, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desktop.theme import Theme

SIGN_PX = 20


class Choice(Enum):
    """What a button of the panel does, and its words."""

    USE = "Use it"
    USE_ANYWAY = "Use it anyway"
    USE_FOR_SEARCH = "Use for search"
    COMPARE = "Compare on my searches"
    ROLL_BACK = "Go back to the one before"
    MODEL_ALONE = "Go back to the model alone"
    REPORT = "See the report"
    GO_ON = "Go on"
    LEAVE = "Leave it"
    DISMISS = "Close"


class OutcomePanel(Panel):
    """A sign, a title, a few lines, and buttons."""

    chosen = Signal(object)
    """Choice."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("")
        self._theme = theme
        self._sign_name, self._is_bad = "info", False
        self._sign = QLabel()
        self._lines = QVBoxLayout()
        self._lines.setSpacing(4)
        self._bar = QWidget()
        self._buttons = FlowLayout(self._bar)  # four of them are wider than a narrow window
        self.buttons: dict[Choice, QPushButton] = {}
        self.lines: tuple[str, ...] = ()
        self._labels: list[QLabel] = []
        self._top.insertWidget(0, self._sign)
        self.column.addLayout(self._lines)
        self.column.addWidget(self._bar)
        theme.changed.connect(self._paint_sign)

    def show_outcome(
        self, title: str, lines: Sequence[str], choices: Sequence[Choice], *, sign: str, main: Choice | None = None
    ) -> None:
        """
        Args:
            main: The button that most people want.
        """
        had_focus = any(each.hasFocus() for each in self.buttons.values())
        self.set_title(title)
        self.lines = tuple(line for line in lines if line)
        self._clear()
        self._labels = [text("" if place == 0 else "muted", line) for place, line in enumerate(self.lines)]
        for label in self._labels:
            self._lines.addWidget(label)
        for choice in choices:
            made = self.buttons[choice] = button(choice.value, "main" if choice is main else "")
            made.clicked.connect(lambda _checked=False, choice=choice: self.chosen.emit(choice))
            self._buttons.addWidget(made)
        self._sign_name = sign
        self._paint_sign()
        self.setAccessibleName(title)
        self.setAccessibleDescription(" ".join(self.lines))
        if had_focus and choices:
            self.buttons[choices[0]].setFocus()

    def change_lead(self, line: str) -> None:
        """Another first line; the buttons stay as they are, for somebody may be pressing one."""
        if self._labels:
            self.lines = (line, *self.lines[1:])
            self._labels[0].setText(line)
            self.setAccessibleDescription(" ".join(self.lines))

    def wait(self) -> None:
        """What was chosen is being done."""
        for each in self.buttons.values():
            each.setEnabled(False)

    def _clear(self) -> None:
        self.buttons = {}
        for layout in (self._lines, self._buttons):
            while (item := layout.takeAt(0)) is not None:
                if (old := item.widget()) is not None:
                    old.hide()
                    old.deleteLater()

    def _paint_sign(self) -> None:
        colors = self._theme.colors
        color = {"warning": colors.danger, "check": colors.accent}.get(self._sign_name, colors.muted)
        self._sign.setPixmap(picture(self._sign_name, color, SIGN_PX, self.devicePixelRatio()))
