"""A picture that the user zooms, pans and turns, by mouse, touch or the keys that its page hands on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from desktop.viewer.geometry import FIT, ViewState
from desktop.viewer.surface import Surface

if TYPE_CHECKING:
    from desktop.tasks import Tasks
    from desktop.theme import Theme

STEP = 1.25  # one notch of the wheel, one press of a key: three of them double the size
NOTCH = 120  # what Qt reports for one notch of a wheel
PAN_PX = 96  # one press of an arrow key, in logical pixels
BY_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)

ZOOM_KEYS: dict[int, Callable[[Canvas], None]] = {
    Qt.Key.Key_Plus: lambda canvas: canvas.zoom(STEP),
    Qt.Key.Key_Equal: lambda canvas: canvas.zoom(STEP),  # the plus without Shift on many keyboards
    Qt.Key.Key_Minus: lambda canvas: canvas.zoom(1 / STEP),
    Qt.Key.Key_Underscore: lambda canvas: canvas.zoom(1 / STEP),
    Qt.Key.Key_0: lambda canvas: canvas.zoom_to_fit(),
    Qt.Key.Key_1: lambda canvas: canvas.zoom_to_actual(),
}
PAN_KEYS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (PAN_PX, 0),
    Qt.Key.Key_Right: (-PAN_PX, 0),
    Qt.Key.Key_Up: (0, PAN_PX),
    Qt.Key.Key_Down: (0, -PAN_PX),
}


class Canvas(Surface):
    """A surface under the user's hands."""

    view_changed = Signal(object)
    """ViewState: the user has zoomed or panned. Not sent for `set_view`."""
    mouse_moved = Signal()

    def __init__(
        self,
        tasks: Tasks,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        margin_px: int = 0,
        is_one_of_several: bool = False,
    ) -> None:
        """
        Args:
            margin_px: Room around the picture when all of it is seen.
            is_one_of_several: Show always, and not only to who uses the keyboard, where the keys go.
        """
        super().__init__(tasks, theme, parent, margin_px=margin_px)
        self._is_one_of_several = is_one_of_several
        self._dragged_from: QPointF | None = None
        self._cursor_hidden = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.settled.connect(self._choose_cursor)

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Larger or smaller by a factor, around a point of the widget or its middle."""
        self._zoom_to(self.view.scale * factor, at)

    def zoom_to_fit(self) -> None:
        self._change(FIT)

    def zoom_to_actual(self, at: QPointF | None = None) -> None:
        """One pixel of the picture on one of the screen."""
        if self.placement is not None:
            self._zoom_to(self.placement.actual, at)

    def toggle_zoom(self, at: QPointF | None = None) -> None:
        """From the whole picture to its actual pixels and back."""
        if self.view == FIT:
            self.zoom_to_actual(at)
        else:
            self.zoom_to_fit()

    def pan(self, right: float, down: float) -> None:
        """Move the picture by logical pixels."""
        placement = self.placement
        if placement is not None:
            self._change(placement.panned(self.view, right * placement.ratio, down * placement.ratio))

    def press_zoom_key(self, key: int) -> bool:
        """True where it is one."""
        action = ZOOM_KEYS.get(key)
        if action is not None:
            action(self)
        return action is not None

    def press_pan_key(self, key: int) -> bool:
        """True where it is one and there is something to pan."""
        if not self.is_zoomed or key not in PAN_KEYS:
            return False
        self.pan(*PAN_KEYS[key])
        return True

    def hide_cursor(self, hide: bool) -> None:
        self._cursor_hidden = hide
        self._choose_cursor()

    def _zoom_to(self, scale: float, at: QPointF | None) -> None:
        placement = self.placement
        if placement is not None:
            point = (at.x() * placement.ratio, at.y() * placement.ratio) if at is not None else None
            self._change(placement.zoomed(self.view, scale, point))

    def _change(self, state: ViewState) -> None:
        if self.placement is not None and state != self.view:
            self.set_view(state)
            self.view_changed.emit(self.view)

    # The mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel zooms. Two fingers on a touchpad pan, as everywhere else, and zoom with Ctrl."""
        event.accept()
        by_touchpad = not event.pixelDelta().isNull() and event.phase() is not Qt.ScrollPhase.NoScrollPhase
        if by_touchpad and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.pan(event.pixelDelta().x(), event.pixelDelta().y())
        else:
            self.zoom(STEP ** (event.angleDelta().y() / NOTCH), event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.is_zoomed:
            self._dragged_from = event.position()
            self._choose_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.mouse_moved.emit()
        if self._dragged_from is not None:
            moved = event.position() - self._dragged_from
            self._dragged_from = event.position()
            self.pan(moved.x(), moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged_from = None
        self._choose_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.toggle_zoom(event.position())

    # Touch

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            return self._native_gesture(event)
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self.zoom(pinch.scaleFactor(), QPointF(self.mapFromGlobal(pinch.centerPoint())))
                return True
        return super().event(event)

    def _native_gesture(self, event: QNativeGestureEvent) -> bool:
        """Two fingers on a touchpad."""
        if event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom(1 + event.value(), event.position())
        elif event.gestureType() is Qt.NativeGestureType.SmartZoomNativeGesture:
            self.toggle_zoom(event.position())
        return True

    # The rest

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._show_ring(self._is_one_of_several or event.reason() in BY_KEYBOARD)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._show_ring(False)
        super().focusOutEvent(event)

    def _choose_cursor(self) -> None:
        if self._cursor_hidden:
            self.setCursor(Qt.CursorShape.BlankCursor)
        elif self._dragged_from is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        else:
            self.setCursor(Qt.CursorShape.OpenHandCursor if self.is_zoomed else Qt.CursorShape.ArrowCursor)
