"""Photos of a report as a wall of pictures with what is said of each; how one is drawn, and what opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.icons import picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desktop.reports.pictures import ReportPictures, Shown
    from desktop.theme import Theme

PICTURE_PX = 128
GAP_PX = 8
RADIUS_PX = 8
RING_PX = 3
NEAR = 40  # photos: more than a screen shows
Index = QModelIndex | QPersistentModelIndex


class _WallModel(QAbstractListModel):
    def __init__(self, pictures: ReportPictures, parent: QWidget) -> None:
        super().__init__(parent)
        self.photos: tuple[Shown, ...] = ()
        pictures.arrived.connect(self._tell)

    def show_photos(self, photos: Sequence[Shown]) -> None:
        self.beginResetModel()
        self.photos = tuple(photos)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.photos)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        photo = self.photos[index.row()]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return "\n".join((*photo.lines, photo.path))
        return None

    def _tell(self, key: str) -> None:
        for row, photo in enumerate(self.photos):
            if photo.id == key:
                self.dataChanged.emit(self.index(row), self.index(row))


class _Painter(QStyledItemDelegate):
    """The picture, whole, and its lines below it."""

    def __init__(self, wall: PhotoWall, pictures: ReportPictures, theme: Theme) -> None:
        super().__init__(wall)
        self._wall, self._pictures, self._theme = wall, pictures, theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._wall.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        photo, colors = self._wall.photos[index.row()], self._theme.colors
        place: QRect = option.rect.adjusted(GAP_PX // 2, GAP_PX // 2, -GAP_PX // 2, -GAP_PX // 2)  # type: ignore[attr-defined]
        state = option.state  # type: ignore[attr-defined]
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        side = self._wall.picture_px
        room = QRect(place.left() + (place.width() - side) // 2, place.top(), side, side)
        self._paint_picture(painter, room, photo)
        if selected:
            self._ring(painter, room, colors.accent)
        if state & QStyle.StateFlag.State_HasFocus and self._wall.hasFocus():
            self._ring(painter, room.adjusted(3, 3, -3, -3) if selected else room, colors.text)
        self._paint_lines(painter, place, photo)
        painter.restore()

    def _paint_picture(self, painter: QPainter, room: QRect, photo: Shown) -> None:
        colors = self._theme.colors
        path = QPainterPath()
        path.addRoundedRect(room, RADIUS_PX, RADIUS_PX)
        painter.fillPath(path, QColor(colors.raised))
        pixmap = self._pictures.get(photo)
        if pixmap is not None:
            size = pixmap.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(room.topLeft(), size)
            place.moveCenter(room.center())
            painter.save()
            painter.setClipPath(path)
            painter.drawPixmap(place, pixmap)
            painter.restore()
        elif self._pictures.is_unreadable(photo.id):
            mark = picture("broken", colors.muted, 32, painter.device().devicePixelRatio())
            painter.drawPixmap(room.center().x() - 16, room.center().y() - 16, mark)

    def _paint_lines(self, painter: QPainter, place: QRect, photo: Shown) -> None:
        colors, metrics = self._theme.colors, QFontMetrics(painter.font())
        for number, text in enumerate(photo.lines):
            wrong = photo.right is False and number == 1
            painter.setPen(QColor(colors.danger if wrong else colors.text if number == 0 else colors.muted))
            line = QRect(
                place.left(), place.top() + self._wall.picture_px + 4 + number * metrics.height(), place.width(), 0
            )
            line.setHeight(metrics.height())
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, shown)

    def _ring(self, painter: QPainter, room: QRect, color: str) -> None:
        painter.setPen(QPen(QColor(color), RING_PX))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(room.adjusted(1, 1, -1, -1), RADIUS_PX, RADIUS_PX)


class PhotoWall(QListView):
    """A click selects, a double click or Enter opens."""

    opened = Signal(object)
    """Shown."""
    selection_changed = Signal()

    def __init__(
        self,
        pictures: ReportPictures,
        theme: Theme,
        name: str = "Photos",
        parent: QWidget | None = None,
        *,
        picture_px: int = PICTURE_PX,
    ) -> None:
        super().__init__(parent)
        self._pictures, self.picture_px = pictures, picture_px
        self._model = _WallModel(pictures, self)
        self.setModel(self._model)
        self.setItemDelegate(_Painter(self, pictures, theme))
        self.setObjectName("grid")
        self.setAccessibleName(name)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.doubleClicked.connect(self._open)
        self.verticalScrollBar().valueChanged.connect(lambda _value: self._drop_requests())
        self.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())
        theme.changed.connect(self.viewport().update)

    @property
    def photos(self) -> tuple[Shown, ...]:
        return self._model.photos

    @property
    def selected(self) -> list[Shown]:
        """In the order of the wall."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.photos[row] for row in rows]

    def show_photos(self, photos: Sequence[Shown]) -> None:
        self._model.show_photos(photos)
        lines = max((len(photo.lines) for photo in photos), default=0)
        height = self.picture_px + GAP_PX + lines * self.fontMetrics().height() + (8 if lines else 0)
        self.setGridSize(QSize(self.picture_px + GAP_PX + (16 if lines else 0), height))
        if photos:
            self.setCurrentIndex(self._model.index(0))
            self.clearSelection()
        self.scrollToTop()
        self.selection_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(self.photos[index.row()])

    def _drop_requests(self) -> None:
        """What was scrolled away need not be read; it is asked for again when it is painted."""
        first = self.indexAt(self.viewport().rect().adjusted(GAP_PX, GAP_PX, 0, 0).topLeft())
        start = max(0, first.row() - NEAR) if first.isValid() else 0
        far = (*self.photos[:start], *self.photos[start + 4 * NEAR :])
        self._pictures.drop({photo.id for photo in far})
