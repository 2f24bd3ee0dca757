"""The dialog in which labels are looked after: attributes, files of labels, words for guessing."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QTabWidget, QVBoxLayout, QWidget

from desktop.elided_label import ElidedLabel
from desktop.labelling.attributes_page import AttributesPage
from desktop.labelling.files_page import FilesPage
from desktop.labelling.words_page import WordsPage

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.organise.undo import Outcome, UndoStack
    from desktop.tasks import Tasks


class LabelsTab(IntEnum):
    ATTRIBUTES = 0
    FILES = 1
    WORDS = 2


class LabelsDialog(QDialog):
    """Stays open beside the window. What is done in it can be undone here as well as there."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, undo: UndoStack, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Labels")
        self.resize(760, 640)
        self.attributes = AttributesPage(library, tasks, bridge, undo)
        self.files = FilesPage(library, tasks, undo)
        self.words = WordsPage(library, tasks, bridge, undo)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("What to look after")
        for page, title in (
            (self.attributes, "Attributes"),
            (self.files, "Import and export"),
            (self.words, "Words for guessing"),
        ):
            self.tabs.addTab(page, title)
        self.message, self.undo_button = ElidedLabel("", "muted"), QPushButton("Undo")
        self._undo = undo
        self._build()
        self.tabs.currentChanged.connect(lambda _at: self._refresh())
        undo.done.connect(self._show_done)
        undo.undone.connect(self._show_undone)

    def open_at(self, tab: LabelsTab) -> None:
        """Show the dialog with one of its tabs."""
        self.tabs.setCurrentIndex(tab)
        self.show()
        self.raise_()
        self.activateWindow()

    def stop(self) -> None:
        """The window closes: end what goes on."""
        self.files.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.message.setText("")
        self.undo_button.hide()
        self._refresh()

    def _refresh(self) -> None:
        if self.isVisible():
            page = self.tabs.currentWidget()
            assert isinstance(page, AttributesPage | FilesPage | WordsPage)
            page.refresh()

    def _show_done(self, outcome: Outcome) -> None:
        """What was done elsewhere is told elsewhere."""
        if self.isActiveWindow() and outcome.changed:
            self.message.setText(outcome.message)
            self.undo_button.setVisible(bool(outcome.message))

    def _show_undone(self, outcome: Outcome) -> None:
        self.message.setText(outcome.message or ("Undone" if self.isActiveWindow() else ""))
        self.undo_button.hide()
        self._refresh()

    def _build(self) -> None:
        close = QPushButton("Close")
        close.setToolTip("Esc")
        close.clicked.connect(self.accept)
        self.undo_button.setProperty("role", "link")
        self.undo_button.setToolTip("Ctrl+Z")
        self.undo_button.clicked.connect(self._undo.undo)
        self.undo_button.hide()
        bottom = QHBoxLayout()
        bottom.setSpacing(8)
        bottom.addWidget(self.message, stretch=1)
        bottom.addWidget(self.undo_button, alignment=Qt.AlignmentFlag.AlignVCenter)
        bottom.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addWidget(self.tabs)
        column.addLayout(bottom)
        for button in (close, self.undo_button):
            button.setAutoDefault(False)
        QShortcut(QKeySequence.StandardKey.Undo, self, self._undo.undo)
        QShortcut(QKeySequence.StandardKey.Redo, self, self._undo.redo)
