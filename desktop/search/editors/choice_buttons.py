"""A row of buttons of which one is down: fixed values of a filter, "Is" or "Is not", "Include" or "Exclude"."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QPushButton, QWidget

from desktop.theme import STEP_PX

HEIGHT_PX = 32


class ChoiceButtons(QWidget):
    """The arrow keys go from one button to the next; Tab goes on to what comes after them."""

    chosen = Signal(str)
    """By the user: the value."""

    def __init__(self, name: str, options: Sequence[tuple[str, str]], *, columns: int = 4) -> None:
        """`options`: values and their captions. None is chosen at first."""
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QPushButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(STEP_PX)
        for number, (value, caption) in enumerate(options):
            button = QPushButton(caption)
            button.setCheckable(True)
            button.setProperty("role", "choice")
            button.setFixedHeight(HEIGHT_PX)
            button.setAccessibleName(f"{name}: {caption}")
            button.setToolTip(caption)
            self._group.addButton(button, number)
            self.buttons[value] = button
            grid.addWidget(button, number // columns, number % columns)
        self._group.idClicked.connect(self._tell)
        self.setFocusProxy(next(iter(self.buttons.values())))

    @property
    def value(self) -> str:
        """ "" while none is chosen."""
        return next((value for value, button in self.buttons.items() if button.isChecked()), "")

    def choose(self, value: str) -> None:
        """Without a signal; a value that is not here is no choice."""
        if value in self.buttons:
            self.buttons[value].setChecked(True)
            self.setFocusProxy(self.buttons[value])

    def _tell(self, number: int) -> None:
        self.chosen.emit(list(self.buttons)[number])
