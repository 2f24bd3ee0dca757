"""What is asked before something is done with a run or a tagger. Each question opens and returns at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QWidget

from desktop.organise.wording import quoted

if TYPE_CHECKING:
    from core.errors import RecollectError
    from desktop.reports.run_rows import Entry


def ask_to_use_anyway(parent: QWidget, entry: Entry, error: RecollectError, use: Callable[[], object]) -> QMessageBox:
    """It is not better than the tagger in use; only the user can know that it is to be used all the same."""
    box = QMessageBox(parent)
    box.setWindowTitle(error.title)
    box.setText(error.message)
    box.setInformativeText(f"Use {entry.name} all the same? You can go back at any time.")
    anyway = box.addButton("Use anyway", QMessageBox.ButtonRole.AcceptRole)
    stay = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(stay)
    anyway.clicked.connect(lambda: use())
    box.finished.connect(box.deleteLater)
    box.open()
    return box


def ask_to_delete(parent: QWidget, entries: Sequence[Entry], delete: Callable[[], object]) -> QMessageBox:
    """A run that a tagger in use came from may go: its checkpoint was copied."""
    one = len(entries) == 1
    what = quoted(entries[0].name) if one else f"{len(entries)} entries"
    box = QMessageBox(parent)
    box.setWindowTitle("Delete?")
    box.setText(f"Delete {what}?")
    texts = ["Its report and its files are deleted. It cannot be undone." if one else "It cannot be undone."]
    if any(entry.run is not None and entry.is_trained for entry in entries):
        texts.append("The tagger that came from it stays, with all that it says of your photos.")
    if any(entry.answers for entry in entries):
        texts.append("The model that came from it stays, and answers your searches.")
    box.setInformativeText(" ".join(texts))
    yes = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    yes.clicked.connect(lambda: delete())
    box.finished.connect(box.deleteLater)
    box.open()
    return box


def ask_for_name(parent: QWidget, entries: Sequence[Entry], combine: Callable[[str], object]) -> QInputDialog:
    """Of an ensemble."""
    dialog = QInputDialog(parent)
    dialog.setWindowTitle("Combine taggers")
    dialog.setLabelText("They look at each photo together, and what they say is averaged. Name:")
    dialog.setTextValue(" and ".join(entry.name for entry in entries))
    dialog.setOkButtonText("Combine and use")
    dialog.textValueSelected.connect(lambda name: combine(name.strip() or dialog.textValue()))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def ask_for_folder(parent: QWidget, chosen: Callable[[Path], object]) -> QFileDialog:
    """Where the export goes."""
    start = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    dialog = QFileDialog(parent, "Export into a folder", start)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog
