"""What the panels of the page are built of: a frame with a heading, texts that wrap, buttons, parts that fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyledItemDelegate,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.icons import icon
from desktop.status_line import duration

if TYPE_CHECKING:
    from core.errors import RecollectError
    from desktop.theme import Theme

ESTIMATING = "Finding out how long it takes…"


class Panel(QFrame):
    """A card with a heading; what stands in it, the panels add to `column`."""

    def __init__(self, title: str, beside: str = "", parent: QWidget | None = None) -> None:
        """
        Args:
            beside: A few quiet words behind the heading.
        """
        super().__init__(parent)
        self.setObjectName("card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._title, self._beside = text("heading", title), text("muted", beside)
        self._title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._title.setWordWrap(False)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 12, 16, 12)
        self.column.setSpacing(8)
        self._top = row(self._title, self._beside, stretch=False)
        self.column.addLayout(self._top)

    @property
    def title(self) -> str:
        return self._title.text()

    def set_title(self, title: str) -> None:
        self._title.setText(title)


class EstimatedPanel(Panel):
    """A card from which a training is started, with a line that tells beforehand how long it takes."""

    started = Signal(object)
    """Request."""
    request_changed = Signal()

    def __init__(self, title: str, beside: str, start: str, parent: QWidget | None = None) -> None:
        """
        Args:
            start: What the button says that starts it.
        """
        super().__init__(title, beside, parent)
        self._estimate = text("muted")
        self.start_button = button(start, "main")

    @property
    def estimate(self) -> str:
        return self._estimate.text()

    def show_estimate(self, seconds: float | None) -> None:
        """None: it is being found out."""
        say(self._estimate, ESTIMATING if seconds is None else f"About {duration(seconds)} on this computer.")

    def show_problem(self, error: RecollectError) -> None:
        """Why it cannot be done, as far as a rehearsal tells."""
        say(self._estimate, str(error))

    def forget_estimate(self) -> None:
        say(self._estimate, "")

    def request_has_changed(self) -> None:
        self.forget_estimate()
        self.request_changed.emit()


class Fold(QWidget):
    """A part that most people do not need: a button with a sign, and what it opens."""

    def __init__(self, title: str, content: QWidget, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._content = theme, content
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setCheckable(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setIconSize(QSize(12, 12))
        self.button.setStyleSheet("QToolButton { padding-left: 0; }")  # the sign stands below what is above it
        self.button.toggled.connect(self._turn)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(content)
        theme.changed.connect(self._paint_icon)
        self._turn(False)

    def _turn(self, open_: bool) -> None:
        self._content.setVisible(open_)
        self._paint_icon()

    def _paint_icon(self) -> None:
        self.button.setIcon(icon("down" if self.button.isChecked() else "next", self._theme.colors.text, 12))


def text(role: str, said: str = "") -> QLabel:
    label = QLabel(said, textFormat=Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return label


def button(said: str, role: str = "", tip: str = "") -> QPushButton:
    made = QPushButton(said)
    made.setAutoDefault(False)
    if role:
        made.setProperty("role", role)
    made.setToolTip(tip)
    return made


def choice(name: str) -> QComboBox:
    """
    Args:
        name: For those who hear the window.
    """
    made = QComboBox()
    made.setItemDelegate(QStyledItemDelegate(made))  # the one that heeds the style sheet
    made.setAccessibleName(name)
    return made


def row(*widgets: QWidget, stretch: bool = True) -> QHBoxLayout:
    """Side by side, from the left."""
    made = QHBoxLayout()
    made.setSpacing(8)
    for widget in widgets:
        made.addWidget(widget)
    if stretch:
        made.addStretch()
    return made


def say(label: QLabel, said: str) -> None:
    """Show a text; without one, its place is free."""
    label.setText(said)
    label.setVisible(bool(said))
