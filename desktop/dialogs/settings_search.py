"""Settings of the search: which model answers, where it runs, how strict results are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QPushButton, QSizePolicy, QSlider, QVBoxLayout, QWidget

from desktop.alike.alike_work import read_choices
from desktop.dialogs.models import Models, facts, learning, read_models
from desktop.dialogs.setting_fields import NEXT_START, Changes, Field, combo, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QStandardItemModel

    from core.library import Library
    from core.types import Progress
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks

STEPS = 20  # of the slider, as of the one above the results
DEVICES = (
    ("Automatic", "auto"),
    ("Processor (CPU)", "cpu"),
    ("NVIDIA graphics card (CUDA)", "cuda"),
    ("Apple graphics (MPS)", "mps"),
)
BY_THE_MODEL = ("What the model sees", "")
RANKINGS = (
    ("Both together", "blend"),
    ("The model alone", "clip"),
    ("Labels and tags alone", "tags"),
)


class SearchPage(QWidget):
    """Which model answers, and how."""

    models_wanted = Signal()
    strictness_changed = Signal(float)
    """0..1, once the slider is let go."""
    order_changed = Signal()
    """Photos like one photo are ordered by something else now."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, changes: Changes) -> None:
        super().__init__()
        self._library, self._tasks, self._changes = library, tasks, changes
        self._models: Models | None = None
        self.models_button = QPushButton("Models…")
        self.models_button.setAutoDefault(False)
        self.models_button.clicked.connect(self.models_wanted)
        self.model_field = Field("&Model", self.models_button)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setFixedWidth(240)
        self.slider.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.slider.valueChanged.connect(self._take_strictness)
        self.slider.sliderReleased.connect(self._take_strictness)
        self.strictness_field = Field(
            "&Strictness",
            self.slider,
            "How well a photo must fit a search to be shown. Left: only what is certain. Right: everything.",
        )
        self.device = combo(DEVICES)
        self.device.activated.connect(self._take_device)
        self.device_field = Field(
            "&Runs on", self.device, f"Automatic takes a graphics card where there is one. {NEXT_START}"
        )
        self.ranking = combo(RANKINGS)
        self.ranking.activated.connect(self._take_ranking)
        self.ranking_field = Field(
            "What ranks photos for &words",
            self.ranking,
            "The model compares your words with the pictures; tags are what you or the tagger say the photos show.",
        )
        self.projection = combo((BY_THE_MODEL,))
        self.projection.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)  # they come later
        self.projection.activated.connect(self._take_projection)
        self.projection_field = Field(
            "What makes photos &alike",
            self.projection,
            "Of photos like one photo: what the model sees, or what was learned from labels under Training, More like "
            "this.",
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(
            page(self.model_field, self.ranking_field, self.projection_field, self.strictness_field, self.device_field)
        )
        changes.made.connect(lambda names: self.order_changed.emit() if "projection" in names else None)
        bridge.encoder_changed.connect(lambda _name: self.refresh())
        bridge.progress_changed.connect(self._show_progress)

    def refresh(self) -> None:
        """Show what is in force."""
        settings = self._library.settings
        self.slider.blockSignals(True)
        self.slider.setValue(round((1 - settings.strictness) * STEPS))
        self.slider.blockSignals(False)
        self.ranking.setCurrentIndex(self.ranking.findData(settings.ranking))
        self.device.setCurrentIndex(self.device.findData(settings.device))
        if self.isVisible():
            self._tasks.run(partial(read_models, self._library), self._show_models)
            self._tasks.run(self._library.models.devices, self._show_devices)
            choices = partial(read_choices, self._library)
            self._tasks.run(choices, self._show_projections, lambda _error: self._show_projections(()))

    def _show_models(self, models: Models) -> None:
        self._models = models
        self._show_progress(self._library.progress)

    def _show_progress(self, progress: Progress) -> None:
        if self._models is None:
            return
        lines = []
        for info in self._models.infos:
            if info.live:
                lines.insert(0, f"{info.title} answers now: {facts(info)}.")
            elif info.name == self._models.chosen:
                lines.append(f"{info.title}: {learning(progress)}")
        self.model_field.explain("\n".join(lines))

    def _show_devices(self, devices: list[str]) -> None:
        items = cast("QStandardItemModel", self.device.model())
        for row, (label, value) in enumerate(DEVICES):
            there = value == "auto" or value in devices
            items.item(row).setEnabled(there)
            self.device.setItemText(row, label if there else f"{label}: not on this computer")

    def _show_projections(self, choices: Sequence[tuple[str, str]]) -> None:
        """
        Args:
            choices: See `read_choices`.
        """
        self.projection.clear()
        for label, run in (BY_THE_MODEL, *choices):
            self.projection.addItem(label, run)
        self.projection.setCurrentIndex(self.projection.findData(self._library.settings.projection))

    def _take_projection(self) -> None:
        self._changes.make(self.projection_field, projection=self.projection.currentData())

    def _take_strictness(self) -> None:
        if not self.slider.isSliderDown():
            strictness = 1 - self.slider.value() / STEPS
            self._changes.make(self.strictness_field, strictness=strictness)
            self.strictness_changed.emit(strictness)

    def _take_ranking(self) -> None:
        self._changes.make(self.ranking_field, ranking=self.ranking.currentData())

    def _take_device(self) -> None:
        self._changes.make(self.device_field, device=self.device.currentData())
