"""What there is to learn from: labelled photos by class and attribute, or how to begin where there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.empty_pages import Page, Remedy
from desktop.organise.wording import are, photos
from desktop.tagging.tag_words import head_name
from desktop.training.count_bars import CountBars
from desktop.training.panel import Panel, button, row, say, text

if TYPE_CHECKING:
    from desktop.theme import Theme
    from desktop.training.work import LabelSummary

EMPTY = Page(
    "training",
    "Teach Recollect what your photos show",
    "It learns from photos that you have labelled. Select some and say what they are: two kinds at least, and a "
    "handful of each. Labels that you have already, in folders or in a table, can be imported.",
    "Label photos",
    Remedy.LABEL,
    "Import labels…",
    Remedy.IMPORT_LABELS,
)
ONE_KIND = (
    "All labels say the same so far: label photos of another kind as well, so that there is something to tell apart."
)


class LabelsPanel(Panel):
    """Shows a summary; reading it is the page's."""

    labelling_wanted = Signal()
    labels_wanted = Signal()
    """The dialog of labels: their names, import and export."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Your labels", parent=parent)
        self._theme = theme
        self._lead = text("muted")
        self._bars = QVBoxLayout()
        self._bars.setSpacing(4)
        self.bars: list[CountBars] = []
        self.label_button = button("Label photos", "main", "Go to the photos, select some and label them")
        self.import_button = button("Import labels…", tip="From folders, or from a table")
        self.label_button.clicked.connect(self.labelling_wanted)
        self.import_button.clicked.connect(self.labels_wanted)
        self.column.addWidget(self._lead)
        self.column.addLayout(self._bars)
        self.column.addLayout(row(self.label_button, self.import_button))

    @property
    def lead(self) -> str:
        return self._lead.text()

    def show_summary(self, summary: LabelSummary) -> None:
        while (item := self._bars.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.bars = []
        say(self._lead, _lead(summary))
        for head in summary.heads:
            self._add_head(summary, head)
        main = not summary.can_learn
        if (self.label_button.property("role") == "main") != main:
            self.label_button.setProperty("role", "main" if main else "")
            self.label_button.style().polish(self.label_button)

    def _add_head(self, summary: LabelSummary, head: str) -> None:
        bars = CountBars(self._theme, head, summary.heads[head])
        missing = summary.missing(head)
        self._bars.addWidget(_heading(head_name(head), f"{photos(missing)} without" if missing else ""))
        self._bars.addWidget(bars)
        if bars.more:
            self._bars.addWidget(text("muted", f"and {bars.more} more"))
        self.bars.append(bars)


def _heading(name: str, note: str) -> QWidget:
    widget = QWidget()
    name_label, notes_label = text("heading", name), text("muted", note)
    name_label.setWordWrap(False)
    line = row(name_label, notes_label, stretch=False)
    line.setContentsMargins(0, 4, 0, 0)
    line.setStretch(0, 0)
    line.setStretch(1, 1)
    widget.setLayout(line)
    return widget


def _lead(summary: LabelSummary) -> str:
    counted = f"{photos(summary.labelled)} of {summary.photos:,} {are(summary.labelled)} labelled."
    return counted if summary.can_learn else f"{counted} {ONE_KIND}"
