"""The history of runs: what was trained, how good it became, which tagger is in use, and what can be done with each."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence
from PySide6.QtWidgets import QMenu, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from core.errors import RecollectError, TrainingError
from desktop.empty_pages import Page, Remedy
from desktop.empty_state import EmptyState
from desktop.reports import run_deeds
from desktop.reports.comparison_view import ComparisonView
from desktop.reports.part import Line
from desktop.reports.run_actions import (
    ALL,
    COMBINE,
    COMPARE,
    DELETE,
    EXPORT,
    FOLDER,
    GO_ON,
    REPORT,
    USE,
    RunAction,
    fits,
)
from desktop.reports.run_questions import ask_for_folder, ask_for_name, ask_to_delete, ask_to_use_anyway
from desktop.reports.run_rows import HEADINGS, Entry, Listing, read_listing, row_of
from desktop.reports.value_table import ValueTable
from desktop.search.flow_layout import FlowLayout
from desktop.tasks import Lane, Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QShowEvent

    from core.library import Library
    from desktop.tasks import Tasks
    from desktop.theme import Theme

NOTHING_YET = Page(
    "model",
    "Nothing has been trained yet",
    "Label some photos and press Train: what comes of it stands here, to be looked at, compared and used.",
    "Train",
    Remedy.SEARCH,
)
EXPORTS = (
    ("ONNX…", run_deeds.ONNX),
    ("ONNX and INT8…", run_deeds.INT8),
    ("Checkpoint folder…", run_deeds.CHECKPOINT),
)
JOB = "Exporting the tagger"


class RunsView(QWidget):
    """Reads the history anew when it is shown and when `refresh` is called."""

    report_wanted = Signal(object)
    """Path of a run."""
    resume_wanted = Signal(object)
    """Path of a run that was interrupted."""
    of_search_wanted = Signal(object)
    """Path of a run that has taught search: what can be done with it."""
    train_wanted = Signal()
    """There is nothing yet."""
    deleted = Signal(object)
    """Path of a run that is no more."""
    photos_wanted = Signal(object, str)
    """List of PhotoId, and what they are."""
    opened = Signal(object, object)
    """PhotoId, and the tuple of those beside it."""
    said = Signal(str)
    """What was done, in a sentence without a full stop: for the toast."""
    failed = Signal(object)
    """RecollectError."""
    job_moved = Signal(str, object, object, object)
    """An export runs, as `StatusLine.show_job` takes it."""
    job_ended = Signal(str)

    def __init__(self, library: Library, tasks: Tasks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._reading: Task | None = None
        self._working = False
        self.entries: tuple[Entry, ...] = ()
        self.table = ValueTable("Runs", HEADINGS, several=True)
        self.comparison = ComparisonView(library, tasks, theme)
        self.empty = EmptyState(theme)
        self.note = Line("muted")
        self.back_button = QPushButton("Go back")
        self.actions_on_runs: dict[RunAction, QAction] = {}
        self.buttons: dict[RunAction, QPushButton] = {}
        self._pages, self._list = QStackedWidget(), QWidget()
        self._build()
        self._connect()
        self._take_selection()

    @property
    def selected(self) -> list[Entry]:
        keys = self.table.selected
        return [entry for key in keys for entry in self.entries if entry.key == key]

    @property
    def is_busy(self) -> bool:
        return self._working or self._reading is not None

    def refresh(self) -> None:
        """A run has ended, or another tagger is in use."""
        if not self.isVisible():
            return  # it is read when it is shown
        if self._reading is not None:
            self._reading.cancel()
        self._reading = self._tasks.run(partial(read_listing, self._library), self._show, self._give_up)

    def take_focus(self) -> None:
        widgets = {self._list: self.table, self.empty: self.empty.button}
        widgets.get(self._pages.currentWidget(), self.comparison.back_button).setFocus()  # type: ignore[arg-type]

    # What the user does

    def compare(self, first: Path, second: Path) -> None:
        """The second against the first."""
        self._pages.setCurrentWidget(self.comparison)
        self.comparison.compare(first, second)
        self.comparison.back_button.setFocus()

    def use(self, entry: Entry, *, force: bool = False) -> None:
        if entry.is_of_search:
            self.of_search_wanted.emit(entry.path)
            return
        self._say("Asking both taggers about the photos that were held out…" if not force else "")
        self._do(
            partial(run_deeds.use, self._library, entry, force=force), self._told, partial(self._refused, entry, force)
        )

    def go_back(self) -> None:
        self._do(partial(run_deeds.go_back, self._library), self._told)

    def combine(self, entries: list[Entry], name: str) -> None:
        self._do(partial(run_deeds.combine, self._library, entries, name), self._told)

    def delete(self, entries: list[Entry]) -> None:
        def done(text: str) -> None:
            for entry in entries:
                if entry.path is not None:
                    self.deleted.emit(entry.path)
            self._told(text)

        self._do(partial(run_deeds.delete, self._library, entries), done)

    def export(self, entry: Entry, folder: Path, kind: str) -> None:
        """ONNX is written and then measured, which takes a minute."""
        if entry.path is None:
            return
        self.job_moved.emit(JOB, 0, 0, None)
        self._say("Exporting…")
        self._do(partial(run_deeds.export, entry.path, folder, kind), self._exported, self._not_exported, Lane.EXPORT)

    def _act(self, action: RunAction) -> None:
        entries = self.selected
        if not fits(action, entries) or self._working:
            return
        first = entries[0]
        deeds: dict[RunAction, Callable[[], object]] = {
            REPORT: lambda: self.report_wanted.emit(first.path),
            USE: lambda: self.use(first),
            COMPARE: lambda: self._compare(entries),
            COMBINE: lambda: ask_for_name(self, entries, partial(self.combine, entries)),
            GO_ON: lambda: self.resume_wanted.emit(first.path),
            FOLDER: lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(first.path))),
            DELETE: lambda: ask_to_delete(self, entries, partial(self.delete, entries)),
        }
        if action in deeds:
            deeds[action]()

    def _compare(self, entries: list[Entry]) -> None:
        """The older one is the first, whichever way the list is sorted."""
        first, second = sorted(entries, key=self.entries.index, reverse=True)
        if first.path is not None and second.path is not None:
            self.compare(first.path, second.path)

    def _ask_where(self, kind: str) -> None:
        entries = self.selected
        if fits(EXPORT, entries):
            ask_for_folder(self, lambda folder: self.export(entries[0], folder, kind))

    # What comes of it

    def _do(
        self,
        work: Callable[[], str],
        done: Callable[[str], None],
        failed: Callable[[RecollectError], None] | None = None,
        lane: Lane = Lane.GENERAL,
    ) -> None:
        self._working = True
        self._take_selection()
        self._tasks.run(work, partial(self._end, done), partial(self._end, failed or self._not_done), lane)

    def _end(self, tell: Callable, outcome: object) -> None:
        self._working = False
        tell(outcome)
        self._take_selection()

    def _told(self, text: str) -> None:
        self._say("")
        self.said.emit(text)
        self.refresh()

    def _refused(self, entry: Entry, force: bool, error: RecollectError) -> None:
        """Not better: the user may use it all the same. Anything else is an error."""
        self._say("")
        if not force and isinstance(error, TrainingError):
            ask_to_use_anyway(self, entry, error, partial(self.use, entry, force=True))
        else:
            self.failed.emit(error)

    def _not_done(self, error: RecollectError) -> None:
        self._say("")
        self.failed.emit(error)
        self.refresh()

    def _exported(self, text: str) -> None:
        self.job_ended.emit(JOB)
        self._say(text)

    def _not_exported(self, error: RecollectError) -> None:
        self.job_ended.emit(JOB)
        self._not_done(error)

    def _say(self, text: str) -> None:
        self.note.say(text)

    # What is shown

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _show(self, listing: Listing) -> None:
        self._reading = None
        changed = listing.entries != self.entries
        self.entries = listing.entries
        self.back_button.setText(f"Go back to {listing.back_to}" if listing.back_to else "Go back")
        self.back_button.setVisible(listing.back_to is not None)
        if changed:
            keys = [entry.key for entry in listing.entries]
            selected = [key for key in self.table.selected if key in keys] or keys[:1]
            self.table.show_rows([row_of(entry) for entry in listing.entries])
            self.table.select(selected)
        if self._pages.currentWidget() is not self.comparison:
            has_runs = any(entry.run is not None or entry.is_trained for entry in listing.entries)
            self._pages.setCurrentWidget(self._list if has_runs else self.empty)
        self._take_selection()

    def _give_up(self, error: RecollectError) -> None:
        self._reading = None
        self.failed.emit(error)

    def _take_selection(self) -> None:
        entries = self.selected
        for action, on_runs in self.actions_on_runs.items():
            on_runs.setEnabled(fits(action, entries) and not self._working)
            self.buttons[action].setEnabled(on_runs.isEnabled())
        self.buttons[GO_ON].setVisible(fits(GO_ON, entries))
        self.back_button.setEnabled(not self._working)

    def _leave_comparison(self) -> None:
        self._pages.setCurrentWidget(self._list)
        self.table.setFocus()

    def _connect(self) -> None:
        self.table.selection_changed.connect(self._take_selection)
        self.table.chosen.connect(lambda _key: self._act(REPORT))
        self.back_button.clicked.connect(self.go_back)
        self.empty.chosen.connect(lambda _remedy: self.train_wanted.emit())
        self.comparison.closed.connect(self._leave_comparison)
        self.comparison.failed.connect(self.failed)
        self.comparison.opened.connect(self.opened)
        self.comparison.photos_wanted.connect(self.photos_wanted)

    def _build(self) -> None:
        bar = QWidget()
        flow = FlowLayout(bar)
        flow.addWidget(self.back_button)
        for action in ALL:
            self._add(action)
            flow.addWidget(self.buttons[action])
        self.buttons[USE].setProperty("role", "main")
        menu = QMenu(self.buttons[EXPORT])
        for text, kind in EXPORTS:
            menu.addAction(text, partial(self._ask_where, kind))
        self.buttons[EXPORT].setMenu(menu)
        self.back_button.setToolTip("With all that it said of your photos, at once")
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        column = QVBoxLayout(self._list)
        column.setContentsMargins(0, 8, 8, 16)
        column.setSpacing(8)
        for widget in (bar, self.note, self.table):
            column.addWidget(widget)
        column.setStretchFactor(self.table, 1)
        self.note.say("")
        self.empty.show_page(NOTHING_YET)
        for page in (self._list, self.empty, self.comparison):
            self._pages.addWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)

    def _add(self, action: RunAction) -> None:
        on_runs = QAction(action.text, self)
        on_runs.triggered.connect(partial(self._act, action))
        button = QPushButton(action.text)
        button.setToolTip(f"{action.tip} ({action.key})" if action.key else action.tip)
        if action is not EXPORT:
            button.clicked.connect(on_runs.trigger)
            self.table.addAction(on_runs)
        if action is DELETE:
            on_runs.setShortcut(QKeySequence.StandardKey.Delete)
            on_runs.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.actions_on_runs[action], self.buttons[action] = on_runs, button
