"""The frame of the dialogs that list something of the library: cards, a row of buttons, read anew while they show."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop.dialogs.cards import CardList

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from desktop.tasks import Tasks


class ListDialog(QDialog):
    """Stays open beside the window. What is listed is read in the background, and handed to `_show` when it is new."""

    def __init__(
        self, title: str, size: tuple[int, int], tasks: Tasks, read: Callable[[], Any], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(*size)
        self._tasks, self._read = tasks, read
        self._listed: Any = None
        self.list = CardList()
        self.list.setAccessibleName(title)
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Esc")
        self.close_button.clicked.connect(self.accept)

    def refresh(self) -> None:
        if self.isVisible():
            self._tasks.run(self._read, self._take)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _lay_out(self, *actions: QPushButton) -> None:
        """The list above, then the actions on the left and Close on the right."""
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in actions:
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addWidget(self.list)
        column.addLayout(buttons)

    def _take(self, listed: Any) -> None:
        """The library tells of changes often while it indexes; most of them concern other photos."""
        if listed != self._listed:
            self._listed = listed
            self._show(listed)

    def _show(self, listed: Any, /) -> None:
        raise NotImplementedError
