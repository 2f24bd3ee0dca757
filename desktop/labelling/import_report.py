"""What became of an import: how many photos, what was left out and why, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from desktop.organise.wording import are, photos

if TYPE_CHECKING:
    from core.tags.label_import import ImportReport

MOST_SHOWN = 200  # of one kind: nobody reads more
OPEN_UP_TO = 20  # lines of a kind are shown at once; of more, the heading tells how many


class ImportReportView(QWidget):
    """Shows one report at a time; hidden until there is one."""

    add_wanted = Signal()
    """Add the folders of photos that are not in the library, then import again."""
    undo_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title, self.summary = QLabel(), QLabel()
        self.title.setProperty("role", "heading")
        self.summary.setProperty("role", "muted")
        for label in (self.title, self.summary):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.setAccessibleName("What was left out")
        self.add_button, self.undo_button = QPushButton("Add their folder and import again"), QPushButton("Undo")
        self.undo_button.setToolTip("Take back this import")
        self.undo_button.setAccessibleName("Undo the import")
        self.add_button.clicked.connect(self.add_wanted)
        self.undo_button.clicked.connect(self.undo_wanted)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.add_button, self.undo_button):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.title, self.summary, self.tree):
            column.addWidget(widget)
        column.addLayout(buttons)
        self.hide()

    def show_report(self, report: ImportReport) -> None:
        self.title.setText(f"{photos(report.photos)} in your library {are(report.photos)} in this import")
        self.summary.setText(describe(report))
        self.tree.clear()
        self._add("Warnings", map(str, report.warnings), report.warning_count)
        self._add("Not on the disk", map(str, report.missing), len(report.missing))
        self._add("Not in your library", map(str, report.not_in_library), len(report.not_in_library))
        self.tree.setVisible(self.tree.topLevelItemCount() > 0)
        self.add_button.setVisible(bool(report.not_in_library))
        self.undo_button.setVisible(bool(report.before))
        self.show()

    def lines(self, kind: str) -> list[str]:
        """What stands below one heading."""
        for at in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(at)
            if item is not None and item.text(0).startswith(kind):
                children = (item.child(row) for row in range(item.childCount()))
                return [child.text(0) for child in children if child is not None]
        return []

    def _add(self, kind: str, texts: Iterable[str], count: int) -> None:
        if not count:
            return
        top = QTreeWidgetItem([f"{kind} ({count:,})"])
        shown = list(texts)[:MOST_SHOWN]
        lines: Sequence[str] = [*shown, f"And {count - len(shown):,} more."] if count > len(shown) else shown
        for text in lines:
            item = QTreeWidgetItem([text])
            item.setToolTip(0, text)
            top.addChild(item)
        self.tree.addTopLevelItem(top)
        top.setExpanded(count <= OPEN_UP_TO or self.tree.topLevelItemCount() == 1)


def describe(report: ImportReport) -> str:
    """One sentence or a few about what is different now."""
    if not report.labels:
        return "No label has changed." if report.photos else "No label could be set."
    labels = "1 label has changed" if report.labels == 1 else f"{report.labels:,} labels have changed"
    if not report.replaced:
        return f"{labels}."
    return f"{labels}; in {report.replaced:,} of them you had said something else."
