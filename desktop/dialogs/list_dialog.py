"""The frame of the dialogs that list something of the library: cards, a row of buttons, read anew while they show."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop.dialogs.cards import CardList

if TYPE_CHECKING:
    from desktop.tasks import Tasks


class ListDialog(QDialog):
    """Stays open beside the window. What is listed is read in the background, and handed to `_show`."""

    def __init__(
        self, title: str, size: tuple[int, int], tasks: Tasks, read: Callable[[], Any], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(*size)
        self._tasks, self._read = tasks, read
        self.list = CardList()

    def refresh(self) -> None:
        if self.isVisible():
            self._tasks.run(self._read, self._show)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.refresh()

    def _lay_out(self, *actions: QPushButton) -> None:
        """The list above, then the actions on the left and Close on the right."""
        close = QPushButton("Close")
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        for button in actions:
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addWidget(self.list)
        column.addLayout(buttons)

    def _show(self, listed: Any, /) -> None:
        raise NotImplementedError
