"""Completion and history under the search line: when the list opens, what stands in it, and which keys it takes.

The line keeps the focus and every letter; of its keys the list takes Up and Down, Esc, and, while a row is chosen,
Enter, Tab and Delete.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent

from desktop.search.key_icons import key_icon
from desktop.search.suggestion_list import CLEAR_ROW, Kind, Row, SuggestionList, spoken
from desktop.tasks import Lane

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.library import Library
    from core.query import Suggestion
    from desktop.search.field import SearchField
    from desktop.tasks import Task, Tasks
    from desktop.theme import Theme

MOST_RECENT = 4  # recent searches below the suggestions: more would push these out of sight


class Completion(QObject):
    """Offers what could stand at the cursor, and what was searched for before."""

    history_changed = Signal()
    """The user has removed recent searches."""

    def __init__(self, field: SearchField, library: Library, tasks: Tasks, theme: Theme) -> None:
        super().__init__(field)
        self._field, self._library, self._tasks = field, library, tasks
        self._task: Task | None = None
        self._asked = ("", -1)  # line and cursor that the rows are for
        self.list = SuggestionList(theme, field)
        self._keys: dict[Qt.Key, Callable[[], bool]] = {
            Qt.Key.Key_Down: partial(self._step, 1),
            Qt.Key.Key_Up: partial(self._step, -1),
            Qt.Key.Key_Escape: self._dismiss,
            Qt.Key.Key_Return: self._take_chosen,
            Qt.Key.Key_Enter: self._take_chosen,
            Qt.Key.Key_Tab: self._take_chosen,
            Qt.Key.Key_Delete: self._forget_chosen,
        }
        field.installEventFilter(self)
        field.typed.connect(self.ask)
        field.cursorPositionChanged.connect(self._follow_cursor)
        self.list.taken.connect(self._take)
        self.list.forgotten.connect(self._forget)

    @property
    def is_waiting(self) -> bool:
        """What fits the line as it stands is on its way."""
        return self._task is not None

    def ask(self, when_empty: Callable[[], None] | None = None) -> None:
        """Show what fits the cursor. An empty line that the user types is left alone; `when_empty`: nothing fits."""
        line, cursor = self._field.text(), self._field.cursorPosition()
        self._stop()
        self._asked = (line, cursor)
        self.list.choose_none()  # what was chosen belongs to the line as it was
        self._describe()
        if not line and when_empty is None:
            self.close()
            return
        self._task = self._tasks.run(
            partial(_rows, self._library, line, cursor),
            partial(self._show, when_empty),
            lane=Lane.SUGGESTIONS,
        )

    def close(self) -> None:
        self._stop()
        self.list.close()
        self._describe()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Of the line: its keys before it sees them, and what opens and closes the list."""
        kind = event.type()
        if isinstance(event, QKeyEvent) and kind in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            return self._use_key(event)
        if kind == QEvent.Type.FocusOut:
            self.close()
        elif kind == QEvent.Type.MouseButtonRelease and not self._field.text():
            self._open_history()
        return False

    def _use_key(self, event: QKeyEvent) -> bool:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        key = Qt.Key(event.key())
        if event.type() == QEvent.Type.ShortcutOverride:
            if self.list.isVisible() and key == Qt.Key.Key_Escape:
                event.accept()  # the window's own Esc clears the search
                return True
            return False
        if self.list.isVisible():
            return key in self._keys and self._keys[key]()
        if key == Qt.Key.Key_Down and not self._field.text():
            self._open_history(self._field.left.emit)
            return True
        return False

    def _open_history(self, when_empty: Callable[[], None] = lambda: None) -> None:
        self.ask(when_empty)

    def _follow_cursor(self) -> None:
        if self.list.isVisible() and self._asked != (self._field.text(), self._field.cursorPosition()):
            self.ask()

    def _show(self, when_empty: Callable[[], None] | None, rows: list[Row]) -> None:
        self._task = None
        if self._field.hasFocus():
            self.list.show_rows(rows)
        if not rows and when_empty is not None:
            when_empty()

    # Keys. Each tells whether it was of use here.

    def _step(self, step: int) -> bool:
        self.list.step(step)
        self._describe()
        return True

    def _dismiss(self) -> bool:
        self.close()
        return True

    def _take_chosen(self) -> bool:
        row = self.list.chosen
        if row is None:
            self.close()
            return False
        self._take(row)
        return True

    def _forget_chosen(self) -> bool:
        row = self.list.chosen
        if row is None or not row.can_be_removed:
            return False
        self._forget(row)
        return True

    # What a row does

    def _take(self, row: Row) -> None:
        if row.kind is Kind.CLEAR:
            self._tasks.run(self._library.history.clear, lambda _nothing: self.history_changed.emit())
            self.close()
        elif row.suggestion is None:
            self.close()
            self._field.rewrite(row.text)
        elif self._asked[0] == self._field.text():  # otherwise the places of the suggestion are those of another line
            line, cursor = row.suggestion.applied_to(self._field.text())
            self._field.rewrite(line)
            self._field.setCursorPosition(cursor)
            self.ask()  # behind "camera:" come the cameras

    def _forget(self, row: Row) -> None:
        self._tasks.run(partial(self._library.history.forget, row.text), lambda _nothing: self._show_shorter())

    def _show_shorter(self) -> None:
        self.history_changed.emit()
        self._open_history()

    def _describe(self) -> None:
        """A screen reader stays at the line: it says the chosen row as the line's description."""
        row = self.list.chosen if self.list.isVisible() else None
        self._field.setAccessibleDescription(spoken(row) if row is not None else "")

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None


def _rows(library: Library, line: str, cursor: int) -> list[Row]:
    """On a worker. For an empty line all recent searches; else suggestions, and recent searches that hold the line."""
    wanted = line.strip().casefold()
    recent = [Row(Kind.RECENT, text, "clock") for text in library.history.recent() if wanted in text.casefold()]
    if not wanted:
        return [*recent, CLEAR_ROW] if recent else []
    others = [row for row in recent if row.text.casefold() != wanted]
    return [*map(_suggestion_row, library.suggestions(line, cursor)), *others[:MOST_RECENT]]


def _suggestion_row(suggestion: Suggestion) -> Row:
    icon = key_icon(suggestion.text.partition(":")[0])
    return Row(Kind.SUGGESTION, suggestion.text, icon, suggestion.explanation, suggestion)
