"""A training in a process of its own: its events as signals, its end whatever the end was, and a hand on its speed.

The window may close, and the process may be killed: what was learned lies in the folder of the run, and `unfinished`
finds it at the next start.
"""

from __future__ import annotations

import codecs
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from core.errors import MachineError
from core.paths import LibraryPaths
from desktop.training.request import Request, new_process
from desktop.training.unfinished import can_go_on, note_closed
from trainer.control import TrainingSpeed, ask_for_speed, ask_to_cancel
from trainer.events import Cancelled, Event, Failed, Finished, LineReader, Note, Prepared
from trainer.runs.run_folder import RunFolder, list_runs

if TYPE_CHECKING:
    from collections.abc import Iterable

KEPT_LINES = 40  # of what the process says beside its events: a traceback, at the most
ASK_AGAIN_MS = 1_000  # a run that begins forgets what was asked of the process before it
CLOSE_MS = 4_000  # the state is saved within a step; the figures of a run that goes on anyway are not waited for
KILLED_MS = 5_000
REFUSED = 3  # exit code of an error that has a message and a remedy


@dataclass(frozen=True, slots=True)
class Ending:
    """How a training ended."""

    event: Finished | Cancelled | Failed
    run: Path | None  # None: it never had a folder
    can_go_on: bool  # `resume` takes it on from where it was


class TrainProcess(QObject):
    """One training at a time."""

    happened = Signal(object)
    """An event of `trainer.events`."""
    said = Signal(str)
    """A line of what the process says beside its events."""
    ended = Signal(object)
    """Ending."""
    speed_changed = Signal()

    def __init__(self, home: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self._process: QProcess | None = None
        self._reader, self._decoder = LineReader(), codecs.getincrementaldecoder("utf-8")("replace")
        self._last_words: deque[str] = deque(maxlen=KEPT_LINES)
        self._end: Finished | Cancelled | Failed | None = None
        self._run: Path | None = None
        self._pid = 0
        self._has_begun = False  # an event has come
        self.is_cancelling = False
        self.speed: TrainingSpeed = "full"
        self._again = QTimer(self, interval=ASK_AGAIN_MS)
        self._again.timeout.connect(self._ask)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def run(self) -> Path | None:
        """The folder of the run, as soon as there is one."""
        if self._run is None and self._pid:
            runs = list_runs(LibraryPaths(self._home).runs)
            ours = (each.path for each in runs if (status := each.status) is not None and status.pid == self._pid)
            self._run = next(ours, None)
        return self._run

    def start(self, request: Request) -> None:
        self._begin(request.arguments, None)

    def resume(self, run: Path) -> None:
        """Go on with a run that was interrupted, or that failed."""
        self._begin(["--resume", str(run)], run)

    def cancel(self) -> None:
        """Stop after the step that is being done; the best network so far is kept."""
        if self._process is None or self.is_cancelling:
            return
        self.is_cancelling = True
        if not self._has_begun:
            self._process.terminate()  # where there is nobody yet who reads the folder
        self._ask()
        self._again.start()

    def set_speed(self, speed: TrainingSpeed) -> None:
        self.speed = speed
        self._ask()
        self.speed_changed.emit()

    def stop(self, wait_ms: int = CLOSE_MS) -> None:
        """The window closes: the state is saved, and the next start can go on with it. Waits for the process to end."""
        process = self._process
        if process is None:
            return
        self.blockSignals(True)
        was_cancelled = self.is_cancelling
        run = self.run
        if run is not None and not was_cancelled:
            note_closed(RunFolder(run))
        self.cancel()
        if not process.waitForFinished(wait_ms):
            process.kill()
            process.waitForFinished(KILLED_MS)
        self.blockSignals(False)

    def _begin(self, arguments: list[str], run: Path | None) -> None:
        assert self._process is None, "one training at a time"
        self._reader, self._decoder = LineReader(), codecs.getincrementaldecoder("utf-8")("replace")
        self._last_words.clear()
        self._end, self._run, self._pid = None, run, 0
        self._has_begun = self.is_cancelling = False
        self.speed = "full"
        process = self._process = new_process(self._home, arguments, self)
        process.readyReadStandardOutput.connect(self._read_events)
        process.readyReadStandardError.connect(self._read_words)
        process.finished.connect(self._finish)
        process.errorOccurred.connect(self._refuse)
        process.started.connect(self._note_pid)
        process.start()

    def _note_pid(self) -> None:
        if self._process is not None:
            self._pid = self._process.processId()

    def _read_events(self) -> None:
        if self._process is None:
            return
        data = bytes(self._process.readAllStandardOutput().data())
        self._take(self._reader.feed(self._decoder.decode(data)))

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, Prepared) and event.run:
                self._run = Path(event.run)
            if isinstance(event, Finished | Cancelled | Failed):
                self._end = event
                continue
            if not self._has_begun:
                self._has_begun = True
                self._ask()  # what was wanted before there was somebody to hear it
            self.happened.emit(event)

    def _read_words(self) -> None:
        if self._process is None:
            return
        text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
        for line in filter(None, (line.rstrip() for line in text.splitlines())):
            self._last_words.append(line)
            self.said.emit(line)

    def _ask(self) -> None:
        """Write down what the run shall do, for the process to read."""
        run = self.run if self._process is not None else None
        if run is None:
            return
        control = RunFolder(run).control
        if self.is_cancelling:
            ask_to_cancel(control)
        if self.speed != "full" or control.is_file():
            ask_for_speed(control, self.speed)

    def _refuse(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            why = self._process.errorString()
            self._end = Failed("The training could not be started", f"{why}.", "Install Recollect again.")
            self._finish(-1, QProcess.ExitStatus.CrashExit)

    def _finish(self, code: int, status: QProcess.ExitStatus) -> None:
        process = self._process
        if process is None:
            return
        self._read_events()
        self._read_words()
        run = self.run
        self._again.stop()
        self._process = None
        process.deleteLater()
        crashed = status is QProcess.ExitStatus.CrashExit
        end = self._end or self._unsaid(code, crashed, run)
        goes_on = not isinstance(end, Finished) and run is not None and can_go_on(RunFolder(run))
        self.ended.emit(Ending(end, run, goes_on))

    def _unsaid(self, code: int, crashed: bool, run: Path | None) -> Cancelled | Failed:
        """The process did not come to saying how it ended."""
        if self.is_cancelling and (not crashed or not self._has_begun):
            return Cancelled(str(run or ""), {}, has_checkpoint=False)
        if code == REFUSED and not crashed and self._last_words:
            title, colon, message = self._last_words[0].partition(": ")
            remedy = " ".join(list(self._last_words)[1:])
            return Failed(title, message, remedy) if colon else Failed("Training failed", title, remedy)
        log = "\n".join(self._last_words)
        if log:
            self.happened.emit(Note(f"The last that it said:\n{log}"))
        how = "It was ended from outside, or there was not enough memory." if crashed else f"Its exit code is {code}."
        return Failed(
            "The training ended unexpectedly",
            f"{how} The window and your photos are not touched by it.",
            "Go on from where it was; if it ends again, choose smaller pictures.",
        )


def as_error(event: Failed) -> MachineError:
    """For the notice of the window."""
    return MachineError(event.message, remedy=event.remedy, title=event.title)
