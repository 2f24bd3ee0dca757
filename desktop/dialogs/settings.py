"""The settings: sections on the left, their fields on the right. What is changed is in force at once."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.dialogs.setting_fields import Changes
from desktop.dialogs.settings_about import AboutPage
from desktop.dialogs.settings_appearance import AppearancePage
from desktop.dialogs.settings_indexing import IndexingPage
from desktop.dialogs.settings_library import LibraryPage
from desktop.dialogs.settings_search import SearchPage
from desktop.icons import icon

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks
    from desktop.theme import Theme

SECTIONS_PX = 176


class Section(Enum):
    """Title and icon, in the order of the list."""

    SEARCH = ("Search", "search")
    INDEXING = ("Indexing", "refresh")
    APPEARANCE = ("Appearance", "image")
    LIBRARY = ("Library", "folder")
    ABOUT = ("About", "info")


class SettingsDialog(QDialog):
    """Stays open beside the window."""

    models_wanted = Signal()
    strictness_changed = Signal(float)
    """0..1: the slider above the results should show it, too."""
    order_changed = Signal()
    """Photos like one photo are ordered by something else now."""
    job_moved = Signal(str, object, object, object)
    """The move of the library, as `StatusLine.show_job` takes it."""
    job_ended = Signal(str)

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.resize(760, 560)
        self._theme = theme
        changes = Changes(library, tasks, self)
        self.search = SearchPage(library, tasks, bridge, changes)
        self.indexing = IndexingPage(library, changes)
        self.appearance = AppearancePage(library, tasks, theme, changes)
        self.library = LibraryPage(library, tasks)
        self.about = AboutPage(library, tasks)
        self.search.models_wanted.connect(self.models_wanted)
        self.search.strictness_changed.connect(self.strictness_changed)
        self.search.order_changed.connect(self.order_changed)
        self.library.job_moved.connect(self.job_moved)
        self.library.job_ended.connect(self.job_ended)
        self._by_section = dict(
            zip(Section, (self.search, self.indexing, self.appearance, self.library, self.about), strict=True)
        )
        self.sections, self._pages = QListWidget(), QStackedWidget()
        self._build()
        theme.changed.connect(self._paint_icons)
        self._paint_icons()

    def open_at(self, section: Section) -> None:
        """Show the dialog with one of its sections."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.sections.setCurrentRow(list(Section).index(section))

    def stop(self) -> None:
        """The window closes: end what goes on."""
        self.library.moving.cancel()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    def _build(self) -> None:
        self.sections.setObjectName("sections")
        self.sections.setAccessibleName("Sections of the settings")
        self.sections.setFixedWidth(SECTIONS_PX)
        self.sections.setIconSize(QSize(20, 20))
        for section, shown in self._by_section.items():
            self.sections.addItem(QListWidgetItem(section.value[0]))
            self._pages.addWidget(_scrolling(shown))
        self.sections.currentRowChanged.connect(self._turn_to)
        close = QPushButton("Close")
        close.setToolTip("Esc")
        close.clicked.connect(self.accept)
        bottom = QHBoxLayout()
        bottom.addStretch()
        bottom.addWidget(close)
        right = QVBoxLayout()
        right.setSpacing(16)
        right.addWidget(self._pages)
        right.addLayout(bottom)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 16, 16, 16)
        row.setSpacing(16)
        row.addWidget(self.sections)
        row.addLayout(right)
        QShortcut(QKeySequence("Ctrl+PgDown"), self, lambda: self._step(1))
        QShortcut(QKeySequence("Ctrl+PgUp"), self, lambda: self._step(-1))
        self.sections.setCurrentRow(0)

    def _turn_to(self, row: int) -> None:
        self._pages.setCurrentIndex(row)
        self._refresh()

    def _step(self, by: int) -> None:
        self.sections.setCurrentRow((self.sections.currentRow() + by) % self.sections.count())

    def _refresh(self) -> None:
        """What is shown may have been changed elsewhere: by a slider of the window, or in the file."""
        self._by_section[list(Section)[self.sections.currentRow()]].refresh()

    def _paint_icons(self) -> None:
        for row, section in enumerate(Section):
            self.sections.item(row).setIcon(icon(section.value[1], self._theme.colors.text, 20))


def _scrolling(shown: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its fields take the focus, and scroll it
    area.setWidget(shown)
    return area
