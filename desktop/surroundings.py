"""What stands around the pages: header, sidebar, information, status line; when each is shown, and as it was left."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, Signal

from desktop.memory import memory_of

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMainWindow, QSplitter

    from core.library import Library
    from desktop.header import Header
    from desktop.organise.sidebar import Sidebar
    from desktop.status_line import StatusLine
    from desktop.viewer.info_panel import InfoPanel


ROOM_FOR_BOTH_PX = 1_000  # sidebar, information, and some photos between them


class Surroundings(QObject):
    """Shows and hides them as the buttons of the header say; none of them on the full screen."""

    info_shown = Signal(bool)

    def __init__(
        self,
        window: QMainWindow,
        header: Header,
        sidebar: Sidebar,
        info_panel: InfoPanel,
        status_line: StatusLine,
        body: QSplitter,
    ) -> None:
        super().__init__(window)
        self._window, self._header, self._body = window, header, body
        self._sidebar, self._info_panel, self._status_line = sidebar, info_panel, status_line
        self._full_screen = False
        self._is_page_of_photos = True
        self._was_maximized = False
        header.sidebar_toggled.connect(partial(self._take, header.info_action))
        header.info_toggled.connect(partial(self._take, header.sidebar_action))

    def set_full_screen(self, full_screen: bool) -> None:
        """Nothing but the page, on the whole screen."""
        if full_screen == self._full_screen:
            return
        self._full_screen = full_screen
        self._arrange()
        if full_screen:
            self._was_maximized = self._window.isMaximized()
            self._window.showFullScreen()
        elif self._was_maximized:
            self._window.showMaximized()
        else:
            self._window.showNormal()

    def set_page_of_photos(self, of_photos: bool) -> None:
        """Beside a page that is not about photos there is nothing to say of one."""
        if of_photos != self._is_page_of_photos:
            self._is_page_of_photos = of_photos
            self._arrange()

    def recall(self, library: Library) -> None:
        """The window comes back as it was left."""
        memory = memory_of(library)
        self._header.sidebar_action.setChecked(memory.value("window/sidebar", True, bool))  # type: ignore[arg-type]
        self._header.info_action.setChecked(memory.value("window/information", False, bool))  # type: ignore[arg-type]
        geometry, body = memory.value("window/geometry"), memory.value("window/body")
        if isinstance(geometry, QByteArray):
            self._window.restoreGeometry(geometry)
        if isinstance(body, QByteArray):
            self._body.restoreState(body)
        self._arrange()

    def remember(self, library: Library) -> None:
        memory = memory_of(library)
        memory.setValue("window/sidebar", self._header.sidebar_action.isChecked())
        memory.setValue("window/information", self._header.info_action.isChecked())
        if not self._full_screen:
            memory.setValue("window/geometry", self._window.saveGeometry())
            memory.setValue("window/body", self._body.saveState())

    def _take(self, other: QAction, shown: bool) -> None:
        """In a narrow window there is room for one of the two."""
        if shown and self._window.width() < ROOM_FOR_BOTH_PX:
            other.setChecked(False)
        self._arrange()

    def _arrange(self) -> None:
        info = self._is_page_of_photos and not self._full_screen
        self._header.sidebar_action.setEnabled(not self._full_screen)  # their keys would switch what cannot be seen
        self._header.info_action.setEnabled(info)
        self._header.setHidden(self._full_screen)
        self._status_line.setHidden(self._full_screen)
        self._sidebar.setVisible(self._header.sidebar_action.isChecked() and not self._full_screen)
        self._info_panel.setVisible(self._header.info_action.isChecked() and info)
        self.info_shown.emit(not self._info_panel.isHidden())
