"""Paints one cell of the grid: the picture, its selection and, in a search, its strength."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.grid.model import Role
from desktop.icons import picture
from desktop.theme import Theme

GAP_PX = 4  # on each side of a picture: 8 between two
RADIUS_PX = 8
CAPTION_PX = 24  # the strength below the picture
PERCENT_PX = 40  # room for "100%"
WEAK_OPACITY = 0.55  # recognisable, and plainly behind the others

BLEED = 1.02  # a brush repeats its picture: smoothed at its very edge, a line of the opposite edge would show


class GridDelegate(QStyledItemDelegate):
    """Draws pictures cropped to the square, so that the eye finds them in straight lines."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        cell: QRect = option.rect  # type: ignore[attr-defined]
        strength = index.data(Role.STRENGTH)
        room = cell.adjusted(GAP_PX, GAP_PX, -GAP_PX, -GAP_PX - (CAPTION_PX if strength is not None else 0))
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(WEAK_OPACITY if index.data(Role.WEAK) else 1.0)
        self._paint_picture(painter, room, index)
        painter.setOpacity(1.0)
        if strength is not None:
            self._paint_strength(painter, room, strength)
        self._paint_frame(painter, room, option.state)  # type: ignore[attr-defined]
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return option.rect.size()  # type: ignore[attr-defined] - the view's layout decides

    def _paint_picture(self, painter: QPainter, room: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        pixmap: QPixmap | None = index.data(Qt.ItemDataRole.DecorationRole)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.colors.raised) if pixmap is None else _crop(pixmap, room))
        painter.drawRoundedRect(room, RADIUS_PX, RADIUS_PX)
        if pixmap is None and index.data(Role.UNREADABLE):
            mark = picture("broken", self._theme.colors.muted, 32, painter.device().devicePixelRatio())
            painter.drawPixmap(room.center().x() - 16, room.center().y() - 16, mark)

    def _paint_strength(self, painter: QPainter, room: QRect, strength: float) -> None:
        colors = self._theme.colors
        line = QRectF(room.left(), room.bottom() + 1, room.width(), CAPTION_PX)
        bar = QRectF(line.left() + 2, line.center().y() - 2, line.width() - PERCENT_PX - 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.raised))
        painter.drawRoundedRect(bar, 2, 2)
        painter.setBrush(QColor(colors.accent))
        painter.drawRoundedRect(QRectF(bar.topLeft(), bar.size()).adjusted(0, 0, (strength - 1) * bar.width(), 0), 2, 2)
        painter.setPen(QColor(colors.muted))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{strength:.0%}")

    def _paint_frame(self, painter: QPainter, room: QRect, state: QStyle.StateFlag) -> None:
        if state & QStyle.StateFlag.State_Selected:
            width, color = 3, self._theme.colors.accent
        elif state & QStyle.StateFlag.State_HasFocus:
            width, color = 2, self._theme.colors.text
        elif state & QStyle.StateFlag.State_MouseOver:
            width, color = 1, self._theme.colors.muted
        else:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(color), width))
        inset = -width / 2
        painter.drawRoundedRect(QRectF(room).adjusted(inset, inset, -inset, -inset), RADIUS_PX, RADIUS_PX)


def _crop(pixmap: QPixmap, room: QRect) -> QBrush:
    """A brush that fills the room with the middle of the picture."""
    scale = BLEED * max(room.width() / pixmap.width(), room.height() / pixmap.height())
    left = room.left() - (pixmap.width() * scale - room.width()) / 2
    top = room.top() - (pixmap.height() * scale - room.height()) / 2
    brush = QBrush(pixmap)
    brush.setTransform(QTransform(scale, 0, 0, scale, left, top))
    return brush
