"""The search bar: the line, its chips and its error. Text and chips are two views of one query and always agree."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QTimer, Signal
from PySide6.QtGui import QAction, QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from core.errors import QueryError
from core.query import Filter, Query, Term, parse
from desktop.icons import icon
from desktop.search.chip_row import ChipRow
from desktop.search.chips import Chip
from desktop.search.completion import Completion
from desktop.search.editing import Editing
from desktop.search.field import SearchField
from desktop.search.filter_menu import FilterMenu
from desktop.search.history import HistoryKeeper
from desktop.theme import STEP_PX, Theme

if TYPE_CHECKING:
    from core.library import Library
    from desktop.search.searcher import Answer
    from desktop.tasks import Tasks

PATIENCE_MS = 500  # an unfinished word such as "camera:" is no mistake yet; after a pause it is
FILTER_KEYS = "Ctrl+Shift+F"  # beside Ctrl+F, which leads to the line


class SearchBar(QWidget):
    """Where the user says what to find."""

    query_changed = Signal(object)
    """Query: each time the text means something else."""
    query_broken = Signal()
    """The text cannot be understood as it stands now."""
    left = Signal()
    """The user goes on to the photos."""
    history_changed = Signal()
    """Recent searches came or went."""

    def __init__(self, library: Library, tasks: Tasks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks, self._theme = library, tasks, theme
        self._query = Query()
        self._error: QueryError | None = None
        self._is_broken = False
        self.field = SearchField(theme)
        self.chip_row = ChipRow(library, tasks, theme)
        self.completion = Completion(self.field, library, tasks, theme)
        self.history = HistoryKeeper(library, tasks, self)
        self.editing = Editing(library, tasks, lambda: self._query, self)
        self.menu = FilterMenu(theme, self)
        self._anchor: QWidget = self.field  # where the menu was opened
        self.message = QLabel()
        self.message.setProperty("role", "danger")
        self.message.setWordWrap(True)
        self.message.hide()
        self._lens = QAction(self)
        self._clear = QAction("Clear the search", self)
        self.filter_action = QAction("Filters", self)
        self.filter_action.setToolTip(f"Add a filter, words or a picture ({FILTER_KEYS})")
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._build()
        self._connect()

    @property
    def query(self) -> Query:
        """The last one that could be understood."""
        return self._query

    def show_error(self, error: QueryError) -> None:
        """Mark the word at fault and say what is wrong with it."""
        self._error = error
        self._tell_error()

    def search_for(self, text: str) -> None:
        self.field.rewrite(text)
        self.field.setFocus()

    def add_picture(self, picture: Path | QImage, *, replace: bool) -> None:
        """Search by a picture: added to what stands in the line, or instead of it."""
        self._tasks.run(partial(_picture_term, self._library, picture), partial(self._add_term, replace=replace))

    def note_answer(self, answer: Answer) -> None:
        """An answer has come: if the user stays with it, its query is remembered among the recent searches."""
        found = answer.result.hits if answer.result is not None else answer.arrangement.ids
        self.history.note_results(answer.query, found=bool(found))

    def settle(self) -> None:
        """The user does something with what was found: this search is remembered now."""
        self.history.settle()

    def open_filter_menu(self) -> None:
        """Every kind of part that can be added. While the line makes no sense, its mistake is told instead."""
        if self._is_broken:
            self._tell_error()
            return
        button = self.chip_row.filter_button
        self._anchor = button if button.hasFocus() or button.underMouse() else self.field
        self.menu.fill(self._unseen_term())
        left = 0 if self._anchor is button else max(0, self.field.width() - self.menu.sizeHint().width())
        self.menu.popup(self._anchor.mapToGlobal(QPoint(left, self._anchor.height())))

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP_PX)
        for widget in (self.field, self.message, self.chip_row):
            column.addWidget(widget)
        self.field.addAction(self._lens, QLineEdit.ActionPosition.LeadingPosition)
        self.field.addAction(self.filter_action, QLineEdit.ActionPosition.TrailingPosition)
        self.field.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        self._clear.setVisible(False)
        self._paint_icons()

    def _connect(self) -> None:
        self._patience.timeout.connect(self._tell_error)
        self._clear.triggered.connect(self.field.clear)
        self._theme.changed.connect(self._paint_icons)
        self.field.textChanged.connect(self._read)
        self.field.picture_given.connect(partial(self.add_picture, replace=False))
        self.field.left.connect(self._leave)
        self.field.departed.connect(self.settle)
        self.filter_action.triggered.connect(self.open_filter_menu)
        QShortcut(QKeySequence(FILTER_KEYS), self, self.open_filter_menu)
        self.chip_row.removed.connect(self._remove)
        self.chip_row.chosen.connect(self._change)
        self.chip_row.word_wanted.connect(lambda: self.editing.add_words(self.chip_row.word_button))
        self.chip_row.picture_wanted.connect(self.editing.choose_picture)
        self.chip_row.filter_wanted.connect(self.open_filter_menu)
        self.menu.term_wanted.connect(lambda term: self.editing.change(term, self._anchor))
        self.menu.word_wanted.connect(lambda: self.editing.add_words(self._anchor))
        self.menu.picture_wanted.connect(self.editing.choose_picture)
        self.menu.filter_wanted.connect(lambda key: self.editing.add_filter(key, self._anchor))
        self.history.remembered.connect(self.history_changed)
        self.completion.history_changed.connect(self.history_changed)
        self.editing.query_wanted.connect(lambda query: self.field.rewrite(str(query)))
        self.editing.removed.connect(self._remove)

    def _add_term(self, term: str, *, replace: bool) -> None:
        before = "" if replace else self.field.text().strip()
        self.search_for(f"{before} + {term}" if before else term)

    def _read(self, text: str) -> None:
        self._clear.setVisible(bool(text))
        try:
            query = parse(text)
        except QueryError as error:
            self._error = error
            self._is_broken = True
            self._patience.start()
            self.chip_row.setEnabled(False)  # they no longer say what the text says
            self.history.follow(None)
            self.query_broken.emit()
            return
        self._error = None
        self._is_broken = False
        self._patience.stop()
        self._tell_error()
        self.chip_row.setEnabled(True)
        changed = query != self._query
        self._query = query  # also where it is equal: its parts stand at other places of the line
        self.chip_row.show_query(query)
        self.history.follow(query)
        if changed:
            self.query_changed.emit(query)

    def _tell_error(self) -> None:
        error = self._error
        self.message.setText(str(error) if error else "")
        self.message.setVisible(error is not None)
        if self._is_broken:
            self.chip_row.hide()
        self.field.mark_fault((error.start, error.end) if error else None)

    def _unseen_term(self) -> Term | None:
        """Plain words have no chip; the menu leads to their sign and weight."""
        return self._query.terms[0] if self._query.terms and not self.chip_row.chips else None

    def _change(self, chip: Chip) -> None:
        self.editing.change(chip.part, chip)

    def _remove(self, part: Term | Filter) -> None:
        """The focus stays among the chips if it was there."""
        place = self.chip_row.focused_place()
        self.field.rewrite(str(self._query.without(part)))
        if place is not None and self.chip_row.chips:
            self.chip_row.focus(place)
        else:
            self.field.setFocus()

    def _leave(self) -> None:
        if self._is_broken:
            self._patience.stop()
            self._tell_error()
        else:
            self.settle()
            self.left.emit()

    def _paint_icons(self) -> None:
        self._lens.setIcon(icon("search", self._theme.colors.muted))
        self._clear.setIcon(icon("close", self._theme.colors.muted))
        self.filter_action.setIcon(icon("filter", self._theme.colors.muted))


def _picture_term(library: Library, picture: Path | QImage) -> str:
    """On a worker: a pasted bitmap is kept by the library as a file."""
    if isinstance(picture, Path):
        return library.image_term(picture)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")  # type: ignore[call-overload] - the stub wants bytes where Qt takes str
    return library.image_term(bytes(buffer.data().data()))
