"""Whether a window can be shown here. Qt ends the process where it cannot: this asks before."""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec


def why_no_window() -> str | None:
    """A sentence and its remedy; None where a window can be shown."""
    if find_spec("PySide6") is None:
        return 'The window needs PySide6. Install it with: pip install "recollect[desktop]"'
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return None
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        return "There is no display. Search in the terminal: recollect index DIR, then recollect search TEXT."
    missing = [package for library, package in _NEEDED.items() if not _loads(library)]
    if missing:
        return f"The window needs libraries of the system. On Debian and Ubuntu: sudo apt install {' '.join(missing)}"
    return None


# What Qt's plugins for X11 and OpenGL load and a bare system lacks; without them Qt aborts.
_NEEDED = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
}


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
