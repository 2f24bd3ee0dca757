"""The few values of a recipe that people change: epochs of each phase, size of the pictures, seed, held-out share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QSpinBox, QWidget

if TYPE_CHECKING:
    from trainer.config import TrainConfig

MOST_EPOCHS = 1_000
EDGES_PX = (16, 1024)
MOST_SEED = 2**31 - 1
HELD_OUT = (5, 50)  # percent


class OptionsForm(QWidget):
    """Begins with what the recipe says; `assignments` are what was changed."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(20, 0, 0, 0)
        self._form.setSpacing(8)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._boxes: dict[str, tuple[QSpinBox, int]] = {}  # by key of the configuration, with the recipe's value
        self._labels: list[QLabel] = []

    def show_recipe(self, config: TrainConfig) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self._boxes = {}
        single = len(config.phases) == 1
        for place, phase in enumerate(config.phases):
            name = "&Epochs" if single else f"Epochs, phase “{phase.name}”"
            self._add(f"phases.{place}.epochs", name, (0 if not single else 1, MOST_EPOCHS), phase.epochs, "")
        self._add("image_px", "&Size of the pictures", EDGES_PX, config.image_px, " px").setSingleStep(16)
        share = round(config.validation_fraction * 100)
        self._add("validation_fraction", "&Held out for validation", HELD_OUT, share, "%")
        self._add("seed", "Seed, for another &draw", (0, MOST_SEED), config.seed, "")

    @property
    def assignments(self) -> tuple[str, ...]:
        """As `--set` takes them; empty where all is as the recipe has it."""
        return tuple(_assigned(key, box.value()) for key, (box, usual) in self._boxes.items() if box.value() != usual)

    def box(self, key: str) -> QSpinBox:
        return self._boxes[key][0]

    def _add(self, key: str, label: str, bounds: tuple[int, int], value: int, unit: str) -> QSpinBox:
        box = QSpinBox()
        box.setRange(*bounds)
        box.setSuffix(unit)
        box.setValue(value)
        box.setKeyboardTracking(False)
        box.lineEdit().setTextMargins(8, 0, 0, 0)  # where the padding of a style sheet does not reach
        box.setAccessibleName(label.replace("&", ""))
        box.setMinimumWidth(112)
        box.valueChanged.connect(lambda _value: self.changed.emit())
        self._form.addRow(label, box)
        self._boxes[key] = (box, value)
        return box


def _assigned(key: str, value: int) -> str:
    return f"{key}={value / 100}" if key == "validation_fraction" else f"{key}={value}"
