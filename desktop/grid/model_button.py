"""Says which model answers, quietly; a click tells more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QToolButton, QWidget

from desktop.grid.model_card import ModelCard
from desktop.icons import icon
from desktop.organise.wording import in_menu

if TYPE_CHECKING:
    from core.coverage import Coverage
    from core.types import ModelInfo
    from desktop.theme import Theme

LONGEST_PX = 176  # of the title: models of one's own have any name


class ModelButton(QToolButton):
    """Empty until it was told of a model."""

    models_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelButton")
        self._theme = theme
        self._info: ModelInfo | None = None
        self._taken_for: dict[str, str] = {}
        self.card: ModelCard | None = None
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(16, 16))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clicked.connect(self.open_card)
        theme.changed.connect(self._paint_icon)
        self._paint_icon()

    @property
    def info(self) -> ModelInfo | None:
        return self._info

    def show_model(self, info: ModelInfo | None) -> None:
        self._info = info
        if info is not None:
            shown = self.fontMetrics().elidedText(info.title, Qt.TextElideMode.ElideMiddle, LONGEST_PX)
            self.setText(in_menu(shown))
            self.setAccessibleName(f"The model that answers: {info.title}")
        self._explain()

    def show_coverage(self, coverage: Coverage | None) -> None:
        """Of the query that is answered."""
        self._taken_for = {} if coverage is None else coverage.taken_for
        self._explain()

    def show_words(self, shown: bool) -> None:
        """Its name beside its sign, where there is room."""
        style = Qt.ToolButtonStyle
        self.setToolButtonStyle(style.ToolButtonTextBesideIcon if shown else style.ToolButtonIconOnly)

    def open_card(self) -> None:
        if self._info is None:
            return
        self.card = ModelCard(self._info, self._taken_for, self)
        self.card.models_wanted.connect(self.models_wanted)
        self.card.show_at(self)

    def _explain(self) -> None:
        title = self._info.title if self._info is not None else ""
        self.setToolTip(f"{title} answers. What it is good for, and other models" if title else "")
        self.setAccessibleDescription(self._info.good_for if self._info is not None else "")

    def _paint_icon(self) -> None:
        self.setIcon(icon("model", self._theme.colors.muted, 16))
