"""The check of the labels before training: what it found, each with a remedy and a way to the photos."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.errors import RecollectError
from desktop.dialogs.cards import Sign
from desktop.organise.wording import photos
from desktop.tagging.tag_words import head_name
from desktop.tasks import Lane
from desktop.training.panel import Panel, button, row, say, text
from desktop.training.work import check_labels, ids_of

if TYPE_CHECKING:
    from core.library import Library
    from desktop.tasks import Task, Tasks
    from trainer.data.checks import Finding

JOB = "Checking the labels"
LEAD = "Too few photos of a kind, contradictions, and labels that are likely wrong. It takes a minute at most."
ALL_WELL = "Nothing to complain of: the labels look sound."
OLD = "Labels have changed since then. Check again to see what is left."
SIGNS = ("info", "warning", "warning")  # by severity
WRONG = "likely wrong"


class ChecksPanel(Panel):
    """Runs the check in a lane of its own and lists what came out."""

    photos_wanted = Signal(object, str)
    """list of PhotoId, and a title."""
    review_wanted = Signal(object)
    """Finding of kind "likely wrong": its examples, and for each of them the suggested value."""
    job_moved = Signal(str, object, object, object)
    job_ended = Signal(str)
    _moved = Signal(int, int)

    def __init__(self, library: Library, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__("Check the labels", parent=parent)
        self._library, self._tasks = library, tasks
        self._task: Task | None = None
        self._stop = threading.Event()
        self.findings: list[Finding] = []
        self.rows: list[FindingRow] = []
        self._is_known = False
        self._lead = text("muted", LEAD)
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self.check_button = button("Check the labels")
        self.cancel_button = button("Cancel")
        self.cancel_button.setAccessibleName("Cancel the check of the labels")
        self.cancel_button.hide()
        self.check_button.clicked.connect(self.check)
        self.cancel_button.clicked.connect(self.cancel)
        self._moved.connect(self._move)  # the worker's thread emits it
        self.column.addWidget(self._lead)
        self.column.addLayout(self._list)
        self.column.addLayout(row(self.check_button, self.cancel_button))

    @property
    def lead(self) -> str:
        return self._lead.text()

    @property
    def is_checking(self) -> bool:
        return self._task is not None

    def check(self) -> None:
        if self._task is not None:
            return
        self._stop = threading.Event()
        work = partial(check_labels, self._library, self._moved.emit, self._stop.is_set)
        self._task = self._tasks.run(work, self._show, self._fail, Lane.TRAINING)
        self._turn(checking=True)
        self._move(0, 0)

    def cancel(self) -> None:
        if self._task is not None:
            self._stop.set()
            self._task.cancel()
            self._end()
            say(self._lead, LEAD)

    def note_change(self) -> None:
        """Labels have changed: what was found may be mended."""
        if self._is_known and not self.is_checking:
            say(self._lead, OLD)

    def _move(self, done: int, total: int) -> None:
        if self._task is None:
            return
        self.job_moved.emit(JOB, done, total, self.cancel)
        say(self._lead, f"Comparing the photos: {done:,} of {total:,}" if total else "Looking at the labels…")

    def _show(self, findings: list[Finding]) -> None:
        self._end()
        self._is_known = True
        self.findings = findings
        self._fill(findings)
        say(self._lead, "" if findings else ALL_WELL)

    def _fail(self, error: RecollectError) -> None:
        self._end()
        self._fill([])
        say(self._lead, str(error))

    def _end(self) -> None:
        self._task = None
        self.job_ended.emit(JOB)
        self._turn(checking=False)

    def _turn(self, *, checking: bool) -> None:
        had_focus = self.check_button.hasFocus() or self.cancel_button.hasFocus()
        self.check_button.setVisible(not checking)
        self.cancel_button.setVisible(checking)
        if had_focus:
            (self.cancel_button if checking else self.check_button).setFocus()

    def _fill(self, findings: list[Finding]) -> None:
        for old in self.rows:
            self._list.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.rows = [FindingRow(each) for each in findings]
        for each in self.rows:
            each.photos_wanted.connect(self.photos_wanted)
            each.review_wanted.connect(self.review_wanted)
            self._list.addWidget(each)


class FindingRow(QFrame):
    """One finding: what it is, what to do, and the photos it is about."""

    photos_wanted = Signal(object, str)
    review_wanted = Signal(object)

    def __init__(self, finding: Finding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.finding = finding
        self.ids = ids_of(finding.examples)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(text("", finding.message))
        texts.addWidget(text("muted", finding.remedy))
        self.show_button = button(f"Show {photos(len(self.ids))}", "link")
        self.show_button.setAccessibleName(f"Show {photos(len(self.ids))}: {finding.message}")
        self.show_button.clicked.connect(lambda: self.photos_wanted.emit(self.ids, self.heading))
        self.review_button = button("Go through them…", "link", "One by one: keep the label, or take the other")
        self.review_button.setAccessibleName(f"Go through them: {finding.message}")
        self.review_button.clicked.connect(lambda: self.review_wanted.emit(finding))
        if not self.ids:
            self.show_button.hide()
        if finding.kind != WRONG or not finding.suggested:
            self.review_button.hide()
        texts.addLayout(row(self.review_button, self.show_button))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        line.addWidget(Sign(SIGNS[int(finding.severity)]), alignment=Qt.AlignmentFlag.AlignTop)
        line.addLayout(texts, stretch=1)

    @property
    def heading(self) -> str:
        """Above its photos."""
        what = self.finding.kind.value
        return f"{head_name(self.finding.head)}: {what}" if self.finding.head else what[:1].upper() + what[1:]
