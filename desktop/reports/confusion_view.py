"""A confusion matrix: what each class was taken for. Names stay in view while it scrolls; each cell can be chosen."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from desktop.reports.shades import blended, readable_on
from desktop.reports.words import cell as cell_words
from desktop.reports.words import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desktop.theme import Theme

LARGEST_PX, SMALLEST_PX, LEAST_FIT_PX = 72, 4, 22  # edges of a cell; what fits the view is no smaller than the last
COUNTED_PX = 18  # smaller cells have no room for a number
NAMED_PX = 12  # smaller ones none for the name of their class
LABEL_PX = 160  # room for names, at most
ZOOM_STEP = 1.25
_ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class ConfusionView(QAbstractScrollArea):
    """Rows are what the photos show, columns what was said."""

    chosen = Signal(str, str)
    """True and predicted label: a cell was clicked, or Enter was pressed on it."""
    current_changed = Signal(str)
    """The cell that has the focus, or that the mouse is over, in words."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._labels: tuple[str, ...] = ()
        self._shown: list[str] = []
        self._counts: tuple[tuple[int, ...], ...] = ()
        self._cell_px = 0
        self._zoomed = False  # the user has chosen a size
        self._label_px = 0
        self.current = (0, 0)
        self._hovered: tuple[int, int] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Confusion matrix")
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.viewport().setMouseTracking(True)
        theme.changed.connect(self.viewport().update)

    @property
    def cell_px(self) -> int:
        return self._cell_px

    @property
    def current_text(self) -> str:
        return self._text(*self.current) if self._labels else ""

    def show_matrix(self, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Counts (C, C) of photos, [true][predicted]."""
        self._labels, self._counts = tuple(labels), tuple(tuple(row) for row in counts)
        self._shown = [named(label) for label in labels]
        self.current, self._hovered, self._zoomed = (0, 0), None, False
        widest = max((self.fontMetrics().horizontalAdvance(name) for name in self._shown), default=0)
        self._label_px = min(LABEL_PX, widest + 12)
        self._fit()
        self._tell()

    def zoom(self, factor: float) -> None:
        """1 fits it to the view again."""
        self._zoomed = factor != 1
        if factor == 1:
            self._fit()
            return
        step = max(1, round(abs(self._cell_px * (factor - 1))))
        wanted = self._cell_px + (step if factor > 1 else -step)
        self._use(min(LARGEST_PX, max(SMALLEST_PX, wanted)))

    def cell_rect(self, true: int, predicted: int) -> QRect:
        """In the viewport."""
        edge = self._cell_px
        left = self._left_px + predicted * edge - self.horizontalScrollBar().value()
        top = self._top_px + true * edge - self.verticalScrollBar().value()
        return QRect(left, top, edge, edge)

    # Geometry

    @property
    def _names(self) -> bool:
        return self._cell_px >= NAMED_PX

    @property
    def _left_px(self) -> int:
        """Names of rows, and the title of the axis on its side."""
        return self.fontMetrics().height() + 4 + (self._label_px if self._names else 0)

    @property
    def _top_px(self) -> int:
        return self.fontMetrics().height() + 4 + (self._label_px if self._names else 0)

    def _fit(self) -> None:
        if not self._labels:
            self._use(LARGEST_PX)
            return
        title_px = self.fontMetrics().height() + 4
        room = self.maximumViewportSize() - QSize(self._label_px + title_px, self._label_px + title_px)
        edge = min(room.width(), room.height()) // len(self._labels)
        self._use(min(LARGEST_PX, max(LEAST_FIT_PX, edge)))

    def _use(self, cell_px: int) -> None:
        self._cell_px = cell_px
        whole = cell_px * len(self._labels)
        view = self.viewport().size()
        for bar, room, head in (
            (self.horizontalScrollBar(), view.width(), self._left_px),
            (self.verticalScrollBar(), view.height(), self._top_px),
        ):
            bar.setRange(0, max(0, head + whole - room))
            bar.setPageStep(room)
            bar.setSingleStep(cell_px)
        self.viewport().update()

    def _cell_at(self, place: QPoint) -> tuple[int, int] | None:
        if place.x() < self._left_px or place.y() < self._top_px or not self._cell_px:
            return None
        predicted = (place.x() - self._left_px + self.horizontalScrollBar().value()) // self._cell_px
        true = (place.y() - self._top_px + self.verticalScrollBar().value()) // self._cell_px
        inside = 0 <= true < len(self._labels) and 0 <= predicted < len(self._labels)
        return (true, predicted) if inside else None

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._zoomed:
            self._use(self._cell_px)
        else:
            self._fit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()  # the names do not move with the cells

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(ZOOM_STEP if event.angleDelta().y() > 0 else 1 / ZOOM_STEP)
        else:
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._cell_at(event.position().toPoint())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self._go_to(*found)
            self._choose()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._cell_at(event.position().toPoint()))

    def leaveEvent(self, event: object) -> None:
        self._hover(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if not self._labels:
            super().keyPressEvent(event)
        elif key in _ARROWS:
            down, right = _ARROWS[Qt.Key(key)]
            last = len(self._labels) - 1
            self._go_to(min(last, max(0, self.current[0] + down)), min(last, max(0, self.current[1] + right)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom(1 / ZOOM_STEP if key == Qt.Key.Key_Minus else ZOOM_STEP)
        elif key == Qt.Key.Key_0:
            self.zoom(1)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._go_to(self.current[0], 0 if key == Qt.Key.Key_Home else len(self._labels) - 1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: object) -> None:
        self.viewport().update()
        self._tell()

    def focusOutEvent(self, event: object) -> None:
        self.viewport().update()

    def _hover(self, found: tuple[int, int] | None) -> None:
        if found != self._hovered:
            self._hovered = found
            self.viewport().update()
            self._tell()

    def _go_to(self, true: int, predicted: int) -> None:
        self.current = (true, predicted)
        place = self.cell_rect(true, predicted)
        view = self.viewport().rect()
        for bar, low, high, first, last in (
            (self.horizontalScrollBar(), place.left(), place.right(), self._left_px, view.right()),
            (self.verticalScrollBar(), place.top(), place.bottom(), self._top_px, view.bottom()),
        ):
            if low < first:
                bar.setValue(bar.value() - (first - low))
            elif high > last:
                bar.setValue(bar.value() + (high - last))
        self._hovered = None
        self.viewport().update()
        self._tell()

    def _choose(self) -> None:
        true, predicted = self.current
        self.chosen.emit(self._labels[true], self._labels[predicted])

    def _tell(self) -> None:
        if self._labels:
            self.setAccessibleDescription(self.current_text)
            self.current_changed.emit(self._text(*(self._hovered or self.current)))

    def _text(self, true: int, predicted: int) -> str:
        row = self._counts[true]
        return cell_words(self._labels[true], self._labels[predicted], row[predicted], sum(row))

    # Looks

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        colors = self._theme.colors
        if not self._labels:
            painter.setPen(QColor(colors.muted))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, "No photo has a label.")
            return
        rows, columns = self._in_view()
        painter.save()
        painter.setClipRect(self.viewport().rect().adjusted(self._left_px, self._top_px, 0, 0))
        self._paint_bands(painter)
        for true in rows:
            of = max(1, sum(self._counts[true]))
            for predicted in columns:
                self._paint_cell(painter, true, predicted, of)
        self._paint_marks(painter)
        painter.restore()
        self._paint_names(painter, rows, columns)

    def _in_view(self) -> tuple[range, range]:
        edge, view = self._cell_px, self.viewport().size()
        spans = []
        for bar, room in ((self.verticalScrollBar(), view.height()), (self.horizontalScrollBar(), view.width())):
            first = bar.value() // edge
            spans.append(range(first, min(len(self._labels), first + room // edge + 2)))
        return spans[0], spans[1]

    def _paint_cell(self, painter: QPainter, true: int, predicted: int, of: int) -> None:
        colors, count = self._theme.colors, self._counts[true][predicted]
        place = self.cell_rect(true, predicted)
        gap = 1 if self._cell_px >= 8 else 0
        strength = 0.12 + 0.88 * sqrt(count / of) if count else 0.0  # one of fifty is to be seen as well
        ground = blended(colors.surface, colors.accent if true == predicted else colors.danger, strength)
        if not count:
            return
        painter.fillRect(place.adjusted(0, 0, -gap, -gap), ground)
        if self._cell_px >= COUNTED_PX:
            painter.setPen(readable_on(ground))
            painter.drawText(place.adjusted(0, 0, -gap, -gap), Qt.AlignmentFlag.AlignCenter, str(count))

    def _paint_bands(self, painter: QPainter) -> None:
        """The row and the column of the marked cell: the eye finds their names."""
        marked = self.cell_rect(*(self._hovered or self.current))
        whole = self._cell_px * len(self._labels)
        origin = self.cell_rect(0, 0).topLeft()
        painter.fillRect(QRect(origin, QSize(whole, whole)), QColor(self._theme.colors.surface))
        for band in (
            QRect(origin.x(), marked.top(), whole, self._cell_px),
            QRect(marked.left(), origin.y(), self._cell_px, whole),
        ):
            painter.fillRect(band, QColor(self._theme.colors.raised))

    def _paint_marks(self, painter: QPainter) -> None:
        colors = self._theme.colors
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._hovered is not None:
            painter.setPen(QPen(QColor(colors.muted), 2))
            painter.drawRect(self.cell_rect(*self._hovered).adjusted(0, 0, -2, -2))
        if self.hasFocus():
            painter.setPen(QPen(QColor(colors.text), 2))
            painter.drawRect(self.cell_rect(*self.current).adjusted(0, 0, -2, -2))

    def _paint_names(self, painter: QPainter, rows: range, columns: range) -> None:
        colors, view = self._theme.colors, self.viewport().rect()
        title_px = self.fontMetrics().height() + 4
        whole = self._cell_px * len(self._labels)
        painter.setPen(QColor(colors.muted))
        across = QRect(self._left_px, 0, min(whole, view.width() - self._left_px), title_px)
        painter.drawText(across, Qt.AlignmentFlag.AlignCenter, "Said by the tagger")
        self._upright(painter, QRect(0, self._top_px, title_px, min(whole, view.height() - self._top_px)), "Label",
                      Qt.AlignmentFlag.AlignCenter)  # fmt: skip
        if not self._names:
            return
        marked = self._hovered or self.current
        painter.save()
        painter.setClipRect(view.adjusted(0, self._top_px, 0, 0))
        for row in rows:
            painter.setPen(QColor(colors.text if row == marked[0] else colors.muted))
            place = QRect(title_px, self.cell_rect(row, 0).top(), self._label_px - 6, self._cell_px)
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, side, self._fitting(self._shown[row]))
        painter.setClipRect(view.adjusted(self._left_px, 0, 0, 0))
        for column in columns:
            painter.setPen(QColor(colors.text if column == marked[1] else colors.muted))
            place = QRect(self.cell_rect(0, column).left(), title_px, self._cell_px, self._label_px - 6)
            self._upright(painter, place, self._fitting(self._shown[column]), Qt.AlignmentFlag.AlignLeft)
        painter.restore()

    def _fitting(self, name: str) -> str:
        return self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, self._label_px - 8)

    def _upright(self, painter: QPainter, place: QRect, text: str, side: Qt.AlignmentFlag) -> None:
        """Read from below to above."""
        painter.save()
        painter.translate(place.left(), place.bottom() + 1)
        painter.rotate(-90)
        turned = QRect(0, 0, place.height(), place.width())
        painter.drawText(turned, side | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()
