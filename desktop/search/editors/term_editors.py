"""Editors of terms: words or a picture, wanted or not, and how much they count."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QSlider, QVBoxLayout, QWidget

from core.errors import QueryError
from core.query import Term
from desktop.search.chips import TIMES, subject
from desktop.search.editors.choice_buttons import ChoiceButtons
from desktop.search.editors.part_editor import PartEditor, checked
from desktop.search.small_pictures import small_picture
from desktop.tasks import Lane
from desktop.theme import STEP_PX

if TYPE_CHECKING:
    from core.library import Library
    from desktop.tasks import Tasks

# Even steps for the ear and eye: each is half again or twice the one before. 1 stands in the middle.
WEIGHTS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)
PREVIEW_PX = 96


class WeightSlider(QWidget):
    """How much a term counts, in steps; a weight between two steps stays until the slider is moved."""

    edited = Signal()

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = weight
        nearest = min(range(len(WEIGHTS)), key=lambda place: abs(WEIGHTS[place] - weight))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, len(WEIGHTS) - 1)
        self.slider.setValue(nearest)
        self.slider.setPageStep(1)
        self.slider.setToolTip("How much this counts beside the other terms")
        self.slider.valueChanged.connect(self._take)
        self.shown = QLabel()
        self.shown.setMinimumWidth(40)
        self.shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        name = QLabel("Weight")
        name.setBuddy(self.slider)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP_PX)
        row.addWidget(name)
        row.addWidget(self.slider, stretch=1)
        row.addWidget(self.shown)
        self.setFocusProxy(self.slider)
        self._show()

    def _take(self, place: int) -> None:
        self.weight = WEIGHTS[place]
        self._show()
        self.edited.emit()

    def _show(self) -> None:
        self.shown.setText(f"{self.weight:g}{TIMES}")
        self.slider.setAccessibleName(f"Weight {self.weight:g}")


class TermEditor(PartEditor):
    """The sign and the weight; what is searched for is added above them."""

    def __init__(self, term: Term | None) -> None:
        super().__init__()
        weight = term.weight if term is not None else 1.0
        self.sign = ChoiceButtons("Look for this", (("+", "Include"), ("-", "Exclude")))
        self.sign.choose("-" if weight < 0 else "+")
        self.sign.chosen.connect(lambda _sign: self.edited.emit())
        self.weight = WeightSlider(abs(weight))
        self.weight.edited.connect(self.edited)

    def _add_sign_and_weight(self) -> None:
        self.column.addWidget(self.sign)
        self.column.addWidget(self.weight)

    @property
    def _signed_weight(self) -> float:
        return -self.weight.weight if self.sign.value == "-" else self.weight.weight


class WordsEditor(TermEditor):
    """Words to look for."""

    title = "Words"

    def __init__(self, term: Term | None = None) -> None:
        super().__init__(term)
        self.words = QLineEdit(term.value if term is not None else "")
        self.words.setAccessibleName("Words")
        self.words.setPlaceholderText("Such as: people in hats")
        self.words.textEdited.connect(lambda _text: self.edited.emit())
        self.column.addWidget(self.words)
        self._add_sign_and_weight()
        self.setFocusProxy(self.words)

    def part(self) -> Term:
        words = " ".join(self.words.text().split())
        if not words:
            raise QueryError("Write what to look for.")
        return checked(Term("text", words, self._signed_weight))


class PictureEditor(TermEditor):
    """A picture to search by."""

    title = "Picture"

    picture_wanted = Signal()
    """The user wants to choose another file."""

    def __init__(self, library: Library, tasks: Tasks, term: Term) -> None:
        super().__init__(term)
        self._term = term
        self.preview = QLabel()
        self.preview.setFixedSize(QSize(PREVIEW_PX, PREVIEW_PX))
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setObjectName("preview")
        name = QLabel(subject(term) if term.photo_id is not None else Path(term.value).name)
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setWordWrap(True)
        self.other_button = QPushButton("Another picture…")
        self.other_button.setToolTip("Search by another file")
        self.other_button.clicked.connect(self.picture_wanted)
        beside = QVBoxLayout()
        beside.addWidget(name, stretch=1)
        beside.addWidget(self.other_button)
        row = QHBoxLayout()
        row.setSpacing(2 * STEP_PX)
        row.addWidget(self.preview)
        row.addLayout(beside, stretch=1)
        self.column.addLayout(row)
        self._add_sign_and_weight()
        self.setFocusProxy(self.weight)
        self.run(
            tasks,
            partial(small_picture, library, term, round(PREVIEW_PX * self.devicePixelRatio())),
            self._show_picture,
            lambda _error: self.preview.setText("No picture"),
            Lane.THUMBNAILS,
        )

    def part(self) -> Term:
        return checked(Term("image", self._term.value, self._signed_weight))

    def _show_picture(self, image: QImage) -> None:
        image.setDevicePixelRatio(self.devicePixelRatio())
        self.preview.setPixmap(QPixmap.fromImage(image))
