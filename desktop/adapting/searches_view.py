"""The tab My searches: what the user's own searches find with the model before and with the adapted one."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from desktop.adapting.search_row import SearchRow
from desktop.adapting.searches import ask, compare_searches
from desktop.elided_label import ElidedLabel
from desktop.empty_pages import Page, Remedy
from desktop.empty_state import EmptyState
from desktop.organise.wording import photos
from desktop.reports.part import Line
from desktop.reports.pictures import ReportPictures
from desktop.tasks import Lane
from desktop.training.panel import button

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.errors import RecollectError
    from core.library import Library
    from desktop.adapting.searches import Answer, Compared
    from desktop.tasks import Task, Tasks
    from desktop.theme import Theme

JOB = "Comparing searches"
TITLE = "My searches, before and after"
LOADING = Page("clock", "Loading both models", "It takes a few seconds.", other="Cancel", other_remedy=Remedy.CANCEL)
GONE = Page("compare", "Nothing to compare", "The run of the adapted model was deleted.")
CANCELLED = Page(
    "compare",
    "Nothing was compared",
    "Both models have to look at your photos first: the adapted one does not know them yet.",
    "Compare",
    Remedy.TRY_AGAIN,
)


class SearchesView(QWidget):
    """Works in the lane of training; what was seen stays until another run is compared."""

    use_wanted = Signal(object)
    """Path of the run whose model is to answer."""
    opened = Signal(object, object)
    """PhotoId, and those beside it."""
    job_moved = Signal(str, object, object, object)
    job_ended = Signal(str)
    _moved = Signal(int, int)

    def __init__(self, library: Library, tasks: Tasks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks, self._theme = library, tasks, theme
        self._pictures = ReportPictures(library, tasks, self)
        self._task: Task | None = None
        self._asking: Task | None = None
        self._stop = threading.Event()
        self.run: Path | None = None
        self.compared: Compared | None = None
        self.rows: list[SearchRow] = []
        self.empty = EmptyState(theme)
        self.about = Line("muted")
        self.field = QLineEdit()
        self.ask_button, self.use_button = button("Compare this search"), button("Use for search", "main")
        self._pages, self._list = QStackedWidget(), QScrollArea()
        self._column = QVBoxLayout()
        self._build()
        self._moved.connect(self._move)  # the worker's thread emits it

    @property
    def is_comparing(self) -> bool:
        return self._task is not None

    def compare(self, run: Path) -> None:
        """Let both models look at the photos, and ask them; once for each run."""
        if run == self.run and (self.compared is not None or self.is_comparing):
            return
        self.cancel()
        self._drop_question()
        self.run, self.compared = run, None
        self._stop = threading.Event()
        work = partial(compare_searches, self._library, run, self._moved.emit, self._stop.is_set)
        self._task = self._tasks.run(work, self._show, self._fail, Lane.TRAINING)
        self._show_page(LOADING)
        self.job_moved.emit(JOB, 0, 0, self.cancel)

    def cancel(self) -> None:
        """Look at no more photos."""
        if self._task is not None:
            self._stop.set()
            self._task.cancel()
            self._end()
            self._show_page(CANCELLED)

    def stop(self) -> None:
        """The window closes."""
        self._stop.set()

    def forget(self, run: Path) -> None:
        """The run was deleted."""
        if run == self.run:
            self.cancel()
            self._drop_question()
            self.run = self.compared = None
            self._show_page(GONE)

    def ask(self) -> None:
        """One more search, of the user's own words."""
        words = self.field.text().strip()
        if words and self.compared is not None and self._asking is None:
            self.ask_button.setEnabled(False)
            self._asking = self._tasks.run(partial(ask, self.compared.side, [words]), self._add, self._not_asked)

    def take_focus(self) -> None:
        (self.field if self.compared is not None else self.empty.first_button or self).setFocus()

    # What comes of it

    def _move(self, done: int, total: int) -> None:
        if self._task is None:
            return
        text = f"{done:,} of {photos(total)}, by the model before and by the adapted one."
        page = Page("clock", "Looking at your photos", text, other="Cancel", other_remedy=Remedy.CANCEL,
                    progress=done / total if total else None)  # fmt: skip
        self._show_page(page)
        self.job_moved.emit(JOB, done, total, self.cancel)

    def _show(self, compared: Compared) -> None:
        self._end()
        self.compared = compared
        self.about.say(about(compared))
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = []
        for answer in compared.answers:
            self._append(answer, len(self.rows))
        self._list.verticalScrollBar().setValue(0)
        self._pages.setCurrentIndex(1)

    def _fail(self, error: RecollectError) -> None:
        self._end()
        text = f"{error.message} {error.remedy}".strip()
        self._show_page(Page("warning", error.title, text, "Try again", Remedy.TRY_AGAIN))

    def _end(self) -> None:
        self._task = None
        self.job_ended.emit(JOB)

    def _add(self, answers: Sequence[Answer]) -> None:
        """On top: it is what was asked last."""
        self._rest_from_asking()
        for answer in answers:
            self._append(answer, 0)
        self.field.clear()
        self._list.verticalScrollBar().setValue(0)

    def _not_asked(self, error: RecollectError) -> None:
        self._rest_from_asking()
        self.about.say(str(error))

    def _drop_question(self) -> None:
        """Its answer would be of other models."""
        if self._asking is not None:
            self._asking.cancel()
            self._rest_from_asking()

    def _rest_from_asking(self) -> None:
        self._asking = None
        self.ask_button.setEnabled(True)

    def _append(self, answer: Answer, place: int) -> None:
        hits = (*answer.found.before, *answer.found.after)
        self._pictures.know({str(each.photo_id): each.photo_id for each in hits})
        if answer.photo is not None:
            self._pictures.know({str(answer.photo): answer.photo})
        row = SearchRow(answer, self._pictures, self._theme)
        row.opened.connect(self.opened)
        self.rows.insert(place, row)
        self._column.insertWidget(place, row)

    def _show_page(self, page: Page) -> None:
        self.empty.show_page(page)
        self._pages.setCurrentIndex(0)

    def _press(self, remedy: Remedy) -> None:
        if remedy is Remedy.CANCEL:
            self.cancel()
        elif self.run is not None:
            self.compare(self.run)

    # Looks

    def _build(self) -> None:
        self.field.setPlaceholderText("Another search, in words")
        self.field.setAccessibleName("Another search to compare")
        self.field.returnPressed.connect(self.ask)
        self.ask_button.clicked.connect(self.ask)
        self.use_button.clicked.connect(lambda: self.use_wanted.emit(self.run) if self.run is not None else None)
        self.empty.chosen.connect(self._press)
        self._show_page(CANCELLED)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.field, stretch=1)
        top.addWidget(self.ask_button)
        top.addWidget(self.use_button)
        content = QWidget()
        content.setLayout(self._column)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addStretch()
        self._list.setWidget(content)
        self._list.setWidgetResizable(True)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its rows take the focus, and scroll it
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 8, 8, 0)
        column.setSpacing(8)
        column.addWidget(ElidedLabel(TITLE, "title"))
        column.addWidget(self.about)
        column.addLayout(top)
        column.addWidget(self._list, stretch=1)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)


def about(compared: Compared) -> str:
    """Of which photos, and which searches."""
    seen, asked = compared.side.photos, compared.asked
    count = photos(compared.library_photos)
    of = f"all {count}" if seen >= compared.library_photos else f"{seen:,} of {count}, spread over the library"
    words = "your latest searches" if asked.own_words else "names of your labels, for you have not searched yet"
    like = "the photos that you looked for others like" if asked.own_photos else "photos that it had not learned from"
    return (
        f"Both models looked at {of}, and rank them by what they show alone, without filters and tags. "
        f"Asked: {like}; {words}."
    )
