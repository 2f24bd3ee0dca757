"""Learning what is alike from the user's labels: from which of them, how long it takes, the start, what is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.projections import Standing
from desktop.alike.alike_words import in_use
from desktop.search.flow_layout import FlowLayout
from desktop.training.head_panel import FEWEST, HeadPanel
from desktop.training.outcome_panel import Choice
from desktop.training.panel import button, say, text
from desktop.training.request import Request
from trainer.openset.config import MetricConfig
from trainer.recipe_book import recipe

if TYPE_CHECKING:
    from desktop.alike.alike_work import InUse

RECIPE = "clip-projection"
TITLE, BESIDE = "More like this", "seconds"
LEAD = (
    "Learns from your labels which photos belong together, and puts “more like this” in that order, also for things "
    "that you have not labelled. Searching by words stays exactly as it is, and you can go back at any time."
)
TOO_FEW = (
    f"Label at least {FEWEST} photos each of three kinds first: it learns from some of them, and is tried on another "
    "that it has never seen."
)
GAVE = "See what it gave"


class AlikePanel(HeadPanel):
    """`request` is what the training is started with. What is in use stands below it, whoever chose it."""

    outcome_wanted = Signal(object)
    """Path of the run that is in use."""
    back_wanted = Signal()
    """The model alone is to order again."""

    kinds = 3
    too_few = TOO_FEW

    def __init__(self, parent: QWidget | None = None) -> None:
        config = recipe(RECIPE).config
        assert isinstance(config, MetricConfig)  # this one is
        super().__init__(TITLE, BESIDE, "Learn what is alike", config.encoder, parent)
        self._in_use: InUse | None = None
        self._standing = text("muted")
        self.gave_button, self.back_button = button(GAVE), button(Choice.MODEL_ALONE.value)
        self._add_parts(LEAD, self._standing)
        bar = QWidget()
        flow = FlowLayout(bar)  # three of them are wider than half a narrow window
        for each in (self.start_button, self.gave_button, self.back_button):
            flow.addWidget(each)
        self.column.addWidget(bar)
        self.gave_button.clicked.connect(self._show_outcome)
        self.back_button.clicked.connect(self.back_wanted)
        say(self._standing, "")
        for each in (self.gave_button, self.back_button):
            each.hide()

    @property
    def request(self) -> Request:
        """What is as the recipe has it is left out."""
        return Request(RECIPE, tuple(assignment for differs, assignment in self._assignments() if differs))

    @property
    def standing(self) -> str:
        """What is in use, in words."""
        return self._standing.text()

    def show_in_use(self, now: InUse) -> None:
        self._in_use = now
        say(self._standing, in_use(now))
        self.gave_button.setVisible(now.standing in (Standing.ORDERS, Standing.OF_ANOTHER_MODEL))
        self.back_button.setVisible(now.standing is not Standing.NONE)

    def _show_outcome(self) -> None:
        if self._in_use is not None and self._in_use.run is not None:
            self.outcome_wanted.emit(self._in_use.run)
