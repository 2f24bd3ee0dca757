"""The bar above a photo: what it is, which one of how many, and what can be done with its view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from desktop.theme import DARK, Colors, Theme
from desktop.viewer.parts import BUTTON_PX, IconButton, ShortenedLabel, describe

if TYPE_CHECKING:
    from PySide6.QtGui import QEnterEvent, QResizeEvent

HEIGHT_PX = 48
ZOOM_PX = 64  # room for "1,600%"

ON_DARK = """
#viewerBar {{ background: {colors.window}; }}
QLabel, QToolButton {{ color: {colors.text}; }}
QLabel[role="muted"] {{ color: {colors.muted}; }}
QToolButton:hover, QToolButton:pressed {{ background: {colors.raised}; }}
QToolButton:checked {{ background: {colors.hover}; }}
QToolButton:focus {{ border-color: {colors.accent}; }}
"""
"""The bar over a full screen, which is dark in either theme."""


class ViewerBar(QFrame):
    """Shows; its page acts."""

    entered = Signal()
    """By the mouse."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewerBar")
        self.setFixedHeight(HEIGHT_PX)
        self._theme, self._dark = theme, False
        self.is_favorite = False
        self.name, self.position = ShortenedLabel(), QLabel()
        self.name.setProperty("role", "heading")
        self.position.setProperty("role", "muted")
        self.back_button = IconButton("Back to the photos", "back", "Esc")
        self.zoom_out_button = IconButton("Zoom out", "zoom-out", "-")
        self.zoom_button = QToolButton()
        self.zoom_in_button = IconButton("Zoom in", "zoom-in", "+")
        self.fit_button = IconButton("Fit to the window", "fit", "0")
        self.left_button = IconButton("Turn the view left", "rotate-left", "Shift+R")
        self.right_button = IconButton("Turn the view right", "rotate-right", "R")
        self.play_button = IconButton("Slideshow", "play", "S")
        self.screen_button = IconButton("Full screen", "full-screen", "F11")
        self.favorite_button = IconButton("Favourite", "heart", "F")
        self.info_button = IconButton("Information", "info", "Ctrl+I")
        self.more_button = IconButton("More", "more")
        self.info_button.setCheckable(True)
        self._build()
        theme.changed.connect(self._paint_icons)
        self._paint_icons()

    @property
    def _zoom_buttons(self) -> tuple[QToolButton, ...]:
        return self.zoom_out_button, self.zoom_button, self.zoom_in_button, self.fit_button

    @property
    def icon_buttons(self) -> list[IconButton]:
        return self.findChildren(IconButton)

    def show_name(self, name: str, whole: str, position: str) -> None:
        self.name.setText(name)
        self.name.setToolTip(whole)
        self.position.setText(position)
        self._fit()

    def show_zoom(self, scale: float) -> None:
        """Pixels of the screen for one of the photo; 0 where there is nothing to see."""
        for button in (*self._zoom_buttons, self.left_button, self.right_button):
            button.setEnabled(scale > 0)
        self.zoom_button.setText(f"{scale:,.0%}" if scale else "")
        self.zoom_button.setAccessibleName(f"Zoom {scale:,.0%}: whole photo or actual pixels")

    def show_favorite(self, favorite: bool) -> None:
        self.is_favorite = favorite
        self.favorite_button.set_icon_name("heart-filled" if favorite else "heart")
        describe(self.favorite_button, "Remove from favourites" if favorite else "Favourite", "F")

    def show_playing(self, playing: bool) -> None:
        self.play_button.set_icon_name("pause" if playing else "play")
        describe(self.play_button, "Stop the slideshow" if playing else "Slideshow", "S")

    def set_dark(self, dark: bool) -> None:
        """Over a full screen."""
        self._dark = dark
        self.setStyleSheet(ON_DARK.format(colors=DARK) if dark else "")
        self.screen_button.set_icon_name("full-screen-leave" if dark else "full-screen")
        describe(self.screen_button, "Leave full screen" if dark else "Full screen", "F11")
        self._paint_icons()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.entered.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _build(self) -> None:
        self.zoom_button.setFixedSize(ZOOM_PX, BUTTON_PX)
        self.zoom_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.zoom_button.setToolTip("Whole photo or actual pixels (0, 1)")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(2)
        row.addWidget(self.back_button)
        row.addSpacing(6)
        row.addWidget(self.name)
        row.addSpacing(10)
        row.addWidget(self.position)
        row.addStretch(1)
        groups = (
            self._zoom_buttons,
            (self.left_button, self.right_button),
            (self.play_button, self.screen_button),
            (self.favorite_button, self.info_button, self.more_button),
        )
        for group in groups:
            row.addSpacing(6)
            for button in group:
                row.addWidget(button)

    def _fit(self) -> None:
        """In a narrow window what has a key and is used least gives its room to the name."""
        groups = (
            (self.play_button, self.left_button, self.right_button),
            (self.zoom_out_button, self.zoom_in_button, self.fit_button),
            (self.zoom_button, self.position),
        )
        for step, group in enumerate(groups):
            for widget in group:
                widget.setVisible(self.width() >= (720, 600, 440)[step])

    def _paint_icons(self) -> None:
        for button in self.icon_buttons:
            button.paint_icon(self._colors)

    @property
    def _colors(self) -> Colors:
        return DARK if self._dark else self._theme.colors
