"""Decides when a search is worth remembering: once the user settles on it, not at every letter."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from core.query import Query

if TYPE_CHECKING:
    from core.library import Library
    from desktop.tasks import Tasks

SETTLED_MS = 3_000  # who looks at the results for so long has found the words


class HistoryKeeper(QObject):
    """Hands searches to the library's history."""

    remembered = Signal()
    """One more."""

    def __init__(self, library: Library, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._query = Query()
        self._kept = ""  # the last one that was handed over
        self._kept_by_time = False
        self.timer = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self.timer.timeout.connect(self._settle_by_time)

    def follow(self, query: Query | None) -> None:
        """The line says this now; None: nothing that makes sense, in the middle of a word."""
        if query != self._query:
            self.timer.stop()
        if query is not None and query.is_empty:  # what comes now is a new search, even if it is the same
            self._kept, self._kept_by_time = "", False
        self._query = query or Query()

    def note_results(self, query: Query, *, found: bool) -> None:
        """The answer to this query has come."""
        if found and query == self._query and str(query) != self._kept and not self.timer.isActive():
            self.timer.start()

    def settle(self) -> None:
        """The user went on to the photos or opened one: this is what was looked for."""
        self.timer.stop()
        self._keep(by_time=False)

    def _settle_by_time(self) -> None:
        self._keep(by_time=True)

    def _keep(self, *, by_time: bool) -> None:
        text = str(self._query)
        if not text or text == self._kept:
            self._kept_by_time = self._kept_by_time and by_time
            return
        # A pause for thought in the middle of a sentence is not a search of its own.
        unfinished = self._kept if self._kept_by_time and text.startswith(self._kept) else ""
        self._kept, self._kept_by_time = text, by_time
        self._tasks.run(partial(_remember, self._library, text, unfinished), lambda _nothing: self.remembered.emit())


def _remember(library: Library, text: str, unfinished: str) -> None:
    """On a worker."""
    if unfinished:
        library.history.forget(unfinished)
    library.history.add(text)
