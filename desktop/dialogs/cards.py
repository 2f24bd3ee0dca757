"""What the dialogs share in looks: a scrolling column of cards, each with a title, lines of text and buttons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget


class Card(QFrame):
    """One thing of a list."""

    def __init__(self, title: str, lines: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.title = title
        self.lines = tuple(lines)
        self.texts = QVBoxLayout()
        self.texts.setSpacing(4)
        heading = QLabel(title, textFormat=Qt.TextFormat.PlainText)
        heading.setProperty("role", "heading")
        heading.setWordWrap(True)
        self.texts.addWidget(heading)
        for line in lines:
            self.add_line(line)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(16)
        row.addLayout(self.texts, stretch=1)
        row.addLayout(self._buttons)

    def add_line(self, text: str) -> QLabel:
        label = QLabel(text, textFormat=Qt.TextFormat.PlainText)
        label.setProperty("role", "muted")
        label.setWordWrap(True)
        self.texts.addWidget(label)
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
        self.cards: list[Card] = []
        self._show_empty("")

    def show_cards(self, cards: Sequence[Card], *, when_empty: str = "") -> None:
        """Replace all cards; the place that was scrolled to stays."""
        place = self.verticalScrollBar().value()
        self.cards = list(cards)
        if not cards:
            self._show_empty(when_empty)
            return
        column = self._new_column()
        for card in cards:
            column.addWidget(card)
        column.addStretch()
        self.verticalScrollBar().setValue(place)

    def _show_empty(self, text: str) -> None:
        label = QLabel(text)
        label.setProperty("role", "muted")
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._new_column().addWidget(label)

    def _new_column(self) -> QVBoxLayout:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.setWidget(content)
        return column
