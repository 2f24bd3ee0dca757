"""Starting: what is imported, when the heavy work begins, where there is no display, and signals that end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from desktop.command import window
from desktop.main_window import MainWindow
from tests.waiting import wait_until

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from desktop.app import Session

HEAVY = ("torch", "torchvision", "open_clip", "transformers", "timm", "hnswlib")


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_importing_the_window_leaves_the_models_out() -> None:
    loaded = run_python(f"import desktop.app, sys; print([name for name in {HEAVY} if name in sys.modules])")
    assert loaded == "[]"


def test_the_command_itself_leaves_qt_out() -> None:
    assert run_python("import desktop.command, sys; print('PySide6' in sys.modules)") == "False"


def test_the_heavy_work_begins_after_the_first_paint(
    open_window: Callable[..., Session], monkeypatch: pytest.MonkeyPatch, library: Library, qtbot: QtBot
) -> None:
    order: list[str] = []
    start, paint = library.start, MainWindow.paintEvent
    monkeypatch.setattr(library, "start", lambda: (order.append("started"), start()))
    monkeypatch.setattr(MainWindow, "paintEvent", lambda self, event: (order.append("painted"), paint(self, event))[1])
    open_window()
    qtbot.waitUntil(lambda: "started" in order)
    assert order[0] == "painted"


def test_this_pyside_counts_its_references(qapp: QApplication) -> None:
    """PySide6 6.12.0 loses one at each conversion, until Python 3.11 ends in the middle of anything (decision 0042)."""
    before = sys.getrefcount(None)
    for _ in range(1_000):
        qapp.property("there is none")
    assert abs(sys.getrefcount(None) - before) < 500


def test_without_a_display_the_command_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only on Linux a machine may have no display")
    for variable in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    result = CliRunner().invoke(window)
    assert result.exit_code == 1
    assert "no display" in result.output
    assert "recollect search" in result.output


def test_a_library_that_cannot_be_opened_ends_with_an_explanation(tmp_path: Path) -> None:
    """In a process of its own; the dialog closes itself as soon as it is shown."""
    (tmp_path / "settings.toml").write_text("encoder = [broken")
    code = f"""
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
import desktop.app

def close():
    box = QApplication.activeModalWidget()
    print(box.text(), '|', box.informativeText())
    box.accept()

create = desktop.app.create_application
def create_and_close():
    app = create()
    QTimer.singleShot(0, close)
    return app
desktop.app.create_application = create_and_close
print(desktop.app.run(Path({str(tmp_path)!r})))
"""
    output = run_python(code)
    assert "A setting is not valid | settings.toml is not valid TOML" in output
    assert output.endswith("1")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("ending", ["SIGTERM", "SIGHUP"])
def test_a_signal_closes_the_window_in_order(tmp_path: Path, ending: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from desktop.command import window; window()", "--home", str(tmp_path / "home")],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lock = tmp_path / "home" / "indexer.lock"  # made by the work that begins after the first paint
        wait_until(lambda: lock.exists() or process.poll() is not None, timeout_s=60, what="the window to start")
        process.send_signal(getattr(signal, ending))
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
