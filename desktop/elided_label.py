"""A line of text that gives way in its middle when there is no room: paths and file names tell most at both ends."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

NARROWEST_PX = 64  # a few letters of both ends


class ElidedLabel(QLabel):
    """Plain text on one line. The whole of it stands in the tool tip when it is cut, and is what a reader reads out."""

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        """
        Args:
            role: The property of the style sheet: `heading`, `muted` and so on.
        """
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        if role:
            self.setProperty("role", role)

    @property
    def shown_text(self) -> str:
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.contentsRect().width())

    def setText(self, text: str) -> None:
        super().setText(text)
        self._set_tool_tip()

    def minimumSizeHint(self) -> QSize:
        return QSize(NARROWEST_PX, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_tool_tip()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.style().drawItemText(
            painter,
            self.contentsRect(),
            self.alignment() | Qt.TextFlag.TextSingleLine,
            self.palette(),
            self.isEnabled(),
            self.shown_text,
            self.foregroundRole(),
        )

    def _set_tool_tip(self) -> None:
        self.setToolTip(self.text() if self.shown_text != self.text() else "")
