"""What pages beside the photos have in common: a button, and Esc, lead back to the photos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QToolButton, QWidget

from desktop.icons import icon

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from desktop.theme import Theme

ICON_PX = 20


class BackPage(QWidget):
    """Places its `back_button` itself."""

    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.back_button = QToolButton()
        self.back_button.setIconSize(QSize(ICON_PX, ICON_PX))
        self.back_button.setToolTip("Back to the photos (Esc)")
        self.back_button.setAccessibleName("Back to the photos")
        self.back_button.clicked.connect(self.close_page)
        self._paint_icon()
        theme.changed.connect(self._paint_icon)

    def close_page(self) -> None:
        """What the button and Esc do."""
        self.closed.emit()

    def event(self, event: QEvent) -> bool:
        """Esc is this page's while the focus is on it, though the window has a use for the key as well."""
        if event.type() is QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_page()
        else:
            super().keyPressEvent(event)

    def _paint_icon(self) -> None:
        self.back_button.setIcon(icon("back", self._theme.colors.text, ICON_PX))
