"""The search bar: the line, its chips and its error. Text and chips are two views of one query and always agree."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QTimer, Signal
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from core.errors import QueryError
from core.query import Filter, Query, Term, parse
from desktop.icons import icon
from desktop.search.chips import ChipRow
from desktop.search.field import SearchField
from desktop.theme import STEP_PX, Theme

if TYPE_CHECKING:
    from core.library import Library
    from desktop.tasks import Tasks

PATIENCE_MS = 500  # an unfinished word such as "camera:" is no mistake yet; after a pause it is


class SearchBar(QWidget):
    """Where the user says what to find."""

    query_changed = Signal(object)
    """Query: each time the text means something else."""
    query_broken = Signal()
    """The text cannot be understood as it stands now."""
    left = Signal()
    """The user goes on to the photos."""

    def __init__(self, library: Library, tasks: Tasks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks, self._theme = library, tasks, theme
        self._query = Query()
        self._error: QueryError | None = None
        self.field = SearchField(theme)
        self.chip_row = ChipRow(library, tasks, theme)
        self.message = QLabel()
        self.message.setProperty("role", "danger")
        self.message.setWordWrap(True)
        self.message.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP_PX)
        for widget in (self.field, self.message, self.chip_row):
            column.addWidget(widget)
        self._lens = QAction(self)
        self._clear = QAction("Clear the search", self)
        self._clear.triggered.connect(self.field.clear)
        self.field.addAction(self._lens, QLineEdit.ActionPosition.LeadingPosition)
        self.field.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._tell_error)
        self.field.textChanged.connect(self._read)
        self.field.picture_given.connect(partial(self.add_picture, replace=False))
        self.field.left.connect(self._leave)
        self.chip_row.removed.connect(self._remove)
        theme.changed.connect(self._paint_icons)
        self._paint_icons()
        self._clear.setVisible(False)

    @property
    def query(self) -> Query:
        """The last one that could be understood."""
        return self._query

    def show_error(self, error: QueryError) -> None:
        """Mark the word at fault and say what is wrong with it."""
        self._error = error
        self._tell_error()

    def search_for(self, text: str) -> None:
        self.field.setText(text)
        self.field.setFocus()

    def add_picture(self, picture: Path | QImage, *, replace: bool) -> None:
        """Search by a picture: added to what stands in the line, or instead of it."""
        self._tasks.run(partial(_picture_term, self._library, picture), partial(self._add_term, replace=replace))

    def _add_term(self, term: str, *, replace: bool) -> None:
        before = "" if replace else self.field.text().strip()
        self.search_for(f"{before} + {term}" if before else term)

    def _read(self, text: str) -> None:
        self._clear.setVisible(bool(text))
        try:
            query = parse(text)
        except QueryError as error:
            self._error = error
            self._patience.start()
            self.chip_row.setEnabled(False)  # they no longer say what the text says
            self.query_broken.emit()
            return
        self._error = None
        self._patience.stop()
        self._tell_error()
        self.chip_row.setEnabled(True)
        self.chip_row.show_query(query)
        if query != self._query:
            self._query = query
            self.query_changed.emit(query)

    def _tell_error(self) -> None:
        error = self._error
        self.message.setText(str(error) if error else "")
        self.message.setVisible(error is not None)
        if error:
            self.chip_row.hide()
        self.field.mark_fault((error.start, error.end) if error else None)

    def _remove(self, part: Term | Filter) -> None:
        self.search_for(str(self._query.without(part)))

    def _leave(self) -> None:
        if self._error is not None:
            self._patience.stop()
            self._tell_error()
        else:
            self.left.emit()

    def _paint_icons(self) -> None:
        self._lens.setIcon(icon("search", self._theme.colors.muted))
        self._clear.setIcon(icon("close", self._theme.colors.muted))


def _picture_term(library: Library, picture: Path | QImage) -> str:
    """On a worker: a pasted bitmap is kept by the library as a file."""
    if isinstance(picture, Path):
        return library.image_term(picture)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")  # type: ignore[call-overload] - the stub wants bytes where Qt takes str
    return library.image_term(bytes(buffer.data().data()))
