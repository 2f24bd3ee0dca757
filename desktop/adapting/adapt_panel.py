"""Adapting search to the user's labels: from which of them, a few options, how long it takes, and the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QSpinBox, QWidget

from desktop.training.head_panel import FEWEST, HeadPanel
from desktop.training.panel import Fold, choice, row
from desktop.training.request import Request
from trainer.contrastive.config import ContrastiveConfig
from trainer.recipe_book import recipe

if TYPE_CHECKING:
    from desktop.theme import Theme

RECIPE = "clip-contrastive"
TITLE, BESIDE = "Adapt search", "minutes"
LEAD = (
    "Photos of the same label move together for “more like this”. Searching by words stays within a point of what it "
    "was, or it is not used. Your photos stay as they are, and you can go back."
)
TOO_FEW = f"Label at least {FEWEST} photos each of two kinds first: it learns which photos belong together."
MOST_EPOCHS = 100
TRAINED = (
    ("The last half of it", "last stages"),
    ("Only its last layers", "last block"),
    ("All of it", "all"),
    ("Small additions to each layer", "lora"),
)
GENTLY = 0.3
STRENGTHS = (("As usual", 1.0), ("Gently", GENTLY), ("Strongly", 1 / GENTLY))
"""By the factor of the learning rate."""


class AdaptPanel(HeadPanel):
    """What the user chooses; `request` is what the training is started with."""

    too_few = TOO_FEW

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        config = recipe(RECIPE).config
        assert isinstance(config, ContrastiveConfig)  # this one is
        super().__init__(TITLE, BESIDE, "Adapt search", config.encoder, parent)
        self._usual_epochs, self._usual_rate = config.phases[0].epochs, config.phases[0].lr
        self.trained, self.strength = choice("What learns"), choice("How strongly")
        self.epochs = QSpinBox()
        self.fold = Fold("Options", self._options(), theme)
        self._add_parts(LEAD, self.fold)
        self.column.addLayout(row(self.start_button))

    @property
    def request(self) -> Request:
        """In the order of the recipe's values; what is as the recipe has it is left out."""
        epochs, rate = self.epochs.value(), self._usual_rate * self.strength.currentData()
        chosen = (
            *self._assignments(),
            (self.trained.currentIndex() > 0, f"trained={self.trained.currentData()}"),
            (epochs != self._usual_epochs, f"phases.0.epochs={epochs}"),
            (self.strength.currentIndex() > 0, f"phases.0.lr={rate:.2g}"),
        )
        return Request(RECIPE, tuple(assignment for differs, assignment in chosen if differs))

    @property
    def _parts_to_choose(self) -> tuple[QWidget, ...]:
        return (*super()._parts_to_choose, self.fold)

    def _options(self) -> QWidget:
        content = QWidget()
        form = QFormLayout(content)
        form.setContentsMargins(20, 0, 0, 0)
        form.setSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        choices = (("&What learns", self.trained, TRAINED), ("How st&rongly", self.strength, STRENGTHS))
        for label, box, values in choices:
            for said, value in values:
                box.addItem(said, value)
            box.currentIndexChanged.connect(self.request_has_changed)
            form.addRow(label, box)
        self.epochs.setRange(1, MOST_EPOCHS)
        self.epochs.setValue(self._usual_epochs)
        self.epochs.setKeyboardTracking(False)
        self.epochs.lineEdit().setTextMargins(8, 0, 0, 0)  # where the padding of a style sheet does not reach
        self.epochs.setMinimumWidth(112)
        self.epochs.setAccessibleName("Epochs of the adaptation")
        self.epochs.valueChanged.connect(self.request_has_changed)
        form.addRow("E&pochs", self.epochs)
        return content
