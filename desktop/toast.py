"""A calm message over the pages: what was just done, with a way back, or what is being done at the moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget
from shiboken6 import isValid

from desktop.icons import icon
from desktop.theme import Theme

LASTS_MS = 8_000  # long enough to read it, to find the button and to decide
MARGIN_PX = 24  # to the edges of what it lies over
WIDEST_PX = 640


@dataclass(frozen=True, slots=True)
class Message:
    """What a toast says, and the one thing that can be done about it."""

    text: str
    button: str = ""
    press: Callable[[], object] | None = None
    key: str = ""  # the shortcut that does the same


class Toast(QFrame):
    """Lies at the bottom centre of its host. One message at a time; work that goes on shows again behind a message."""

    def __init__(self, theme: Theme, host: QWidget) -> None:
        super().__init__(host)
        self.setObjectName("toast")
        self._theme, self._host = theme, host
        self._message: Message | None = None
        self._work: Message | None = None
        self._focused_before: QWidget | None = None
        self._label = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self.button = QPushButton()
        self.button.setProperty("role", "link")
        self.button.clicked.connect(self._press)
        self.close_button = QToolButton()
        self.close_button.setAccessibleName("Close this message")
        self.close_button.setToolTip("Close (Esc)")
        self.close_button.clicked.connect(self.dismiss)
        for button in (self.button, self.close_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus with the photos
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(self._label, stretch=1)
        row.addWidget(self.button)
        row.addWidget(self.close_button)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._expire)
        host.installEventFilter(self)
        QApplication.instance().focusChanged.connect(self._note_focus)  # type: ignore[union-attr]
        theme.changed.connect(self._paint_icons)
        self._paint_icons()
        self.hide()

    @property
    def text(self) -> str:
        return self._label.text()

    @property
    def message(self) -> Message | None:
        """The one that shows for a while; None while there is none."""
        return self._message

    def say(self, message: Message) -> None:
        """Show a message for a while, instead of the one that shows."""
        self._message = message
        self._show(message)
        self._timer.start(LASTS_MS)

    def show_work(self, message: Message) -> None:
        """Show that something is being done, until `end_work`. Called again, it only says it in other words."""
        told_already = self._work is not None
        self._work = message
        if self._message is None:
            self._show(message, announced=not told_already)

    def end_work(self) -> None:
        self._work = None
        if self._message is None:
            self._leave()

    def dismiss(self) -> None:
        """The message was read. Work that goes on shows again."""
        self._timer.stop()
        self._message = None
        if self._work is not None:
            self._show(self._work, announced=False)
        else:
            self._leave()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._message is not None:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def _show(self, message: Message, *, announced: bool = True) -> None:
        self._label.setText(message.text)
        self.button.setText(message.button)
        self.button.setAccessibleName(message.button)
        self.button.setToolTip(f"{message.button} ({message.key})" if message.key else "")
        self.button.setVisible(bool(message.button))
        self.close_button.setVisible(message is self._message)
        self.setAccessibleName(message.text)
        self._place()
        self.show()
        self.raise_()
        if announced:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, message.text))

    def _place(self) -> None:
        room = self._host.width() - 2 * MARGIN_PX
        margins = self._row.contentsMargins()
        beside = sum(each.sizeHint().width() + 8 for each in (self.button, self.close_button) if not each.isHidden())
        text = self._label.fontMetrics().horizontalAdvance(self._label.text()) + 8
        width = min(text + beside + margins.left() + margins.right(), room, WIDEST_PX)
        self.resize(width, max(self.heightForWidth(width), 48))
        self.move(QPoint((self._host.width() - width) // 2, self._host.height() - self.height() - MARGIN_PX))

    def _expire(self) -> None:
        if self.underMouse() or self.isAncestorOf(QApplication.focusWidget() or self._host):
            self._timer.start(LASTS_MS)  # it is being read
        else:
            self.dismiss()

    def _press(self) -> None:
        message = self._message or self._work
        if message is self._message:
            self.dismiss()
        if message is not None and message.press is not None:
            message.press()

    def _leave(self) -> None:
        """Hide; the focus goes back where it came from, not to whatever comes next."""
        before = self._focused_before
        if self.isAncestorOf(QApplication.focusWidget() or self._host) and before is not None and isValid(before):
            before.setFocus()
        self.hide()

    def _note_focus(self, old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and self.isAncestorOf(new) and old is not None and not self.isAncestorOf(old):
            self._focused_before = old

    def _paint_icons(self) -> None:
        self.close_button.setIcon(icon("close", self._theme.colors.muted, 16))
