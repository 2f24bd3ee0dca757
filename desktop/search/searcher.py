"""From a query to its answer: waits for a pause in the typing, asks the library, keeps the newest answer up to date."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from core.query import Query
from core.types import NEWEST_FIRST, STRONGEST_FIRST, Arrangement, PhotoStatus, SearchResult, Sort
from desktop.tasks import Lane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.library import Library
    from core.types import PhotoId
    from desktop.tasks import Task, Tasks

DEBOUNCE_MS = 150  # shorter than the pause between two words, longer than that between two letters
LIMIT = 2_000  # of ranked photos: some forty screens, more than anybody looks through
SINGLE_MS = 20  # what comes as several messages, a photo that goes and its folder that changes, is one change
REFRESH_MS = 1_000  # while photos arrive by the hundred, the grid takes them once a second

_NOTHING = Arrangement(())


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query found: photos ranked by its terms, or those that its filters let through, which may be all."""

    query: Query
    sort: Sort = NEWEST_FIRST
    arrangement: Arrangement = _NOTHING
    result: SearchResult | None = None  # of a query with terms; then there is no arrangement
    elapsed_s: float = 0.0
    title: str = ""  # of a choice of photos that no query has found


@dataclass(frozen=True, slots=True)
class _Choice:
    """Photos that the user was led to, in an order of their own: those that a report or a check speaks of."""

    ids: tuple[PhotoId, ...]
    title: str


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
        self._choice: _Choice | None = None
        self._strictness: float | None = None  # None: that of the settings
        # Two orders are remembered: who looks at his photos by name still wants the best match first in a search.
        self._sorts = {True: STRONGEST_FIRST, False: NEWEST_FIRST}  # whether the query has terms
        self._task: Task | None = None
        self._waiting = False
        self._debounce = QTimer(self, singleShot=True, interval=DEBOUNCE_MS)
        self._debounce.timeout.connect(self._ask)
        self._refreshed_at = 0.0  # of time.monotonic
        self._refresh = QTimer(self, singleShot=True)
        self._refresh.timeout.connect(self._repeat)

    @property
    def query(self) -> Query:
        return self._query

    @property
    def sort(self) -> Sort:
        """The order of the photos that the query finds."""
        return self._sorts[bool(self._query.terms)]

    @property
    def shows_choice(self) -> bool:
        """Photos stand there that were not searched for."""
        return self._choice is not None

    @property
    def is_waiting(self) -> bool:
        """A new query has not been answered yet."""
        return self._waiting

    def ask(self, query: Query) -> None:
        """Answer this query, after a pause in the typing; an empty one at once."""
        self._query, self._choice = query, None
        self._waiting = True
        if query.is_empty:
            self._ask()
        else:
            self._debounce.start()

    def choose(self, ids: Sequence[PhotoId], title: str) -> None:
        """Show these photos in this order, until something is asked for."""
        self._query, self._choice = Query(), _Choice(tuple(ids), title)
        self._waiting = True
        self._ask()

    def hold(self) -> None:
        """The text makes no sense at the moment: what it meant before the last letter is not wanted either."""
        if self._debounce.isActive():
            self._debounce.stop()
            self._waiting = False

    def set_strictness(self, strictness: float) -> None:
        self._strictness = strictness
        self._debounce.start()

    def set_sort(self, sort: Sort) -> None:
        """Another order: of this query and of those like it, ranked or not, from now on."""
        self._sorts[bool(self._query.terms)] = sort
        self._ask()

    def refresh(self) -> None:
        """Photos have changed: answer again, at once where that is a single change, and at most once a second."""
        if not self._refresh.isActive():
            since_ms = round((time.monotonic() - self._refreshed_at) * 1_000)
            self._refresh.start(max(SINGLE_MS, REFRESH_MS - since_ms))

    def refresh_now(self) -> None:
        """The user has changed photos, and wants to see it."""
        self._refresh.start(SINGLE_MS)

    def _repeat(self) -> None:
        if self._waiting:  # an answer is on its way, and after it there may be newer photos
            self._refresh.start(REFRESH_MS)
        else:
            self._refreshed_at = time.monotonic()
            self._ask()

    def _ask(self) -> None:
        self._debounce.stop()
        if self._task is not None:
            self._task.cancel()
        query = self._query
        self.asked.emit(query)
        if self._choice is not None:
            self._task = self._tasks.run(partial(_look_up, self._library, self._choice), self._take, self._fail)
        elif query.terms:
            search = partial(_search, self._library, query, self.sort, self._strictness)
            self._task = self._tasks.run(search, self._take, self._fail, Lane.QUERY)
        else:  # not in the query lane: there a search may be waiting for the model
            self._task = self._tasks.run(partial(_browse, self._library, query, self.sort), self._take, self._fail)

    def _take(self, answer: Answer) -> None:
        self._waiting = answer.query != self._query  # while the user types on, the answer to what stood there comes
        self.answered.emit(answer)

    def _fail(self, error: Exception) -> None:
        self._waiting = False
        self.failed.emit(error)


def _look_up(library: Library, choice: _Choice) -> Answer:
    """Those of the photos that are still there."""
    there = [photo.id for photo in library.photos(choice.ids) if photo.status is not PhotoStatus.GONE]
    return Answer(Query(), arrangement=Arrangement(tuple(there)), title=choice.title)


def _browse(library: Library, query: Query, sort: Sort) -> Answer:
    began = time.monotonic()
    arrangement = library.browse(query, sort)
    return Answer(query, sort, arrangement, elapsed_s=time.monotonic() - began)


def _search(library: Library, query: Query, sort: Sort, strictness: float | None) -> Answer:
    result = library.search(query, limit=LIMIT, strictness=strictness, sort=sort)
    return Answer(query, sort, result=result, elapsed_s=result.elapsed_s)
