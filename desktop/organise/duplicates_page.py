"""The page of duplicates: exact copies and other versions, apart; one of each group stays, the others may go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from desktop.back_page import BackPage
from desktop.organise.duplicate_groups import surplus
from desktop.organise.duplicate_section import ExactSection, NearSection, Section
from desktop.organise.wording import photos
from desktop.viewer.facts import file_size

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks
    from desktop.theme import Theme

CHANGED_MS = 500  # changes come in bursts; the groups are read anew once for all of them


class DuplicatesPage(BackPage):
    """Shows what there is too much of. Moving to the trash, comparing and viewing are done by the window."""

    trash_wanted = Signal(object)
    """list of PhotoId."""
    compare_wanted = Signal(object)
    """list of PhotoId, two to four."""
    opened = Signal(object, object)
    """PhotoId, and the tuple of those of its group: look at it in large."""
    failed = Signal(object)
    """RecollectError."""
    job_moved = Signal(str, object, object, object)
    """Other versions are being searched for, as `StatusLine.show_job` takes it."""
    job_ended = Signal(str)

    def __init__(
        self, library: Library, tasks: Tasks, bridge: Bridge, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self.exact = ExactSection(library, tasks, theme)
        self.near = NearSection(library, tasks, theme)
        self.tabs, self._pages = QTabBar(), QStackedWidget()
        self.all_button, self.again_button = QPushButton(), QPushButton("Look again")
        self._lead = QLabel()
        self._changed = QTimer(self, singleShot=True, interval=CHANGED_MS)
        self._changed.timeout.connect(self._refresh)
        self._build()
        for section in (self.exact, self.near):
            section.changed.connect(self._say)
            section.trash_wanted.connect(self.trash_wanted)
            section.compare_wanted.connect(self.compare_wanted)
            section.opened.connect(self.opened)
            section.failed.connect(self.failed)
        self.near.job_moved.connect(self.job_moved)
        self.near.job_ended.connect(self.job_ended)
        bridge.photos_changed.connect(lambda _ids: self._changed.start())
        self._turn_to(0)

    @property
    def section(self) -> Section:
        """The one that is shown."""
        return self.near if self.tabs.currentIndex() else self.exact

    def stop(self) -> None:
        """The window closes: end the search for other versions."""
        self.near.cancel()

    def confirm_all(self) -> QMessageBox:
        """Asks before the surplus of all groups goes to the trash."""
        groups = self.section.groups
        ids, size_bytes = surplus(groups)
        box = QMessageBox(self)
        box.setWindowTitle("Move to the trash?")
        box.setText(f"Move {photos(len(ids))} ({file_size(size_bytes)}) to the trash?")
        box.setInformativeText(
            f"Of each of {len(groups):,} groups the marked photo stays. "
            "It can be undone as long as the trash is not emptied."
        )
        move = box.addButton(f"Move {photos(len(ids))}", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        move.clicked.connect(lambda: self.trash_wanted.emit(ids))
        box.finished.connect(box.deleteLater)
        box.open()
        return box

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    # Looks

    def _build(self) -> None:
        title = QLabel("Duplicates")
        title.setProperty("role", "title")
        self._lead.setProperty("role", "muted")
        self._lead.setWordWrap(True)
        self.all_button.clicked.connect(self.confirm_all)
        self.again_button.setProperty("role", "link")
        self.again_button.setToolTip("Compare the photos that are new since the last time")
        self.again_button.clicked.connect(self.near.search)
        self.tabs.setAccessibleName("Kinds of duplicates")
        self.tabs.setExpanding(False)
        for section in (self.exact, self.near):
            self.tabs.addTab(section.title)
            self._pages.addWidget(section)
        self.tabs.currentChanged.connect(self._turn_to)
        top = QHBoxLayout()
        top.setSpacing(8)
        for widget in (self.back_button, title, self.tabs):
            top.addWidget(widget)
        top.addStretch()
        top.addWidget(self.all_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 0)
        column.setSpacing(8)
        column.addLayout(top)
        below = QHBoxLayout()
        below.addWidget(self._lead, stretch=1)
        below.addWidget(self.again_button)
        column.addLayout(below)
        column.addWidget(self._pages, stretch=1)

    def _turn_to(self, place: int) -> None:
        self._pages.setCurrentIndex(place)
        self._refresh()
        self._say()

    def _refresh(self) -> None:
        if self.isVisible():
            self.section.refresh()

    def _say(self) -> None:
        for place, section in enumerate((self.exact, self.near)):
            counted = f" ({len(section.groups):,})" if section.is_known else ""
            self.tabs.setTabText(place, section.title + counted)
        groups = [] if self.near.is_searching and self.section is self.near else self.section.groups
        self._lead.setText(self.section.lead if groups else "")
        self.again_button.setVisible(self.section is self.near and bool(groups))
        self.all_button.setText(f"Keep the best of all {len(groups):,} groups…")
        self.all_button.setVisible(len(groups) > 1)
