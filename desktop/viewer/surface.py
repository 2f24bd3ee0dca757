"""Paints one picture where a view state wants it, or says why there is none. What the user does is in `canvas`."""

from __future__ import annotations

from functools import partial
from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop.icons import picture as drawn_icon
from desktop.tasks import Lane
from desktop.theme import DARK, Colors
from desktop.viewer.geometry import FIT, Placement, ViewState

if TYPE_CHECKING:
    from desktop.tasks import Task, Tasks
    from desktop.theme import Theme
    from desktop.viewer.picture import Level, Picture

EDGE_STEP_PX = 256  # a window that grows a little needs no larger picture
SQUARES_FROM = 4.0  # logical pixels: zoomed in further than this, one wants to see the pixels themselves
SHARPEN_MS = 80  # after the last change: a window that is being resized is not scaled for at each step
LOADING_MS = 400  # quicker pictures simply come
TEXT_PX = 440  # as in the empty window: comfortable to read
BY = "\N{MULTIPLICATION SIGN}"
UNKNOWN_SIZE = QSize(4096, 4096)  # as large as photos are: a preview of one fills the view at once


class Surface(QWidget):
    """One picture at a time. It loads nothing: its page hands it what there is."""

    detail_wanted = Signal()
    """More of the picture is looked at than before, or in a larger window: `edge_px` may have grown."""
    settled = Signal()
    """The view, the picture or the room has changed."""

    def __init__(self, tasks: Tasks, theme: Theme, parent: QWidget | None = None, *, margin_px: int = 0) -> None:
        super().__init__(parent)
        self._tasks, self._theme = tasks, theme
        self._margin_px = margin_px
        self._dark = False
        self._picture: Picture | None = None
        self._preview: QImage | None = None  # stands in until the picture has come
        self._size = QSize()  # pixels of the original, not turned; empty while nothing is shown
        self._title, self._text = "", ""
        self._state, self._turns = FIT, 0
        self._sharp: Level | None = None  # the picture in exactly the size that is painted
        self._sharpening: Task | None = None
        self._has_ring = False
        self._sharpen_timer = QTimer(self, singleShot=True, interval=SHARPEN_MS)
        self._sharpen_timer.timeout.connect(self._sharpen)
        self._late_timer = QTimer(self, singleShot=True, interval=LOADING_MS)
        self._late_timer.timeout.connect(partial(self.show_message, "", "Loading…"))
        self.setMinimumSize(64, 64)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.changed.connect(self.update)

    # What is shown

    @property
    def picture(self) -> Picture | None:
        return self._picture

    @property
    def message(self) -> str:
        """What stands in the place of a picture."""
        return f"{self._title} {self._text}".strip()

    @property
    def has_preview(self) -> bool:
        return self._preview is not None

    @property
    def note(self) -> str:
        """What the user should know of a picture that is looked at closely."""
        picture = self._picture
        if picture is None or not picture.is_reduced or not self.is_zoomed:
            return ""
        shown, width, height = picture.levels[0], picture.width, picture.height
        return f"Shown with {shown.width} {BY} {shown.height} of its {width} {BY} {height} pixels, to save memory"

    def begin(self, preview: QImage | None = None, size: QSize | None = None) -> None:
        """Another photo: nothing of the one before stays.

        Args:
            preview: A small picture of it, to be seen until the large one comes.
            size: Pixels of the original, where they are known.
        """
        self._clear()
        self._state, self._turns = FIT, 0
        if preview is not None:
            self.show_preview(preview, size)
        else:
            self._late_timer.start()

    def show_preview(self, preview: QImage, size: QSize | None = None) -> None:
        """Has no effect once the picture is there."""
        if self._picture is not None:
            return
        self._clear()
        self._preview = preview
        self._size = size or preview.size().scaled(UNKNOWN_SIZE, Qt.AspectRatioMode.KeepAspectRatio)
        self._settle()

    def show_picture(self, picture: Picture) -> None:
        """Zoom, place and turns stay as they are."""
        if picture is self._picture:
            return
        self._clear()
        self._picture = picture
        self._size = QSize(picture.width, picture.height)
        self._sharpen_timer.start(0)
        self._settle()

    def clear(self) -> None:
        """Nothing at all."""
        self._clear()
        self._state, self._turns = FIT, 0

    def show_message(self, title: str, text: str) -> None:
        self._clear()
        self._title, self._text = title, text
        self.setAccessibleDescription(self.message)

    def _clear(self) -> None:
        self._late_timer.stop()
        self._picture = self._preview = self._sharp = None
        self._size = QSize()
        self._title = self._text = ""
        self.setAccessibleDescription("")
        self.update()

    # How it is seen

    @property
    def view(self) -> ViewState:
        return self._state

    @property
    def turns(self) -> int:
        """Quarter turns to the right, 0..3. They concern the view only, never the file."""
        return self._turns

    @property
    def is_zoomed(self) -> bool:
        """There is more of the picture than the view shows."""
        return self._state.scale > 1

    @property
    def pixel_scale(self) -> float:
        """How many pixels of the screen one pixel of the original takes; 0 while nothing is shown."""
        placement = self.placement
        return placement.fit * self._state.scale if placement is not None else 0.0

    @property
    def fitting_edge_px(self) -> int:
        """How many pixels the longer edge of any picture needs to be sharp while all of it is seen."""
        room_px = max(self.width(), self.height()) * self.devicePixelRatioF()
        return ceil(room_px / EDGE_STEP_PX) * EDGE_STEP_PX

    @property
    def edge_px(self) -> int | None:
        """How many pixels the longer edge needs to be sharp; None: all there are, since the user looks closely."""
        fitting, placement = self.fitting_edge_px, self.placement
        if placement is None or not self.is_zoomed:
            return fitting
        place = placement.place(self._state)
        return None if max(place.width, place.height) > fitting else fitting

    @property
    def placement(self) -> Placement | None:
        """None while nothing is shown."""
        if self._size.isEmpty():
            return None
        size = self._size.transposed() if self._turns % 2 else self._size
        ratio = self.devicePixelRatioF()
        return Placement(
            *(size.width(), size.height()),
            *(self.width() * ratio, self.height() * ratio),
            ratio=ratio,
            margin=0 if self._dark else self._margin_px * ratio,
        )

    def set_view(self, state: ViewState) -> None:
        self._state = state
        self._settle()

    def set_turns(self, quarters: int) -> None:
        """Turn the view; what is in its middle stays there."""
        self._state = self._state.turned(quarters - self._turns)
        self._turns = quarters % 4
        self._settle()

    def set_dark(self, dark: bool) -> None:
        """A dark ground whatever the theme is, with no room around the picture: for a full screen."""
        self._dark = dark
        self._settle()

    def _show_ring(self, show: bool) -> None:
        """Around the whole, for the eye to find what the keys act upon."""
        self._has_ring = show
        self.update()

    def _settle(self) -> None:
        """The view, the picture or the room has changed."""
        placement = self.placement
        if placement is not None:
            self._state = placement.clamped(self._state)
        picture, edge_px = self._picture, self.edge_px
        if picture is None or not (picture.complete or (edge_px and edge_px <= picture.longer_edge_px)):
            self.detail_wanted.emit()
        if not self._sharpen_timer.isActive():
            self._sharpen_timer.start(SHARPEN_MS)
        self.settled.emit()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._sharpen_timer.start(SHARPEN_MS)
        self._settle()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colors = self._colors
        painter.fillRect(self.rect(), QColor(colors.canvas))
        placement = self.placement
        if placement is not None:
            self._paint_picture(painter, placement)
        elif self.message:
            self._paint_message(painter, colors)
        if self.note:
            self._paint_note(painter, colors)
        if self._has_ring:
            painter.setPen(QPen(QColor(colors.accent), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    @property
    def _colors(self) -> Colors:
        return DARK if self._dark else self._theme.colors

    def _paint_picture(self, painter: QPainter, placement: Placement) -> None:
        place = placement.place(self._state)
        size = QSize(place.width, place.height)
        if self._turns % 2:
            size.transpose()
        image = self._image_for(size)
        painter.save()
        painter.scale(1 / placement.ratio, 1 / placement.ratio)  # device pixels from here on
        painter.translate(place.left + place.width / 2, place.top + place.height / 2)
        painter.rotate(90 * self._turns)
        painter.translate(-size.width() / 2, -size.height() / 2)
        painter.scale(size.width() / image.width(), size.height() / image.height())
        squares = placement.fit * self._state.scale > SQUARES_FROM * placement.ratio
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not squares)
        painter.drawImage(QPointF(0, 0), image)
        painter.restore()

    def _image_for(self, size: QSize) -> QImage:
        """What to paint in so many device pixels."""
        if self._sharp is not None and self._sharp.image.size() == size:
            return self._sharp.image
        if self._picture is not None:
            return self._picture.level_for(size.width()).image
        assert self._preview is not None  # there is a size, so there is something of that size
        return self._preview

    def _paint_message(self, painter: QPainter, colors: Colors) -> None:
        width = max(1, min(TEXT_PX, self.width() - 48))
        wrapped = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
        box = QRect((self.width() - width) // 2, self.height() * 2 // 5, width, self.height() // 2)
        if self._title:
            mark = drawn_icon("broken", colors.muted, 64, self.devicePixelRatioF())
            painter.drawPixmap(QPointF(self.width() / 2 - 32, box.top() - 80), mark)
            font = QFont(self.font())
            font.setPixelSize(20)
            font.setWeight(QFont.Weight.DemiBold)
            painter.setFont(font)
            painter.setPen(QColor(colors.text))
            painter.drawText(box, wrapped, self._title)
            box.setTop(painter.boundingRect(box, wrapped, self._title).bottom() + 16)
        painter.setFont(self.font())
        painter.setPen(QColor(colors.muted))
        painter.drawText(box, wrapped, self._text)

    def _paint_note(self, painter: QPainter, colors: Colors) -> None:
        """At the lower edge, on a ground of its own."""
        text = painter.fontMetrics().elidedText(self.note, Qt.TextElideMode.ElideRight, self.width() - 64)
        box = painter.fontMetrics().boundingRect(text).adjusted(-12, -6, 12, 6)
        box.moveCenter(QPoint(self.width() // 2, self.height() - 16 - box.height() // 2))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.surface))
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        painter.setPen(QColor(colors.text))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)

    # Scaling for the size that is seen

    def _sharpen(self) -> None:
        """Have the picture scaled once, with care, to the very pixels that it takes when all of it is seen."""
        placement, picture = self.placement, self._picture
        if placement is None or picture is None or self.is_zoomed:
            return
        place = placement.place(self._state)
        size = QSize(place.width, place.height)
        if self._turns % 2:
            size.transpose()
        level = picture.level_for(size.width())
        if self._image_for(size).size() == size or level.width < size.width() or level.height < size.height():
            return
        if self._sharpening is not None:
            self._sharpening.cancel()
        self._sharpening = self._tasks.run(
            partial(level.scaled, size.width(), size.height()), partial(self._take_sharp, picture), lane=Lane.VIEWER
        )

    def _take_sharp(self, picture: Picture, level: Level) -> None:
        if picture is self._picture:
            self._sharp = level
            self.update()
