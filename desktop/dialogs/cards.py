"""What the dialogs share in looks: a scrolling column of cards, each with a sign, a title, lines and buttons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from desktop.elided_label import ElidedLabel
from desktop.icons import picture

SIGN_PX = 24
_BY_KEYBOARD = Qt.TextInteractionFlag.LinksAccessibleByKeyboard


class Sign(QWidget):
    """An icon in the colour of secondary text, whatever the theme is at the moment."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setFixedSize(QSize(SIGN_PX, SIGN_PX))

    def paintEvent(self, event: QPaintEvent) -> None:
        color = self.palette().color(QPalette.ColorRole.PlaceholderText).name()
        QPainter(self).drawPixmap(0, 0, picture(self._name, color, SIGN_PX, self.devicePixelRatio()))


class Card(QFrame):
    """One thing of a list. Names and paths give way in their middle; sentences are wrapped."""

    def __init__(self, title: str, lines: Sequence[str | Path], sign: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.title = title
        self.lines = tuple(str(line) for line in lines)
        self.texts = QVBoxLayout()
        self.texts.setSpacing(4)
        self.texts.addWidget(ElidedLabel(title, "heading"))
        for line in lines:
            self.add_line(line)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(16)
        if sign:
            row.addWidget(Sign(sign), alignment=Qt.AlignmentFlag.AlignTop)
        row.addLayout(self.texts, stretch=1)
        row.addLayout(self._buttons)

    def add_line(self, text: str | Path, role: str = "muted") -> QLabel:
        if isinstance(text, Path):
            label: QLabel = ElidedLabel(str(text), role)
        else:
            label = QLabel(text, textFormat=Qt.TextFormat.PlainText)
            label.setProperty("role", role)
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.texts.addWidget(label)
        return label

    def add_link(self, text: str, address: str) -> QLabel:
        """A line that opens a page in the browser, by mouse or with Tab and Enter."""
        label = QLabel(f'<a href="{address}">{text}</a>')
        label.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse | _BY_KEYBOARD)
        label.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        label.setOpenExternalLinks(True)
        label.setToolTip(address)
        self.texts.addWidget(label, alignment=Qt.AlignmentFlag.AlignLeft)
        return label

    def add_button(self, text: str, *, main: bool = False) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(f"{text} {self.title}")
        button.setAutoDefault(False)
        if main:
            button.setProperty("role", "main")
        self._buttons.addWidget(button)
        return button


class CardList(QScrollArea):
    """A scrolling column of cards."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its buttons take the focus, and scroll it
        self.cards: list[Card] = []
        self._show_empty("", "")

    def show_cards(self, cards: Sequence[Card], *, when_empty: str = "", sign: str = "") -> None:
        """Replace all cards. The place that was scrolled to stays, and so does the button that has the focus."""
        place = self.verticalScrollBar().value()
        focused = self._focused_name()
        self.cards = list(cards)
        if not cards:
            self._show_empty(when_empty, sign)
            return
        column = self._new_column()
        for card in cards:
            column.addWidget(card)
        column.addStretch()
        self.verticalScrollBar().setValue(place)
        self._focus(focused)

    def _focused_name(self) -> str:
        widget = self.focusWidget()
        return widget.accessibleName() if widget is not None and widget.hasFocus() else ""

    def _focus(self, name: str) -> None:
        buttons = [button for card in self.cards for button in card.findChildren(QPushButton)]
        same = next((button for button in buttons if name and button.accessibleName() == name), None)
        if same is not None:
            same.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_empty(self, text: str, sign: str) -> None:
        column = self._new_column()
        column.addStretch()
        if sign:
            column.addWidget(Sign(sign), alignment=Qt.AlignmentFlag.AlignHCenter)
        label = QLabel(text)
        label.setProperty("role", "muted")
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(label)
        column.addStretch()

    def _new_column(self) -> QVBoxLayout:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.setWidget(content)
        return column
