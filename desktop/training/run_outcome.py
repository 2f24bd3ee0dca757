"""What came of one run that is no tagger, shown where the verdict on a tagger stands, and what is done with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.training.outcome_panel import Choice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.errors import RecollectError
    from core.library import Library
    from desktop.tasks import Task, Tasks
    from desktop.training.outcome_panel import OutcomePanel

LOOKING = "Looking at what came of it…"


class RunOutcome(QObject):
    """Of one run at a time; `run` is None while the panel shows something else."""

    report_wanted = Signal(object)
    """Path of a run."""
    dismissed = Signal()
    told = Signal(str)
    """Good to know for who does not look at the page."""
    run_changed = Signal(object)
    """Path of a run that is in use now, or is no more."""

    def __init__(self, library: Library, tasks: Tasks, outcome: OutcomePanel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks, self._outcome = library, tasks, outcome
        self.run: Path | None = None
        self._reading: Task | None = None
        self._note = ""

    def forget(self) -> None:
        """Something else is shown from now on."""
        self._rest()
        self.run = None

    def choose(self, choice: Choice) -> None:
        """A button of the panel was pressed."""
        if choice is Choice.REPORT and self.run is not None:
            self.report_wanted.emit(self.run)
        else:
            self._dismiss()

    def _read(self, work: Callable, shown: Callable, failed: Callable[[RecollectError], None], note: str) -> None:
        """Look on a worker what came of the run."""
        self._note = note
        self._show(LOOKING, [note], [], sign="compare")
        self._reading = self._tasks.run(work, shown, failed)

    def _rest(self) -> None:
        """Wait for nothing any more."""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _show(
        self,
        title: str,
        lines: Sequence[str],
        choices: Sequence[Choice],
        *,
        sign: str = "check",
        main: Choice | None = None,
    ) -> None:
        self._outcome.show_outcome(title, lines, choices, sign=sign, main=main)
        self._outcome.show()

    def _show_refused(self, run: Path | None, error: RecollectError) -> None:
        if run == self.run:
            choices = (Choice.REPORT, Choice.DISMISS)
            self._show(error.title, [error.message, error.remedy], choices, sign="warning")

    def _tell(self, message: str) -> None:
        if not self._outcome.isVisible():
            self.told.emit(message)

    def _dismiss(self) -> None:
        self.forget()
        self.dismissed.emit()
