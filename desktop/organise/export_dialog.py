"""The dialog before an export: where to, and original or smaller. The copying itself goes on without it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from desktop.memory import memory_of
from desktop.organise.export import ExportOrder
from desktop.organise.wording import photos

if TYPE_CHECKING:
    from core.library import Library
    from core.types import Folder, PhotoId
    from desktop.tasks import Tasks

EDGES_PX = {1024: "for messages", 2048: "for screens", 3840: "for large screens and prints"}
SMALLEST_PX, LARGEST_PX = 64, 20_000
FOLDER_KEY, EDGE_KEY = "export/folder", "export/edge_px"


class ExportDialog(QDialog):
    """Remembers what was chosen the last time."""

    ordered = Signal(object)
    """ExportOrder."""

    def __init__(self, library: Library, tasks: Tasks, ids: Sequence[PhotoId], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Export {photos(len(ids))}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(520)
        self._tasks, self._ids = tasks, tuple(ids)
        self._memory = memory_of(library)
        self._watched: list[Path] = []
        self.folder_field = QLineEdit(str(self._memory.value(FOLDER_KEY, "")))
        self.folder_field.setPlaceholderText("Choose a folder")
        self.folder_button = QPushButton("Choose…")
        self.originals = QRadioButton("Originals, exactly as they are")
        self.smaller = QRadioButton("Smaller JPEG copies")
        self.edge_choice, self.edge_field = QComboBox(), QSpinBox()
        self.note = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.message = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.export_button = QPushButton(f"Export {photos(len(ids))}")
        self._fill()
        self._build()
        self._connect()
        self._restore()
        tasks.run(library.folders, self._take_watched)

    @property
    def edge_px(self) -> int | None:
        """The longer edge of smaller copies; None for originals."""
        if self.originals.isChecked():
            return None
        return self.edge_choice.currentData() or self.edge_field.value()

    def _fill(self) -> None:
        for edge_px, use in EDGES_PX.items():
            self.edge_choice.addItem(f"{edge_px} pixels, {use}", edge_px)
        self.edge_choice.addItem("Another size", None)
        self.edge_field.setRange(SMALLEST_PX, LARGEST_PX)
        self.edge_field.setSuffix(" pixels")
        self.edge_field.setValue(1600)
        self.edge_field.lineEdit().setTextMargins(8, 0, 0, 0)  # Qt's style sheets put no room before it
        self.folder_field.setAccessibleName("Folder to export to")
        self.folder_button.setAccessibleName("Choose the folder to export to")
        self.edge_choice.setAccessibleName("Longer edge")
        self.edge_field.setAccessibleName("Longer edge in pixels")
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.message.setProperty("role", "danger")
        self.message.setWordWrap(True)
        self.message.hide()
        self.export_button.setProperty("role", "main")
        self.export_button.setDefault(True)
        self.folder_button.setAutoDefault(False)

    def _build(self) -> None:
        folder, sizes, buttons = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (folder, sizes, buttons):
            row.setSpacing(8)
        folder.addWidget(self.folder_field, stretch=1)
        folder.addWidget(self.folder_button)
        sizes.setContentsMargins(24, 0, 0, 0)
        sizes.addWidget(self.edge_choice)
        sizes.addWidget(self.edge_field)
        sizes.addStretch()
        cancel = QPushButton("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        buttons.addStretch()
        buttons.addWidget(cancel)
        buttons.addWidget(self.export_button)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        heading = QLabel("Folder")
        heading.setBuddy(self.folder_field)
        column.addWidget(heading)
        column.addLayout(folder)
        column.addWidget(self.message)
        column.addSpacing(8)
        column.addWidget(self.originals)
        column.addWidget(self.smaller)
        column.addLayout(sizes)
        column.addSpacing(8)
        column.addWidget(self.note)
        column.addStretch()
        column.addSpacing(8)
        column.addLayout(buttons)

    def _connect(self) -> None:
        self._choices = QButtonGroup(self)
        for choice in (self.originals, self.smaller):
            self._choices.addButton(choice)
            choice.toggled.connect(self._settle)
        self.edge_choice.currentIndexChanged.connect(self._settle)
        self.folder_field.textChanged.connect(self._settle)
        self.folder_field.textChanged.connect(self.message.hide)
        self.folder_button.clicked.connect(self.choose_folder)
        self.export_button.clicked.connect(self._check)

    def _restore(self) -> None:
        edge_px = int(str(self._memory.value(EDGE_KEY, 0)))
        (self.smaller if edge_px else self.originals).setChecked(True)
        place = self.edge_choice.findData(edge_px or 2048)
        self.edge_choice.setCurrentIndex(place if place >= 0 else self.edge_choice.count() - 1)
        if place < 0:
            self.edge_field.setValue(edge_px)
        self._settle()
        (self.export_button if self._folder() else self.folder_button).setFocus()

    def choose_folder(self) -> QFileDialog:
        pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        dialog = QFileDialog(self, "Export to", self.folder_field.text() or pictures)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.folder_field.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _folder(self) -> Path | None:
        text = self.folder_field.text().strip()
        folder = Path(text).expanduser() if text else None
        return folder if folder is not None and folder.is_absolute() else None

    def _settle(self) -> None:
        """Show what the choices mean."""
        smaller, folder = self.smaller.isChecked(), self._folder()
        self.edge_choice.setEnabled(smaller)
        self.edge_field.setVisible(self.edge_choice.currentData() is None)
        self.edge_field.setEnabled(smaller)
        self.export_button.setEnabled(folder is not None)
        parts = ["Nothing is overwritten: a name that is taken gets a number, as in beach (2).jpg."]
        if folder is not None and any(folder.is_relative_to(root) for root in self._watched):
            parts.append("This folder is watched, so the copies will appear in Recollect, too.")
        self.note.setText(" ".join(parts))
        self._grow()

    def _grow(self) -> None:
        """Texts that came or grew are shown whole; the dialog never shrinks under the mouse."""
        self.resize(self.size().expandedTo(QSize(0, self._column.totalHeightForWidth(self.width()))))

    def _take_watched(self, folders: Sequence[Folder]) -> None:
        if not isValid(self):  # closed meanwhile
            return
        self._watched = [folder.path for folder in folders]
        self._settle()

    def _check(self) -> None:
        """A folder on a network drive may take its time to answer."""
        folder = self._folder()
        if folder is not None:
            self._tasks.run(folder.is_dir, partial(self._order, folder))

    def _order(self, folder: Path, there: bool) -> None:
        if not isValid(self):  # closed meanwhile
            return
        if not there:
            self.message.setText(f"There is no folder {folder}.")
            self.message.show()
            self._grow()
            self.folder_field.setFocus()
            return
        self._memory.setValue(FOLDER_KEY, str(folder))
        self._memory.setValue(EDGE_KEY, self.edge_px or 0)
        self.ordered.emit(ExportOrder(self._ids, folder, self.edge_px))
        self.accept()
