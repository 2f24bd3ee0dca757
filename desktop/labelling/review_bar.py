"""The rows above and below the proposals: many accepted at once, what was decided, and the button that makes labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSlider, QWidget

from desktop.labelling.proposals import Decision
from desktop.organise.wording import photos

if TYPE_CHECKING:
    from desktop.labelling.review_model import ReviewModel

LEAST_PERCENT, USUAL_PERCENT, MOST_PERCENT = 50, 80, 99
SLIDER_PX = 144


class AcceptRow(QWidget):
    """Accepts many at once. Those that were skipped stay so."""

    rows_wanted = Signal(object)
    """list of rows to accept."""

    def __init__(self, cards: ReviewModel) -> None:
        super().__init__()
        self._cards = cards
        self.all_button, self.above_button = QPushButton(), QPushButton()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(LEAST_PERCENT, MOST_PERCENT)
        self.slider.setValue(USUAL_PERCENT)
        self.slider.setFixedWidth(SLIDER_PX)
        self.slider.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.slider.setAccessibleName("Least probability")
        self.slider.setToolTip("How probable a proposal has to be")
        self.slider.valueChanged.connect(self.refresh)
        self.all_button.clicked.connect(lambda: self.rows_wanted.emit(self._open()))
        self.above_button.clicked.connect(lambda: self.rows_wanted.emit(self._above()))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self.all_button, self.above_button, self.slider):
            row.addWidget(widget)
        row.addStretch()
        for button in (self.all_button, self.above_button):
            button.setAutoDefault(False)

    def refresh(self) -> None:
        """Count anew."""
        here, above = len(self._open()), len(self._above())
        self.all_button.setText(f"Accept all {here:,}" if here else "Accept all")
        self.all_button.setEnabled(here > 0)
        self.above_button.setText(f"Accept {above:,} above {self.slider.value()}%")
        self.above_button.setEnabled(above > 0)
        rated = any(each.proposal.probability is not None for each in self._cards.decided)
        self.above_button.setVisible(rated)
        self.slider.setVisible(rated)

    def _open(self) -> list[int]:
        return self._cards.rows(lambda each: each.decision is Decision.OPEN)

    def _above(self) -> list[int]:
        least = self.slider.value() / 100
        return self._cards.rows(
            lambda each: each.decision is Decision.OPEN and (each.proposal.probability or 0.0) >= least
        )


class DoneRow(QWidget):
    """What was decided so far, and the button that makes labels of it."""

    apply_wanted = Signal()

    def __init__(self, cards: ReviewModel) -> None:
        super().__init__()
        self._cards = cards
        self.said, self.apply_button = QLabel(), QPushButton()
        self.said.setProperty("role", "muted")
        self.said.setWordWrap(True)
        self.apply_button.setProperty("role", "main")
        self.apply_button.setToolTip("Ctrl+Enter")
        self.apply_button.setAutoDefault(False)
        self.apply_button.clicked.connect(self.apply_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 8)
        row.setSpacing(8)
        row.addWidget(self.said, stretch=1)
        row.addWidget(self.apply_button)

    def refresh(self) -> None:
        accepted, skipped, left = (
            self._cards.count(each) for each in (Decision.ACCEPTED, Decision.SKIPPED, Decision.OPEN)
        )
        parts = [f"{left:,} to look at", f"{accepted:,} accepted", f"{skipped:,} skipped"]
        keys = "A accepts, X skips, digits change the value, Enter shows the photo"
        self.said.setText(f"{' · '.join(parts)}. {keys}")
        self.apply_button.setText(f"Label {photos(accepted)}" if accepted else "Label")
        self.apply_button.setEnabled(accepted > 0)
