"""Draws one row of the suggestions: an icon, the text, its explanation at the right, a cross on recent searches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.icons import picture

if TYPE_CHECKING:
    from desktop.search.suggestion_list import Row
    from desktop.theme import Theme

ROW_PX = 32
ICON_PX = 16
CROSS_PX = 14
CROSS_ROOM_PX = 32  # a square as high as the row is easy to hit
MARGIN_PX = 8
ROUNDING_PX = 8
BAR_PX = 3  # of the accent colour at the left of the chosen row, as in menus
WIDEST_TEXT = 0.6  # of the room: the explanation keeps the rest


class SuggestionDelegate(QStyledItemDelegate):
    """A chosen row is drawn as the chosen entry of a menu; the one under the mouse has no bar."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, ROW_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row: Row = index.data(Qt.ItemDataRole.UserRole)
        colors, state = self._theme.colors, option.state  # type: ignore[attr-defined] - the stub leaves them out
        chosen, under_mouse = state & QStyle.StateFlag.State_Selected, state & QStyle.StateFlag.State_MouseOver
        rect: QRect = option.rect  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or under_mouse:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.hover if chosen else colors.raised))
            painter.drawRoundedRect(rect, ROUNDING_PX, ROUNDING_PX)
        if chosen:
            painter.setBrush(QColor(colors.accent))
            painter.drawRoundedRect(QRect(rect.left(), rect.top() + 6, BAR_PX, ROW_PX - 12), 1, 1)
        room = rect.adjusted(MARGIN_PX, 0, -MARGIN_PX, 0)
        self._draw_icon(painter, row.icon, colors.muted, QRect(room.left(), rect.top(), ICON_PX, ROW_PX), ICON_PX)
        if row.can_be_removed and (chosen or under_mouse):
            cross = QRect(rect.right() + 1 - CROSS_ROOM_PX, rect.top(), CROSS_ROOM_PX, ROW_PX)
            self._draw_icon(painter, "close", colors.muted, cross, CROSS_PX)
            room.setRight(cross.left() - MARGIN_PX)
        room.setLeft(room.left() + ICON_PX + MARGIN_PX)
        self._draw_texts(painter, row, room, colors.text, colors.muted)
        painter.restore()

    def _draw_icon(self, painter: QPainter, name: str, color: str, room: QRect, edge_px: int) -> None:
        drawn = picture(name, color, edge_px, painter.device().devicePixelRatio())
        painter.drawPixmap(room.center().x() - edge_px // 2 + 1, room.center().y() - edge_px // 2 + 1, drawn)

    def _draw_texts(self, painter: QPainter, row: Row, room: QRect, bright: str, muted: str) -> None:
        metrics = painter.fontMetrics()
        widest = int(room.width() * WIDEST_TEXT) if row.explanation else room.width()
        text = metrics.elidedText(row.text, Qt.TextElideMode.ElideMiddle, widest)
        painter.setPen(QColor(bright))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        if row.explanation:
            left = room.width() - metrics.horizontalAdvance(text) - 2 * MARGIN_PX
            explanation = metrics.elidedText(row.explanation, Qt.TextElideMode.ElideRight, left)
            painter.setPen(QColor(muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, explanation)
