"""What the editors of all kinds of parts share: controls that show a part, and what they make of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.errors import QueryError
from core.query import Filter, Term, parse
from desktop.tasks import Lane
from desktop.theme import STEP_PX

if TYPE_CHECKING:
    from desktop.tasks import Task, Tasks

INDENT_PX = 6  # of the digits in a spin box, whose padding in the style sheet Qt passes over

Part = TypeVar("Part", Term, Filter)


class PartEditor(QWidget):
    """A column of controls."""

    edited = Signal()
    """By the user."""

    title = ""
    hint = ""
    """One line below the title; "" for none."""
    starts_valid = False
    """Whether a new part means something before the user has done anything here."""

    def __init__(self) -> None:
        super().__init__()
        self._running: list[Task] = []
        self.destroyed.connect(partial(_cancel_all, self._running))
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(STEP_PX)

    def part(self) -> Term | Filter:
        """As the controls say it now.

        Raises:
            QueryError: they say nothing that can be searched for.
        """
        raise NotImplementedError

    def run(
        self,
        tasks: Tasks,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
        lane: Lane = Lane.SUGGESTIONS,
    ) -> None:
        """Work on a thread for this editor: what was asked before, and what comes after its end, is dropped."""
        _cancel_all(self._running)
        self._running.append(tasks.run(work, done, failed, lane))

    def add_note(self, text: str) -> QLabel:
        note = QLabel(text)
        note.setProperty("role", "muted")
        note.setWordWrap(True)
        self.column.addWidget(note)
        return note


def _cancel_all(tasks: list[Task], _gone: object = None) -> None:
    for task in tasks:
        task.cancel()
    tasks.clear()


def checked(part: Part) -> Part:
    """The part in its canonical form, as the line will be read: "jpg" is "jpeg", "2023/5" is "2023-05".

    Raises:
        QueryError: its value is not valid.
    """
    query = parse(str(part))
    found = query.terms if isinstance(part, Term) else query.filters
    if len(query.terms) + len(query.filters) != 1 or not found:
        raise QueryError("This cannot be searched for.")
    return found[0]  # type: ignore[return-value] - the kind was looked at above
