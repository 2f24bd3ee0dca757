"""Fine-tuning a network: which recipe, from which weights, a few options, how long it will take, and the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QButtonGroup, QLabel, QRadioButton, QWidget

from desktop.training.options_form import OptionsForm
from desktop.training.panel import EstimatedPanel, Fold, button, choice, row, say, text
from desktop.training.request import Request
from trainer.config import TrainConfig
from trainer.recipe_book import DEFAULT_RECIPE, Recipe, recipes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from desktop.theme import Theme

TITLE, BESIDE = "Fine-tune", "minutes"
BUNDLED, NEVER_PRETRAINED = "starter", "cnn"
NOT_INSTALLED = "The pretrained weights of this network are not installed on this computer."


class RecipePanel(EstimatedPanel):
    """What the user chooses; `request` is what a training is started with."""

    models_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, BESIDE, "Start training", parent)
        self._installed: Mapping[str, bool] = {}  # backbones, by name
        self.recipes = {each.name: each for each in recipes() if each.config.tier == "fine-tune"}
        self.choices: dict[str, QRadioButton] = {}
        self._group = QButtonGroup(self)
        self._details, self._hint = text("muted"), text("muted")
        self.weights = choice("Begin with these weights")
        self.models_button = button("Get them…", "link", "The models that can be downloaded")
        self.options = OptionsForm()
        self.fold = Fold("Options", self.options, theme)
        self._build()
        self.choices[DEFAULT_RECIPE].setChecked(True)

    @property
    def recipe(self) -> Recipe:
        return next(self.recipes[name] for name, choice in self.choices.items() if choice.isChecked())

    @property
    def config(self) -> TrainConfig:
        """Of the recipe, before the user's own values."""
        config = self.recipe.config
        assert isinstance(config, TrainConfig)  # all that are offered here are
        return config

    @property
    def request(self) -> Request:
        weights = self.weights.currentData()
        own = () if weights == self.config.weights else (f"weights={weights}",)
        return Request(self.recipe.name, (*own, *self.options.assignments))

    def show_installed(self, installed: Mapping[str, bool]) -> None:
        """Which backbones have pretrained weights here."""
        if installed != self._installed:
            self._installed = installed
            self._offer_weights()

    def allow(self, allowed: bool, why_not: str = "") -> None:
        self.start_button.setEnabled(allowed)
        self.start_button.setToolTip(why_not)

    def _build(self) -> None:
        for name, each in self.recipes.items():
            offered = self.choices[name] = QRadioButton(each.title)
            offered.setAccessibleDescription(f"{each.when} {each.cost}")
            offered.setToolTip(" ".join(each.description.split()))
            offered.toggled.connect(self._choose)
            self._group.addButton(offered)
            self.column.addWidget(offered)
        self.column.addWidget(self._details)
        label = QLabel("Begin &with")
        label.setBuddy(self.weights)
        self.weights.currentIndexChanged.connect(lambda _place: self.request_has_changed())
        self.column.addLayout(row(label, self.weights))
        self.models_button.setAccessibleName("Get the pretrained weights…")
        self.models_button.clicked.connect(self.models_wanted)
        self.column.addWidget(self._hint)
        self.column.addLayout(row(self.models_button))
        self.options.changed.connect(self.request_has_changed)
        self.column.addWidget(self.fold)
        self.column.addWidget(self._estimate)
        self.start_button.clicked.connect(lambda: self.started.emit(self.request))
        self.column.addLayout(row(self.start_button))

    def _choose(self, chosen: bool) -> None:
        if not chosen:
            return
        recipe = self.recipe
        say(self._details, f"When: {recipe.when}\nCost: {recipe.cost}")
        with QSignalBlocker(self.options):
            self.options.show_recipe(self.config)
        self._offer_weights()

    def _offer_weights(self) -> None:
        config = self.config
        bundled = config.backbone == BUNDLED
        there = bundled or self._installed.get(config.backbone, False)
        to_be_had = config.backbone != NEVER_PRETRAINED
        pretrained = "what the bundled model knows" if bundled else "pretrained weights"
        with QSignalBlocker(self.weights):
            self.weights.clear()
            if to_be_had:
                self.weights.addItem(pretrained if there else f"{pretrained} (not installed)", "pretrained")
                model = self.weights.model()
                assert isinstance(model, QStandardItemModel)
                model.item(0).setEnabled(there)
            self.weights.addItem("nothing: from scratch", "scratch")
            wanted = config.weights if there else "scratch"
            self.weights.setCurrentIndex(self.weights.findData(wanted))
        missing = to_be_had and not there
        say(self._hint, NOT_INSTALLED if missing else "")
        self.models_button.setVisible(missing)
        self.request_has_changed()
