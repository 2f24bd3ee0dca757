"""The page of training: tabs for training itself, for the runs so far, and for the report of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from desktop.back_page import BackPage
from desktop.training.train_tab import TrainTab

if TYPE_CHECKING:
    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks
    from desktop.theme import Theme


NARROWEST_PX = 456  # with its margins no wider than other pages


class TrainingPage(BackPage):
    """Holds the tabs. What leads out of the page is done by the window."""

    failed = Signal(object)
    """RecollectError."""
    told = Signal(str)
    """A message for who looks at another page."""
    labelling_wanted = Signal()
    """The user wants to select photos and label them."""
    labels_wanted = Signal()
    """The dialog of labels, with import."""
    models_wanted = Signal()
    photos_wanted = Signal(object, str)
    """list of PhotoId, and what they are."""
    review_wanted = Signal(object)
    """Finding of `trainer.data.checks` with suggested labels."""
    report_wanted = Signal(object)
    """Path of a run."""
    run_ended = Signal(object)
    """Path of a run: list the runs anew."""
    job_moved = Signal(str, object, object, object)
    """What runs, as `StatusLine.show_job` takes it."""
    job_ended = Signal(str)

    def __init__(
        self, library: Library, tasks: Tasks, bridge: Bridge, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self.tabs, self.pages = QTabBar(), QStackedWidget()
        self.pages.setMinimumWidth(NARROWEST_PX)
        self.train = TrainTab(library, tasks, bridge, theme)
        self._build()
        self.add_tab(self.train, "Train")
        self._connect()

    def add_tab(self, widget: QWidget, title: str) -> None:
        self.pages.addWidget(widget)
        self.tabs.addTab(title)

    def show_tab(self, widget: QWidget) -> None:
        self.tabs.setCurrentIndex(self.pages.indexOf(widget))

    def look_for_unfinished(self) -> None:
        """After the start: a training that was interrupted is offered."""
        self.train.course.look_for_unfinished()

    def stop(self) -> None:
        """The window closes: the training ends, and can go on at the next start."""
        self.train.stop()

    # Events

    # Looks

    def _build(self) -> None:
        title = QLabel("Training")
        title.setProperty("role", "title")
        self.tabs.setAccessibleName("Parts of training")
        self.tabs.setExpanding(False)
        self.tabs.currentChanged.connect(self.pages.setCurrentIndex)
        top = QHBoxLayout()
        top.setSpacing(8)
        for widget in (self.back_button, title, self.tabs):
            top.addWidget(widget)
        top.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 8, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.pages, stretch=1)

    def _connect(self) -> None:
        train, course = self.train, self.train.course
        for there, here in (
            (train.failed, self.failed),
            (train.labelling_wanted, self.labelling_wanted),
            (train.labels_wanted, self.labels_wanted),
            (train.models_wanted, self.models_wanted),
            (train.photos_wanted, self.photos_wanted),
            (train.review_wanted, self.review_wanted),
            (train.job_moved, self.job_moved),
            (train.job_ended, self.job_ended),
            (course.told, self.told),
            (course.report_wanted, self.report_wanted),
            (course.run_ended, self.run_ended),
        ):
            there.connect(here)
