"""The timeline beside the grid: years and months from top to bottom, where one is, and a way to any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontInfo,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QLabel, QWidget

from desktop.grid.timeline_marks import LABEL_PX, Mark, marks

if TYPE_CHECKING:
    from desktop.grid.view import GridView
    from desktop.theme import Theme

WIDTH_PX = 64
EDGE_PX = 8  # above the first mark and below the last
LETTERS = 0.85  # times the usual ones
THUMB_PX = 4  # width of what shows the place
SHORTEST_THUMB_PX = 8  # of a million photos the window shows nothing that could be seen


class Timeline(QAbstractSlider):
    """Takes the place of the scroll bar while the photos are sorted by date. Its value is the number of the heading."""

    def __init__(self, view: GridView, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view, self._theme = view, theme
        self._marks: list[Mark] = []
        self._mouse_y: int | None = None
        self.bubble = QLabel(self.parentWidget())
        self.bubble.setObjectName("timelineBubble")
        self.bubble.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.bubble.hide()
        self.setFixedWidth(WIDTH_PX)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setOrientation(Qt.Orientation.Vertical)
        self.setAccessibleName("Timeline")
        view.listing_changed.connect(self._take_listing)
        view.verticalScrollBar().valueChanged.connect(self._take_place)
        theme.changed.connect(self.update)

    # What is shown

    def _take_listing(self) -> None:
        several = len(self._view.listing.sections) > 1
        self.setVisible(several)
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if several else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self._view.setVerticalScrollBarPolicy(policy)
        self.setRange(0, max(0, len(self._view.groups) - 1))
        self._place_marks()
        self._take_place()

    def _place_marks(self) -> None:
        layout, groups = self._view.places, self._view.groups
        places = [layout.heading(number).top() / layout.height for number in range(len(groups))]
        self._marks = marks([group.first for group in groups], places, self._length)
        self.update()

    def _take_place(self) -> None:
        section = self._view.places.section_at(self._view.verticalOffset())
        if section is not None:
            self.setValue(section)
            self.setAccessibleDescription(self._view.groups[section].title)
        self.update()

    @property
    def labels(self) -> list[Mark]:
        """The years that have room."""
        return [mark for mark in self._marks if mark.label]

    def month_at(self, y: int) -> str:
        """The month at a height of the timeline, or the months where they share a heading."""
        section = self._view.places.section_at(self._content_y(y))
        return self._view.groups[-1 if section is None else section].title

    # What the user does

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self._view.verticalScrollBar()
        places = {
            Qt.Key.Key_Up: lambda: self._heading_top(self._beyond(-1)),
            Qt.Key.Key_Down: lambda: self._heading_top(self._beyond(1)),
            Qt.Key.Key_PageUp: lambda: self._heading_top(self._beyond_year(-1)),
            Qt.Key.Key_PageDown: lambda: self._heading_top(self._beyond_year(1)),
            Qt.Key.Key_Home: bar.minimum,
            Qt.Key.Key_End: bar.maximum,
        }
        place = places.get(Qt.Key(event.key()))
        if place is None:
            event.ignore()
        else:
            bar.setValue(place())

    def wheelEvent(self, event: QWheelEvent) -> None:
        QCoreApplication.sendEvent(self._view.verticalScrollBar(), event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._point_at(event.position().toPoint().y())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(event.position().toPoint().y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)
        if not self.rect().contains(event.position().toPoint()):
            self._point_at(None)

    def leaveEvent(self, event: QEvent) -> None:
        if not self.isSliderDown():
            self._point_at(None)
        super().leaveEvent(event)

    def hideEvent(self, event: QEvent) -> None:
        self._point_at(None)
        super().hideEvent(event)  # type: ignore[arg-type]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_marks()

    def _point_at(self, y: int | None) -> None:
        """The mouse is at a height; None: it has left."""
        self._mouse_y = None if y is None else min(max(y, EDGE_PX), self.height() - EDGE_PX)
        self.bubble.setVisible(self._mouse_y is not None)
        if self._mouse_y is not None:
            if self.isSliderDown():
                self._view.verticalScrollBar().setValue(self._content_y(self._mouse_y))
            self._show_bubble(self._mouse_y)
        self.update()

    def _show_bubble(self, y: int) -> None:
        self.bubble.setText(self.month_at(y))
        self.bubble.adjustSize()
        top = min(max(y - self.bubble.height() // 2, 0), self.height() - self.bubble.height())
        self.bubble.move(self.mapToParent(QPoint(-self.bubble.width(), top)))
        self.bubble.raise_()

    def _beyond(self, step: int) -> int:
        """The month before or behind; upwards first to the beginning of this one."""
        at_beginning = self._view.verticalOffset() <= self._heading_top(self.value())
        section = self.value() + (step if step > 0 or at_beginning else 0)
        return min(max(section, 0), self.maximum())

    def _beyond_year(self, step: int) -> int:
        groups, section = self._view.groups, self.value()
        while 0 <= section + step < len(groups):
            section += step
            if groups[section].first.year != groups[self.value()].first.year:
                break
        return section

    # Places

    def _heading_top(self, section: int) -> int:
        places = self._view.places
        return places.heading(section).top() if section < len(places.sections) else 0

    @property
    def _length(self) -> int:
        return max(1, self.height() - 2 * EDGE_PX)

    def _content_y(self, y: int) -> int:
        return round((y - EDGE_PX) / self._length * self._view.places.height)

    def _own_y(self, content_y: int) -> float:
        return EDGE_PX + content_y / max(1, self._view.places.height) * self._length

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(round(LETTERS * QFontInfo(font).pixelSize()))
        painter.setFont(font)
        for mark in self._marks:
            self._paint_mark(painter, mark)
        self._paint_place(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.colors.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(5, 1, -1, -1), 8, 8)

    def _paint_mark(self, painter: QPainter, mark: Mark) -> None:
        colors = self._theme.colors
        y = mark.y + EDGE_PX
        painter.setPen(QPen(QColor(colors.muted if mark.label else colors.border), 1))
        right = self.width() - 16
        painter.drawLine(right - (8 if mark.label else 4), y, right, y)
        if mark.label:
            place = QRect(8, y - LABEL_PX // 2, right - 20, LABEL_PX)
            place.moveTop(max(place.top(), 0))
            painter.setPen(QColor(colors.muted))
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, mark.label)

    def _paint_place(self, painter: QPainter) -> None:
        """What the window shows of the whole, and where the mouse points."""
        colors = self._theme.colors
        top = self._own_y(self._view.verticalOffset())
        bottom = self._own_y(self._view.verticalOffset() + self._view.viewport().height())
        bottom = min(bottom, self.height() - EDGE_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.accent))
        height = max(bottom - top, SHORTEST_THUMB_PX)
        painter.drawRoundedRect(QRectF(self.width() - 10, top, THUMB_PX, height), THUMB_PX / 2, THUMB_PX / 2)
        if self._mouse_y is not None:
            painter.setPen(QPen(QColor(colors.text), 1))
            painter.drawLine(8, self._mouse_y, self.width() - 12, self._mouse_y)
