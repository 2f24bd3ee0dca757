"""The line between good and weak results: says how many there are and shows or hides them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from desktop.grid.listing import Listing


class WeakLine(QFrame):
    """Stands in the grid, across its whole width."""

    toggled = Signal(bool)
    """True: show the weak results."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("weakLine")
        self._shows = False
        self._text = QLabel()
        self._text.setProperty("role", "muted")
        self.button = QPushButton()
        self.button.setProperty("role", "link")
        self.button.clicked.connect(lambda: self.toggled.emit(not self._shows))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 8, 8, 8)
        row.addStretch()
        row.addWidget(self._text)
        row.addWidget(self.button)
        row.addStretch()

    def describe(self, listing: Listing) -> None:
        self._shows = listing.weak_hidden == 0
        count = listing.weak_hidden or len(listing.ids) - listing.strong
        results = "1 weaker result" if count == 1 else f"{count:,} weaker results"
        results = f"more than {results}" if listing.cut else results
        text = results if self._shows else f"{results} {'is' if count == 1 else 'are'} hidden"
        self._text.setText(text[:1].upper() + text[1:])
        self.button.setText("Hide" if self._shows else "Show")
        self.button.setAccessibleName(f"{self.button.text()} {results}")

    @property
    def text(self) -> str:
        return self._text.text()
