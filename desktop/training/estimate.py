"""How long a training would take: a rehearsal on a handful of photos, in a process of its own, while the user reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from core.errors import TrainingError
from desktop.training.request import Request, new_process
from desktop.training.train_process import REFUSED

if TYPE_CHECKING:
    from pathlib import Path

QUIET_MS = 1_200  # the user has chosen, and reads
END_MS = 3_000


class Estimate(QObject):
    """One rehearsal at a time, of the newest request. Answers are kept as long as the labels stay as they are."""

    known = Signal(object, float)
    """Request, and seconds."""
    refused = Signal(object, object)
    """Request, and the RecollectError that a training would end with."""

    def __init__(self, home: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self._wanted: Request | None = None
        self._asked: Request | None = None  # what the process is rehearsing
        self._process: QProcess | None = None
        self._answers: dict[Request, float] = {}
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._quiet.timeout.connect(self._begin)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def ask(self, request: Request) -> None:
        """Answered at once where it is known, else after a while; a newer request takes its place."""
        self._wanted = request
        if request in self._answers:
            self.hold()
            self.known.emit(request, self._answers[request])
        elif request != self._asked:
            self._end()
            self._quiet.start()

    def hold(self) -> None:
        """No rehearsal now: a training runs, or nobody looks."""
        self._quiet.stop()
        self._end()

    def forget(self) -> None:
        """The labels are others."""
        self._answers = {}
        self.hold()

    def stop(self) -> None:
        """The window closes."""
        self._quiet.stop()
        process = self._process
        if process is not None:
            self._end()
            if not process.waitForFinished(END_MS):
                process.kill()
                process.waitForFinished(END_MS)

    def _begin(self) -> None:
        if self._process is not None:  # the one before is still ending
            self._quiet.start()
            return
        assert self._wanted is not None
        self._asked = self._wanted
        process = self._process = new_process(self._home, [*self._wanted.arguments, "--dry-run"], self)
        process.finished.connect(self._finish)
        process.errorOccurred.connect(self._refuse)
        process.start()

    def _end(self) -> None:
        """It clears away what it has written, and ends."""
        self._asked = None
        if self._process is not None:
            self._process.terminate()

    def _refuse(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._finish(-1)

    def _finish(self, code: int, _status: object = None) -> None:
        process, request = self._process, self._asked
        if process is None:
            return
        self._process = self._asked = None
        output = bytes(process.readAllStandardOutput().data()).decode("utf-8", "replace")
        words = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip()
        process.deleteLater()
        if request is None:
            return
        seconds = _seconds(output)
        if code == 0 and seconds is not None:
            self._answers[request] = seconds
            self.known.emit(request, seconds)
        elif code == REFUSED and words:
            first, _, rest = words.partition("\n")
            title, colon, message = first.partition(": ")
            error = TrainingError(message if colon else first, remedy=" ".join(rest.split()), title=title)
            self.refused.emit(request, error)


def _seconds(output: str) -> float | None:
    """Of the rehearsal's one line; other lines are of libraries that talk."""
    for line in reversed(output.splitlines()):
        try:
            document = json.loads(line)
        except ValueError:
            continue
        if isinstance(document, dict) and isinstance(document.get("estimate_s"), int | float):
            return float(document["estimate_s"])
    return None
