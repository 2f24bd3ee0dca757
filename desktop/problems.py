"""The files that could not be read: each one, why, and how to try again. Whole-application errors are `notices`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.types import Problem
from desktop.cards import Card, CardList

if TYPE_CHECKING:
    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks

SHOWN = 200  # cards; a list of thousands is not read, and its count stands below


class ProblemsDialog(QDialog):
    """Stays open beside the window and follows the library."""

    folder_wanted = Signal(object)
    """PhotoId: show its file in its folder."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Files that cannot be read")
        self.resize(640, 480)
        self._library, self._tasks = library, tasks
        self.list = CardList()
        self.retry_button = QPushButton("Try all again")
        self.retry_button.clicked.connect(lambda: self._retry(None))
        close = QPushButton("Close")
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(self.retry_button)
        buttons.addStretch()
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addWidget(self.list)
        column.addLayout(buttons)
        bridge.photos_changed.connect(lambda _ids: self.refresh())

    def refresh(self) -> None:
        if self.isVisible():
            self._tasks.run(self._library.problems, self._show)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.refresh()

    def _show(self, problems: Sequence[Problem]) -> None:
        cards = [self._card(problem) for problem in problems[:SHOWN]]
        if len(problems) > SHOWN:
            cards.append(Card(f"and {len(problems) - SHOWN:,} more", []))
        self.list.show_cards(cards, when_empty="All files could be read.")
        self.retry_button.setEnabled(bool(problems))

    def _card(self, problem: Problem) -> Card:
        card = Card(problem.path.name, [problem.reason, str(problem.path.parent)])
        card.add_button("Show").clicked.connect(lambda: self.folder_wanted.emit(problem.photo_id))
        card.add_button("Try again").clicked.connect(lambda: self._retry([problem.photo_id]))
        return card

    def _retry(self, ids: list | None) -> None:
        self._tasks.run(partial(self._library.retry, ids))
