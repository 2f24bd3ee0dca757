"""One photo of a group of duplicates: a small picture, what is known of the file, the mark of the one that stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from desktop.icons import picture
from desktop.viewer.facts import BY, DOT, file_size

if TYPE_CHECKING:
    from core.types import Photo
    from desktop.organise.duplicate_pictures import PagePictures
    from desktop.theme import Theme

CARD_PX = 176
PICTURE_PX = 128  # height; the width is that of the card
PAD_PX = 8
SIGN_PX = 16
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class CopyCard(QAbstractButton):
    """One photo of a group. Checked: it stays. Painted by hand, for its names give way in the middle."""

    opened = Signal(object)
    """PhotoId: show it large (Enter, double-click)."""

    def __init__(self, photo: Photo, badge: str, pictures: PagePictures, theme: Theme) -> None:
        super().__init__()
        self.photo = photo
        self._badge, self._pictures, self._theme = badge, pictures, theme
        self.setCheckable(True)
        self.setFixedSize(self._size())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)  # it is painted anew when the mouse comes and goes
        self.toggled.connect(self._name)
        self._name(checked=False)

    def sizeHint(self) -> QSize:
        return self._size()

    @property
    def facts(self) -> tuple[str, str, str]:
        """Name, folder, and what the file is like."""
        metadata = self.photo.metadata
        size = file_size(self.photo.size_bytes)
        like = f"{metadata.width} {BY} {metadata.height}{DOT}{size}" if metadata is not None else size
        return self.photo.path.name, str(self.photo.path.parent), like

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.photo.id)
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.opened.emit(self.photo.id)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_frame(painter)
        room = QRect(PAD_PX, PAD_PX, CARD_PX - 2 * PAD_PX, PICTURE_PX)
        self._paint_picture(painter, room)
        self._paint_texts(painter, room.bottom() + PAD_PX)

    def _size(self) -> QSize:
        return QSize(CARD_PX, PICTURE_PX + 3 * PAD_PX + 4 * self.fontMetrics().lineSpacing() + PAD_PX)

    def _name(self, checked: bool) -> None:
        name, folder, like = self.facts
        fate = self._badge if checked else "Goes to the trash"
        self.setToolTip(
            f"{self.photo.path}\n{fate}\nClick or Space: keep this one. Double-click or Enter: show it large"
        )
        self.setAccessibleName(f"{name}, {fate}")
        self.setAccessibleDescription(f"{like}, in {folder}")

    def _paint_frame(self, painter: QPainter) -> None:
        colors = self._theme.colors
        if self.hasFocus():
            color, width = colors.text, 2
        elif self.isChecked():
            color, width = colors.accent, 2
        else:
            color, width = colors.outline if self.underMouse() else colors.border, 1
        painter.setBrush(QColor(colors.raised if self.isChecked() else colors.window))
        painter.setPen(QPen(QColor(color), width))
        inset = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 8, 8)

    def _paint_picture(self, painter: QPainter, room: QRect) -> None:
        pixmap = self._pictures.get(self.photo.id)
        if pixmap is not None:
            size = pixmap.size().scaled(room.size() * self.devicePixelRatio(), Qt.AspectRatioMode.KeepAspectRatio)
            size /= self.devicePixelRatio()
            painter.drawPixmap(QRect(room.center() - QRect(0, 0, size.width(), size.height()).center(), size), pixmap)
        elif self._pictures.is_unreadable(self.photo.id):
            mark = picture("broken", self._theme.colors.muted, 32, self.devicePixelRatio())
            painter.drawPixmap(room.center().x() - 16, room.center().y() - 16, mark)

    def _paint_texts(self, painter: QPainter, top: int) -> None:
        colors, metrics = self._theme.colors, self.fontMetrics()
        width, height = CARD_PX - 2 * PAD_PX, metrics.lineSpacing()
        for place, text in enumerate(self.facts):
            painter.setPen(QColor(colors.muted if place else colors.text))
            line = QRect(PAD_PX, top + place * height, width, height)
            painter.drawText(line, _LEFT, metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width))
        if self.isChecked():
            line = QRect(PAD_PX, top + len(self.facts) * height + 4, width, max(height, SIGN_PX))
            painter.drawPixmap(line.topLeft(), picture("check", colors.accent, SIGN_PX, self.devicePixelRatio()))
            font = QFont(self.font())
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(QColor(colors.accent))
            line.setLeft(line.left() + SIGN_PX + 4)
            badge = painter.fontMetrics().elidedText(self._badge, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, _LEFT, badge)
