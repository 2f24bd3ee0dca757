"""The rectangle that the mouse draws around photos. It scrolls the grid while the mouse is beyond its edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRect, QRectF, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPen

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractScrollArea

TICK_MS = 16  # a frame
EDGE_PX = 24  # scrolls from here on: where the window fills the screen, the mouse cannot go beyond its edge
SPEED = 0.25  # of the distance beyond that, a frame
MAX_STEP_PX = 80  # faster, and one no longer sees what one selects
FILL_ALPHA = 40


class RubberBand(QObject):
    """Coordinates are of the whole content, so that the band grows while the grid scrolls."""

    moved = Signal()
    """It covers something else now."""

    def __init__(self, area: QAbstractScrollArea) -> None:
        super().__init__(area)
        self._area = area
        self._start: QPoint | None = None
        self._mouse = QPoint()  # of the viewport
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._scroll)

    @property
    def is_active(self) -> bool:
        return self._start is not None

    @property
    def area(self) -> QRect:
        if self._start is None:
            return QRect()
        end = self._mouse + QPoint(0, self._area.verticalScrollBar().value())
        return QRect(self._start, end).normalized()

    def begin(self, mouse: QPoint) -> None:
        self._mouse = mouse
        self._start = mouse + QPoint(0, self._area.verticalScrollBar().value())

    def move(self, mouse: QPoint) -> None:
        self._mouse = mouse
        beyond = self._beyond() != 0
        if beyond and not self._timer.isActive():
            self._timer.start()
        elif not beyond:
            self._timer.stop()
        self.moved.emit()

    def end(self) -> None:
        self._start = None
        self._timer.stop()

    def paint(self, painter: QPainter, color: str) -> None:
        """Coordinates of the painter are those of the viewport."""
        if self._start is None:
            return
        fill = QColor(color)
        fill.setAlpha(FILL_ALPHA)
        painter.setBrush(fill)
        painter.setPen(QPen(QColor(color), 1))
        area = QRectF(self.area.translated(0, -self._area.verticalScrollBar().value()))
        painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))  # within one line of pixels each, so that they are crisp

    def _beyond(self) -> int:
        """How far the mouse is above (negative) or below what does not scroll."""
        y = self._mouse.y()
        return min(y - EDGE_PX, 0) + max(y - self._area.viewport().height() + EDGE_PX, 0)

    def _scroll(self) -> None:
        step = round(self._beyond() * SPEED)
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.value() + min(max(step, -MAX_STEP_PX), MAX_STEP_PX))
        self.moved.emit()
