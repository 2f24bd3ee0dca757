"""The beginning of a report: how good it is in plain words, all heads in a table, what it took, what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.alike.alike_words import figures_of
from desktop.reports.part import Line, Looked, Part
from desktop.reports.value_table import Cell, Row, ValueTable, number
from desktop.reports.words import chosen_by, confused, share, spent, summary, title_of, unsure, with_margin
from desktop.viewer.facts import file_size
from trainer.report.texts import readable

if TYPE_CHECKING:
    from trainer.report.values import HeadReport, RunReport

HEADINGS = (
    "What it says",
    "Photos",
    "Right",
    "Accuracy (95% interval)",
    "Weighted F1",
    "Macro F1",
    "Sure of",
)
USES = {"train": "to learn from", "validation": "for validation", "test": "for the test"}
NETWORKS = {"starter": "the bundled model", "cnn": "a small CNN", "encoder": "two light layers on the model's vectors"}
NO_FIGURES = "There are no figures yet: nothing was measured."


class OverviewPart(Part):
    head_chosen = Signal(str)
    """A row of the table: its other figures are wanted."""

    title = "Overview"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.summary, self.details = Line("lead"), Line("muted")
        self.trouble = Line("danger")
        self.table = ValueTable("How good it is", HEADINGS)
        self.table.chosen.connect(lambda head: self.head_chosen.emit(head))
        self.notes = Line("muted")
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(24)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 8, 8, 16)
        column.setSpacing(16)
        for widget in (self.trouble, self.summary, self.details, self.table):
            column.addWidget(widget)
        column.addLayout(self._facts)
        column.addWidget(self.notes)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self.title)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    def show_report(self, looked: Looked) -> None:
        report, split = looked.report, looked.split
        self.trouble.say(readable(report.message) if report.message else "")
        said_of_alike = figures_of(looked.outcome) if looked.outcome is not None else (NO_FIGURES,)
        self.summary.say(summary(split) if split is not None else "\n".join(said_of_alike))
        main = split.main if split is not None else None
        said = [chosen_by(report, split) if split else "", confused(main) if main else "", unsure(main) if main else ""]
        self.details.say(" ".join(text for text in said if text))
        heads = list(split.heads.values()) if split is not None else []
        self.table.setVisible(bool(heads))
        self.table.show_rows([_row(head) for head in heads])
        self.table.fit_height()
        self._show_facts(report)
        self.notes.say("\n".join(f"Note: {readable(note)}" for note in report.notes))

    def take_focus(self) -> None:
        self.table.setFocus()

    def _show_facts(self, report: RunReport) -> None:
        while self._facts.rowCount():
            self._facts.removeRow(0)
        for name, value in _facts(report):
            label = QLabel(name)
            label.setProperty("role", "muted")
            self._facts.addRow(label, QLabel(value))


def _row(head: HeadReport) -> Row:
    name = Cell(title_of(head.name), head.name)
    count = number(f"{head.count:,}", head.count)
    if not head.scores:
        return Row((name, count, *(number("-", None) for _ in HEADINGS[2:])), head.name)
    accuracy, weighted, macro = (head.scores[key] for key in ("accuracy", "weighted_f1", "macro_f1"))
    return Row(
        (
            name,
            count,
            number(f"{head.right:,}", head.right),
            number(with_margin(accuracy), accuracy.value),
            number(share(weighted.value), weighted.value),
            number(share(macro.value), macro.value, "All classes count alike, rare ones too"),
            number(share(head.sure_share), head.sure_share),
        ),
        head.name,
    )


def _facts(report: RunReport) -> list[tuple[str, str]]:
    cost, data = report.cost, report.data
    parts = ", ".join(f"{count:,} {USES.get(name, name or 'not used')}" for name, count in data.splits.items())
    network = report.config.get("backbone")
    device = f"{cost.precision} on {cost.device}" if cost.precision else cost.device
    found = [
        ("Photos", parts),
        ("Network", NETWORKS.get(str(network), readable(str(network))) if network else ""),
        ("Time", spent(cost.seconds) if cost.seconds else ""),
        ("Speed of training", f"{cost.images_per_s:,.0f} photos a second" if cost.images_per_s else ""),
        ("Speed of tagging", f"{cost.tagging_images_per_s:,.0f} photos a second" if cost.tagging_images_per_s else ""),
        ("Memory", file_size(cost.peak_memory_bytes) if cost.peak_memory_bytes else ""),
        ("Size", file_size(cost.checkpoint_bytes) if cost.checkpoint_bytes else ""),
        ("Parameters", f"{cost.parameters:,}" if cost.parameters else ""),
        ("Calculated with", device),
    ]
    return [(name, value) for name, value in found if value]
