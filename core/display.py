"""Whether a window can be opened on this machine. Knows Qt by name only: it is tried in another process."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from importlib.util import find_spec

_QT_STARTS = "from PySide6.QtWidgets import QApplication; QApplication([])"

# Qt starts in half a second; a display that does not answer, over a lost ssh connection, hangs for minutes.
_QT_TIMEOUT_S = 20.0

# Platforms of Qt that draw where nobody looks. Tests and servers set them.
_INVISIBLE_PLATFORMS = ("offscreen", "minimal", "vnc")

# What Qt's plugins for X11 and OpenGL load and a bare Debian lacks, and the packages that hold it.
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


def missing_for_window() -> str | None:
    """What a window lacks here, as half a sentence; None if nothing is known to be missing. Takes milliseconds."""
    if find_spec("PySide6") is None:
        return 'PySide6 is not installed (pip install "recollect[desktop]")'
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return None
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "there is no display"
    packages = [package for library, package in _NEEDED.items() if not _loads(library)]
    if packages:
        return f"libraries of the system are missing (on Debian and Ubuntu: sudo apt install {' '.join(packages)})"
    return None


def reason_for_no_window() -> str | None:
    """Why nobody would see a window here, as half a sentence; None if one can be opened. Takes half a second.

    Qt is tried in a process of its own: where it finds no display or lacks a system library, it does not raise, it
    aborts.
    """
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if platform in _INVISIBLE_PLATFORMS:
        return f"QT_QPA_PLATFORM is {platform}"
    return missing_for_window() or _trial()


def _trial() -> str | None:
    try:
        subprocess.run([sys.executable, "-c", _QT_STARTS], check=True, capture_output=True, timeout=_QT_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return "the display does not answer"
    except subprocess.CalledProcessError as error:
        return _last_line(error.stderr) or "Qt cannot start"
    return None


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
