"""The top of the window: the search bar between the buttons for the sidebar, the information and all that is rare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from desktop.icons import icon

if TYPE_CHECKING:
    from desktop.search.bar import SearchBar
    from desktop.theme import Theme

BUTTON_PX = 40  # as high as the line
ICON_PX = 24


class Header(QWidget):
    """Its menu is filled by the window."""

    sidebar_toggled = Signal(bool)
    info_toggled = Signal(bool)

    def __init__(self, search_bar: SearchBar, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.menu = QMenu(self)
        self.sidebar_action = self._toggle("Sidebar", "Ctrl+B")
        self.info_action = self._toggle("Information", "Ctrl+I")
        self.sidebar_action.toggled.connect(self.sidebar_toggled)
        self.info_action.toggled.connect(self.info_toggled)
        self.sidebar_button, self.info_button, self.menu_button = QToolButton(), QToolButton(), QToolButton()
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 16, 16, 8)
        row.setSpacing(8)
        row.addLayout(self._column(self.sidebar_button))
        row.addWidget(search_bar, stretch=1)
        row.addLayout(self._column(self.info_button))
        row.addLayout(self._column(self.menu_button))
        for button, action in ((self.sidebar_button, self.sidebar_action), (self.info_button, self.info_action)):
            button.setDefaultAction(action)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setMenu(self.menu)
        self.menu_button.setToolTip("More (F10)")
        self.menu_button.setAccessibleName("More")
        for button, name in ((self.sidebar_button, "Sidebar"), (self.info_button, "Information")):
            button.setAccessibleName(name)
        theme.changed.connect(self._paint_icons)
        self._paint_icons()

    def _toggle(self, name: str, key: str) -> QAction:
        action = QAction(name, self, checkable=True)
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        shown = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{name} ({shown})")
        self.addAction(action)
        return action

    @staticmethod
    def _column(button: QToolButton) -> QVBoxLayout:
        """The buttons stay beside the line when chips come below it."""
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setFixedSize(BUTTON_PX, BUTTON_PX)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        column = QVBoxLayout()
        column.addWidget(button)
        column.addStretch()
        return column

    def _paint_icons(self) -> None:
        color = self._theme.colors.text
        self.sidebar_action.setIcon(icon("sidebar", color, ICON_PX))
        self.info_action.setIcon(icon("info", color, ICON_PX))
        self.menu_button.setIcon(icon("more", color, ICON_PX))
