"""Draws the headings of the sections. Where they stand, the layout knows; what a click on them does, the view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QPainter

from desktop.grid.layout import GAP_PX
from desktop.grid.months import Group
from desktop.organise import wording

if TYPE_CHECKING:
    from desktop.theme import Theme

MONTH_LETTERS = 1.2  # times the usual ones: larger than what stands below pictures, smaller than a title
STICKY_ALPHA = 248  # of 255: pictures that pass below are felt, not read


class Headings:
    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def paint(self, painter: QPainter, place: QRect, group: Group, offer: str | None) -> None:
        """
        Args:
            offer: What a click would do, for the heading under the mouse; instead of the number of photos.
        """
        colors = self._theme.colors
        line = place.adjusted(GAP_PX, 0, -GAP_PX, 0)
        usual = painter.font()
        font = QFont(usual)
        font.setPixelSize(round(MONTH_LETTERS * QFontInfo(usual).pixelSize()))
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(colors.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, group.title)
        painter.setFont(usual)
        painter.setPen(QColor(colors.muted if offer is None else colors.accent))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(line, right, offer or wording.photos(group.count))

    def paint_ground(self, painter: QPainter, place: QRect, *, floating: bool) -> None:
        """Behind a heading that stays in sight while its photos pass below."""
        ground = QColor(self._theme.colors.window)
        ground.setAlpha(STICKY_ALPHA if floating else 255)
        painter.fillRect(place, ground)
        if floating:
            painter.fillRect(QRect(place.left(), place.bottom(), place.width(), 1), QColor(self._theme.colors.border))
