"""Hands photos over to other programs: the system's viewer and its file manager."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtDBus import QDBusConnection, QDBusMessage
from PySide6.QtGui import QDesktopServices

from core.errors import MachineError


def open_photo(path: Path) -> None:
    """In the program that the system has for it.

    Raises:
        MachineError: there is none, or the file is gone.
    """
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
        raise MachineError(
            f"No program opens {path.name}.",
            title="The photo cannot be opened",
            remedy="Check that the file is still there and that an image viewer is installed.",
            path=path,
        )


def show_in_folder(path: Path) -> None:
    """In the file manager, with the file selected where that can be asked for.

    Raises:
        MachineError: no file manager answers.
    """
    if sys.platform == "darwin":
        subprocess.Popen(["open", "-R", str(path)])
    elif sys.platform == "win32":
        subprocess.Popen(f'explorer /select,"{path}"')  # explorer wants its quotes just so: no list of arguments
    elif not _ask_file_manager(path):
        open_photo(path.parent)


def _ask_file_manager(path: Path) -> bool:
    """By the interface that Linux file managers share; False where none listens."""
    bus = QDBusConnection.sessionBus()
    interface = "org.freedesktop.FileManager1"
    if not bus.isConnected():
        return False
    services = bus.interface()
    if interface not in [*services.registeredServiceNames().value(), *services.activatableServiceNames().value()]:
        return False
    message = QDBusMessage.createMethodCall(interface, "/org/freedesktop/FileManager1", interface, "ShowItems")
    message.setArguments([[path.as_uri()], ""])
    return bus.send(message)
