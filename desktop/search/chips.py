"""One part of a query as a chip: a button that shows it, with a small button to remove it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from core.query import Filter, Term
from desktop.icons import icon
from desktop.theme import Theme

PICTURE_PX = 24
HEIGHT_PX = 32
LONGEST_PX = 320  # of the words: a whole sentence stands in the line already
CROSS_PX = 14
TIMES = "\N{MULTIPLICATION SIGN}"

_KEYS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
}


def label(part: Term | Filter) -> str:
    """What a chip says: "2x dog" with a proper sign, "not people", "camera: canon"."""
    before = "not " if is_excluded(part) else ""
    if isinstance(part, Filter):
        return f"{before}{part.key}: {shown_value(part)}"
    times = "" if abs(part.weight) == 1 else f"{shown_weight(part)} "
    return f"{before}{times}{subject(part)}"


def is_excluded(part: Term | Filter) -> bool:
    return part.negated if isinstance(part, Filter) else part.weight < 0


def shown_value(part: Filter) -> str:
    comparison = "" if part.comparison == ".." else part.comparison
    return f"{comparison}{part.value}"


def shown_weight(term: Term) -> str:
    """ "2x", with a proper sign and without the minus, which is said in words."""
    return f"{abs(term.weight):g}{TIMES}"


def subject(term: Term) -> str:
    if term.kind == "text":
        return term.value
    return "like this photo" if term.photo_id is not None else f"like {Path(term.value).name}"


def spoken(part: Term | Filter) -> str:
    """For screen readers: "Filter: not camera canon", "Term: dog, weight 2"."""
    before = "not " if is_excluded(part) else ""
    if isinstance(part, Filter):
        return f"Filter: {before}{part.key} {shown_value(part)}"
    weight = "" if abs(part.weight) == 1 else f", weight {abs(part.weight):g}"
    return f"{'Term' if part.kind == 'text' else 'Picture'}: {before}{subject(part)}{weight}"


class Chip(QPushButton):
    """One part. A click or Enter asks to change it; Delete, Backspace or its cross to remove it."""

    removed = Signal(object)
    """The Term or Filter."""
    stepped = Signal(int)
    """An arrow key: to the chip before (-1) or behind (1)."""

    def __init__(self, part: Term | Filter, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chip")
        self.setFixedHeight(HEIGHT_PX)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAutoDefault(False)
        self._theme = theme
        self.part = part
        self.caption = ""
        self._picture, self._not, self._key, self._words, self._weight = (QLabel() for _ in range(5))
        self._not.setText("not")
        for name, part_label in (("chipNot", self._not), ("chipKey", self._key), ("chipWeight", self._weight)):
            part_label.setObjectName(name)
        self.remove_button = QToolButton()
        self.remove_button.setIconSize(QSize(CROSS_PX, CROSS_PX))
        self.remove_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Delete does the same: one stop of Tab for a chip
        self.remove_button.setToolTip("Remove (Del)")
        self.remove_button.clicked.connect(lambda: self.removed.emit(self.part))
        row = QHBoxLayout(self)
        row.setSpacing(4)
        for piece in (self._picture, self._not, self._key, self._words, self._weight):
            piece.setTextFormat(Qt.TextFormat.PlainText)
            piece.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(piece)
        row.addWidget(self.remove_button)
        self.paint_icons()
        self.show_part(part)

    def show_part(self, part: Term | Filter) -> None:
        """Another part, or this one changed. Its picture comes later, unless it is the one that is shown."""
        if not _same_picture(self.part, part):
            self._picture.clear()
        self.part = part
        self.caption = label(part)
        is_filter = isinstance(part, Filter)
        value = shown_value(part) if is_filter else subject(part)
        self._key.setText(f"{part.key}:" if is_filter else "")
        elided = Qt.TextElideMode.ElideMiddle if is_filter else Qt.TextElideMode.ElideRight
        self._words.setText(self.fontMetrics().elidedText(value, elided, LONGEST_PX))
        weighed = not is_filter and abs(part.weight) != 1
        self._weight.setText(shown_weight(part) if weighed and not is_filter else "")
        for piece, wanted in (
            (self._not, is_excluded(part)),
            (self._key, is_filter),
            (self._weight, weighed),
            (self._picture, not self._picture.pixmap().isNull()),
        ):
            piece.setVisible(wanted)
        self._fit()
        self.setProperty("excluded", is_excluded(part))
        self.style().unpolish(self)  # a style sheet looks at properties only when it is applied anew
        self.style().polish(self)
        self.remove_button.setAccessibleName(f"Remove {self.caption}")
        self.setAccessibleName(spoken(part))
        self.setAccessibleDescription("Press Enter to change, Delete to remove")
        self.setToolTip(f"{self.caption}\nEnter to change, Del to remove")

    def show_picture(self, image: QImage) -> None:
        self._picture.setPixmap(QPixmap.fromImage(image))
        self._picture.show()
        self._fit()

    @property
    def picture(self) -> QPixmap:
        """Empty until it was read."""
        return self._picture.pixmap()

    def paint_icons(self) -> None:
        self.remove_button.setIcon(icon("close", self._theme.colors.text, CROSS_PX))

    def sizeHint(self) -> QSize:
        """That of the pieces inside: a push button knows only its own text, and it has none."""
        layout = self.layout()
        return QSize(layout.sizeHint().width() if layout else 0, HEIGHT_PX)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()  # the window uses Delete for photos
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if not _is_own(event):
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit(self.part)
        elif key in _KEYS:
            self.stepped.emit(_KEYS[key])
        else:
            self.click()

    def _fit(self) -> None:
        left = 4 if not self._picture.isHidden() else 12
        self.layout().setContentsMargins(left, 4, 6, 4)  # type: ignore[union-attr] - it was set when the chip was made
        self.updateGeometry()


def _same_picture(first: Term | Filter, second: Term | Filter) -> bool:
    if not isinstance(first, Term) or not isinstance(second, Term):
        return False
    return (first.kind, first.value) == (second.kind, second.value)


def _is_own(event: QKeyEvent) -> bool:
    own = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_Enter, *_KEYS)
    return event.key() in own and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
