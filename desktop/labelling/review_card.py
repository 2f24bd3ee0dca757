"""How one proposal looks: the photo, the one because of which it is made, what it may be, and what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.icons import picture
from desktop.labelling.proposals import Decided, Decision
from desktop.labelling.review_model import DECIDED_ROLE, shown_current, shown_probability
from desktop.tagging.tag_words import spoken

if TYPE_CHECKING:
    from PySide6.QtCore import QAbstractItemModel

    from core.types import PhotoId
    from desktop.organise.duplicate_pictures import PagePictures
    from desktop.theme import Colors, Theme

NARROWEST_PX = 184
PICTURE_PX = 144  # height; the width is that of the card
BECAUSE_PX = 56
CHECK_PX = 28
PAD_PX = 8
LINES = 3
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ReviewCard(QStyledItemDelegate):
    """Painted, not built of widgets: hundreds of them scroll as smoothly as ten."""

    toggled = Signal(int)
    """Row: its check was clicked."""

    def __init__(self, pictures: PagePictures, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures, self._theme = pictures, theme
        self.width_px = NARROWEST_PX

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        line_px = option.fontMetrics.lineSpacing()  # type: ignore[attr-defined]
        return QSize(self.width_px, PICTURE_PX + 4 * PAD_PX + LINES * line_px)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        decided: Decided = index.data(DECIDED_ROLE)
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        colors = self._theme.colors
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        _paint_frame(painter, rect, colors, decided, state)
        if decided.decision is Decision.SKIPPED:
            painter.setOpacity(0.4)
        room = _picture_room(rect)
        self._paint_photo(painter, room, decided.proposal.photo_id)
        if decided.proposal.because is not None:
            self._paint_because(painter, room, decided.proposal.because)
        self._paint_texts(painter, rect, room.bottom() + PAD_PX, option.font, decided)  # type: ignore[attr-defined]
        painter.setOpacity(1.0)
        self._paint_check(painter, check_room(rect), decided.decision)
        painter.restore()

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        """A click on the check decides, and neither selects nor opens."""
        if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            inside = check_room(option.rect).contains(event.position().toPoint())  # type: ignore[attr-defined]
            if inside and event.type() in (QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick):
                self.toggled.emit(index.row())
            return inside
        return super().editorEvent(event, model, option, index)

    # Parts

    def _paint_photo(self, painter: QPainter, room: QRect, photo_id: PhotoId) -> None:
        pixmap = self._pictures.get(photo_id)
        if pixmap is not None:
            size = pixmap.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            painter.drawPixmap(_centred(room, size), pixmap)
        elif self._pictures.is_unreadable(photo_id):
            mark = picture("broken", self._theme.colors.muted, 32, painter.device().devicePixelRatio())
            painter.drawPixmap(room.center() - QPoint(16, 16), mark)

    def _paint_because(self, painter: QPainter, room: QRect, photo_id: PhotoId) -> None:
        """In the corner, cropped to a square, with an edge that parts it from the photo."""
        corner = QRect(room.right() - BECAUSE_PX + 1, room.bottom() - BECAUSE_PX + 1, BECAUSE_PX, BECAUSE_PX)
        pixmap = self._pictures.get(photo_id)
        painter.setBrush(QColor(self._theme.colors.raised))
        painter.setPen(QPen(QColor(self._theme.colors.surface), 2))
        if pixmap is None:
            painter.drawRoundedRect(corner, 6, 6)
            return
        side = min(pixmap.width(), pixmap.height())
        source = _centred(pixmap.rect(), QSize(side, side))
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(corner), 6, 6)
        painter.save()
        painter.setClipPath(outline, Qt.ClipOperation.IntersectClip)
        painter.drawPixmap(corner, pixmap, source)
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(outline)

    def _paint_texts(self, painter: QPainter, rect: QRect, top: int, font: QFont, decided: Decided) -> None:
        colors = self._theme.colors
        bold = QFont(font)
        bold.setBold(True)
        painter.setFont(bold)
        metrics = painter.fontMetrics()
        line = QRect(rect.left() + PAD_PX, top, rect.width() - 2 * PAD_PX, metrics.lineSpacing())
        share = shown_probability(decided)
        room_px = line.width() - (metrics.horizontalAdvance(share) + PAD_PX if share else 0)
        painter.setPen(QColor(colors.accent if decided.decision is Decision.ACCEPTED else colors.text))
        painter.drawText(line, _LEFT, metrics.elidedText(spoken(decided.value), Qt.TextElideMode.ElideMiddle, room_px))
        painter.drawText(line, _RIGHT, share)
        painter.setFont(font)
        painter.setPen(QColor(colors.muted))
        for text in (shown_current(decided.proposal), decided.proposal.reason):
            if text:
                line.translate(0, line.height())
                painter.drawText(
                    line, _LEFT, painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, line.width())
                )

    def _paint_check(self, painter: QPainter, room: QRect, decision: Decision) -> None:
        colors, accepted = self._theme.colors, decision is Decision.ACCEPTED
        painter.setBrush(QColor(colors.accent if accepted else colors.surface))
        painter.setPen(QPen(QColor(colors.accent if accepted else colors.outline), 1))
        painter.drawEllipse(QRectF(room).adjusted(2, 2, -2, -2))
        sign = "close" if decision is Decision.SKIPPED else "check"
        color = colors.on_accent if accepted else colors.muted
        mark = picture(sign, color, 16, painter.device().devicePixelRatio())
        painter.drawPixmap(room.center() - QPoint(7, 7), mark)


def check_room(card: QRect) -> QRect:
    """Where the check of a card is."""
    return QRect(card.left() + PAD_PX, card.top() + PAD_PX, CHECK_PX, CHECK_PX)


def _picture_room(card: QRect) -> QRect:
    return QRect(card.left() + PAD_PX, card.top() + PAD_PX, card.width() - 2 * PAD_PX, PICTURE_PX)


def _paint_frame(painter: QPainter, rect: QRect, colors: Colors, decided: Decided, state: QStyle.StateFlag) -> None:
    focused = bool(state & QStyle.StateFlag.State_HasFocus)
    selected = bool(state & QStyle.StateFlag.State_Selected)
    accepted = decided.decision is Decision.ACCEPTED
    edge = colors.text if focused else colors.accent if selected or accepted else colors.border
    width = 2 if focused or selected or accepted else 1
    painter.setBrush(QColor(colors.raised if selected else colors.surface))
    painter.setPen(QPen(QColor(edge), width))
    inset = width / 2
    painter.drawRoundedRect(QRectF(rect).adjusted(inset, inset, -inset, -inset), 8, 8)


def _centred(room: QRect, size: QSize) -> QRect:
    left = room.left() + (room.width() - size.width()) // 2
    top = room.top() + (room.height() - size.height()) // 2
    return QRect(QPoint(left, top), size)
