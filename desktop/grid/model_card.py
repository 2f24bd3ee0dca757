"""The small window that says which model answers: what it is good for, its languages, speed and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.dialogs.models import megabytes
from desktop.organise.wording import isolated
from desktop.theme import STEP_PX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.types import ModelInfo

WIDTH_PX = 320
GAP_PX = 4


class ModelCard(QFrame):
    """Goes by Esc or by a click beside it."""

    models_wanted = Signal()

    def __init__(self, info: ModelInfo, taken_for: Mapping[str, str], parent: QWidget) -> None:
        """
        Args:
            taken_for: Words of the search, and the known ones for which the model takes them.
        """
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)  # for its round corners
        self.setAccessibleName(f"The model that answers: {info.title}")
        self.setFixedWidth(WIDTH_PX)
        self.lines = _lines(info, taken_for)
        self.button = QPushButton(models_button(info))
        self.button.setToolTip("What else can answer, with size, speed and licence")
        self.button.clicked.connect(self._choose)
        self._build(info.title)

    def show_at(self, anchor: QWidget) -> None:
        """Below a button, with which it ends, or above it; within the screen."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.setFixedHeight(max(layout.totalHeightForWidth(WIDTH_PX), layout.totalMinimumSize().height()))
        place = anchor.mapToGlobal(QPoint(0, anchor.height() + GAP_PX))
        free = anchor.screen().availableGeometry()
        mirrored = anchor.layoutDirection() is Qt.LayoutDirection.RightToLeft
        end = place.x() if mirrored else place.x() + anchor.width() - WIDTH_PX
        top = place.y()
        if top + self.height() > free.bottom():
            top = max(free.top(), anchor.mapToGlobal(QPoint(0, 0)).y() - GAP_PX - self.height())
        self.move(max(free.left(), min(end, free.right() - WIDTH_PX)), top)
        self.show()
        self.button.setFocus(Qt.FocusReason.PopupFocusReason)

    def _build(self, title: str) -> None:
        frame = QFrame()
        frame.setObjectName("popover")
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(frame)
        column = QVBoxLayout(frame)
        column.setContentsMargins(2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX)
        column.setSpacing(STEP_PX)
        for text, role in ((title, "heading"), *self.lines):
            label = QLabel(text, textFormat=Qt.TextFormat.PlainText)
            label.setProperty("role", role)
            label.setWordWrap(True)
            column.addWidget(label)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.button)
        column.addSpacing(STEP_PX)
        column.addLayout(row)

    def _choose(self) -> None:
        self.close()
        self.models_wanted.emit()


def models_button(info: ModelInfo) -> str:
    """What comes with Recollect is the smallest; beside a model that was downloaded there may be smaller ones."""
    return "Larger models…" if info.name == "starter" else "Other models…"


def _lines(info: ModelInfo, taken_for: Mapping[str, str]) -> list[tuple[str, str]]:
    """Texts, and their roles in the style sheet."""
    size = megabytes(info.weights_bytes) if info.weights_bytes else ""
    facts = " · ".join(part for part in (info.languages, info.speed, size) if part)
    taken = [f"Takes {isolated(word)} for {isolated(other)}." for word, other in taken_for.items()]
    good_for = [(f"Good for: {info.good_for[:1].lower()}{info.good_for[1:]}", "")] if info.good_for else []
    return [*good_for, (facts, "muted"), *((text, "") for text in taken)]
