"""Whether a window can be opened on this machine. Knows Qt by name only: it is tried in another process."""

from __future__ import annotations

import os
import subprocess
import sys

_QT_STARTS = "from PySide6.QtWidgets import QApplication; QApplication([])"

# Qt starts in half a second; a display that does not answer, over a lost ssh connection, hangs for minutes.
_QT_TIMEOUT_S = 20.0

# Platforms of Qt that draw where nobody looks. Tests and servers set them.
_INVISIBLE_PLATFORMS = ("offscreen", "minimal", "vnc")


def reason_for_no_window() -> str | None:
    """Why no window can be opened here, as half a sentence; None if one can.

    Qt is tried in a process of its own: where it finds no display or lacks a system library, it does not raise, it
    aborts.
    """
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if platform in _INVISIBLE_PLATFORMS:
        return f"QT_QPA_PLATFORM is {platform}"
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "there is no display"
    try:
        subprocess.run([sys.executable, "-c", _QT_STARTS], check=True, capture_output=True, timeout=_QT_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return "the display does not answer"
    except subprocess.CalledProcessError as error:
        return _last_line(error.stderr) or "Qt cannot start"
    return None


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
