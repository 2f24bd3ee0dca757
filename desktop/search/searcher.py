"""From a query to its answer: waits for a pause in the typing, asks the library, keeps the newest answer up to date."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from core.query import Query
from core.types import PhotoId, SearchResult
from desktop.tasks import Lane

if TYPE_CHECKING:
    from core.library import Library
    from desktop.tasks import Task, Tasks

DEBOUNCE_MS = 150  # shorter than the pause between two words, longer than that between two letters
REFRESH_MS = 1_000  # while photos arrive by the hundred, the grid takes them once a second


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query found: the result of a search, or all photos where the query is empty."""

    query: Query
    result: SearchResult | None = None
    ids: tuple[PhotoId, ...] = ()


class Searcher(QObject):
    """Asks for one query at a time; the newest wins."""

    asked = Signal(object)
    """Query: its answer is on its way."""
    answered = Signal(object)
    """Answer."""
    failed = Signal(object)
    """RecollectError."""

    def __init__(self, library: Library, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._query = Query()
        self._strictness: float | None = None  # None: that of the settings
        self._task: Task | None = None
        self._waiting = False
        self._debounce = QTimer(self, singleShot=True, interval=DEBOUNCE_MS)
        self._debounce.timeout.connect(self._ask)
        self._refresh = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._refresh.timeout.connect(self._repeat)

    @property
    def query(self) -> Query:
        return self._query

    @property
    def is_waiting(self) -> bool:
        """A new query has not been answered yet."""
        return self._waiting

    def ask(self, query: Query) -> None:
        """Answer this query, after a pause in the typing; an empty one at once."""
        self._query = query
        self._waiting = True
        if query.is_empty:
            self._ask()
        else:
            self._debounce.start()

    def hold(self) -> None:
        """The text makes no sense at the moment: what it meant before the last letter is not wanted either."""
        if self._debounce.isActive():
            self._debounce.stop()
            self._waiting = False

    def set_strictness(self, strictness: float) -> None:
        self._strictness = strictness
        self._debounce.start()

    def refresh(self) -> None:
        """Photos have changed: answer again, at most once a second."""
        if not self._refresh.isActive():
            self._refresh.start()

    def _repeat(self) -> None:
        if self._waiting:  # an answer is on its way, and after it there may be newer photos
            self._refresh.start()
        else:
            self._ask()

    def _ask(self) -> None:
        self._debounce.stop()
        if self._task is not None:
            self._task.cancel()
        query = self._query
        self.asked.emit(query)
        if query.is_empty:  # not in the query lane: there a search may be waiting for the model
            self._task = self._tasks.run(partial(_all_photos, self._library), self._take, self._fail)
        else:
            search = partial(_search, self._library, query, self._strictness)
            self._task = self._tasks.run(search, self._take, self._fail, Lane.QUERY)

    def _take(self, answer: Answer) -> None:
        self._waiting = answer.query != self._query  # while the user types on, the answer to what stood there comes
        self.answered.emit(answer)

    def _fail(self, error: Exception) -> None:
        self._waiting = False
        self.failed.emit(error)


def _all_photos(library: Library) -> Answer:
    return Answer(Query(), ids=tuple(library.all_photos()))


def _search(library: Library, query: Query, strictness: float | None) -> Answer:
    return Answer(query, result=library.search(query, strictness=strictness))
