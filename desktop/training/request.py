"""What the user asks of a training, and the process that does it: the same command that a terminal would take."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment

import trainer
from core.paths import HOME_VARIABLE

MODULE = "trainer.train_cli"
LONG_LINES = "1000"  # columns: what the process says of an error shall not be broken into lines


@dataclass(frozen=True, slots=True)
class Request:
    """One training of the library's labels."""

    recipe: str
    assignments: tuple[str, ...] = ()  # as `--set` takes them: "phases.1.epochs=5"
    with_report: bool = True

    @property
    def arguments(self) -> list[str]:
        changed = [argument for assignment in self.assignments for argument in ("--set", assignment)]
        report = [] if self.with_report else ["--no-report"]
        return ["--data", "library", "--recipe", self.recipe, *changed, *report]


def new_process(home: Path, arguments: list[str], parent: QObject) -> QProcess:
    """Not started yet: this very Python with this very code, wherever either lies and whatever PATH says.

    Args:
        home: Of the library.
    """
    process = QProcess(parent)
    environment = QProcessEnvironment.systemEnvironment()
    for name, value in ((HOME_VARIABLE, str(home)), ("PYTHONUTF8", "1"), ("COLUMNS", LONG_LINES)):
        environment.insert(name, value)
    process.setProcessEnvironment(environment)
    # Python looks for modules where it is started first: never in a folder of the user's that happens to hold a `core`.
    process.setWorkingDirectory(os.fspath(Path(trainer.__file__).resolve().parent.parent))
    process.setProgram(sys.executable)
    process.setArguments(["-m", MODULE, *arguments, "--json"])
    return process
