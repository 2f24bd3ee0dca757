"""How a row of the sidebar looks, and the field in which an album is renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.icons import picture
from desktop.organise.sidebar_model import ROW_ROLE
from desktop.organise.sidebar_parts import COMMANDS, Kind, Row

if TYPE_CHECKING:
    from desktop.theme import Theme

ROW_PX, HEADING_PX = 32, 40
EDGE_PX = 8  # between a row and the edges of the sidebar
INSIDE_PX = 8
ICON_PX, SIGN_PX = 18, 14

_Index = QModelIndex | QPersistentModelIndex
_State = QStyle.StateFlag


class SidebarDelegate(QStyledItemDelegate):
    renamed = Signal(object, str)
    """Album, the name that was typed."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self.drop_target: QPersistentModelIndex | None = None

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        heading = _row(index).kind is Kind.HEADING
        return QSize(0, HEADING_PX if heading else max(ROW_PX, option.fontMetrics.height() + 8))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row, colors = _row(index), self._theme.colors
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.kind is Kind.HEADING:
            self._paint_heading(painter, option, row)
        else:
            self._paint_ground(painter, option, index)
            self._paint_row(painter, option, row)
        if option.state & _State.State_HasFocus:
            painter.setPen(QPen(QColor(colors.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(_ground(option.rect).adjusted(1, 1, -1, -1), 7, 7)
        painter.restore()

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        colors = self._theme.colors
        dropped_on = self.drop_target is not None and self.drop_target == index
        if option.state & _State.State_Selected or dropped_on:
            color = colors.hover
        elif option.state & _State.State_MouseOver:
            color = colors.raised
        else:
            return
        painter.setBrush(QColor(color))
        painter.setPen(QPen(QColor(colors.accent), 2) if dropped_on else Qt.PenStyle.NoPen)
        inset = 1 if dropped_on else 0
        painter.drawRoundedRect(_ground(option.rect).adjusted(inset, inset, -inset, -inset), 8, 8)

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, row: Row) -> None:
        """Small and quiet, with the arrow that folds what stands below it."""
        colors, inside = self._theme.colors, _inside(option.rect).adjusted(0, 8, 0, 0)
        painter.setFont(_heading_font(option.font))
        painter.setPen(QColor(colors.muted))
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter, row.text)
        arrow = "down" if option.state & _State.State_Open else "next"
        if not option.state & _State.State_Open or option.state & _State.State_MouseOver:
            self._paint_sign(painter, arrow, colors.muted, inside)

    def _paint_row(self, painter: QPainter, option: QStyleOptionViewItem, row: Row) -> None:
        colors, inside = self._theme.colors, _inside(option.rect)
        quiet = row.faded or row.kind in COMMANDS
        selected = bool(option.state & _State.State_Selected)
        scale = painter.device().devicePixelRatio()
        icon_color = colors.accent if selected else colors.muted
        top = inside.top() + (inside.height() - ICON_PX) // 2
        painter.drawPixmap(inside.left(), top, picture(row.icon, icon_color, ICON_PX, scale))
        room = inside.adjusted(ICON_PX + 8, 0, 0, 0)
        painter.setPen(QColor(colors.muted))
        if row.count is not None:
            count = f"{row.count:,}"
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
            room.adjust(0, 0, -option.fontMetrics.horizontalAdvance(count) - 8, 0)
        if row.warning:
            self._paint_sign(painter, "warning", colors.danger, room)
            room.adjust(0, 0, -SIGN_PX - 4, 0)
        painter.setPen(QColor(colors.muted if quiet else colors.text))
        text = option.fontMetrics.elidedText(row.text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_sign(self, painter: QPainter, name: str, color: str, room: QRect) -> None:
        """At the right end of the room."""
        sign = picture(name, color, SIGN_PX, painter.device().devicePixelRatio())
        painter.drawPixmap(room.right() + 1 - SIGN_PX, room.top() + (room.height() - SIGN_PX) // 2, sign)

    # Renaming

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        field = QLineEdit(parent)
        field.setAccessibleName(f"New name of {_row(index).text}")
        return field

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        cast("QLineEdit", editor).setText(_row(index).text)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        """The row follows when the album has its new name."""
        self.renamed.emit(_row(index).album, cast("QLineEdit", editor).text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        editor.setGeometry(_ground(option.rect).adjusted(INSIDE_PX + ICON_PX + 4, 0, 0, 0))


def _row(index: _Index) -> Row:
    return cast("Row", index.data(ROW_ROLE))


def _ground(rect: QRect) -> QRect:
    return rect.adjusted(EDGE_PX, 0, -EDGE_PX, 0)


def _inside(rect: QRect) -> QRect:
    return _ground(rect).adjusted(INSIDE_PX, 0, -INSIDE_PX, 0)


def _heading_font(font: QFont) -> QFont:
    smaller = QFont(font)
    smaller.setPointSizeF(font.pointSizeF() * 0.9)
    smaller.setWeight(QFont.Weight.DemiBold)
    return smaller
