"""The middle of the window: the grid, the line above it, and the page that stands there when there are no photos."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from desktop.empty_state import EmptyState, Remedy, Situation, page_for
from desktop.grid.listing import Listing, browsing, found
from desktop.grid.model import GridModel
from desktop.grid.results_line import ResultsLine
from desktop.grid.view import GridView

if TYPE_CHECKING:
    from core.query import Query
    from desktop.search.searcher import Answer
    from desktop.theme import Theme

NOTICED_MS = 400  # quicker answers simply come; with slower ones the user wants to know that something is being done


class Gallery(QWidget):
    """Shows an Answer as the situation asks for it."""

    remedy_chosen = Signal(object)
    """Remedy: what the user wants done about an empty window. Showing weak results is done here already."""

    def __init__(self, model: GridModel, theme: Theme, strictness: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = GridView(model, theme)
        self.empty_state = EmptyState(theme)
        self.results_line = ResultsLine(strictness)
        self._situation = Situation()
        self._answer: Answer | None = None
        self._show_weak = False
        self._slow = QTimer(self, singleShot=True, interval=NOTICED_MS)
        self._slow.timeout.connect(self.results_line.show_waiting)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.empty_state)
        self._pages.addWidget(self.grid)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.results_line)
        column.addLayout(self._pages)
        self.results_line.hide()
        self.grid.weak_toggled.connect(self._set_show_weak)
        self.empty_state.chosen.connect(self._press)

    @property
    def listing(self) -> Listing:
        return self.grid.model().listing  # type: ignore[attr-defined]

    def note(self, **facts: Any) -> None:
        """Take facts of the Situation and show the page that fits."""
        self._situation = replace(self._situation, **facts)
        page = page_for(self._situation)
        if page is not None:
            self.empty_state.show_page(page)
        self._pages.setCurrentWidget(self.grid if page is None else self.empty_state)

    def expect(self, query: Query) -> None:
        """A query was asked. What is shown stays until its answer comes; asked again, it changes nothing before."""
        if self._answer is not None and self._answer.query == query:
            return
        self._show_weak = False
        self.note(waiting=True, searching=not query.is_empty, compares=bool(query.terms))
        self._slow.start()

    def show_answer(self, answer: Answer) -> None:
        new_query = self._answer is None or answer.query != self._answer.query
        self._answer = answer
        self._slow.stop()
        if answer.result is not None:
            self.results_line.show_result(answer.result)
        self.results_line.setVisible(answer.result is not None)
        self._show_listing()
        if new_query:
            self.grid.scrollToTop()

    def _show_listing(self) -> None:
        answer = self._answer
        if answer is None:
            return
        result = answer.result
        listing = browsing(answer.ids) if result is None else found(result, show_weak=self._show_weak)
        self.note(
            answered=True,
            waiting=False,
            searching=result is not None,
            shown=len(listing.ids),
            weak_hidden=listing.weak_hidden,
        )
        self.grid.show_listing(listing)

    def _set_show_weak(self, show: bool) -> None:
        self._show_weak = show
        self._show_listing()

    def _press(self, remedy: Remedy) -> None:
        if remedy is Remedy.SHOW_WEAK:
            self._set_show_weak(True)
        else:
            self.remedy_chosen.emit(remedy)
