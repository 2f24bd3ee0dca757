"""The field that takes the next key instead of text: the key that gives a label."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget

_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)
_REMOVE = (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
_LEAVE = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
_TYPED = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier


class KeyField(QLineEdit):
    """Read as it is pressed: "1", "m", "F2", "Ctrl+1". Backspace takes the key away."""

    pressed = Signal()
    """A key was chosen, or taken away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setPlaceholderText("Press a key")
        self.setAccessibleName("Key")
        self.setAccessibleDescription("Press the key that gives this label, or Backspace for none")

    def event(self, event: QEvent) -> bool:
        """Shortcuts of the window are keys like others here."""
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _LEAVE:
            super().keyPressEvent(event)
        elif key in _REMOVE:
            self._take("")
        elif key not in _MODIFIERS:
            self._take(key_name(event))

    def _take(self, name: str) -> None:
        self.setText(name)
        self.pressed.emit()


def key_name(event: QKeyEvent) -> str:
    """As labels keep it: the character that the key types, else what Qt calls the key; empty for a blank."""
    typed = event.text()
    if len(typed) == 1 and typed.isprintable() and not event.modifiers() & ~_TYPED:
        return typed.strip().lower()
    return QKeySequence(QKeyCombination(event.modifiers(), Qt.Key(event.key()))).toString()
