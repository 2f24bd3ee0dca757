"""Small bars: how many labelled photos each value of one head has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.tags.values import CLASS
from desktop.organise.wording import photos
from desktop.tagging.tag_words import head_in_sentence, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QPaintEvent

    from desktop.theme import Theme

SHOWN = 8  # values of the class; of more, the rarest matter least to who looks for a moment
SHOWN_OF_OTHERS = 3  # values of an attribute: there may be many of them
FEW = 5  # photos: what is learned of them is hardly more than those
BAR_PX = 6
NAME_SHARE = 0.36
GAP_PX = 8


class CountBars(QWidget):
    """One line for each value: name, bar, number."""

    def __init__(self, theme: Theme, head: str, counts: Mapping[str, int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._counts = theme, dict(counts)
        self.lines = list(self._counts.items())[: SHOWN if head == CLASS else SHOWN_OF_OTHERS]
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Labelled photos by {head_in_sentence(head)}")
        named = ", ".join(f"{value}: {photos(count)}" for value, count in self._counts.items())
        self.setAccessibleDescription(named)
        self.setToolTip("\n".join(f"{value}: {photos(count)}" for value, count in list(self._counts.items())[:40]))
        theme.changed.connect(self.update)

    @property
    def more(self) -> int:
        """Values that have no line."""
        return len(self._counts) - len(self.lines)

    def sizeHint(self) -> QSize:
        return QSize(280, len(self.lines) * self._line_px)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    @property
    def _line_px(self) -> int:
        return self.fontMetrics().height() + 4

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colors, metrics = QPainter(self), self._theme.colors, self.fontMetrics()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max(self._counts.values(), default=1)
        name_px = int(self.width() * NAME_SHARE)
        number_px = max(metrics.horizontalAdvance(_number(count)) for _, count in self.lines) if self.lines else 0
        bar_px = max(1.0, self.width() - name_px - number_px - 2 * GAP_PX)
        for place, (value, count) in enumerate(self.lines):
            top = place * self._line_px
            painter.setPen(QColor(colors.text))
            name = metrics.elidedText(spoken(value), Qt.TextElideMode.ElideRight, name_px)
            painter.drawText(QRectF(0, top, name_px, self._line_px), Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(QColor(colors.muted))
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(self.width() - number_px, top, number_px, self._line_px), right, _number(count))
            painter.setPen(Qt.PenStyle.NoPen)
            y = top + (self._line_px - BAR_PX) / 2
            painter.setBrush(QColor(colors.hover))
            painter.drawRoundedRect(QRectF(name_px + GAP_PX, y, bar_px, BAR_PX), BAR_PX / 2, BAR_PX / 2)
            painter.setBrush(QColor(colors.accent if count >= FEW else colors.outline))
            filled = max(BAR_PX, bar_px * count / most)
            painter.drawRoundedRect(QRectF(name_px + GAP_PX, y, filled, BAR_PX), BAR_PX / 2, BAR_PX / 2)


def _number(count: int) -> str:
    return f"{count:,}" if count >= FEW else f"few: {count}"
