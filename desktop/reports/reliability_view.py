"""The reliability diagram: how often the tagger is right when it is so sure. On the diagonal its word can be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.organise.wording import photos

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent, QMouseEvent

    from desktop.theme import Theme
    from trainer.report.calibration import Bin

GAP_PX = 8.0
COUNTS_PX = 48.0  # the bars of how many photos there are, above the diagram
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


class ReliabilityView(QWidget):
    """A column for each range of confidence; Left and Right go through them, Enter shows their photos."""

    chosen = Signal(object)
    """Bin."""
    current_changed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bins: tuple[Bin, ...] = ()
        self.current: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Confidence and how often it is right")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(280, 240))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(480, 420)

    def show_bins(self, bins: Sequence[Bin]) -> None:
        self._bins = tuple(bins)
        self.current = None
        self.update()

    def text_of(self, place: int) -> str:
        each = self._bins[place]
        said = f"{each.low:.0%} to {each.high:.0%} sure"
        if not each.count:
            return f"{said}: no photos"
        return f"{said}: {photos(each.count)}, {each.accuracy:.0%} of them right"

    # Events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go_to(self._place_at(event.position().x()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go_to(self._place_at(event.position().x()))
        self._choose()

    def focusInEvent(self, event: object) -> None:
        filled = [place for place, each in enumerate(self._bins) if each.count]
        if self.current is None and filled:
            self._go_to(filled[-1])
        self.update()

    def focusOutEvent(self, event: object) -> None:
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None and self._bins:
            self._go_to(min(len(self._bins) - 1, max(0, (self.current or 0) + step)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose()
        else:
            super().keyPressEvent(event)

    def _go_to(self, place: int | None) -> None:
        if place is not None and place != self.current:
            self.current = place
            self.setAccessibleDescription(self.text_of(place))
            self.current_changed.emit(self.text_of(place))
            self.update()

    def _choose(self) -> None:
        if self.current is not None and self._bins[self.current].count:
            self.chosen.emit(self._bins[self.current])

    # Places

    def _area(self) -> QRectF:
        """The square of the diagram."""
        line = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance("100%") + line + 3 * GAP_PX
        top = COUNTS_PX + line + 2 * GAP_PX
        edge = min(self.width() - left - 3 * GAP_PX, self.height() - top - 2 * line - 2 * GAP_PX)
        return QRectF(left, top, max(1.0, edge), max(1.0, edge))

    def _column(self, place: int) -> tuple[float, float]:
        area, each = self._area(), self._bins[place]
        return area.left() + each.low * area.width(), (each.high - each.low) * area.width()

    def _place_at(self, x: float) -> int | None:
        for place in range(len(self._bins)):
            left, width = self._column(place)
            if left <= x < left + width:
                return place
        return None

    # Looks

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._area()
        self._paint_axes(painter, area)
        most = max((each.count for each in self._bins), default=1)
        for place in range(len(self._bins)):
            self._paint_bin(painter, area, place, most)
        painter.setPen(QPen(QColor(self._theme.colors.text), 1, Qt.PenStyle.DashLine))
        painter.drawLine(area.bottomLeft(), area.topRight())
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.colors.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        colors, metrics = self._theme.colors, self.fontMetrics()
        for tick in TICKS:
            x, y = area.left() + tick * area.width(), area.bottom() - tick * area.height()
            painter.setPen(QPen(QColor(colors.border), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(colors.muted))
            label, half = f"{tick:.0%}", metrics.height() / 2
            painter.drawText(
                QRectF(area.left() - 60, y - half, 60 - GAP_PX, 2 * half), Qt.AlignmentFlag.AlignRight, label
            )
            painter.drawText(QRectF(x - 30, area.bottom() + 2, 60, 2 * half), Qt.AlignmentFlag.AlignHCenter, label)
        below = QRectF(area.left() - 40, area.bottom() + metrics.height() + 2, area.width() + 80, metrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, "How sure it is")
        above = QRectF(area.left(), 2, max(area.width(), 240), metrics.height())
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft, "Number of photos")
        painter.save()
        painter.translate(GAP_PX, area.bottom())
        painter.rotate(-90)
        painter.drawText(
            QRectF(0, 0, area.height(), metrics.height()), Qt.AlignmentFlag.AlignHCenter, "How often it is right"
        )
        painter.restore()

    def _paint_bin(self, painter: QPainter, area: QRectF, place: int, most: int) -> None:
        colors, each = self._theme.colors, self._bins[place]
        left, width = self._column(place)
        if place == self.current:
            painter.fillRect(
                QRectF(left, area.top() - COUNTS_PX, width, COUNTS_PX + area.height()), QColor(colors.raised)
            )
        if not each.count:
            return
        bar = QRectF(left + 1, area.bottom() - each.accuracy * area.height(), width - 2, each.accuracy * area.height())
        painter.fillRect(bar, QColor(colors.accent))
        # Where the column would end if its word could be taken.
        should = area.bottom() - each.confidence * area.height()
        painter.setPen(QPen(QColor(colors.danger), 2))
        painter.drawLine(QPointF(left + 2, should), QPointF(left + width - 2, should))
        high = (COUNTS_PX - 8) * each.count / most
        painter.fillRect(QRectF(left + 1, area.top() - 6 - high, width - 2, high), QColor(colors.outline))
