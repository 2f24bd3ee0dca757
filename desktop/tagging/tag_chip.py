"""A value as a chip: a click searches for the photos that have it. And the thin bar that shows a probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from desktop.icons import icon
from desktop.organise.wording import in_menu
from desktop.tagging.tag_words import head_in_sentence, spoken

if TYPE_CHECKING:
    from desktop.theme import Theme

SIGN_PX = 14
BAR_PX = 4
LONGEST_PX = 176


class TagChip(QPushButton):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tagChip")
        self.setIconSize(QSize(SIGN_PX, SIGN_PX))
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._theme, self._sign = theme, ""
        self.value, self.is_unsure = "", False
        theme.changed.connect(self._paint_sign)

    def show_value(
        self, head: str, value: str, *, sign: str = "", count: int | None = None, unsure: bool = False
    ) -> None:
        """
        Args:
            sign: The name of an icon before it.
            count: Photos that have it, where there are several.
            unsure: It looks like a question, not like an answer.
        """
        self.value, self.is_unsure = value, unsure
        words = self.fontMetrics().elidedText(spoken(value), Qt.TextElideMode.ElideMiddle, LONGEST_PX)
        self.setText(in_menu(words if count is None else f"{words}\u2002{count:,}"))
        self.setToolTip(f"Show all photos of {head_in_sentence(head)} {spoken(value)}")
        name = f"{head_in_sentence(head)}: {spoken(value)}"
        self.setAccessibleName(name if count is None else f"{name}, {count:,}")
        self.setAccessibleDescription("Shows all photos with it")
        self.setProperty("unsure", unsure)
        self.style().unpolish(self)  # a style sheet looks at properties only when it is applied anew
        self.style().polish(self)
        self._sign = sign
        self._paint_sign()

    def _paint_sign(self) -> None:
        self.setIcon(icon(self._sign, self._theme.colors.accent, SIGN_PX) if self._sign else QIcon())


class ProbabilityBar(QWidget):
    """How probable something is, from 0 to 1. The figure stands beside it in words."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._share, self._sure = theme, 0.0, True
        self.setFixedHeight(BAR_PX)
        theme.changed.connect(self.update)

    def show_probability(self, share: float, *, sure: bool) -> None:
        self._share, self._sure = share, sure
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, painter = self._theme.colors, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        bar = QRectF(self.rect())
        painter.setBrush(QColor(colors.raised))
        painter.drawRoundedRect(bar, BAR_PX / 2, BAR_PX / 2)
        bar.setWidth(max(BAR_PX, bar.width() * min(self._share, 1.0)))
        painter.setBrush(QColor(colors.accent if self._sure else colors.outline))
        painter.drawRoundedRect(bar, BAR_PX / 2, BAR_PX / 2)
