"""The two kinds of duplicates: how their groups are found, and how they are shown, a page of them at a time."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.errors import RecollectError
from desktop.empty_pages import Page, Remedy
from desktop.empty_state import EmptyState
from desktop.organise.duplicate_groups import Copies, keeping, read_exact, read_groups
from desktop.organise.duplicate_pictures import PagePictures
from desktop.organise.duplicate_row import GroupRow
from desktop.tasks import Lane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.library import Library
    from core.types import DuplicateGroup
    from desktop.tasks import Tasks
    from desktop.theme import Theme

GROUPS = 12  # on one page: some 40 photos, which show in a blink; thousands of groups are pages, not widgets

NO_COPIES = Page("check", "No exact copies", "Each of your photos is there once.")
READING = Page("duplicates", "Looking for copies…", "")
ASK = Page(
    "similar",
    "Find other versions of your photos",
    "The same picture in other files: smaller, compressed, converted, cropped or edited. The first time, all photos "
    "are compared with each other. That may take minutes, and you can go on working meanwhile.",
    "Look for them",
    Remedy.SEARCH,
)
NO_VERSIONS = Page(
    "check",
    "No other versions",
    "None of your photos is there in another version.",
    other="Look again",
    other_remedy=Remedy.SEARCH,
)


class Section(QStackedWidget):
    """Groups of one kind, or a page that says why there are none."""

    changed = Signal()
    """Other groups, or another choice of what to keep."""
    trash_wanted = Signal(object)
    compare_wanted = Signal(object)
    opened = Signal(object, object)
    failed = Signal(object)

    title = ""
    lead = ""

    def __init__(self, library: Library, tasks: Tasks, theme: Theme) -> None:
        super().__init__()
        self._library, self._tasks, self._theme = library, tasks, theme
        self._pictures = PagePictures(library, tasks, self)
        self.groups: list[Copies] = []
        self.is_known = False
        self.rows: list[GroupRow] = []
        self._first = 0  # of the groups on this page
        self.empty = EmptyState(theme)
        self.empty.chosen.connect(self._remedy)
        self._list = QScrollArea()
        self.previous_button, self.next_button, self._place = QPushButton("Previous"), QPushButton("Next"), QLabel()
        self._pager = QWidget()
        self._build()
        self._pictures.arrived.connect(self._show_picture)

    def refresh(self) -> None:
        """Bring the groups up to date with the library."""
        raise NotImplementedError

    def _remedy(self, remedy: Remedy) -> None:
        """A button of an empty page was pressed."""

    def _build(self) -> None:
        self._list.setWidgetResizable(True)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.previous_button.clicked.connect(lambda: self._turn(-GROUPS))
        self.next_button.clicked.connect(lambda: self._turn(GROUPS))
        row = QHBoxLayout(self._pager)
        row.setContentsMargins(0, 0, 0, 8)
        row.addStretch()
        for widget in (self.previous_button, self._place, self.next_button):
            row.addWidget(widget)
        row.addStretch()
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._list)
        column.addWidget(self._pager)
        self.addWidget(self.empty)
        self.addWidget(page)

    def _show_groups(self, groups: Sequence[Copies]) -> None:
        self.is_known = True
        groups = keeping(self.groups, groups)
        if groups != self.groups or bool(self.rows) != bool(groups):
            self.groups = groups
            self._first = min(self._first, max(0, (len(groups) - 1) // GROUPS * GROUPS))
            self._draw()
        self.setCurrentIndex(1 if groups else 0)
        self.changed.emit()

    def _draw(self) -> None:
        """This page anew. The focus stays at its place: the next group has moved there when one is done."""
        focused = next((place for place, row in enumerate(self.rows) if row.isAncestorOf(self._focus())), None)
        scrolled = self._list.verticalScrollBar().value()
        self.rows = [self._row(copies) for copies in self.groups[self._first : self._first + GROUPS]]
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 8, 8)
        column.setSpacing(8)
        for row in self.rows:
            column.addWidget(row)
        column.addStretch()
        self._list.setWidget(content)
        self._list.verticalScrollBar().setValue(scrolled)
        last = self._first + len(self.rows)
        self._place.setText(f"{self._first + 1:,} to {last:,} of {len(self.groups):,} groups")
        self._pager.setVisible(len(self.groups) > GROUPS)
        self.previous_button.setEnabled(self._first > 0)
        self.next_button.setEnabled(last < len(self.groups))
        self._want_pictures()
        if focused is not None and self.rows:
            self.rows[min(focused, len(self.rows) - 1)].trash_button.setFocus()

    def _focus(self) -> QWidget:
        return self.window().focusWidget() or self

    def _row(self, copies: Copies) -> GroupRow:
        row = GroupRow(copies, self._pictures, self._theme)
        row.keep_chosen.connect(self._keep)
        row.trash_wanted.connect(self.trash_wanted)
        row.compare_wanted.connect(self.compare_wanted)
        row.opened.connect(self.opened)
        row.unfolded.connect(self._want_pictures)
        return row

    def _want_pictures(self) -> None:
        self._pictures.want([photo_id for row in self.rows for photo_id in row.shown])

    def _show_picture(self, photo_id: object) -> None:
        for row in self.rows:
            row.show_picture(photo_id)  # type: ignore[arg-type]

    def _turn(self, by: int) -> None:
        self._first += by
        self._draw()
        self._list.verticalScrollBar().setValue(0)

    def _keep(self, copies: Copies) -> None:
        self.groups = [copies if each.ids == copies.ids else each for each in self.groups]
        self.changed.emit()


class ExactSection(Section):
    """Files that are the same byte for byte; known to the library at any time."""

    title = "Exact copies"
    lead = "The same file in several places. Nothing is lost as long as one of them stays."

    def refresh(self) -> None:
        if not self.is_known:
            self.empty.show_page(READING)
        self._tasks.run(partial(read_exact, self._library), self._take, self.failed.emit)

    def _take(self, groups: list[Copies]) -> None:
        self.empty.show_page(NO_COPIES)
        self._show_groups(groups)


class NearSection(Section):
    """Other files of the very same picture; searched for when the user asks, and kept up to date from then on."""

    job_moved = Signal(str, object, object, object)
    job_ended = Signal(str)
    _progressed = Signal(object, object)

    title = "Other versions"
    lead = "The same picture in other files: smaller, compressed, cropped or edited. Look at them before you decide."
    job = "Looking for other versions"

    def __init__(self, library: Library, tasks: Tasks, theme: Theme) -> None:
        super().__init__(library, tasks, theme)
        self._found: list[DuplicateGroup] = []
        self._cancelled: threading.Event | None = None  # of the search that runs
        self._progressed.connect(self._move)  # from the thread that searches
        self.empty.show_page(ASK)

    @property
    def is_searching(self) -> bool:
        return self._cancelled is not None

    def search(self) -> None:
        """Compare all photos with each other, in the background."""
        if self._cancelled is not None:
            return
        cancelled = self._cancelled = threading.Event()
        work = partial(
            self._library.duplicates.near,
            on_progress=self._progressed.emit,
            cancelled=cancelled.is_set,
        )
        self._tasks.run(work, self._end, self._fail, Lane.DUPLICATES)
        self._move(0, 0)
        self.changed.emit()

    def cancel(self) -> None:
        if self._cancelled is not None:
            self._cancelled.set()

    def refresh(self) -> None:
        """Photos that have gone leave their groups; to find new ones takes a new search."""
        if self.is_known and self._cancelled is None:
            self._tasks.run(partial(read_groups, self._library, self._found), self._take, self.failed.emit)

    def _remedy(self, remedy: Remedy) -> None:
        if remedy is Remedy.CANCEL:
            self.cancel()
        else:
            self.search()

    def _move(self, done: int, total: int) -> None:
        if self._cancelled is None or self._cancelled.is_set():
            return
        page = Page(
            "similar",
            "Looking for other versions…",
            "You can go on working meanwhile.",
            other="Cancel",
            other_remedy=Remedy.CANCEL,
            progress=done / total if total else 0.0,
        )
        self.empty.show_page(page)
        self.setCurrentIndex(0)
        self.job_moved.emit(self.job, done, total, self.cancel)

    def _end(self, found: list[DuplicateGroup]) -> None:
        """Of a search that was cancelled, too: then these are the groups that it had found."""
        was_cancelled = self._cancelled is not None and self._cancelled.is_set()
        self._cancelled = None
        self.job_ended.emit(self.job)
        if was_cancelled and not found:
            self._ask_again()
        else:
            self._found = found
            self.is_known = True
            self.refresh()

    def _fail(self, error: RecollectError) -> None:
        self._cancelled = None
        self.job_ended.emit(self.job)
        self._ask_again()
        self.failed.emit(error)

    def _ask_again(self) -> None:
        self.empty.show_page(NO_VERSIONS if self.is_known else ASK)
        self.setCurrentIndex(1 if self.groups else 0)
        self.changed.emit()

    def _take(self, groups: list[Copies]) -> None:
        self.empty.show_page(NO_VERSIONS)
        self._show_groups(groups)
