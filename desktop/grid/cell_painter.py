"""Paints one cell of the grid: the picture, what marks it, its selection and, in a search, its strength."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from desktop.grid.layout import GAP_PX
from desktop.grid.model import Cell
from desktop.icons import picture
from desktop.theme import Theme

RADIUS_PX = 8
CAPTION_PX = 24  # a line below the picture: the strength, or the name of the file
PERCENT_PX = 40  # room for "100%"
WEAK_OPACITY = 0.55  # recognisable, and plainly behind the others
BADGE_PX = 24
BADGE_GROUND = QColor(0, 0, 0, 150)  # white signs on it have a contrast of 4.5 even on a white picture
FRAME_PX = 3  # within the gap between pictures, so that it hides nothing
RING_PX = 2


class CellState(NamedTuple):
    selected: bool
    current: bool  # where the arrow keys are, to be shown because the selection does not tell
    hovered: bool


class CellPainter:
    """Draws squares, so that the eye finds them in straight lines."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def paint(self, painter: QPainter, place: QRect, cell: Cell, state: CellState) -> None:
        """
        Args:
            place: Of the picture and its captions, without the gap.
        """
        room = QRect(place.topLeft(), QSize(place.width(), place.width()))
        painter.setOpacity(WEAK_OPACITY if cell.weak else 1.0)
        self._paint_picture(painter, room, cell)
        painter.setOpacity(1.0)
        line = QRect(room.left(), room.bottom() + 1, room.width(), CAPTION_PX)
        if cell.strength is not None:
            self._paint_strength(painter, QRectF(line), cell.strength)
            line.translate(0, CAPTION_PX)
        if line.bottom() <= place.bottom() + GAP_PX:
            self._paint_name(painter, line, cell.name)
        self._paint_badges(painter, room, cell)
        self._paint_state(painter, room, state)

    def _paint_picture(self, painter: QPainter, room: QRect, cell: Cell) -> None:
        if cell.pixmap is not None:
            painter.drawPixmap(room, cell.pixmap)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.colors.raised))
        painter.drawRoundedRect(room, RADIUS_PX, RADIUS_PX)
        if cell.unreadable:
            self._draw_icon(painter, "broken", self._theme.colors.muted, room.center() - QPoint(16, 16), 32)

    def _paint_strength(self, painter: QPainter, line: QRectF, strength: float) -> None:
        colors = self._theme.colors
        bar = QRectF(line.left() + 2, line.center().y() - 2, line.width() - PERCENT_PX - 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.raised))
        painter.drawRoundedRect(bar, 2, 2)
        painter.setBrush(QColor(colors.accent))
        painter.drawRoundedRect(bar.adjusted(0, 0, (strength - 1) * bar.width(), 0), 2, 2)
        painter.setPen(QColor(colors.muted))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{strength:.0%}")

    def _paint_name(self, painter: QPainter, line: QRect, name: str) -> None:
        metrics = QFontMetrics(painter.font())
        painter.setPen(QColor(self._theme.colors.muted))
        text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, line.width() - 4)
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_badges(self, painter: QPainter, room: QRect, cell: Cell) -> None:
        """In the lower left corner, where the check mark of the selection never is."""
        corner = room.bottomLeft() + QPoint(8, -7 - BADGE_PX)
        for name, shown in (("heart-filled", cell.favorite), ("eye-off", cell.hidden)):
            if shown:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(BADGE_GROUND)
                painter.drawEllipse(QRect(corner, QSize(BADGE_PX, BADGE_PX)))
                self._draw_icon(painter, name, "#ffffff", corner + QPoint(5, 5), BADGE_PX - 10)
                corner += QPoint(BADGE_PX + 4, 0)

    def _paint_state(self, painter: QPainter, room: QRect, state: CellState) -> None:
        colors = self._theme.colors
        if state.selected:
            self._frame(painter, room, colors.accent, 0, FRAME_PX)
            self._frame(painter, room, colors.window, -RING_PX, RING_PX)  # parts it from a picture of its own colour
            self._paint_check(painter, room)
        elif state.hovered:
            self._frame(painter, room, colors.muted, 0, 1)
        if state.current:
            self._frame(painter, room, colors.text, 1 if state.selected else 0, FRAME_PX if state.selected else RING_PX)

    def _paint_check(self, painter: QPainter, room: QRect) -> None:
        colors = self._theme.colors
        badge = QRect(room.topLeft() + QPoint(8, 8), QSize(BADGE_PX, BADGE_PX))
        painter.setBrush(QColor(colors.accent))
        painter.setPen(QPen(QColor(colors.window), RING_PX))
        painter.drawEllipse(badge)
        self._draw_icon(painter, "check", colors.on_accent, badge.topLeft() + QPoint(5, 5), BADGE_PX - 10)

    def _frame(self, painter: QPainter, room: QRect, color: str, away_px: float, width_px: float) -> None:
        """A line around the picture whose inner side is so far away from it."""
        out = away_px + width_px / 2
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(color), width_px))
        painter.drawRoundedRect(QRectF(room).adjusted(-out, -out, out, out), RADIUS_PX + out, RADIUS_PX + out)

    def _draw_icon(self, painter: QPainter, name: str, color: str, place: QPoint, edge_px: int) -> None:
        painter.drawPixmap(place, picture(name, color, edge_px, painter.device().devicePixelRatio()))
