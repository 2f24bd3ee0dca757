"""What the mouse does in the grid, beside clicks on photos, which Qt knows: headings, the rubber band, dragging out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent, QPainter

from desktop.grid.dragging import STACKED, drag_out
from desktop.grid.rubber_band import RubberBand

if TYPE_CHECKING:
    from core.types import Photo
    from desktop.grid.view import GridView
    from desktop.theme import Theme

_Flag = QItemSelectionModel.SelectionFlag


class Mouse(QObject):
    """Each method tells whether it has dealt with the event; the others are left to Qt."""

    def __init__(self, view: GridView, theme: Theme) -> None:
        super().__init__(view)
        self._view, self._theme = view, theme
        self._band = RubberBand(view)
        self._band.moved.connect(self._select_in_band)
        self._command = _Flag.NoUpdate
        self._pressed: QPoint | None = None  # on a photo, and not let go yet
        self._wants_drag = False  # it was moved since; the paths of the photos are on their way
        self.heading: int | None = None  # the section whose heading is under the mouse

    def press(self, event: QMouseEvent) -> bool:
        if event.button() is not Qt.MouseButton.LeftButton:
            return False
        place = event.position().toPoint()
        adding = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        heading = self._view.heading_at(place)
        if heading is not None:
            self._view.toggle_section(heading, keep_others=bool(adding))
            self._view.viewport().update()
        elif self._view.indexAt(place).isValid():
            self._pressed, self._wants_drag = place, False
            return False
        else:
            self._begin_band(place, adding)
        return True

    def move(self, event: QMouseEvent) -> bool:
        place = event.position().toPoint()
        if self._band.is_active:
            self._band.move(place)
        elif self._pressed is None:
            self._hover(self._view.heading_at(place))
            return False
        elif (place - self._pressed).manhattanLength() >= QGuiApplication.styleHints().startDragDistance():
            self._want_drag()
        return True

    def release(self, event: QMouseEvent) -> bool:
        was_dragged = self._wants_drag
        self._pressed, self._wants_drag = None, False
        if self._band.is_active:
            self._band.end()
            self._view.viewport().update()
            return True
        return was_dragged  # too short to become a drag: it was no click either

    def leave(self) -> None:
        self._hover(None)

    def paint(self, painter: QPainter) -> None:
        self._band.paint(painter, self._theme.colors.accent)

    def _hover(self, heading: int | None) -> None:
        if heading != self.heading:
            self.heading = heading
            pointing = Qt.CursorShape.PointingHandCursor
            self._view.viewport().setCursor(Qt.CursorShape.ArrowCursor if heading is None else pointing)
            self._view.viewport().update()

    # The rubber band

    def _begin_band(self, place: QPoint, adding: Qt.KeyboardModifier) -> None:
        selection = self._view.selectionModel()
        if adding:
            selection.select(QItemSelection(), _Flag.Select)  # what is selected now is kept whatever the band covers
        else:
            selection.clearSelection()
        toggling = adding & Qt.KeyboardModifier.ControlModifier
        self._command = (_Flag.Toggle if toggling else _Flag.Select) | _Flag.Current
        self._band.begin(place)

    def _select_in_band(self) -> None:
        self._view.select_area(self._band.area, self._command)
        self._view.viewport().update()

    # Dragging out

    def _want_drag(self) -> None:
        if self._wants_drag:
            return
        self._wants_drag = True
        assert self._pressed is not None
        if self._view.selectionModel().isSelected(self._view.indexAt(self._pressed)):
            self._view.grid_model.photos.fetch(self._view.selected_ids(), self._drag)

    def _drag(self, photos: Sequence[Photo]) -> None:
        """Their paths have come: nearly always at once, with very many photos after a moment."""
        if not self._wants_drag or not photos:
            return
        pictures = (self._view.grid_model.thumbnails.get(photo.id) for photo in photos[:STACKED])
        drag_out(self._view, photos, [each for each in pictures if each is not None], self._theme.colors)
        self._pressed, self._wants_drag = None, False
