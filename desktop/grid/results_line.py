"""The line above the grid in a search: how many results, how fast, and the slider between fewer and more."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from core.types import SearchResult

STEPS = 20  # of the slider: finer ones change nothing that one can see


class ResultsLine(QWidget):
    """Describes a SearchResult."""

    strictness_chosen = Signal(float)
    """0..1 while the slider moves."""
    strictness_settled = Signal(float)
    """0..1 when it is let go."""

    def __init__(self, strictness: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel()
        self._text.setProperty("role", "muted")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setValue(round((1 - strictness) * STEPS))
        self.slider.setFixedSize(160, 24)
        self.slider.setAccessibleName("Fewer or more results")
        self.slider.setToolTip("How well a photo must fit to be shown")
        self.slider.valueChanged.connect(self._move)
        self.slider.sliderReleased.connect(lambda: self.strictness_settled.emit(self.strictness))
        self._scale = QWidget()
        self._scale.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        scale = QHBoxLayout(self._scale)
        scale.setContentsMargins(0, 0, 0, 0)
        scale.setSpacing(8)
        for widget in (QLabel("Fewer"), self.slider, QLabel("More")):
            widget.setProperty("role", "muted")
            scale.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 8, 24, 0)
        row.addWidget(self._text)
        row.addStretch()
        row.addWidget(self._scale)

    @property
    def strictness(self) -> float:
        return 1 - self.slider.value() / STEPS

    @property
    def text(self) -> str:
        return self._text.text()

    def show_waiting(self) -> None:
        """The answer takes longer than one hardly notices."""
        self._text.setText("Searching…")

    def show_result(self, result: SearchResult) -> None:
        strong = sum(not hit.weak for hit in result.hits)
        found = "1 photo" if strong == 1 else f"{strong:,} photos"
        parts = [found, f"{result.elapsed_s:.2f} s"]
        self._text.setText(" · ".join([*parts, result.note] if result.note else parts))
        self._scale.setVisible(result.encoder_key is not None)  # filters are exact: there is nothing to loosen

    def _move(self) -> None:
        self.strictness_chosen.emit(self.strictness)
        if not self.slider.isSliderDown():  # moved by keys or wheel
            self.strictness_settled.emit(self.strictness)
