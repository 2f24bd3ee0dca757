"""Asks for an image file with the system's own dialog, without holding up the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from core.query import FILTERS


def choose_picture(parent: QWidget, chosen: Callable[[Path], None]) -> QFileDialog:
    """Opens the dialog and returns at once; `chosen` is called if the user takes a file."""
    start = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    dialog = QFileDialog(parent, "Choose a picture to search by", start)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    endings = [ending for name, others in FILTERS["format"].choices.items() for ending in (name, *others)]
    dialog.setNameFilters([f"Pictures ({' '.join(f'*.{ending}' for ending in endings)})", "All files (*)"])
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog
