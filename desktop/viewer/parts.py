"""Small parts of the viewer's pages: buttons drawn as icons, and texts that are shortened or wrapped to fit."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLabel, QSizePolicy, QToolButton, QWidget

from desktop.icons import icon, picture
from desktop.theme import DARK, Colors, Theme

BUTTON_PX, ICON_PX = 36, 20
EDGE_BUTTON_PX = QSize(64, 96)
CIRCLE_PX = 48


def describe(button: QAbstractButton, name: str, key: str = "") -> None:
    """What a button does, for the ear and for the mouse that rests on it."""
    button.setAccessibleName(name)
    button.setToolTip(f"{name} ({key})" if key else name)


class IconButton(QToolButton):
    """An icon in the colour of text. A click leaves the focus where it is; Tab reaches it."""

    def __init__(self, name: str, icon_name: str, key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._colors: Colors | None = None
        self.setFixedSize(BUTTON_PX, BUTTON_PX)
        self.setIconSize(QSize(ICON_PX, ICON_PX))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        describe(self, name, key)

    def paint_icon(self, colors: Colors) -> None:
        self._colors = colors
        self.setIcon(icon(self._icon_name, colors.text, ICON_PX))

    def set_icon_name(self, icon_name: str) -> None:
        if icon_name != self._icon_name:
            self._icon_name = icon_name
            if self._colors is not None:
                self.paint_icon(self._colors)


class EdgeButton(QAbstractButton):
    """A large arrow over a photo's edge. At rest it is not seen, and can be pressed all the same."""

    def __init__(self, name: str, icon_name: str, key: str, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon_name, self._theme = icon_name, theme
        self._awake = self._dark = False
        self.setFixedSize(EDGE_BUTTON_PX)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        describe(self, name, key)

    def set_awake(self, awake: bool) -> None:
        if awake is not self._awake:
            self._awake = awake
            self.update()

    def set_dark(self, dark: bool) -> None:
        """Over a full screen, which is dark in either theme."""
        self._dark = dark
        self.update()

    def sizeHint(self) -> QSize:
        return EDGE_BUTTON_PX

    def paintEvent(self, event: QPaintEvent) -> None:
        if not (self._awake or self.underMouse() or self.hasFocus()):
            return
        colors, middle = DARK if self._dark else self._theme.colors, QRectF(self.rect()).center()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.accent), 2) if self.hasFocus() else QPen(QColor(colors.border), 1))
        painter.setBrush(QColor(colors.raised if self.underMouse() else colors.surface))
        radius = CIRCLE_PX / 2 - 1
        painter.drawEllipse(middle, radius, radius)
        mark = picture(self._icon_name, colors.text, ICON_PX, self.devicePixelRatioF())
        painter.drawPixmap(middle - QPointF(ICON_PX / 2, ICON_PX / 2), mark)


class ShortenedLabel(QLabel):
    """One line that gives way: of what does not fit, a part is left out. Its tool tip is to have all of it."""

    def __init__(self, elide: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle, parent: QWidget | None = None) -> None:
        super().__init__(parent, textFormat=Qt.TextFormat.PlainText)
        self._elide = elide
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), self._elide, self.width())
        self.style().drawItemText(
            painter, self.rect(), int(self.alignment()), self.palette(), True, text, self.foregroundRole()
        )


class WrappedLabel(QLabel):
    """Text of a fixed width on as many lines as it takes. A wrapped QLabel leaves its height to the layout, which
    guesses it from the width of the moment before."""

    def __init__(self, width_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent, textFormat=Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setFixedWidth(width_px)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._fit()

    def hasHeightForWidth(self) -> bool:
        return False  # its width is fixed, and so is its height

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(max(0, self.heightForWidth(self.maximumWidth())))
