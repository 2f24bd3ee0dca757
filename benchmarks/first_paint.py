"""From starting the program to the first paint of its window, in a fresh process each time, without a screen."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.clusters import clustered_vectors
from benchmarks.filled_library import fill, model_store

if TYPE_CHECKING:
    from benchmarks.report import Report

REPEAT = 7
GOAL_MS = 1000.0
PHOTOS = 10_000  # below the size at which building a graph would dominate this measurement

# The window as the application makes it. Prints the milliseconds since the process was started,
# and those of processor time among them, which do not depend on what else the machine does.
CHILD = """
import os, sys, time
from pathlib import Path
from core.library import Library
from desktop.app import Session, create_application
from desktop.theme import Theme
app = create_application()
theme = Theme(app)
library = Library.open(Path(sys.argv[1]))
theme.choose(library.settings.theme)
session = Session(library, theme)
def painted():
    wall_s = time.time() - float(os.environ["STARTED_AT"])
    sys.stdout.write(f"{wall_s * 1000} {time.process_time() * 1000}")
    sys.stdout.flush()
    os._exit(0)  # at once: the model, whose loading begins now, is not what is measured
session.window.painted.connect(painted)
session.window.show()
app.exec()
"""


def run(report: Report, scratch: Path) -> None:
    _measure(report, "an empty library", scratch / "empty")
    encoder = model_store(scratch / "models").load("starter")
    fill(scratch / "filled", encoder, clustered_vectors(PHOTOS, encoder.dim))
    _measure(report, f"a library of {PHOTOS:,} photos", scratch / "filled")
    wall_ms, processor_ms = _median_ms(["-c", QT_ALONE])
    report.add("Python and an empty window of Qt", f"{wall_ms:.0f} ms, {processor_ms:.0f} ms of processor")


QT_ALONE = """
import os, sys, time
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.show()
app.processEvents()
wall_s = time.time() - float(os.environ["STARTED_AT"])
sys.stdout.write(f"{wall_s * 1000} {time.process_time() * 1000}")
"""


def _measure(report: Report, what: str, home: Path) -> None:
    wall_ms, processor_ms = _median_ms(["-c", CHILD, str(home)])
    report.add(
        f"start to first paint, {what}", f"{wall_ms:.0f} ms, {processor_ms:.0f} ms of processor",
        against=f"{GOAL_MS:.0f} ms", ratio=wall_ms / GOAL_MS, at_most=1.0,
    )  # fmt: skip


def _median_ms(arguments: list[str]) -> tuple[float, float]:
    """(wall, processor), of the runs in the middle."""
    runs = [_milliseconds(arguments) for _ in range(REPEAT)]
    return statistics.median(wall for wall, _ in runs), statistics.median(processor for _, processor in runs)


def _milliseconds(arguments: list[str]) -> tuple[float, float]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "STARTED_AT": str(time.time())}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True)
    wall, processor = map(float, done.stdout.split())
    return wall, processor
