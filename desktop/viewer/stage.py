"""The canvas with the bar and the arrows over it, in the window and on a full screen. Which photo is shown, and what
the buttons do to it, is in `viewer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from desktop.viewer.bar import HEIGHT_PX, ViewerBar
from desktop.viewer.canvas import Canvas
from desktop.viewer.parts import EDGE_BUTTON_PX, EdgeButton

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from desktop.tasks import Tasks
    from desktop.theme import Theme

REST_MS = 2_000  # without the mouse: the arrows go, and in a full screen the bar and the cursor too
MARGIN_PX = 16  # around a photo in the window, so that its edges are seen


class Stage(QWidget):
    """Parts in their places."""

    full_screen_toggled = Signal(bool)
    """The window is to take the screen, or to give it back."""

    def __init__(self, tasks: Tasks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # First, because Tab skips what stands before the one that takes the focus for all.
        self.canvas = Canvas(tasks, theme, self, margin_px=MARGIN_PX)
        self.bar = ViewerBar(theme, self)
        self.previous_button = EdgeButton("Previous photo", "previous", "Left", theme, self)
        self.next_button = EdgeButton("Next photo", "next", "Right", theme, self)
        self._full_screen = False
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._come_to_rest)
        self.bar.screen_button.clicked.connect(self.toggle_full_screen)
        self.canvas.mouse_moved.connect(self.wake)
        self.bar.entered.connect(self._rest.stop)  # until the mouse is back over the photo
        self.setFocusProxy(self.canvas)
        self._arrange()

    @property
    def is_full_screen(self) -> bool:
        return self._full_screen

    def set_full_screen(self, full_screen: bool) -> None:
        """The photo alone, on a dark ground."""
        if full_screen is self._full_screen:
            return
        self._full_screen = full_screen
        for part in (self.canvas, self.bar, self.previous_button, self.next_button):
            part.set_dark(full_screen)
        self.wake()
        self._arrange()
        self.full_screen_toggled.emit(full_screen)

    def toggle_full_screen(self) -> None:
        self.set_full_screen(not self._full_screen)

    def wake(self) -> None:
        """The mouse moves: show what it can press."""
        self._set_awake(True)
        self._rest.start()

    def sleep(self) -> None:
        """The page is left."""
        self._rest.stop()

    def _come_to_rest(self) -> None:
        """Nobody reaches for anything: leave the photo alone."""
        focused = self.focusWidget()
        if focused is not None and self.bar.isAncestorOf(focused):
            self._rest.start()
        else:
            self._set_awake(False)

    def _set_awake(self, awake: bool) -> None:
        for button in (self.previous_button, self.next_button):
            button.set_awake(awake)
        self.bar.setVisible(awake or not self._full_screen)
        self.canvas.hide_cursor(self._full_screen and not awake)

    def _arrange(self) -> None:
        """The bar stands above the photo; in a full screen it lies over it, so that nothing moves when it comes."""
        top = 0 if self._full_screen else HEIGHT_PX
        self.bar.setGeometry(0, 0, self.width(), HEIGHT_PX)
        self.canvas.setGeometry(0, top, self.width(), self.height() - top)
        middle = top + (self.height() - top - EDGE_BUTTON_PX.height()) // 2
        self.previous_button.move(0, middle)
        self.next_button.move(self.width() - EDGE_BUTTON_PX.width(), middle)
        self.bar.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
