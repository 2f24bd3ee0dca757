"""All by which the program learns from its user: labels, proposals to look through, training, runs and their reports.

The parts are imported and made when they are first wanted, because most starts of the window want none of them, and
connected with each other here. What leads to the photos, to the notices or to the status line is told by signals.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.tags.values import CLASS

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from core.library import Library
    from core.types import PhotoId
    from desktop.adapting.searches_view import SearchesView
    from desktop.bridge import Bridge
    from desktop.labelling.labels_dialog import LabelsDialog, LabelsTab
    from desktop.labelling.review_page import ReviewPage
    from desktop.labelling.unknown_page import UnknownPage
    from desktop.navigation import Navigation
    from desktop.organise.undo import UndoStack
    from desktop.reports.report_view import ReportView
    from desktop.reports.runs_view import RunsView
    from desktop.tasks import Tasks
    from desktop.theme import Theme
    from desktop.training.training_page import TrainingPage
    from trainer.runs.run_folder import RunFolder

TO_LABEL = "To be labelled"


class Learning(QObject):
    """Opens its pages and its dialog, and leads from one to the other."""

    photos_wanted = Signal(object, str)
    """PhotoIds in their order, and what they are: show them in the grid."""
    labels_for = Signal(object, str)
    """The same: select all of them, to be labelled with one key."""
    opened = Signal(object, object)
    """PhotoId, and those among which it is: look at it in large."""
    labelling_wanted = Signal()
    """The user wants to select photos and label them."""
    models_wanted = Signal()
    order_changed = Signal()
    """Photos like one photo are ordered by something else now."""
    live_turned = Signal(bool)
    """Whether what is labelled is learned at once."""
    said = Signal(str)
    """What was done, in a sentence."""
    training_said = Signal(str)
    """What has become of a training, for who looks at another page."""
    failed = Signal(object)
    """RecollectError."""
    job_moved = Signal(str, object, object, object)
    """A long job, as `StatusLine.show_job` takes it."""
    job_ended = Signal(str)

    def __init__(
        self,
        library: Library,
        tasks: Tasks,
        bridge: Bridge,
        theme: Theme,
        navigation: Navigation,
        undo: UndoStack,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._library, self._tasks, self._bridge, self._theme = library, tasks, bridge, theme
        self._navigation, self._undo, self._window = navigation, undo, window

    # Ways in

    def show_training(self) -> None:
        self._navigation.show(self.training)

    def show_labels(self) -> None:
        from desktop.labelling.labels_dialog import LabelsTab

        self._open_labels(LabelsTab.ATTRIBUTES)

    def show_import(self) -> None:
        """Where labels come in from files."""
        from desktop.labelling.labels_dialog import LabelsTab

        self._open_labels(LabelsTab.FILES)

    def review_unsure(self, head: str = CLASS, value: str | None = None) -> None:
        """Go through the photos of which the tagger is unsure; with a value, those that it takes for that."""
        self.review.review_unsure(head, value)

    def show_unknown(self) -> None:
        """Groups of photos that are none of what the tagger knows, to be named."""
        self.unknown.look()

    def propagate(self, ids: Sequence[PhotoId], head: str) -> None:
        """Look for photos like these, to give them the same label."""
        self.review.propagate(ids, head)

    def show_worth_labelling(self) -> None:
        """The photos that would teach most if they were labelled."""
        self.review.show_worth_labelling()

    def teach_live(self, on: bool) -> None:
        """Learn from each label at once, or no longer."""
        if on or "training" in self.__dict__:
            self.training.train.live.turn(on)

    def go_on_teaching(self) -> None:
        """Something is labelled, or will be: learn from it, if that was on when the window was closed."""
        if "training" not in self.__dict__ and self._library.settings.teach_while_labelling:
            self.training.train.live.turn(True)  # which it does by being made

    def note_order(self) -> None:
        """Photos like one photo are ordered by something else: it was chosen in the settings."""
        if "training" in self.__dict__:
            self.training.train.note_order()
            self.runs.refresh()

    def offer_unfinished(self) -> None:
        """After the start: a training that was interrupted can go on."""
        self._tasks.run(partial(_find_unfinished, self._library.paths.runs), self._offer)

    def stop(self) -> None:
        """The window closes: end what goes on in those parts that were made."""
        for name in ("training", "labels", "searches"):
            if name in self.__dict__:
                getattr(self, name).stop()

    # The parts

    @property
    def shows_training(self) -> bool:
        return "training" in self.__dict__ and self._navigation.page is self.training

    @property
    def shows_review(self) -> bool:
        return "review" in self.__dict__ and self._navigation.page is self.review

    @property
    def shows_unknown(self) -> bool:
        return "unknown" in self.__dict__ and self._navigation.page is self.unknown

    @cached_property
    def training(self) -> TrainingPage:
        from desktop.training.training_page import TrainingPage

        page = TrainingPage(self._library, self._tasks, self._bridge, self._theme)
        page.add_tab(self.runs, "Runs")
        page.add_tab(self.report, "Report")
        page.labelling_wanted.connect(self.labelling_wanted)
        page.labels_wanted.connect(self.show_import)
        page.models_wanted.connect(self.models_wanted)
        page.photos_wanted.connect(self.photos_wanted)
        page.review_wanted.connect(lambda finding: self.review.review_finding(finding))
        page.report_wanted.connect(self._show_report)
        page.run_ended.connect(lambda _run: self.runs.refresh())
        page.told.connect(self.training_said)
        page.train.live.turned.connect(self._remember_live)
        page.train.order_changed.connect(self.order_changed)
        page.train.course.adaptation.comparison_wanted.connect(self._compare_searches)
        self._pass_on(page)
        self._navigation.add(page, page.closed, page.tabs.setFocus)
        page.train.live.turn(self._library.settings.teach_while_labelling)
        return page

    @cached_property
    def runs(self) -> RunsView:
        from desktop.reports.runs_view import RunsView

        view = RunsView(self._library, self._tasks, self._theme)
        view.report_wanted.connect(self._show_report)
        view.resume_wanted.connect(self._resume)
        view.of_search_wanted.connect(self._show_of_search)
        view.train_wanted.connect(lambda: self.training.show_tab(self.training.train))
        view.deleted.connect(self._forget)
        view.photos_wanted.connect(self.photos_wanted)
        view.opened.connect(self.opened)
        view.said.connect(self.said)
        for changed in (self._bridge.tagger_changed, self._bridge.encoder_changed):
            changed.connect(lambda *_: view.refresh())
        self._pass_on(view)
        return view

    @cached_property
    def report(self) -> ReportView:
        from desktop.reports.report_view import ReportView

        view = ReportView(self._library, self._tasks, self._theme)
        view.photos_wanted.connect(self.photos_wanted)
        view.of_search_wanted.connect(self._show_of_search)
        view.opened.connect(self.opened)
        view.label_wanted.connect(lambda ids: self.labels_for.emit(ids, TO_LABEL))
        view.fix_wanted.connect(lambda ids, _head: self._label(ids))
        view.failed.connect(self.failed)
        return view

    @cached_property
    def searches(self) -> SearchesView:
        from desktop.adapting.searches_view import SearchesView

        view = SearchesView(self._library, self._tasks, self._theme)
        view.use_wanted.connect(self._use_for_search)
        view.opened.connect(self.opened)
        self._pass_jobs_on(view)
        self.training.add_tab(view, "My searches")
        return view

    @cached_property
    def review(self) -> ReviewPage:
        from desktop.labelling.review_page import ReviewPage

        page = ReviewPage(self._library, self._tasks, self._bridge, self._theme, self._undo)
        page.opened.connect(self.opened)
        page.photos_wanted.connect(self.photos_wanted)
        page.wanted.connect(lambda: self._navigation.show(page))
        page.failed.connect(self.failed)
        self._navigation.add(page, page.closed, page.setFocus, page.note_left)
        return page

    @cached_property
    def unknown(self) -> UnknownPage:
        from desktop.labelling.unknown_page import UnknownPage

        page = UnknownPage(self._library, self._tasks, self._bridge, self._theme, self._undo)
        page.opened.connect(self.opened)
        page.photos_wanted.connect(self.photos_wanted)
        page.training_wanted.connect(self.show_training)
        page.wanted.connect(lambda: self._navigation.show(page))
        page.failed.connect(self.failed)
        self._navigation.add(page, page.closed, page.setFocus, page.stop)
        return page

    @cached_property
    def labels(self) -> LabelsDialog:
        from desktop.labelling.labels_dialog import LabelsDialog

        return LabelsDialog(self._library, self._tasks, self._bridge, self._undo, self._window)

    def _pass_on(self, part: TrainingPage | RunsView) -> None:
        part.failed.connect(self.failed)
        self._pass_jobs_on(part)

    def _pass_jobs_on(self, part: TrainingPage | RunsView | SearchesView) -> None:
        part.job_moved.connect(self.job_moved)
        part.job_ended.connect(self.job_ended)

    # From one to the other

    def _open_labels(self, tab: LabelsTab) -> None:
        self.labels.open_at(tab)

    def _show_report(self, run: Path) -> None:
        self.show_training()
        self.report.show_run(run)
        self.training.show_tab(self.report)

    def _resume(self, run: Path) -> None:
        self.training.show_tab(self.training.train)
        self.training.train.course.resume(run)

    def _show_of_search(self, run: Path) -> None:
        self.training.show_tab(self.training.train)
        self.training.train.show_of_search(run)

    def _use_for_search(self, run: Path) -> None:
        self._show_of_search(run)
        self.training.train.course.adaptation.use(run)

    def _compare_searches(self, run: Path) -> None:
        self.searches.compare(run)
        self.show_training()
        self.training.show_tab(self.searches)
        self.searches.take_focus()

    def _forget(self, run: Path) -> None:
        """It was deleted."""
        self.report.forget(run)
        if "training" in self.__dict__:
            self.training.train.forget(run)
        if "searches" in self.__dict__:
            self.searches.forget(run)

    def _label(self, ids: Sequence[PhotoId]) -> None:
        """In the grid, with the keys of labelling at hand."""
        self.photos_wanted.emit(ids, TO_LABEL)
        self.labelling_wanted.emit()

    def _remember_live(self, on: bool) -> None:
        """At the next start it is as the user left it."""
        self.live_turned.emit(on)
        if on != self._library.settings.teach_while_labelling:
            keep = partial(self._library.change_settings, teach_while_labelling=on)
            self._tasks.run(keep, failed=self.failed.emit)

    def _offer(self, run: RunFolder | None) -> None:
        if run is not None:
            self.training.look_for_unfinished()


def _find_unfinished(runs: Path) -> RunFolder | None:
    """On a worker. Most libraries have no run, and want nothing of the trainer."""
    if not runs.is_dir() or next(runs.iterdir(), None) is None:
        return None
    from desktop.training.unfinished import find_unfinished

    return find_unfinished(runs)
