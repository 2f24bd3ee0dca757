"""One photo of a group of unknown ones: in the group, or taken out of it by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from desktop.icons import picture

if TYPE_CHECKING:
    from core.types import PhotoId
    from desktop.organise.duplicate_pictures import PagePictures
    from desktop.theme import Theme

THUMB_PX = 104
RADIUS_PX = 8
SIGN_PX = 20
OUT_OPACITY = 0.25


class GroupThumb(QAbstractButton):
    """Checked: it is in the group."""

    opened = Signal(object)
    """PhotoId: show it large (Enter, double-click)."""

    def __init__(self, photo_id: PhotoId, pictures: PagePictures, theme: Theme) -> None:
        super().__init__()
        self.photo_id = photo_id
        self._pictures, self._theme = pictures, theme
        self.setCheckable(True)
        self.setChecked(True)
        self.setFixedSize(self.sizeHint())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)  # it is painted anew when the mouse comes and goes
        self.toggled.connect(self._name)
        self._name(True)

    def sizeHint(self) -> QSize:
        return QSize(THUMB_PX, THUMB_PX)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.photo_id)
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The first click of the two has taken it out, or put it in again: that is taken back."""
        self.toggle()
        self.opened.emit(self.photo_id)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        room = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        shape = QPainterPath()
        shape.addRoundedRect(room, RADIUS_PX, RADIUS_PX)
        painter.fillPath(shape, QColor(self._theme.colors.raised))
        painter.setClipPath(shape)
        painter.setOpacity(1.0 if self.isChecked() else OUT_OPACITY)
        self._paint_picture(painter, room.toAlignedRect())
        painter.setOpacity(1.0)
        painter.setClipping(False)
        if not self.isChecked():
            self._paint_sign(painter)
        self._paint_frame(painter, room)

    def _paint_picture(self, painter: QPainter, room: QRect) -> None:
        pixmap = self._pictures.get(self.photo_id)
        if pixmap is not None:  # cropped to the square
            edge = min(pixmap.width(), pixmap.height())
            source = QRect((pixmap.width() - edge) // 2, (pixmap.height() - edge) // 2, edge, edge)
            painter.drawPixmap(room, pixmap, source)
        elif self._pictures.is_unreadable(self.photo_id):
            mark = picture("broken", self._theme.colors.muted, 32, self.devicePixelRatio())
            painter.drawPixmap(room.center() - QPoint(16, 16), mark)

    def _paint_sign(self, painter: QPainter) -> None:
        """It is not in the group: told by a sign too, not by paleness alone."""
        colors = self._theme.colors
        disc = QRect(QPoint(), QSize(SIGN_PX + 8, SIGN_PX + 8))
        disc.moveCenter(self.rect().center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.surface))
        painter.drawEllipse(disc)
        sign = picture("close", colors.text, SIGN_PX, self.devicePixelRatio())
        painter.drawPixmap(disc.topLeft() + QPoint(4, 4), sign)

    def _paint_frame(self, painter: QPainter, room: QRectF) -> None:
        colors = self._theme.colors
        if self.hasFocus():
            pen = QPen(QColor(colors.accent), 3)
        elif self.underMouse():
            pen = QPen(QColor(colors.outline), 2)
        else:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        painter.drawRoundedRect(room, RADIUS_PX, RADIUS_PX)

    def _name(self, inside: bool) -> None:
        act = "take it out of the group" if inside else "put it in again"
        self.setAccessibleName("Photo of the group" if inside else "Photo that was taken out")
        self.setAccessibleDescription(f"Space: {act}. Enter: show it large")
        self.setToolTip(f"Click or Space: {act}\nDouble-click or Enter: show it large")
