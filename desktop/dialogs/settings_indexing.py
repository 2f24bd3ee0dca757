"""Settings of the indexing: how fast, what is left out, how often folders are looked through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from core.settings import is_pattern
from desktop.dialogs.setting_fields import NEXT_START, Changes, Choice, Field, number, page

if TYPE_CHECKING:
    from core.library import Library

SPEEDS = (
    ("auto", "Automatic", "At full speed, and gently while the computer runs on its battery."),
    ("full", "Full speed", "With all cores. Other programs may become slower meanwhile."),
    ("gentle", "Gently", "About half of the time, so that the computer stays cool and quiet."),
)
MINUTE_S = 60


class PatternEditor(QWidget):
    """One pattern a line. They are checked while they are typed, and taken over with a button: photos go or come."""

    def __init__(self, library: Library, changes: Changes) -> None:
        super().__init__()
        self._library, self._changes = library, changes
        self.text = QPlainTextEdit()
        self.text.setPlaceholderText("*.tmp\nScreenshots/")
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(112)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.text.textChanged.connect(self._check)
        self.field = Field(
            "&Leave out",
            self.text,
            "Files and folders to leave out, one pattern a line, as in a .gitignore file. "
            "Hidden folders and the caches of other programs are left out anyway.",
        )
        self.apply_button, self.reset_button = QPushButton("Apply"), QPushButton("Undo changes")
        self.apply_button.setToolTip("Ctrl+Enter")
        self.apply_button.clicked.connect(self._apply)
        self.reset_button.clicked.connect(self.refresh)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.apply_button, self.reset_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addLayout(row)
        shortcut = QShortcut(QKeySequence("Ctrl+Return"), self, self._apply)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._check()

    @property
    def patterns(self) -> tuple[str, ...]:
        """Without empty lines."""
        return tuple(line for line in self.text.toPlainText().splitlines() if line.strip())

    def refresh(self) -> None:
        """Show what is in force, and drop what was typed since."""
        self.text.setPlainText("\n".join(self._library.settings.ignore))

    def _check(self) -> None:
        lines = self.text.toPlainText().splitlines()
        wrong = [(place, line) for place, line in enumerate(lines, start=1) if line.strip() and not is_pattern(line)]
        if wrong:
            place, line = wrong[0]
            self.field.show_error(f"Line {place}: “{line}” is not a pattern. Write it as in a .gitignore file.")
        else:
            self.field.clear_error()
        has_changed = self.patterns != self._library.settings.ignore
        self.apply_button.setEnabled(has_changed and not wrong)
        self.reset_button.setEnabled(has_changed)

    def _apply(self) -> None:
        if self.apply_button.isEnabled():
            self._changes.make(self.field, ignore=self.patterns)
            self.apply_button.setEnabled(False)
            self.reset_button.setEnabled(False)


class IndexingPage(QWidget):
    """How photos come into the library."""

    def __init__(self, library: Library, changes: Changes) -> None:
        super().__init__()
        self._library = library
        self.speed = Choice(SPEEDS)
        self.speed_field = Field("S&peed", self.speed)
        self.speed.chosen.connect(lambda value: changes.make(self.speed_field, speed=value))
        self.patterns = PatternEditor(library, changes)
        self.rescan = number(1, 24 * 60, 5, "minutes")
        self.rescan_field = Field(
            "L&ook through watched folders every",
            self.rescan,
            f"Changes are noticed at once; this finds what the system did not tell. {NEXT_START}",
        )
        self.rescan.valueChanged.connect(
            lambda minutes: changes.make(self.rescan_field, rescan_interval_s=float(minutes * MINUTE_S))
        )
        self.poll = number(1, 24 * 3600, 10, "seconds")
        self.poll_field = Field(
            "Look through folders on the &network every",
            self.poll,
            f"Network drives do not tell of changes: they are looked through. {NEXT_START}",
        )
        self.poll.valueChanged.connect(lambda seconds: changes.make(self.poll_field, poll_interval_s=float(seconds)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(page(self.speed_field, self.patterns, self.rescan_field, self.poll_field))

    def refresh(self) -> None:
        settings = self._library.settings
        self.speed.show_value(settings.speed)
        self.patterns.refresh()
        for box, value in (
            (self.rescan, round(settings.rescan_interval_s / MINUTE_S)),
            (self.poll, round(settings.poll_interval_s)),
        ):
            box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(False)
