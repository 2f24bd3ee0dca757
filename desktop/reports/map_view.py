"""The feature map: each photo a point, alike ones near each other. Points are looked at, chosen and lassoed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.reports.plane import DIRECTIONS, inside, nearest, next_in_direction, unit_places
from desktop.reports.shades import class_color

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from desktop.reports.pictures import ReportPictures, Shown
    from desktop.theme import Theme

DOT_PX, NEAR_PX = 4.0, 12.0  # radius of a point; how near the mouse has to be
CLICK_PX = 4  # a press that moves no farther is a click
LOUPE_PX = 112  # edge of the picture beside a point
MOST_ZOOM = 40.0
ZOOM_STEP = 1.25


class ProjectionView(QWidget):
    """Draws points in the colour of their class. The arrow keys go from point to point, Space adds one to the choice,
    Enter shows what is chosen; the mouse draws around a cluster."""

    chosen = Signal(object)
    """list of rows: a click, a lasso, or Enter."""
    current_changed = Signal(str)
    """The point that has the keyboard, or that the mouse is over, in words."""

    def __init__(self, pictures: ReportPictures, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures, self._theme = pictures, theme
        self._photos: tuple[Shown, ...] = ()
        self._units: list[QPointF] = []
        self._classes: tuple[int, ...] = ()  # by photo: the place of its class in the list
        self._lit: int | None = None  # the class that is to stand out
        self.ringed: frozenset[int] = frozenset()  # rows of photos that were taken for another
        self.current: int | None = None
        self.selected: set[int] = set()
        self._hovered: int | None = None
        self._lasso: list[QPointF] = []
        self._dragged: QPointF | None = None
        self._zoom, self._middle = 1.0, QPointF(0.5, 0.5)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Feature map")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(240, 200))
        pictures.arrived.connect(lambda _key: self.update())
        theme.changed.connect(self.update)

    def show_photos(self, photos: Sequence[Shown], places: Sequence[tuple[float, float]]) -> None:
        """Places (N, 2) in any unit."""
        self._photos, self._units = tuple(photos), unit_places(places)
        self.current, self._hovered, self._lasso = None, None, []
        self.selected = set()
        self.zoom(1)

    def show_classes(self, classes: Sequence[int], lit: int | None = None, mistakes: Iterable[int] = ()) -> None:
        """
        Args:
            classes: By photo; points of one class have one colour.
            lit: The one that stands out; None: all alike.
            mistakes: Rows of the photos that were taken for another.
        """
        self._classes, self._lit, self.ringed = tuple(classes), lit, frozenset(mistakes)
        self.update()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """1 shows all of it again."""
        if factor == 1:
            self._zoom, self._middle = 1.0, QPointF(0.5, 0.5)
        else:
            anchor = at or QPointF(self.width() / 2, self.height() / 2)
            before = self._unit(anchor)
            self._zoom = min(MOST_ZOOM, max(1.0, self._zoom * factor))
            self._middle += before - self._unit(anchor)
        self.update()

    def point(self, row: int) -> QPointF:
        """Where a photo lies in the widget."""
        edge = self._zoom
        unit = self._units[row] - self._middle
        return QPointF((0.5 + unit.x() * edge) * self.width(), (0.5 + unit.y() * edge) * self.height())

    def _unit(self, place: QPointF) -> QPointF:
        x, y = place.x() / max(1, self.width()) - 0.5, place.y() / max(1, self.height()) - 0.5
        return self._middle + QPointF(x, y) / self._zoom

    @property
    def _points(self) -> list[QPointF]:
        return [self.point(row) for row in range(len(self._units))]

    # Events

    def event(self, event: QEvent) -> bool:
        """Esc lets go of the choice before it leaves the page."""
        if event.type() is QEvent.Type.ShortcutOverride and self.selected:
            assert isinstance(event, QKeyEvent)
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(ZOOM_STEP if event.angleDelta().y() > 0 else 1 / ZOOM_STEP, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._lasso = [event.position()]
        elif event.button() == Qt.MouseButton.MiddleButton:
            self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._lasso:
            self._lasso.append(event.position())
        elif self._dragged is not None:
            self._middle += self._unit(self._dragged) - self._unit(event.position())
            self._dragged = event.position()
        else:
            self._hover(nearest(self._points, event.position(), NEAR_PX))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = None
        if event.button() != Qt.MouseButton.LeftButton or not self._lasso:
            return
        lasso, self._lasso = self._lasso, []
        adds = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if QPolygonF(lasso).boundingRect().size().width() + QPolygonF(lasso).boundingRect().height() > 2 * CLICK_PX:
            self._select(inside(self._points, lasso), adds=adds)
        else:
            found = nearest(self._points, event.position(), NEAR_PX)
            self._select([] if found is None else [found], adds=adds)
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._hover(None)

    def focusInEvent(self, event: object) -> None:
        if self.current is None and self._units:
            self._go_to(nearest(self._points, QPointF(self.rect().center()), float("inf")) or 0)
        self.update()

    def focusOutEvent(self, event: object) -> None:
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in DIRECTIONS and self.current is not None:
            self._go_to(next_in_direction(self._points, self.current, DIRECTIONS[Qt.Key(key)]))
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.selected.add(self.current)
        elif key == Qt.Key.Key_Space and self.current is not None:
            self.selected ^= {self.current}
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            rows = self.selected or ({self.current} if self.current is not None else set())
            self._select(sorted(rows))
        elif key == Qt.Key.Key_A and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._select([row for row in range(len(self._units)) if self._lit in (None, self._class_of(row))])
        elif key == Qt.Key.Key_Escape and self.selected:
            self._select([])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            place = None if self.current is None else self.point(self.current)
            self.zoom(1 / ZOOM_STEP if key == Qt.Key.Key_Minus else ZOOM_STEP, place)
        elif key == Qt.Key.Key_0:
            self.zoom(1)
        else:
            super().keyPressEvent(event)
        self.update()

    def _select(self, rows: Iterable[int], *, adds: bool = False) -> None:
        rows = list(rows)
        self.selected = (self.selected | set(rows)) if adds else set(rows)
        if rows:
            self.current = rows[0]
        self.chosen.emit(sorted(self.selected))

    def _go_to(self, row: int) -> None:
        self.current = row
        if not self.rect().contains(self.point(row).toPoint()):
            self._middle = QPointF(self._units[row])
        self._hovered = None
        self._tell()

    def _hover(self, row: int | None) -> None:
        if row != self._hovered:
            self._hovered = row
            self._tell()
            self.update()

    def _tell(self) -> None:
        row = self._hovered if self._hovered is not None else self.current
        text = ", ".join(self._photos[row].lines) if row is not None else ""
        self.setAccessibleDescription(text)
        self.current_changed.emit(text)

    def _class_of(self, row: int) -> int:
        return self._classes[row] if row < len(self._classes) else 0

    # Looks

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        colors = self._theme.colors
        painter.setPen(QPen(QColor(colors.accent if self.hasFocus() else colors.border), 2 if self.hasFocus() else 1))
        painter.setBrush(QColor(colors.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        # What stands out is drawn last, so that nothing covers it.
        for row in sorted(range(len(self._units)), key=lambda row: self._class_of(row) == self._lit):
            self._paint_point(painter, row)
        if len(self._lasso) > 1:
            painter.setPen(QPen(QColor(colors.accent), 2))
            ground = QColor(colors.accent)
            ground.setAlphaF(0.15)
            painter.setBrush(ground)
            painter.drawPolygon(QPolygonF(self._lasso))
        row = self._hovered if self._hovered is not None else self.current if self.hasFocus() else None
        if row is not None and not self._lasso:
            self._paint_loupe(painter, row)

    def _paint_point(self, painter: QPainter, row: int) -> None:
        colors = self._theme.colors
        color = class_color(self._class_of(row), colors)
        faded = self._lit is not None and self._class_of(row) != self._lit
        if faded:
            color.setAlphaF(0.2)
        place = self.point(row)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(place, DOT_PX, DOT_PX)
        if row in self.ringed and not faded:  # a mistake: a ring, for those who see no colours too
            painter.setBrush(QColor(colors.surface))
            painter.drawEllipse(place, DOT_PX - 2, DOT_PX - 2)
        if row in self.selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colors.text), 2))
            painter.drawEllipse(place, DOT_PX + 3, DOT_PX + 3)

    def _paint_loupe(self, painter: QPainter, row: int) -> None:
        """The picture beside its point, wherever there is room."""
        colors, photo, metrics = self._theme.colors, self._photos[row], self.fontMetrics()
        place = self.point(row)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.text), 2))
        painter.drawEllipse(place, DOT_PX + 3, DOT_PX + 3)
        texts = max((metrics.horizontalAdvance(line) for line in photo.lines), default=0)
        size = QSize(max(LOUPE_PX, min(texts, 2 * LOUPE_PX)) + 16, LOUPE_PX + 16 + len(photo.lines) * metrics.height())
        left = place.x() + 12 if place.x() + 12 + size.width() < self.width() else place.x() - 12 - size.width()
        top = min(max(4.0, place.y() - size.height() / 2), self.height() - size.height() - 4.0)
        card = QRectF(left, top, size.width(), size.height())
        painter.setPen(QPen(QColor(colors.outline), 1))
        painter.setBrush(QColor(colors.surface))
        painter.drawRoundedRect(card, 8, 8)
        pixmap = self._pictures.get(photo)
        if pixmap is not None:
            shown = pixmap.size().scaled(LOUPE_PX, LOUPE_PX, Qt.AspectRatioMode.KeepAspectRatio)
            corner = QPointF(card.center().x() - shown.width() / 2, card.top() + 8 + (LOUPE_PX - shown.height()) / 2)
            painter.drawPixmap(QRectF(corner, shown), pixmap, QRectF(pixmap.rect()))
        painter.setPen(QColor(colors.text))
        for number, line in enumerate(photo.lines):
            room = QRectF(card.left() + 8, card.top() + LOUPE_PX + 12 + number * metrics.height(), card.width() - 16,
                          metrics.height())  # fmt: skip
            text = metrics.elidedText(line, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)
