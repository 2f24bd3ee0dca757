"""Labels out of the library: as a table, or as copies of the photos in one folder for each value."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import RecollectError
from core.types import ExportReport
from desktop.dialogs.folder_chooser import choose_folder
from desktop.dialogs.setting_fields import combo
from desktop.labelling.attribute_facts import AttributeFacts, read_attributes
from desktop.organise.wording import failure, photos, quoted
from desktop.tagging.tag_words import head_name
from desktop.tasks import Lane

if TYPE_CHECKING:
    from core.library import Library
    from desktop.tasks import Tasks

TELL_EVERY_S = 0.1  # progress is drawn no more often
STEPS = 1_000  # of a progress bar: finer than its pixels


class ExportSection(QWidget):
    """One export of folders at a time; it ends with the window."""

    _told = Signal(int, int)

    def __init__(self, library: Library, tasks: Tasks) -> None:
        super().__init__()
        self._library, self._tasks = library, tasks
        self._cancelled: threading.Event | None = None  # of the export that runs
        self.table_button, self.folders_button = QPushButton("As a table…"), QPushButton("As folders…")
        self.head: QComboBox = combo([(head_name("class"), "class")])
        self.cancel_button, self.bar, self.message = QPushButton("Cancel"), QProgressBar(), QLabel()
        # From the worker by a bound method of a QObject: only then does Qt queue the call.
        self._told.connect(self._move)
        self._build()

    @property
    def is_busy(self) -> bool:
        return self._cancelled is not None

    def refresh(self) -> None:
        self._tasks.run(partial(read_attributes, self._library), self._take, self._fail)

    def cancel(self) -> None:
        """Stop behind the photo that is being copied; what was copied stays."""
        if self._cancelled is not None:
            self._cancelled.set()

    def choose_file(self) -> QFileDialog:
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        dialog = QFileDialog(self, "Export labels", str(Path(documents) / "labels.csv"), "Tables (*.csv)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.fileSelected.connect(lambda path: self.export_table(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def export_table(self, path: Path) -> None:
        self.message.hide()
        work = partial(self._library.labels.export_csv, path)
        self._tasks.run(work, lambda count: self._say(f"{photos(count)} written to {path}"), self._fail, Lane.EXPORT)

    def export_folders(self, folder: Path) -> None:
        """Copies of the photos that have a label of the chosen attribute."""
        if self.is_busy:
            return
        cancelled = self._cancelled = threading.Event()
        self.message.hide()
        self._move(0, 0)
        self._show_progress(running=True)
        work = partial(self._copy, folder, self.head.currentData(), cancelled)
        self._tasks.run(work, partial(self._finish, folder), self._fail, Lane.EXPORT)

    def _copy(self, folder: Path, head: str, cancelled: threading.Event) -> ExportReport:
        """On the worker."""
        last = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal last
            if time.monotonic() - last >= TELL_EVERY_S:
                last = time.monotonic()
                self._told.emit(done, total)

        return self._library.labels.export_folders(folder, head, on_progress=tell, cancelled=cancelled.is_set)

    @Slot(int, int)
    def _move(self, done: int, total: int) -> None:
        self.bar.setValue(round(STEPS * done / total) if total else 0)
        self.bar.setAccessibleDescription(f"{done:,} of {photos(total)}")

    def _finish(self, folder: Path, report: ExportReport) -> None:
        self._cancelled = None
        self._show_progress(running=False)
        said = f"{photos(len(report.written))} copied to {folder}"
        if report.cancelled:
            said = f"Stopped: {said}"
        elif not report.written and not report.failed:
            said = f"No photo has a label of {quoted(self.head.currentText())}"
        self._say(said)
        error = failure(dict(report.failed), "could not be copied", "Look at the originals, then export them again.")
        if error is not None:
            self._say(f"{said}. {error.title}: {error}", "danger")

    def _fail(self, error: RecollectError) -> None:
        self._cancelled = None
        self._show_progress(running=False)
        self._say(str(error), "danger")

    def _say(self, text: str, role: str = "muted") -> None:
        self.message.setText(text)
        self.message.setProperty("role", role)
        self.message.style().unpolish(self.message)
        self.message.style().polish(self.message)
        self.message.show()

    def _show_progress(self, *, running: bool) -> None:
        self.bar.setVisible(running)
        self.cancel_button.setVisible(running)
        self.folders_button.setEnabled(not running)

    def _take(self, attributes: list[AttributeFacts]) -> None:
        wanted = self.head.currentData()
        self.head.clear()
        for each in attributes:
            self.head.addItem(head_name(each.name) if each.is_standard else each.name, each.name)
        self.head.setCurrentIndex(max(0, self.head.findData(wanted)))

    def _build(self) -> None:
        title = QLabel("Export")
        title.setProperty("role", "heading")
        text = QLabel(
            "A table holds all your labels and can be imported again. Folders hold copies of the labelled photos, one "
            "folder for each value. Nothing is overwritten, and your photos stay as they are."
        )
        text.setProperty("role", "muted")
        for label in (text, self.message):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        by = QLabel("&by")
        by.setBuddy(self.head)
        self.head.setAccessibleName("Attribute whose values become folders")
        self.bar.setTextVisible(False)
        self.bar.setRange(0, STEPS)
        self.bar.setAccessibleName("Export of folders")
        self.cancel_button.setAccessibleName("Cancel the export")
        self.table_button.clicked.connect(self.choose_file)
        self.folders_button.clicked.connect(lambda: choose_folder(self, self.export_folders))
        self.cancel_button.clicked.connect(self.cancel)
        row, progress = QHBoxLayout(), QHBoxLayout()
        for widget in (self.table_button, self.folders_button, by, self.head):
            row.addWidget(widget)
        row.addStretch()
        progress.addWidget(self.bar, stretch=1)
        progress.addWidget(self.cancel_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(text)
        for line in (row, progress):
            line.setSpacing(8)
            column.addLayout(line)
        column.addWidget(self.message)
        self.message.hide()
        self._show_progress(running=False)
