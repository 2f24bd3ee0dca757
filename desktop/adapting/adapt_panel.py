"""Adapting search to the user's labels: from which of them, a few options, how long it takes, and the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QSpinBox, QWidget

from core.tags.values import CLASS
from desktop.organise.wording import photos
from desktop.tagging.tag_words import head_name
from desktop.training.panel import EstimatedPanel, Fold, choice, row, say, text
from desktop.training.request import Request
from trainer.contrastive.config import ContrastiveConfig
from trainer.recipe_book import recipe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from desktop.theme import Theme
    from desktop.training.work import LabelSummary

RECIPE = "clip-contrastive"
TITLE, BESIDE = "Adapt search", "minutes"
LEAD = (
    "Photos of the same label move together for “more like this”. Searching by words stays within a point of what it "
    "was, or it is not used. Your photos stay as they are, and you can go back."
)
FEWEST = 10  # photos of a label: with a fifth of them held out, two are left to find each other
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


class AdaptPanel(EstimatedPanel):
    """What the user chooses; `request` is what the training is started with."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, BESIDE, "Adapt search", parent)
        config = recipe(RECIPE).config
        assert isinstance(config, ContrastiveConfig)  # this one is
        self._usual_epochs, self._usual_rate = config.phases[0].epochs, config.phases[0].lr
        self._model = self._usual_model = config.encoder
        self.heads, self.trained, self.strength = choice("Learn from"), choice("What learns"), choice("How strongly")
        self.epochs = QSpinBox()
        self._why_not = text("muted")
        self.fold = Fold("Options", self._options(), theme)
        self._build()

    @property
    def request(self) -> Request:
        """In the order of the recipe's values; what is as the recipe has it is left out."""
        epochs, rate = self.epochs.value(), self._usual_rate * self.strength.currentData()
        head = self.heads.currentData() or CLASS
        chosen = (
            (head != CLASS, f"head={head}"),
            (self._model != self._usual_model, f"encoder={self._model}"),
            (self.trained.currentIndex() > 0, f"trained={self.trained.currentData()}"),
            (epochs != self._usual_epochs, f"phases.0.epochs={epochs}"),
            (self.strength.currentIndex() > 0, f"phases.0.lr={rate:.2g}"),
        )
        return Request(RECIPE, tuple(assignment for differs, assignment in chosen if differs))

    @property
    def can_learn(self) -> bool:
        """Some head has enough photos of two labels."""
        return self.heads.count() > 0

    @property
    def why_not(self) -> str:
        return self._why_not.text()

    def show_model(self, name: str | None) -> None:
        """Which model answers: it is the one that is adapted."""
        if name is not None and name != self._model:
            self._model = name
            self.request_has_changed()

    def show_summary(self, summary: LabelSummary) -> None:
        """Offer the heads that have enough labels, the class first."""
        before = self.heads.currentData()
        fitting = {head: values for head, values in summary.heads.items() if _is_enough(values.values())}
        with QSignalBlocker(self.heads):
            self.heads.clear()
            for head, values in fitting.items():
                self.heads.addItem(f"{head_name(head)}: {len(values)} labels, {photos(sum(values.values()))}", head)
            self.heads.setCurrentIndex(max(0, self.heads.findData(before)) if fitting else -1)
        for part in (self._learn_from, self.heads, self.fold):
            part.setVisible(bool(fitting))
        say(self._why_not, "" if fitting else TOO_FEW)
        if before != self.heads.currentData():
            self.request_has_changed()

    def allow(self, allowed: bool, why_not: str = "") -> None:
        """
        Args:
            why_not: Beside too few labels, which the panel sees itself.
        """
        self.start_button.setEnabled(allowed and self.can_learn)
        self.start_button.setToolTip(why_not or ("" if self.can_learn else TOO_FEW))

    def _build(self) -> None:
        self.column.addWidget(text("muted", LEAD))
        self._learn_from = QLabel("Learn &from")
        self._learn_from.setBuddy(self.heads)
        self.column.addLayout(row(self._learn_from, self.heads))
        self.column.addWidget(self.fold)
        self.column.addWidget(self._why_not)
        self.column.addWidget(self._estimate)
        self.column.addLayout(row(self.start_button))
        self.heads.currentIndexChanged.connect(self.request_has_changed)
        self.start_button.clicked.connect(lambda: self.started.emit(self.request))
        for part in (self._learn_from, self.heads, self.fold, self._estimate):
            part.hide()
        say(self._why_not, TOO_FEW)

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


def _is_enough(counts: Iterable[int]) -> bool:
    return sum(count >= FEWEST for count in counts) > 1
