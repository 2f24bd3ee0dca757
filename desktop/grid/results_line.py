"""The line above the grid: how many photos, how fast they were found, their order and size, and in a search which model
answers and the slider between fewer and more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from desktop.grid.layout import GAP_PX, MARGIN_PX, USUAL_CELL_PX
from desktop.grid.model_button import ModelButton
from desktop.grid.size_slider import SizeSlider
from desktop.grid.sort_button import SortButton
from desktop.organise import wording

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from core.types import SearchResult
    from desktop.search.searcher import Answer
    from desktop.theme import Theme

STEPS = 20  # of the slider: finer ones change nothing that one can see
ROOM_FOR_WORDS_PX = 720  # narrower, and the slider stands without its words
ROOM_FOR_MODEL_PX = 880  # narrower, and the model that answers is a sign without its name
ROOM_FOR_SIZE_PX = 640  # narrower, and only the keys change the size


class ResultsLine(QWidget):
    """Describes an Answer."""

    strictness_chosen = Signal(float)
    """0..1 while the slider moves."""
    strictness_settled = Signal(float)
    """0..1 when it is let go."""

    def __init__(
        self, theme: Theme, strictness: float, parent: QWidget | None = None, *, cell_px: int = USUAL_CELL_PX
    ) -> None:
        super().__init__(parent)
        self._text = QLabel()
        self._text.setProperty("role", "muted")
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setValue(round((1 - strictness) * STEPS))
        self.slider.setFixedSize(96, 24)
        self.slider.setAccessibleName("Fewer or more results")
        self.slider.setToolTip("How well a photo must fit to be shown")
        self.slider.valueChanged.connect(self._move)
        self.slider.sliderReleased.connect(lambda: self.strictness_settled.emit(self.strictness))
        self.model_button = ModelButton(theme)
        self.model_button.hide()
        self.sort_button = SortButton(theme)
        self.size_slider = SizeSlider(theme, cell_px)
        self._words = (QLabel("Fewer"), QLabel("More"))
        self._scale = QWidget()
        self._scale.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._scale.hide()
        self._build()

    @property
    def strictness(self) -> float:
        return 1 - self.slider.value() / STEPS

    @property
    def text(self) -> str:
        return self._text.text()

    def show_strictness(self, strictness: float) -> None:
        """It was chosen elsewhere, 0..1."""
        self.slider.setValue(round((1 - strictness) * STEPS))

    def show_waiting(self) -> None:
        """The answer takes longer than one hardly notices."""
        self._say("Searching…")

    def show_answer(self, answer: Answer, *, hidden: bool = False) -> None:
        """
        Args:
            hidden: What was found is not shown, because it would be noise.
        """
        result = answer.result
        seconds = "" if answer.query.is_empty else f"{answer.elapsed_s:.2f} s"
        found = wording.photos(len(answer.arrangement.ids)) if result is None else _strong(result)
        if hidden and result is not None:
            found = f"{wording.photos(len(result.hits))} hidden"
        note = "" if result is None or result.note is None else result.note
        self._say(" · ".join(part for part in (answer.title, found, seconds, note) if part))
        compared = result is not None and result.compared
        self.model_button.show_coverage(None if result is None else result.coverage)
        self.model_button.setVisible(result is not None and result.encoder_key is not None)
        self._scale.setVisible(compared and not hidden)  # filters are exact: there is nothing to loosen
        self.sort_button.show_sort(answer.sort, ranked=compared)

    def _build(self) -> None:
        scale = QHBoxLayout(self._scale)
        scale.setContentsMargins(0, 0, 0, 0)
        scale.setSpacing(8)
        for word in self._words:
            word.setProperty("role", "muted")
        for widget in (self._words[0], self.slider, self._words[1]):
            scale.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN_PX + GAP_PX, 0, MARGIN_PX + GAP_PX, 0)  # flush with the pictures
        row.setSpacing(16)
        row.addWidget(self._text, stretch=1)
        for widget in (self.model_button, self._scale, self.sort_button, self.size_slider):
            row.addWidget(widget)
        self.setFixedHeight(40)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for word in self._words:
            word.setVisible(self.width() >= ROOM_FOR_WORDS_PX)
        self.model_button.show_words(self.width() >= ROOM_FOR_MODEL_PX)
        self.size_slider.setVisible(self.width() >= ROOM_FOR_SIZE_PX)

    def _say(self, text: str) -> None:
        self._text.setText(text)
        self._text.setToolTip(text)  # where the line is too narrow for it

    def _move(self) -> None:
        self.strictness_chosen.emit(self.strictness)
        if not self.slider.isSliderDown():  # moved by keys or wheel
            self.strictness_settled.emit(self.strictness)


def _strong(result: SearchResult) -> str:
    strong = sum(not hit.weak for hit in result.hits)
    return f"The best {wording.photos(strong)}" if result.limited else wording.photos(strong)
