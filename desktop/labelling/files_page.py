"""The tab of import and export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import RecollectError
from desktop.dialogs.folder_chooser import choose_folder
from desktop.dialogs.setting_fields import combo
from desktop.labelling.export_section import ExportSection
from desktop.labelling.import_report import ImportReportView
from desktop.labelling.importing import Importer, ImportOrder

if TYPE_CHECKING:
    from core.library import Library
    from core.tags.label_import import ImportReport
    from desktop.organise.undo import UndoStack
    from desktop.tasks import Tasks

LEVELS = (
    ("Found out by themselves", "auto"),
    ("Classes", "class"),
    ("Groups, with classes inside", "group,class"),
    ("Nothing, with classes inside", ",class"),
    ("Names of your own…", "own"),
)
TEXT = (
    "A table names photos and says what they show (labels.csv, see the manual). Of folders, the names say it: "
    "one folder for each class, or kinds with classes inside. Only photos that are in your library get labels, and no "
    "file is changed."
)


class FilesPage(QWidget):
    """Import and export of labels."""

    def __init__(self, library: Library, tasks: Tasks, undo: UndoStack) -> None:
        super().__init__()
        self._undo = undo
        self.importer = Importer(library, tasks, undo, self)
        self.export = ExportSection(library, tasks)
        self.report = ImportReportView()
        self.table_button, self.folders_button = QPushButton("From a table…"), QPushButton("From folders…")
        self.keep, self.levels, self.own_levels = (
            QCheckBox("Keep labels that I gave before"),
            combo(LEVELS),
            QLineEdit(),
        )
        self.bar, self.work, self.message = QProgressBar(), QLabel(), QLabel()
        self._build()
        self.importer.began.connect(self._begin)
        self.importer.reported.connect(self._end)
        self.importer.failed.connect(self._fail)
        self.report.add_wanted.connect(self.importer.add_folders)
        self.report.undo_wanted.connect(self._undo_import)

    @property
    def error(self) -> str:
        return self.message.text() if not self.message.isHidden() else ""

    def refresh(self) -> None:
        self.export.refresh()

    def stop(self) -> None:
        """The window closes."""
        self.importer.stop()
        self.export.cancel()

    def choose_table(self) -> QFileDialog:
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        dialog = QFileDialog(self, "Import labels", documents, "Tables (*.csv *.tsv *.txt);;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.import_table(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def import_table(self, path: Path) -> None:
        self.importer.start(ImportOrder(path, keep=self.keep.isChecked()))

    def import_folders(self, folder: Path) -> None:
        self.importer.start(
            ImportOrder(folder, keep=self.keep.isChecked(), is_folder=True, levels=self._chosen_levels())
        )

    def _chosen_levels(self) -> tuple[str, ...] | None:
        wanted = self.levels.currentData()
        if wanted == "own":
            wanted = self.own_levels.text()
        elif wanted == "auto":
            return None
        names = tuple(name.strip() for name in wanted.split(","))
        return names if any(names) else None

    # What goes on

    def _begin(self, what: str) -> None:
        self.message.hide()
        self.report.hide()
        self.work.setText(what)
        self._show_work(running=True)

    def _end(self, report: ImportReport) -> None:
        self._show_work(running=False)
        self.report.show_report(report)

    def _fail(self, error: RecollectError) -> None:
        self._show_work(running=False)
        self.message.setText(str(error))
        self.message.show()

    def _show_work(self, *, running: bool) -> None:
        for widget in (self.bar, self.work):
            widget.setVisible(running)
        for button in (self.table_button, self.folders_button):
            button.setEnabled(not running)

    def _undo_import(self) -> None:
        self.report.hide()
        self._undo.undo()

    # Looks

    def _build(self) -> None:
        title, text, levels = QLabel("Import"), QLabel(TEXT), QLabel("Names of folders &are")
        title.setProperty("role", "heading")
        for label, role in ((text, "muted"), (self.work, "muted"), (self.message, "danger")):
            label.setProperty("role", role)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.keep.setToolTip("Otherwise the file wins where it says something else. Both can be undone")
        levels.setBuddy(self.levels)
        self.levels.setAccessibleName("What names of folders are")
        self.own_levels.setPlaceholderText("kind, class")
        self.own_levels.setAccessibleName("Attributes of the levels of folders, the outermost first")
        self.own_levels.hide()
        self.levels.currentIndexChanged.connect(
            lambda _at: self.own_levels.setVisible(self.levels.currentData() == "own")
        )
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName("Import of labels")
        self.table_button.clicked.connect(self.choose_table)
        self.folders_button.clicked.connect(lambda: choose_folder(self, self.import_folders))
        buttons, folders = QHBoxLayout(), QHBoxLayout()
        for widget in (self.table_button, self.folders_button, self.keep):
            buttons.addWidget(widget)
        for widget in (levels, self.levels, self.own_levels):
            folders.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 16, 0, 0)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(text)
        for row in (buttons, folders):
            row.setSpacing(8)
            row.addStretch()
            column.addLayout(row)
        for widget in (self.work, self.bar, self.message):
            column.addWidget(widget)
        column.addWidget(self.report, stretch=1)
        column.addSpacing(16)
        column.addWidget(self.export)
        column.addStretch()
        self._show_work(running=False)
        self.message.hide()
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
