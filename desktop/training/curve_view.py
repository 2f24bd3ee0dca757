"""Curves over epochs, drawn natively: axes, grid, legend, marks of phases, and the values under the mouse.

Knows nothing of training: whoever has series of numbers can show them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from desktop.theme import Theme

Tone = Literal["accent", "text", "muted"]
"""A colour of the theme. Curves differ by their stroke as well: not everybody tells colours apart."""

STROKES = {
    "accent": Qt.PenStyle.SolidLine,
    "text": Qt.PenStyle.DashLine,
    "muted": Qt.PenStyle.DotLine,
}
GAP_PX = 8.0
LINE_PX = 2.0
DOT_PX = 3.5
SAMPLE_PX = 24.0  # of a stroke in the legend
MOST_TICKS_X = 8
TICKS_Y = 4
FEW_POINTS = 12  # below that each of them is marked: a line of two points says little


@dataclass(frozen=True, slots=True)
class Series:
    """One curve. A value that is missing, or no number, leaves a gap."""

    name: str
    values: tuple[float | None, ...]  # by epoch, from the first
    tone: Tone = "accent"


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line with a word: a phase begins."""

    at: float  # epoch, from 0
    name: str


@dataclass(frozen=True, slots=True)
class Curves:
    """All that is drawn."""

    title: str
    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()
    epochs: int = 0  # planned; the axis keeps its length while values come in
    as_percent: bool = False  # values of 0..1
    places: tuple[str, ...] = ()  # what stands below the axis, where it is not epochs

    def place(self, epoch: int) -> str:
        return self.places[epoch] if epoch < len(self.places) else str(epoch + 1)

    @property
    def length(self) -> int:
        return max((len(each.values) for each in self.series), default=0)

    def said(self, value: float) -> str:
        return f"{value:.0%}" if self.as_percent else f"{value:.3g}"

    def described(self) -> str:
        """For who cannot see them."""
        parts = [f"{each.name} {self.said(last)}" for each in self.series if (last := _last(each)) is not None]
        if not parts:
            return f"{self.title}: no epoch is done yet."
        if self.places:
            return f"{self.title}, at its end: {', '.join(parts)}."
        return f"{self.title} after {self.length} of {max(self.epochs, self.length)} epochs: {', '.join(parts)}."


class CurveView(QWidget):
    """Draws curves; Left and Right show the values of the epochs, as the mouse does."""

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.curves = Curves(title)
        self.epoch: int | None = None  # whose values are shown
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)
        self.setMinimumSize(QSize(220, 180))
        theme.changed.connect(self.update)
        self.show_curves(self.curves)

    def sizeHint(self) -> QSize:
        return QSize(420, 240)

    def show_curves(self, curves: Curves) -> None:
        self.curves = curves
        if self.epoch is not None and self.epoch >= curves.length:
            self.epoch = None
        self.setAccessibleDescription(curves.described())
        self.update()

    def values_at(self, epoch: int) -> str:
        """What stands beside the pointer."""
        lines = [self.curves.place(epoch) if self.curves.places else f"Epoch {epoch + 1}"]
        for each in self.curves.series:
            value = each.values[epoch] if epoch < len(each.values) else None
            if value is not None and math.isfinite(value):
                lines.append(f"{each.name}: {self.curves.said(value)}")
        return "\n".join(lines)

    # Events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._show_epoch(self._epoch_at(event.position().x()))
        if self.epoch is not None:
            QToolTip.showText(event.globalPosition().toPoint(), self.values_at(self.epoch), self)

    def leaveEvent(self, event: object) -> None:
        self._show_epoch(None)

    def focusOutEvent(self, event: object) -> None:
        self._show_epoch(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self.curves.length:
            super().keyPressEvent(event)
            return
        last = self.curves.length - 1
        here = last if self.epoch is None else min(max(self.epoch + step, 0), last)
        self._show_epoch(here)
        place = self.mapToGlobal(QPointF(self._x(here), self._area().top()).toPoint())
        QToolTip.showText(place, self.values_at(here), self)
        self.setAccessibleDescription(self.values_at(here).replace("\n", ", "))

    def _show_epoch(self, epoch: int | None) -> None:
        if epoch != self.epoch:
            self.epoch = epoch
            self.update()

    # Places

    @property
    def _span(self) -> int:
        """Epochs of the axis, at least two so that it has a length."""
        return max(self.curves.epochs, self.curves.length, 2)

    def _area(self) -> QRectF:
        """Inside the axes."""
        metrics = QFontMetricsF(self.font())
        line = metrics.height()
        left = max(metrics.horizontalAdvance(label) for label in ("100%", "0.001")) + 2 * GAP_PX
        top = (self._legend_lines() + 1) * line + 2 * GAP_PX
        return QRectF(left, top, max(1.0, self.width() - left - GAP_PX), max(1.0, self.height() - top - line - GAP_PX))

    def _x(self, epoch: float) -> float:
        area = self._area()
        return area.left() + area.width() * epoch / (self._span - 1)

    def _epoch_at(self, x: float) -> int | None:
        area = self._area()
        if not self.curves.length or not area.left() - GAP_PX <= x <= area.right() + GAP_PX:
            return None
        nearest = round((x - area.left()) / area.width() * (self._span - 1))
        return min(max(nearest, 0), self.curves.length - 1)

    def _scale(self) -> tuple[float, float]:
        """The values at the bottom and at the top."""
        finite = [
            value for each in self.curves.series for value in each.values if value is not None and math.isfinite(value)
        ]
        return value_range(finite, as_percent=self.curves.as_percent)

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area, (low, high) = self._area(), self._scale()
        self._paint_title(painter)
        self._paint_grid(painter, area, low, high)
        self._paint_marks(painter, area)
        for each in self.curves.series:
            self._paint_series(painter, each, area, low, high)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.colors.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)

    def _paint_title(self, painter: QPainter) -> None:
        colors, metrics = self._theme.colors, QFontMetricsF(self.font())
        bold = painter.font()
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(QColor(colors.text))
        painter.drawText(QPointF(GAP_PX, GAP_PX / 2 + metrics.ascent()), self.curves.title)
        painter.setFont(self.font())
        for each, x, line in self._legend():
            y = GAP_PX + (line + 1.5) * metrics.height()
            painter.setPen(self._pen(each.tone))
            painter.drawLine(QPointF(x, y), QPointF(x + SAMPLE_PX, y))
            painter.setPen(QColor(colors.text))
            painter.drawText(QPointF(x + SAMPLE_PX + 4, y + metrics.ascent() / 2 - 2), each.name)

    def _legend(self) -> list[tuple[Series, float, int]]:
        """Each curve with the place of its entry: x, and the line from 0."""
        metrics = QFontMetricsF(self.font())
        x, line, placed = GAP_PX, 0, []
        for each in self.curves.series:
            width = SAMPLE_PX + 4 + metrics.horizontalAdvance(each.name) + 2 * GAP_PX
            if placed and x + width > self.width():
                x, line = GAP_PX, line + 1
            placed.append((each, x, line))
            x += width
        return placed

    def _legend_lines(self) -> int:
        return max((line for *_, line in self._legend()), default=0) + 1

    def _paint_grid(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        colors, metrics = self._theme.colors, QFontMetricsF(self.font())
        for number in range(TICKS_Y + 1):
            y = round(area.bottom() - area.height() * number / TICKS_Y) + 0.5  # in the middle of a pixel: sharp
            painter.setPen(QPen(QColor(colors.outline if number == 0 else colors.border), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            label = self.curves.said(low + (high - low) * number / TICKS_Y)
            painter.setPen(QColor(colors.muted))
            x = area.left() - GAP_PX - metrics.horizontalAdvance(label)
            painter.drawText(QPointF(x, y + metrics.ascent() / 2 - 1), label)
        for epoch in range(self._span) if self.curves.places else epoch_ticks(self._span):
            label = self.curves.place(epoch)
            x = min(
                self._x(epoch) - metrics.horizontalAdvance(label) / 2, self.width() - metrics.horizontalAdvance(label)
            )
            painter.drawText(QPointF(x, area.bottom() + metrics.height()), label)

    def _paint_marks(self, painter: QPainter, area: QRectF) -> None:
        colors = self._theme.colors
        metrics = QFontMetricsF(self.font())
        named_to = 0.0  # where the name before ends
        for mark in self.curves.marks:
            x = self._x(max(0.0, mark.at - 0.5) if mark.at else 0.0)
            if mark.at:
                painter.setPen(QPen(QColor(colors.outline), 1, Qt.PenStyle.DashDotLine))
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(QColor(colors.muted))
            line = 1 if x + 4 > named_to else 2  # below it, where they would lie upon each other
            painter.drawText(QPointF(x + 4, area.top() + (line - 1) * metrics.height() + metrics.ascent()), mark.name)
            named_to = x + 4 + metrics.horizontalAdvance(mark.name)

    def _paint_series(self, painter: QPainter, series: Series, area: QRectF, low: float, high: float) -> None:
        def place(epoch: int, value: float) -> QPointF:
            return QPointF(self._x(epoch), area.bottom() - area.height() * (value - low) / (high - low))

        painter.setPen(self._pen(series.tone))
        points: list[QPointF] = []
        for epoch, value in (*enumerate(series.values), (-1, None)):
            if value is not None and math.isfinite(value):
                points.append(place(epoch, value))
                continue
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(points))
            self._paint_dots(painter, points, series)
            points = []
        if self.epoch is not None and self.epoch < len(series.values):
            value = series.values[self.epoch]
            if value is not None and math.isfinite(value):
                self._dot(painter, place(self.epoch, value), series.tone, DOT_PX + 1.5)

    def _paint_dots(self, painter: QPainter, points: Sequence[QPointF], series: Series) -> None:
        if len(series.values) <= FEW_POINTS:
            for point in points:
                self._dot(painter, point, series.tone, DOT_PX)
            painter.setPen(self._pen(series.tone))

    def _dot(self, painter: QPainter, point: QPointF, tone: Tone, radius: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(self._theme.colors, tone)))
        painter.drawEllipse(point, radius, radius)

    def _pen(self, tone: Tone) -> QPen:
        pen = QPen(QColor(getattr(self._theme.colors, tone)), LINE_PX, STROKES[tone])
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        return pen


def value_range(values: Sequence[float], *, as_percent: bool) -> tuple[float, float]:
    """What the axis shows: shares from a round share below the least one up to all; other numbers from 0."""
    if as_percent:
        least = min(values, default=0.0)
        return max(0.0, math.floor((least - 0.05) * 5) / 5), 1.0
    top = max((value for value in values if value > 0), default=1.0)
    step = 10 ** math.floor(math.log10(top))
    return 0.0, next(step * factor for factor in (1.2, 2, 4, 6, 8, 10, 20) if step * factor >= top)


def epoch_ticks(span: int) -> list[int]:
    """Epochs from 0 that are named below the axis: the first, and then every 1, 2, 5, 10 ..."""
    steps = (factor * 10**power for power in range(5) for factor in (1, 2, 5))
    step = next(each for each in steps if span / each <= MOST_TICKS_X)
    return [epoch for epoch in range(span) if epoch == 0 or (epoch + 1) % step == 0]


def _last(series: Series) -> float | None:
    return next((value for value in reversed(series.values) if value is not None and math.isfinite(value)), None)
