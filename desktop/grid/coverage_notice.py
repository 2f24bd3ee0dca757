"""The line above the results that says which words of the search the model hardly knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from core.coverage import hardly_known_sentence
from desktop.grid.layout import GAP_PX, MARGIN_PX
from desktop.grid.model_card import models_button
from desktop.icons import picture
from desktop.organise.wording import isolated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.types import ModelInfo
    from desktop.theme import Theme


class CoverageNotice(QFrame):
    """Hidden while there is nothing to say."""

    models_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("coverageNotice")
        self._theme = theme
        self._mark = QLabel()
        self._text = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.button = QPushButton()
        self.button.setProperty("role", "link")
        self.button.clicked.connect(self.models_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN_PX + GAP_PX, 4, MARGIN_PX + GAP_PX, 4)  # flush with the pictures
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(self._text, stretch=1)
        row.addWidget(self.button)
        theme.changed.connect(self._paint_mark)
        self._paint_mark()
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text()

    def show_words(self, info: ModelInfo | None, words: Sequence[str]) -> None:
        """
        Args:
            words: Hardly known ones; without any, or without a model, there is nothing to say.
        """
        if info is None or not words:
            self.hide()
            return
        said = hardly_known_sentence(info.title, words, isolated)
        them = "it" if len(words) == 1 else "them"
        self._text.setText(f"{said}: these results may have little to do with {them}.")
        self.setAccessibleName(self.text)
        self.button.setText(models_button(info))
        self.show()

    def _paint_mark(self) -> None:
        self._mark.setPixmap(picture("info", self._theme.colors.muted, 16, self.devicePixelRatio()))
