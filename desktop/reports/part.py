"""What the parts of a report have in common: what they look at, and that choosing something in them shows photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from desktop.reports.pictures import Shown
from desktop.reports.words import outcome_lines

if TYPE_CHECKING:
    from trainer.openset.outcome import Outcome
    from trainer.report.values import HeadReport, PhotoOutcome, RunReport, SplitReport


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A run, and which of its held-out parts and heads is looked at."""

    report: RunReport
    split: SplitReport | None = None  # None: nothing was held out, or the training never came so far
    head: HeadReport | None = None
    outcome: Outcome | None = None  # of a run that learned what is alike


class Part(QWidget):
    """One page of a report."""

    chosen = Signal(object, str)
    """Tuple of Shown, and what they are: something was clicked, and these are its photos."""

    title = ""

    def show_report(self, looked: Looked) -> None:
        raise NotImplementedError

    def take_focus(self) -> None:
        """The keyboard comes to this part."""
        self.setFocus()


class Line(QLabel):
    """A sentence that gives way: on as many lines as its width takes."""

    def __init__(self, role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent, textFormat=Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)

    def say(self, text: str) -> None:
        self.setText(text)
        if self.parentWidget() is not None or not text:  # without a parent it would open a window of its own
            self.setVisible(bool(text))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().height())


def shown(outcomes: Sequence[PhotoOutcome]) -> tuple[Shown, ...]:
    """Photos with what is said of them."""
    return tuple(
        Shown(each.id, each.path, outcome_lines(each), None if each.true is None else each.is_right)
        for each in outcomes
    )
