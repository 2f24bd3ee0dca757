"""The watched folders: their state and counts; add, look through again, remove."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

from core.types import Folder
from desktop.dialogs.cards import Card
from desktop.dialogs.folder_chooser import choose_folder
from desktop.dialogs.list_dialog import ListDialog
from desktop.organise import wording

if TYPE_CHECKING:
    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks


class FoldersDialog(ListDialog):
    """Stays open beside the window and follows the library."""

    add_wanted = Signal(object)
    """Path of a folder to add: the window adds it, so that its errors stand in the window."""
    patterns_wanted = Signal()
    """The user wants to say what is left out of the folders: a matter of the settings."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, parent: QWidget) -> None:
        super().__init__("Folders", (640, 480), tasks, library.folders, parent)
        self._library = library
        self.add_button = QPushButton("Add a folder…")
        self.add_button.setProperty("role", "main")
        self.add_button.clicked.connect(lambda: choose_folder(self, self.add_wanted.emit))
        self.patterns_button = QPushButton("What is left out…")
        self.patterns_button.setToolTip("Patterns of files and folders that are not indexed")
        self.patterns_button.clicked.connect(self.patterns_wanted)
        self._lay_out(self.add_button, self.patterns_button)
        bridge.folders_changed.connect(self.refresh)
        bridge.photos_changed.connect(lambda _ids: self.refresh())

    def _show(self, folders: Sequence[Folder]) -> None:
        cards = [self._card(folder) for folder in folders]
        self.list.show_cards(cards, when_empty="No folder is watched yet.", sign="folder")

    def _card(self, folder: Folder) -> Card:
        sign = "folder" if folder.online else "unplugged"
        card = Card(folder.path.name or str(folder.path), [folder.path, describe(folder)], sign)
        rescan = card.add_button("Look through again")
        rescan.setToolTip("Compare what is known of this folder with the disk")
        rescan.setEnabled(folder.online)
        rescan.clicked.connect(lambda: self._tasks.run(partial(self._library.rescan, folder.id)))
        card.add_button("Remove…").clicked.connect(lambda: self.confirm_removal(folder))
        return card

    def confirm_removal(self, folder: Folder) -> QMessageBox:
        box = QMessageBox(self)
        box.setWindowTitle("Remove this folder?")
        box.setText(f"Recollect stops watching “{folder.path.name}” and forgets its photos.")
        box.setInformativeText("The photos themselves stay on the disk.")
        remove = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        remove.clicked.connect(lambda: self._tasks.run(partial(self._library.remove_folder, folder.id)))
        box.finished.connect(box.deleteLater)
        box.open()
        return box


def describe(folder: Folder) -> str:
    """One line about its state."""
    parts = [wording.photos(folder.photos)]
    if not folder.online:
        parts.insert(0, "Not connected: its photos come back with it")
    if folder.queued:
        parts.append(f"{folder.queued:,} to be indexed")
    if folder.failed:
        parts.append(f"{folder.failed:,} cannot be read")
    if folder.polled:
        parts.append("looked through now and then, because this place reports no changes")
    return " · ".join(parts)
