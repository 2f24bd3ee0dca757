"""The files that could not be read: each one, why, and how to try again. Whole-application errors are `notices`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from core.types import Problem
from desktop.dialogs.cards import Card
from desktop.dialogs.list_dialog import ListDialog

if TYPE_CHECKING:
    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks

SHOWN = 200  # cards; a list of thousands is not read, and its count stands below


class ProblemsDialog(ListDialog):
    """Stays open beside the window and follows the library."""

    folder_wanted = Signal(object)
    """PhotoId: show its file in its folder."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, parent: QWidget) -> None:
        super().__init__("Files that cannot be read", (640, 480), tasks, library.problems, parent)
        self._library = library
        self.retry_button = QPushButton("Try all again")
        self.retry_button.clicked.connect(lambda: self._retry(None))
        self._lay_out(self.retry_button)
        bridge.photos_changed.connect(lambda _ids: self.refresh())

    def _show(self, problems: Sequence[Problem]) -> None:
        cards = [self._card(problem) for problem in problems[:SHOWN]]
        if len(problems) > SHOWN:
            cards.append(Card(f"and {len(problems) - SHOWN:,} more", []))
        self.list.show_cards(cards, when_empty="All files could be read.", sign="check")
        self.retry_button.setEnabled(bool(problems))

    def _card(self, problem: Problem) -> Card:
        card = Card(problem.path.name, [problem.reason, problem.path.parent], "broken")
        show = card.add_button("Show in folder")
        show.clicked.connect(lambda: self.folder_wanted.emit(problem.photo_id))
        card.add_button("Try again").clicked.connect(lambda: self._retry([problem.photo_id]))
        return card

    def _retry(self, ids: list | None) -> None:
        self._tasks.run(partial(self._library.retry, ids))
