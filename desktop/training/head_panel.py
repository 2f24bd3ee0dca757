"""A card from which labels of one head are learned for search: which head, where several have enough labels, and why
not, where none has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QLabel, QWidget

from core.tags.values import CLASS
from desktop.organise.wording import photos
from desktop.tagging.tag_words import head_name
from desktop.training.panel import EstimatedPanel, choice, row, say, text

if TYPE_CHECKING:
    from desktop.training.request import Request
    from desktop.training.work import LabelSummary

FEWEST = 10  # photos of a label: with a fifth of them held out, two are left to find each other


class HeadPanel(EstimatedPanel):
    """The model that learns, or whose vectors are learned from, is the one that answers."""

    kinds = 2
    """So many labels have to have `FEWEST` photos."""
    too_few = ""
    """What is said where they have not."""

    def __init__(self, title: str, beside: str, start: str, model: str, parent: QWidget | None = None) -> None:
        """
        Args:
            start: What the button says that starts it.
            model: The one that the recipe names.
        """
        super().__init__(title, beside, start, parent)
        self._model = self._usual_model = model
        self.heads = choice("Learn from")
        self._learn_from = QLabel("Learn &from")
        self._learn_from.setBuddy(self.heads)
        self._why_not = text("muted")
        self.heads.currentIndexChanged.connect(self.request_has_changed)
        self.start_button.clicked.connect(lambda: self.started.emit(self.request))

    @property
    def request(self) -> Request:
        raise NotImplementedError

    @property
    def can_learn(self) -> bool:
        """Some head has enough photos of enough labels."""
        return self.heads.count() > 0

    @property
    def why_not(self) -> str:
        return self._why_not.text()

    def show_model(self, name: str | None) -> None:
        """Which model answers."""
        if name is not None and name != self._model:
            self._model = name
            self.request_has_changed()

    def show_summary(self, summary: LabelSummary) -> None:
        """Offer the heads that have enough labels, the class first."""
        before = self.heads.currentData()
        fitting = {
            head: values
            for head, values in summary.heads.items()
            if sum(count >= FEWEST for count in values.values()) >= self.kinds
        }
        with QSignalBlocker(self.heads):
            self.heads.clear()
            for head, values in fitting.items():
                self.heads.addItem(f"{head_name(head)}: {len(values)} labels, {photos(sum(values.values()))}", head)
            self.heads.setCurrentIndex(max(0, self.heads.findData(before)) if fitting else -1)
        for part in self._parts_to_choose:
            part.setVisible(bool(fitting))
        say(self._why_not, "" if fitting else self.too_few)
        if before != self.heads.currentData():
            self.request_has_changed()

    def allow(self, allowed: bool, why_not: str = "") -> None:
        """
        Args:
            why_not: Beside too few labels, which the panel sees itself.
        """
        self.start_button.setEnabled(allowed and self.can_learn)
        self.start_button.setToolTip(why_not or ("" if self.can_learn else self.too_few))

    @property
    def _parts_to_choose(self) -> tuple[QWidget, ...]:
        """Shown only where there is something to learn from."""
        return (self._learn_from, self.heads)

    def _add_parts(self, lead: str, *more: QWidget) -> None:
        """The lead, the choice of the head, what a panel has besides, and what is said of it all.

        Args:
            more: Between the choice and the start.
        """
        self.column.addWidget(text("muted", lead))
        self.column.addLayout(row(self._learn_from, self.heads))
        for widget in (*more, self._why_not, self._estimate):
            self.column.addWidget(widget)
        for part in (*self._parts_to_choose, self._estimate):
            part.hide()
        say(self._why_not, self.too_few)

    def _assignments(self) -> tuple[tuple[bool, str], ...]:
        """Of the head and the model: whether each differs from the recipe, and how `--set` says it."""
        head = self.heads.currentData() or CLASS
        return (head != CLASS, f"head={head}"), (self._model != self._usual_model, f"encoder={self._model}")
