"""The tab Train: labels and their check on one side, with what search learns from them below; teaching and fine-tuning
on the other; above them the training."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QVBoxLayout, QWidget

from desktop.adapting.adapt_panel import AdaptPanel
from desktop.alike.alike_panel import AlikePanel
from desktop.alike.alike_work import go_back, read_in_use
from desktop.empty_pages import Remedy
from desktop.empty_state import EmptyState
from desktop.tasks import Lane
from desktop.training.checks_panel import ChecksPanel
from desktop.training.course import Course
from desktop.training.estimate import Estimate
from desktop.training.head_panel import HeadPanel
from desktop.training.labels_panel import EMPTY, LabelsPanel
from desktop.training.live_teaching import LiveTeaching
from desktop.training.recipe_panel import RecipePanel
from desktop.training.teach_panel import TeachPanel
from desktop.training.work import LabelSummary, count_labels, teach_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent

    from core.errors import RecollectError
    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.tasks import Task, Tasks
    from desktop.theme import Theme
    from desktop.training.panel import EstimatedPanel
    from desktop.training.request import Request

CHANGED_MS = 500  # labels come in bursts: they are counted once for all of them
NARROW_PX = 760  # below that, one column
NO_LABELS = "Label photos of two kinds first"
BUSY = "One training at a time"


class TrainTab(QScrollArea):
    """Lays out the panels, counts labels, and lets one thing run at a time."""

    labelling_wanted = Signal()
    labels_wanted = Signal()
    models_wanted = Signal()
    photos_wanted = Signal(object, str)
    review_wanted = Signal(object)
    order_changed = Signal()
    """Photos like one photo are ordered by something else now."""
    failed = Signal(object)
    job_moved = Signal(str, object, object, object)
    job_ended = Signal(str)

    def __init__(
        self, library: Library, tasks: Tasks, bridge: Bridge, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self.summary: LabelSummary | None = None
        self.labels, self.checks = LabelsPanel(theme), ChecksPanel(library, tasks)
        self.teaching, self.recipe = TeachPanel(), RecipePanel(theme)
        self.alike, self.adapting = AlikePanel(), AdaptPanel(theme)
        self.course = Course(library, tasks, bridge, theme, self)
        self.live = LiveTeaching(library, tasks, bridge, self)
        self.estimate = Estimate(library.paths.home, self)
        self._teach_task: Task | None = None
        self._has_told = False  # that tags follow
        self._teach_stop = threading.Event()
        self._changed = QTimer(self, singleShot=True, interval=CHANGED_MS)
        self._changed.timeout.connect(self.refresh)
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._sides = (QWidget(), QWidget())
        self.empty = EmptyState(theme)
        self._build()
        self._connect()
        bridge.tags_changed.connect(lambda _ids: self._changed.start())
        bridge.photos_changed.connect(lambda _ids: self._changed.start())
        bridge.encoder_changed.connect(lambda _name: self._changed.start())
        bridge.encoder_changed.connect(lambda _name: self.note_order())
        self._allow()

    @property
    def _estimated(self) -> tuple[RecipePanel, AlikePanel, AdaptPanel]:
        """In the order in which it is found out how long each takes."""
        return self.recipe, self.alike, self.adapting

    @property
    def is_teaching(self) -> bool:
        return self._teach_task is not None

    def stop(self) -> None:
        """The window closes: whatever runs ends."""
        self._changed.stop()
        self.checks.cancel()
        self._teach_stop.set()
        self.live.stop()
        self.estimate.stop()
        self.course.stop()

    def refresh(self) -> None:
        """Count the labels, where somebody looks."""
        if self.isVisible():
            self._tasks.run(partial(count_labels, self._library), self._show_summary)
            self._tasks.run(partial(_installed, self._library), self.recipe.show_installed)
            for panel in (self.alike, self.adapting):
                panel.show_model(self._library.encoder_name)
            self.look_what_orders()

    def note_order(self) -> None:
        """Something else was chosen elsewhere to order photos like one photo, or another model answers."""
        self.look_what_orders()
        self.course.alike.look_again()

    def look_what_orders(self) -> None:
        """By what photos like one photo are ordered: it may have been chosen elsewhere, or be gone."""
        self._tasks.run(partial(read_in_use, self._library), self.alike.show_in_use, lambda _error: None)

    def show_of_search(self, run: Path) -> None:
        """What came of an adaptation, or of learning what is alike, and what can be done with it."""
        if not self.course.process.is_running:
            self.course.run_panel.hide()  # the curves there are of another run
        self.course.show_of_search(run)
        self.verticalScrollBar().setValue(0)

    def forget(self, run: Path) -> None:
        """It was deleted."""
        self.course.forget(run)
        self.look_what_orders()

    def teach(self) -> None:
        """Once, of all labels."""
        if self.course.is_busy or self.is_teaching:
            return
        self._teach_stop = threading.Event()
        work = partial(teach_now, self._library, self._teach_stop.is_set)
        self._teach_task = self._tasks.run(work, self._end_teaching, self._fail_teaching, Lane.TRAINING)
        self.teaching.show_teaching(True)
        self._allow()

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self._ask_estimate()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.estimate.hold()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.viewport().width() < NARROW_PX
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if direction != self._columns.direction():
            self._columns.setDirection(direction)
            # Beside the others where the labels leave room; in one column the last: they take the most labels.
            side = self._sides[1 if narrow else 0].layout()
            assert isinstance(side, QVBoxLayout)
            for panel in (self.alike, self.adapting):
                side.insertWidget(side.count() - 1, panel)  # before the stretch

    # Looks

    def _build(self) -> None:
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its controls take the focus, and scroll it
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 8, 16)
        column.setSpacing(8)
        column.addWidget(self.course.outcome)
        column.addWidget(self.course.run_panel)
        panels_of = ((self.labels, self.checks, self.alike, self.adapting), (self.teaching, self.recipe))
        for side, panels in zip(self._sides, panels_of, strict=True):
            stack = QVBoxLayout(side)
            stack.setContentsMargins(0, 0, 0, 0)
            stack.setSpacing(8)
            for panel in panels:
                stack.addWidget(panel)
            stack.addStretch()
            self._columns.addWidget(side, stretch=1)
        self._columns.setSpacing(8)
        column.addWidget(self.empty, stretch=1)
        column.addLayout(self._columns)
        column.addStretch()
        self.setWidget(content)
        self.empty.show_page(EMPTY)
        for widget in (self.empty, *self._sides):
            widget.hide()  # until it is known whether there are labels

    def _connect(self) -> None:
        self.empty.chosen.connect(self._begin_to_label)
        self.labels.labelling_wanted.connect(self.labelling_wanted)
        self.labels.labels_wanted.connect(self.labels_wanted)
        self.checks.photos_wanted.connect(self.photos_wanted)
        self.checks.review_wanted.connect(self.review_wanted)
        for jobs in (self.checks, self.course):
            jobs.job_moved.connect(self.job_moved)
            jobs.job_ended.connect(self.job_ended)
        self.recipe.models_wanted.connect(self.models_wanted)
        for panel in self._estimated:
            panel.started.connect(self._start)
            panel.request_changed.connect(self._ask_estimate)
        self.alike.outcome_wanted.connect(self.show_of_search)
        self.alike.back_wanted.connect(self._order_by_the_model)
        self.course.alike.in_use_changed.connect(self.look_what_orders)
        self.course.alike.in_use_changed.connect(self.order_changed)
        self.estimate.known.connect(self._show_estimate)
        self.estimate.refused.connect(self._show_problem)
        self.teaching.teach_wanted.connect(self.teach)
        self.teaching.cancel_wanted.connect(self._cancel_teaching)
        self.teaching.live_wanted.connect(self.live.turn)
        self.teaching.keep_wanted.connect(self._keep)
        self.live.turned.connect(self.teaching.show_live)
        self.live.taught.connect(self.teaching.show_lesson)
        self.live.kept.connect(self.course.judge)
        self.live.followed.connect(self.teaching.show_followed)
        self.live.followed.connect(self._tell_followed)
        self.live.may_follow = lambda: not (self.course.is_busy or self.is_teaching)
        for part in (self.course, self.live):
            part.failed.connect(self.failed)
        self.course.changed.connect(self._allow)
        self.course.changed.connect(self._ask_estimate)

    def _show_summary(self, summary: LabelSummary) -> None:
        if summary == self.summary:
            return
        self.summary = summary
        self.labels.show_summary(summary)
        for panel in (self.alike, self.adapting):
            panel.show_summary(summary)
        self.empty.setHidden(not summary.is_empty)
        for side in self._sides:
            side.setHidden(summary.is_empty)
        self.checks.note_change()
        self.estimate.forget()
        self._allow()
        self._ask_estimate()

    def _allow(self) -> None:
        """One thing at a time, and only where there is something to learn."""
        can_learn = self.summary is not None and self.summary.can_learn
        busy = self.course.is_busy or self.is_teaching
        why_not = "" if can_learn and not busy else BUSY if busy else NO_LABELS
        self.teaching.allow(can_learn and not busy, why_not)
        for panel in self._estimated:
            panel.allow(can_learn and not busy, why_not)
            panel.setHidden(self.course.process.is_running)
        self.teaching.keep_button.setEnabled(not busy)

    # What the user does, and what comes of it

    def _begin_to_label(self, remedy: Remedy) -> None:
        (self.labels_wanted if remedy is Remedy.IMPORT_LABELS else self.labelling_wanted).emit()

    def _start(self, request: Request) -> None:
        self.estimate.hold()
        self.course.start(request)
        self.verticalScrollBar().setValue(0)
        if self.course.process.is_running:
            self.course.run_panel.cancel_button.setFocus()

    def _keep(self) -> None:
        if not self.course.is_busy:
            self.live.keep()

    def _tell_followed(self, better: bool | None) -> None:
        """The first time, for who is labelling; from then on the tags themselves show it."""
        if better and not self._has_told and not self.isVisible():
            self._has_told = True
            self.course.told.emit("The tags of your photos follow what you label")

    def _end_teaching(self, run: Path | None) -> None:
        self._rest_from_teaching()
        if run is not None:
            self.course.run_panel.hide()  # the curves there are of another run
            self.course.judge(run)
            self.verticalScrollBar().setValue(0)

    def _fail_teaching(self, error: RecollectError) -> None:
        self._rest_from_teaching()
        self.failed.emit(error)

    def _order_by_the_model(self) -> None:
        """From the card, whatever is shown above it."""
        self._tasks.run(
            partial(go_back, self._library), lambda _nothing: self.course.alike.note_gone_back(), self.failed.emit
        )

    def _cancel_teaching(self) -> None:
        self._teach_stop.set()
        if self._teach_task is not None:
            self._teach_task.cancel()
            self._rest_from_teaching()

    def _rest_from_teaching(self) -> None:
        self._teach_task = None
        self.teaching.show_teaching(False)
        self._allow()

    def _ask_estimate(self) -> None:
        if not self.isVisible() or self.course.is_busy or self.is_teaching:
            self.estimate.hold()
        elif self.summary is not None and self.summary.can_learn:
            self.recipe.show_estimate(None)
            self.estimate.ask(self.recipe.request)

    def _show_estimate(self, request: Request, seconds: float) -> None:
        self._take_estimate(request, lambda panel: panel.show_estimate(seconds))

    def _show_problem(self, request: Request, error: RecollectError) -> None:
        self._take_estimate(request, lambda panel: panel.show_problem(error))

    def _take_estimate(self, request: Request, show: Callable[[EstimatedPanel], None]) -> None:
        """One rehearsal after the other: two at once would take each other's cores."""
        panels = self._estimated
        place = next((place for place, panel in enumerate(panels) if panel.request == request), None)
        if place is None:
            return  # something else was chosen meanwhile
        show(panels[place])
        learners = (panel for panel in panels[place + 1 :] if isinstance(panel, HeadPanel))
        following = next((panel for panel in learners if panel.can_learn), None)
        if following is not None:
            following.show_estimate(None)
            self.estimate.ask(following.request)


def _installed(library: Library) -> dict[str, bool]:
    """On a worker: which backbones have their pretrained weights here."""
    return {each.name: each.installed for each in library.models.backbones()}
