"""What the window remembers from one start to the next, apart from what the user chose in the settings.

A small file beside the library, so that each library has its own. It is written by Qt, in the background of events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings

if TYPE_CHECKING:
    from core.library import Library

FILE = "window.ini"


def memory_of(library: Library) -> QSettings:
    """Keys are written as `part/what`: "export/folder"."""
    return QSettings(str(library.paths.home / FILE), QSettings.Format.IniFormat)
