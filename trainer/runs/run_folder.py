"""The folder of one run: where each file of it lies, its status, and the list of all runs.

    config.json    the configuration          data.json      photos with split and labels
    status.json    running, finished, ...     events.jsonl   what happened, see `trainer.events`
    control.json   cancel and speed           run.log        what is for people who look for a fault
    state/         what a resumed run needs   checkpoint/    the best network so far
    outputs-validation.npz, outputs-test.npz, metrics.json, report.html, figures/, verdict.json

Nothing here loads torch: the window lists runs too.
"""

from __future__ import annotations

import contextlib
import json
import os
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import psutil

from core.errors import TrainingError
from core.models.disk import disk_errors, write_whole
from core.models.json_cache import read_object
from core.run_names import STATUS_FILE, as_folder_name, find_run_folder
from trainer.events import Event, from_line, to_line


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # it says "running", and no process of it lives: killed, or the power went


@dataclass(frozen=True, slots=True)
class Status:
    """`status.json`."""

    state: RunState
    name: str
    started_at: str  # ISO, UTC
    ended_at: str | None = None
    pid: int | None = None
    process_started_at: float | None = None  # tells a process from another one that got the same number later
    message: str = ""  # why it failed
    remedy: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths and small files of one run."""

    path: Path

    @classmethod
    def create(cls, runs: Path, name: str) -> RunFolder:
        """A new folder below `runs`, named after the moment and `name`.

        Raises:
            MachineError: it cannot be made.
        """
        stem = f"{datetime.now():%Y-%m-%d-%H%M%S}-{as_folder_name(name)}"
        for number in range(1, 1000):
            path = runs / (stem if number == 1 else f"{stem}-{number}")
            with disk_errors(path), contextlib.suppress(FileExistsError):
                path.mkdir(parents=True)
                return cls(path)
        raise TrainingError(f"Too many runs are called {stem}.", remedy="Give it another name with --name.")

    @property
    def config(self) -> Path:
        return self.path / "config.json"

    @property
    def data(self) -> Path:
        return self.path / "data.json"

    @property
    def status_file(self) -> Path:
        return self.path / STATUS_FILE

    @property
    def events_file(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def control(self) -> Path:
        return self.path / "control.json"

    @property
    def log(self) -> Path:
        return self.path / "run.log"

    @property
    def state(self) -> Path:
        return self.path / "state"

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.json"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def verdict(self) -> Path:
        return self.path / "verdict.json"

    def outputs(self, part: str) -> Path:
        """`part`: validation or test."""
        return self.path / f"outputs-{part}.npz"

    @property
    def status(self) -> Status | None:
        """None where this is no run. A run whose process is gone is interrupted, whatever its file says."""
        document = read_object(self.status_file)
        try:
            known = {name: document[name] for name in Status.__dataclass_fields__ if name in document}
            status = Status(**{**known, "state": RunState(document["state"])})
        except (KeyError, TypeError, ValueError):
            return None
        if status.state is RunState.RUNNING and not _lives(status.pid, status.process_started_at):
            return Status(**{**asdict(status), "state": RunState.INTERRUPTED})
        return status

    def begin(self, name: str) -> None:
        """From now on this process is the run."""
        before = self.status
        started_at = before.started_at if before else datetime.now(UTC).isoformat(timespec="seconds")
        pid = os.getpid()
        self._write(Status(RunState.RUNNING, before.name if before else name, started_at, None, pid, _born(pid)))

    def end(
        self, state: RunState, *, message: str = "", remedy: str = "", metrics: Mapping[str, float] | None = None
    ) -> None:
        before = self.status
        name, started_at = (before.name, before.started_at) if before else (self.path.name, "")
        ended_at = datetime.now(UTC).isoformat(timespec="seconds")
        self._write(Status(state, name, started_at, ended_at, None, None, message, remedy, dict(metrics or {})))

    def write_json(self, path: Path, document: Mapping[str, Any]) -> None:
        """Replace a file of the run as a whole.

        Raises:
            MachineError: it cannot be written.
        """
        text = json.dumps(document, indent=1, ensure_ascii=True) + "\n"
        with disk_errors(path):
            write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))

    def append(self, event: Event) -> None:
        with disk_errors(self.events_file), self.events_file.open("a", encoding="utf-8") as file:
            file.write(to_line(event) + "\n")

    def note_fault(self, error: Exception) -> None:
        """The traceback of what nobody foresaw, for people who look for it."""
        with contextlib.suppress(OSError), self.log.open("a", encoding="utf-8") as file:
            traceback.print_exception(error, file=file)

    def events(self) -> Iterator[Event]:
        """What has happened so far, oldest first."""
        try:
            with self.events_file.open(encoding="utf-8", errors="replace") as file:
                yield from (event for line in file if (event := from_line(line)) is not None)
        except OSError:
            return

    def _write(self, status: Status) -> None:
        self.write_json(self.status_file, asdict(status))


def list_runs(runs: Path) -> list[RunFolder]:
    """All runs below a folder, newest first."""
    folders = (RunFolder(path) for path in runs.iterdir() if path.is_dir()) if runs.is_dir() else ()
    dated = [(status.started_at, folder.path.name, folder) for folder in folders if (status := folder.status)]
    return [folder for *_, folder in sorted(dated, key=lambda entry: entry[:2], reverse=True)]


def find_run(runs: Path, name: str) -> RunFolder:
    """The run of a path, of a folder's name below `runs`, or the newest one that was given this name.

    Raises:
        TrainingError: there is none, or the newest two began in the same second.
    """
    return RunFolder(find_run_folder(runs, name))


def _lives(pid: int | None, born: float | None) -> bool:
    return pid is not None and born is not None and _born(pid) == born


def _born(pid: int) -> float | None:
    """When a process began, in s since 1970; None where there is none."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None
