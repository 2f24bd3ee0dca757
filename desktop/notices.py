"""The banner for errors that concern the whole application. Files that cannot be read stand in `problems`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMessageBox, QSizePolicy, QToolButton, QWidget

from core.errors import RecollectError
from desktop.icons import icon, picture
from desktop.theme import Theme

KEPT = 20  # errors: more of them are one that comes again and again with other words


class NoticeBar(QFrame):
    """Shows the newest error until the user closes it: what went wrong, why, and what can be done. Then the one before:
    none goes by unseen because another one came."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._theme = theme
        self._mark, self._text = QLabel(), QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._title, self._more = QLabel(), QLabel()
        self._title.setProperty("role", "heading")
        self._more.setProperty("role", "muted")
        self._errors: list[RecollectError] = []  # the newest last
        self.close_button = QToolButton()
        self.close_button.setAccessibleName("Close this notice")
        self.close_button.setToolTip("Close this notice")
        self.close_button.clicked.connect(self._close)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(16)
        for widget in (self._mark, self._title, self._text, self._more, self.close_button):
            row.addWidget(widget)
        theme.changed.connect(self._paint_icons)
        self._paint_icons()
        self.hide()

    @property
    def text(self) -> str:
        return f"{self._title.text()} {self._text.text()}"

    def show_error(self, error: RecollectError) -> None:
        others = [each for each in self._errors if (each.title, str(each)) != (error.title, str(error))]
        self._errors = [*others, error][-KEPT:]
        self._show_newest()

    def _close(self) -> None:
        self._errors.pop()
        self._show_newest()

    def _show_newest(self) -> None:
        if self._errors:
            error, more = self._errors[-1], len(self._errors) - 1
            self._title.setText(error.title)
            self._text.setText(str(error))
            self._more.setText(f"and {more} more" if more else "")
            self.setAccessibleName(self.text)
        self.setVisible(bool(self._errors))

    def _paint_icons(self) -> None:
        colors = self._theme.colors
        self._mark.setPixmap(picture("warning", colors.text, 20, self.devicePixelRatio()))
        self.close_button.setIcon(icon("close", colors.text, 16))


def unexpected_end(reading: Sequence[Path]) -> RecollectError:
    """What to say after a crash or a power cut: it is no error of today.

    Args:
        reading: Photos that were being read then.
    """
    doing = f" It was reading photos in {reading[0].parent}." if reading else ""
    return RecollectError(
        f"Nothing is lost: it goes on where it was.{doing}",
        title="Recollect ended unexpectedly last time",
        remedy="If that happens again, please report it, with the file recollect.log of your library.",
    )


def show_fatal(error: RecollectError) -> None:
    """When there is no window to show it in: a dialog of its own, until the user closes it."""
    box = QMessageBox(QMessageBox.Icon.Critical, "Recollect", error.title)
    box.setInformativeText(str(error))
    box.exec()
