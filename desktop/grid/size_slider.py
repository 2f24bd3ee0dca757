"""The slider between small and large pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from desktop.grid.layout import LARGEST_CELL_PX, SMALLEST_CELL_PX
from desktop.icons import picture

if TYPE_CHECKING:
    from desktop.theme import Theme

STEP_PX = 16
PAGE_PX = 64
ICONS_PX = (12, 20)


class SizeSlider(QWidget):
    chosen = Signal(int)
    """The wanted width of a cell in pixels, while the slider moves."""

    def __init__(self, theme: Theme, cell_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(SMALLEST_CELL_PX, LARGEST_CELL_PX)
        self.slider.setSingleStep(STEP_PX)
        self.slider.setPageStep(PAGE_PX)
        self.slider.setValue(cell_px)
        self.slider.setFixedSize(96, 24)
        self.slider.setAccessibleName("Size of the pictures")
        self.slider.setToolTip("Size of the pictures (Ctrl++ and Ctrl+-)")
        self.slider.valueChanged.connect(self.chosen)
        self._icons = (QLabel(), QLabel())
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self._icons[0], self.slider, self._icons[1]):
            row.addWidget(widget)
        theme.changed.connect(self._paint_icons)
        self._paint_icons()

    def show_size(self, cell_px: int) -> None:
        """It was chosen elsewhere."""
        self.slider.blockSignals(True)
        self.slider.setValue(cell_px)
        self.slider.blockSignals(False)

    def _paint_icons(self) -> None:
        for label, edge_px in zip(self._icons, ICONS_PX, strict=True):
            label.setPixmap(picture("photos", self._theme.colors.muted, edge_px, self.devicePixelRatio()))
