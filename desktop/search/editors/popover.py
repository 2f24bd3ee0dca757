"""The small window at a chip in which its part is changed. What the change does to the query, `editing` knows."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import QueryError
from core.query import Filter, Term
from desktop.search.editors.part_editor import PartEditor
from desktop.theme import STEP_PX

WIDTH_PX = 352
GAP_PX = 4
APPLY_MS = 150  # as the search itself waits: a slider that is moved is not a query at every step


class Popover(QFrame):
    """An editor with a title, a line for its mistakes, and the buttons to remove the part and to go back."""

    edited = Signal(object)
    """Term or Filter: how the part reads now. Only valid ones, a moment after the last change."""
    removed = Signal()

    def __init__(self, editor: PartEditor, part: Term | Filter | None, parent: QWidget) -> None:
        """`part` is None for one that is new: there is nothing to remove until it means something."""
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)  # for its round corners
        self.setAccessibleName(f"{editor.title}: change this part of the search")
        self.setFixedWidth(WIDTH_PX)
        self.editor = editor
        self._part = part
        self._timer = QTimer(self, singleShot=True, interval=APPLY_MS)
        self._timer.timeout.connect(self._apply)
        self.message = QLabel()
        self.message.setProperty("role", "danger")
        self.message.setWordWrap(True)
        self.message.hide()
        self.remove_button = QPushButton("Remove")
        self.remove_button.setToolTip("Take this out of the search")
        if part is None:
            self.remove_button.hide()
        self.remove_button.clicked.connect(self._remove)
        self.done_button = QPushButton("Done")
        self.done_button.setToolTip("Go back to the search (Enter or Esc)")
        self.done_button.setProperty("role", "main")
        self.done_button.clicked.connect(self.close)
        self._build()
        editor.edited.connect(self._timer.start)
        editor.edited.connect(self._fit)  # a range has a second value
        if part is None and editor.starts_valid:
            self._timer.start()

    def show_at(self, anchor: QWidget) -> None:
        """Below a chip or button, or below the right end of something wide; within the screen."""
        self._fit()
        indent = max(0, anchor.width() - WIDTH_PX) if anchor.width() > 2 * WIDTH_PX else 0
        place = anchor.mapToGlobal(QPoint(indent, anchor.height() + GAP_PX))
        free = anchor.screen().availableGeometry()
        left = max(free.left(), min(place.x(), free.right() - self.width()))
        top = place.y()
        if top + self.height() > free.bottom():
            top = max(free.top(), anchor.mapToGlobal(QPoint(0, 0)).y() - GAP_PX - self.height())
        self.move(left, top)
        self.show()
        self.editor.setFocus(Qt.FocusReason.PopupFocusReason)
        focused = self.focusWidget()
        if isinstance(focused, QLineEdit):
            focused.selectAll()

    def show_error(self, error: QueryError | None) -> None:
        """What is wrong with the part as it reads now; the query stays as it was."""
        self.message.setText(str(error) if error is not None else "")
        self.message.setVisible(error is not None)
        self._fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _closes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What no control inside wanted. On a button, Enter presses it, as everywhere; elsewhere one is done."""
        focused = self.focusWidget()
        if not _closes(event):
            super().keyPressEvent(event)
        elif event.key() != Qt.Key.Key_Escape and isinstance(focused, QPushButton):
            focused.click()
        else:
            self.close()

    def hideEvent(self, event: QHideEvent) -> None:
        """The last change counts even if the window closes right after it."""
        super().hideEvent(event)
        for box in self.findChildren(QAbstractSpinBox):
            box.interpretText()
        if self._timer.isActive():
            self._timer.stop()
            self._apply()

    def _build(self) -> None:
        frame = QFrame()
        frame.setObjectName("popover")
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(frame)
        title = QLabel(self.editor.title)
        title.setProperty("role", "heading")
        hint = QLabel(self.editor.hint)
        hint.setProperty("role", "muted")
        hint.setWordWrap(True)
        if not self.editor.hint:
            hint.hide()
        buttons = QHBoxLayout()
        buttons.addWidget(self.remove_button)
        buttons.addStretch()
        buttons.addWidget(self.done_button)
        column = QVBoxLayout(frame)
        column.setContentsMargins(2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX)
        column.setSpacing(STEP_PX)
        for widget in (title, hint, self.editor, self.message):
            column.addWidget(widget)
        column.addSpacing(STEP_PX)
        column.addLayout(buttons)

    def _fit(self) -> None:
        """As high as its texts are at this width: `adjustSize` takes the height that they have at another one."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            wrapped_px = layout.totalHeightForWidth(WIDTH_PX)  # -1 where no text is wrapped
            self.setFixedHeight(wrapped_px if wrapped_px > 0 else layout.totalSizeHint().height())

    def _apply(self) -> None:
        try:
            part = self.editor.part()
        except QueryError as error:
            self.show_error(error)
            return
        self.show_error(None)
        if part != self._part:
            self._part = part
            self.remove_button.show()
            self.edited.emit(part)

    def _remove(self) -> None:
        self._timer.stop()
        self.removed.emit()
        self.close()


def _closes(event: QKeyEvent) -> bool:
    return event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)
