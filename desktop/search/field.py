"""The line of the search bar: marks the word at fault and takes pictures by paste and drop. It does not parse."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PySide6.QtCore import QEvent, QMimeData, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QLineEdit, QWidget

from desktop.theme import Theme


class SearchField(QLineEdit):
    """A QLineEdit with a red line under the word at fault."""

    picture_given = Signal(object)
    """Path of an image file, or a QImage: pasted or dropped here."""
    left = Signal()
    """Down or Enter: the user wants to go on to the photos."""
    typed = Signal()
    """The user, and not the program, has changed the text."""
    departed = Signal()
    """The user has gone on to another part of the window; not: to another window, or into a menu."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("searchField")
        self.setAccessibleName("Search")
        self.setPlaceholderText("Describe what you look for: red shoes on grass")
        self.setAcceptDrops(True)
        self._theme = theme
        self._fault: tuple[int, int] | None = None
        self._rewriting = False
        self.textEdited.connect(self._tell_typed)

    def event(self, event: QEvent) -> bool:
        """Ctrl+Z belongs to the line while it has something to undo, and else to the window."""
        if event.type() is QEvent.Type.ShortcutOverride:
            keys = cast("QKeyEvent", event)
            undone = keys.matches(QKeySequence.StandardKey.Undo) and not self.isUndoAvailable()
            if undone or (keys.matches(QKeySequence.StandardKey.Redo) and not self.isRedoAvailable()):
                event.ignore()
                return False
        return super().event(event)

    def rewrite(self, text: str) -> None:
        """Replace the text in a way that the user can undo with Ctrl+Z."""
        self._rewriting = True  # for Qt, what is inserted is edited
        self.selectAll()
        self.insert(text)
        self._rewriting = False

    def mark_fault(self, fault: tuple[int, int] | None) -> None:
        """Underline these characters; None: nothing is wrong."""
        self._fault = fault
        self.setProperty("wrong", fault is not None)
        self.style().unpolish(self)  # a style sheet looks at properties only when it is applied anew
        self.style().polish(self)
        self.update()

    def fault_rect(self) -> QRectF:
        """Where the underline is drawn; empty if nothing is wrong."""
        if self._fault is None:
            return QRectF()
        start, end = self._fault
        text, metrics = self.text(), self.fontMetrics()
        cursor = self.cursorRect()
        # QLineEdit scrolls its text and tells only where its cursor stands: measure from there.
        origin = cursor.center().x() - metrics.horizontalAdvance(text[: self.cursorPosition()])
        left = origin + metrics.horizontalAdvance(text[:start])
        width = metrics.horizontalAdvance(text[start:end]) or metrics.averageCharWidth()
        return QRectF(left, cursor.bottom() + 1, width, 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        rect = self.fault_rect()
        if not rect.isEmpty():
            painter = QPainter(self)
            painter.setPen(QPen(QColor(self._theme.colors.danger), 2, Qt.PenStyle.DotLine))
            painter.drawLine(rect.topLeft(), rect.topRight())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste) and self._take(QGuiApplication.clipboard().mimeData()):
            return
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        elsewhere = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
        if event.reason() not in (*elsewhere, Qt.FocusReason.MenuBarFocusReason):
            self.departed.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if picture_in(event.mimeData()) is not None:
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        if self._take(event.mimeData()):
            event.acceptProposedAction()
        else:
            super().dropEvent(event)

    def _tell_typed(self) -> None:
        if not self._rewriting:
            self.typed.emit()

    def _take(self, data: QMimeData | None) -> bool:
        given = picture_in(data)
        if given is not None:
            self.picture_given.emit(given)
        return given is not None


def picture_in(data: QMimeData | None) -> Path | QImage | None:
    """The picture that is pasted or dropped, not read yet. A file counts before the bitmap that comes with it."""
    if data is None:
        return None
    files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    if files and not files[0].is_dir():
        return files[0]
    if data.hasImage():
        image = data.imageData()
        return image if isinstance(image, QImage) and not image.isNull() else None
    return None


def folders_in(data: QMimeData) -> list[Path]:
    """The folders that are dropped."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if path.is_dir()]
