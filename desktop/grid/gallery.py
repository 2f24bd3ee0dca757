"""The middle of the window: the grid with its timeline, the line above it, and the page that stands there when there
are no photos."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from core.coverage import hardly_known_sentence
from desktop.empty_pages import Remedy, Situation, page_for
from desktop.empty_state import EmptyState
from desktop.grid.coverage_notice import CoverageNotice
from desktop.grid.layout import USUAL_CELL_PX
from desktop.grid.listing import Listing, browsing, found
from desktop.grid.model import GridModel
from desktop.grid.results_line import ResultsLine
from desktop.grid.timeline import Timeline
from desktop.grid.view import GridView
from desktop.organise.wording import isolated
from desktop.search.searcher import LIMIT

if TYPE_CHECKING:
    from core.coverage import Coverage
    from core.errors import RecollectError
    from core.query import Query
    from core.types import ModelInfo
    from desktop.search.searcher import Answer
    from desktop.theme import Theme

NOTICED_MS = 400  # quicker answers simply come; with slower ones the user wants to know that something is being done
TYPED_MS = 600  # after the last change of a query: before, a word that nobody knows is one that is still being typed
UNFINISHED_MS = 1_500  # the same where the letters are the beginning of a word that is known
SIZE_SETTLED_MS = 500  # after the last change: a size that is only passed by is not worth keeping


class Gallery(QWidget):
    """Shows an Answer as the situation asks for it."""

    remedy_chosen = Signal(object)
    """Remedy: what the user wants done about an empty window. Showing weak results is done here already."""

    sort_chosen = Signal(object)
    """Sort."""
    cell_px_settled = Signal(int)
    """The size of the pictures that the user wants: to be kept."""

    def __init__(
        self,
        model: GridModel,
        theme: Theme,
        strictness: float,
        parent: QWidget | None = None,
        *,
        cell_px: int = USUAL_CELL_PX,
    ) -> None:
        super().__init__(parent)
        self.grid = GridView(model, theme, cell_px=cell_px)
        self.empty_state = EmptyState(theme)
        self.results_line = ResultsLine(theme, strictness, cell_px=self.grid.cell_px)
        self.coverage_notice = CoverageNotice(theme)
        self._grid_page = QWidget()
        self.timeline = Timeline(self.grid, theme, self._grid_page)
        self._situation = Situation()
        self._answer: Answer | None = None
        self._show_weak = False
        self._show_noise = False  # what was found for words of which none is known
        self._held: Answer | None = None  # it waits until the words have been typed
        self._typed = QTimer(self, singleShot=True, interval=TYPED_MS)
        self._typed.timeout.connect(self._take_typed)
        self._slow = QTimer(self, singleShot=True, interval=NOTICED_MS)
        self._slow.timeout.connect(self.results_line.show_waiting)
        self._size_settled = QTimer(self, singleShot=True, interval=SIZE_SETTLED_MS)
        self._size_settled.timeout.connect(lambda: self.cell_px_settled.emit(self.grid.cell_px))
        self._pages = QStackedLayout()
        self._build()
        self._connect()

    @property
    def listing(self) -> Listing:
        return self.grid.model().listing  # type: ignore[attr-defined]

    def note(self, **facts: Any) -> None:
        """Take facts of the Situation and show the page that fits."""
        self._situation = replace(self._situation, **facts)
        page = page_for(self._situation)
        leaves_page = page is None and self.empty_state.holds_focus
        if page is not None:
            self.empty_state.show_page(page)
        self._pages.setCurrentWidget(self._grid_page if page is None else self.empty_state)
        if leaves_page or (page is not None and self.grid.hasFocus()):
            self.take_focus()

    def take_focus(self) -> None:
        """The keyboard goes to the photos; where there are none, to what can be done about it."""
        button = None if self._pages.currentWidget() is self._grid_page else self.empty_state.first_button
        (self.grid if button is None else button).setFocus()

    def expect(self, query: Query) -> None:
        """A query was asked. What is shown stays until its answer comes; asked again, it changes nothing before."""
        if self._answer is not None and self._answer.query == query:
            return
        self._show_weak = self._show_noise = False
        self._held = None
        self._typed.start(TYPED_MS)
        self.note(waiting=True, searching=not query.is_empty, compares=bool(query.terms), error=None)
        self._slow.start()

    def show_answer(self, answer: Answer) -> None:
        """At once; but what is found for unknown words waits until these have been typed: it would only flicker."""
        coverage = _coverage(answer)
        if coverage is not None and coverage.is_unfinished and self._typed.isActive() and self._held is None:
            self._typed.start(UNFINISHED_MS)
        if coverage is not None and coverage.is_hopeless and self._typed.isActive():
            self._held = answer
        else:
            self._held = None
            self._show(answer)

    def show_model(self, info: ModelInfo | None) -> None:
        """The one that answers."""
        self.results_line.model_button.show_model(info)
        self._show_listing()

    def _show(self, answer: Answer) -> None:
        last = self._answer
        new_query = last is None or (answer.query, answer.title) != (last.query, last.title)
        new_order = self._answer is not None and answer.sort != self._answer.sort
        self._answer = answer
        self._slow.stop()
        self.results_line.setVisible(not answer.query.is_empty or bool(answer.arrangement.ids))
        self._show_listing(anew=new_query)
        if new_order:
            self.grid.scrollToTop()

    def show_error(self, error: RecollectError) -> None:
        """Why there is no answer."""
        self._slow.stop()
        self._held = None
        self.results_line.hide()
        self.coverage_notice.hide()
        self.note(waiting=False, error=error, hardly_known="")

    def _build(self) -> None:
        row = QHBoxLayout(self._grid_page)
        row.addWidget(self.grid, stretch=1)
        row.addWidget(self.timeline)
        self._pages.addWidget(self.empty_state)
        self._pages.addWidget(self._grid_page)
        column = QVBoxLayout(self)
        for layout in (row, column):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        column.addWidget(self.results_line)
        column.addWidget(self.coverage_notice)
        column.addLayout(self._pages)
        self.results_line.hide()
        self.timeline.hide()

    def _connect(self) -> None:
        line = self.results_line
        line.sort_button.sort_chosen.connect(self.sort_chosen)
        line.sort_button.names_toggled.connect(self.grid.show_names)
        line.size_slider.chosen.connect(self.grid.set_cell_px)
        line.size_slider.chosen.connect(lambda _px: self._size_settled.start())
        self.grid.cell_px_changed.connect(line.size_slider.show_size)
        self.grid.cell_px_changed.connect(lambda _px: self._size_settled.start())
        self.grid.weak_toggled.connect(self._set_show_weak)
        self.empty_state.chosen.connect(self._press)
        for part in (line.model_button, self.coverage_notice):
            part.models_wanted.connect(lambda: self.remedy_chosen.emit(Remedy.SHOW_MODELS))

    def _show_listing(self, *, anew: bool = False) -> None:
        answer = self._answer
        if answer is None:
            return
        result = answer.result
        noise = self._is_noise(answer)
        self.results_line.show_answer(answer, hidden=noise)
        if noise:
            listing = Listing()
        elif result is None:
            listing = browsing(answer.arrangement.ids, answer.arrangement.sections)
        else:
            listing = found(result, show_weak=self._show_weak, limit=LIMIT)
        self.note(
            answered=True,
            waiting=False,
            searching=not answer.query.is_empty,
            shown=len(listing.ids),
            filters=tuple(map(str, answer.query.filters)),
            error=None,
            weak_hidden=listing.weak_hidden,
            hardly_known=self._hardly_known(answer) if noise else "",
            noise_hidden=len(result.hits) if result is not None and noise else 0,
        )
        self._notice_words()
        self.grid.show_listing(listing, anew=anew)

    def _is_noise(self, answer: Answer) -> bool:
        """Nothing that was searched for is known, and the user has not asked to see what was found all the same."""
        coverage = _coverage(answer)
        known_model = self.results_line.model_button.info is not None
        return coverage is not None and coverage.is_hopeless and known_model and not self._show_noise

    def _hardly_known(self, answer: Answer) -> str:
        info, coverage = self.results_line.model_button.info, _coverage(answer)
        if info is None or coverage is None:
            return ""
        return hardly_known_sentence(info.title, coverage.hardly_known, isolated)

    def _notice_words(self) -> None:
        """Above the photos; not while the words are being typed, unless something is said of them already."""
        answer = self._answer
        coverage = None if answer is None else _coverage(answer)
        words = () if coverage is None or answer is None or self._is_noise(answer) else coverage.hardly_known
        if words and self._typed.isActive() and self.coverage_notice.isHidden():
            return
        self.coverage_notice.show_words(self.results_line.model_button.info, words)

    def _take_typed(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._show(held)
        else:
            self._notice_words()

    def _set_show_weak(self, show: bool) -> None:
        self._show_weak = show
        self._show_listing()

    def _press(self, remedy: Remedy) -> None:
        if remedy is Remedy.SHOW_WEAK:
            self._set_show_weak(True)
        elif remedy is Remedy.SHOW_UNKNOWN:
            self._show_found_noise()
        else:
            self.remedy_chosen.emit(remedy)

    def _show_found_noise(self) -> None:
        """Also the weak ones where there are no others: one click is enough."""
        result = None if self._answer is None else self._answer.result
        self._show_noise = True
        self._show_weak = result is not None and all(hit.weak for hit in result.hits)
        self._show_listing(anew=True)
        self.take_focus()


def _coverage(answer: Answer) -> Coverage | None:
    return None if answer.result is None else answer.result.coverage
