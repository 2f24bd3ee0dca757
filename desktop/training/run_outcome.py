"""What came of one run that is no tagger, shown where the verdict on a tagger stands, and what is done with it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desktop.training.outcome_panel import Choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.errors import RecollectError
    from core.library import Library
    from desktop.tasks import Task, Tasks
    from desktop.training.outcome_panel import OutcomePanel

LOOKING = "Looking at what came of it…"


class RunOutcome(QObject):
    """Of one run at a time; `run` is None while the panel shows something else."""

    unread = unmeasured = ""
    """Title and first line where its figures cannot be read."""

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

    def show(self, run: Path, note: str = "") -> None:
        """Read what came of a run, and offer it."""
        self._rest()
        self.run, self._note = run, note
        self._show(LOOKING, [note], [], sign="compare")
        self._reading = self._tasks.run(
            partial(self._read, self._library, run), partial(self._show_outcome, run), partial(self._show_unread, run)
        )

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

    def _read(self, library: Library, run: Path) -> Any:
        """On a worker: what `_show_outcome` is given."""
        raise NotImplementedError

    def _show_outcome(self, run: Path, came: Any, /) -> None:
        raise NotImplementedError

    def _show_unread(self, run: Path, error: RecollectError) -> None:
        if run == self.run:
            lines = [self.unmeasured, error.message, error.remedy, self._note]
            self._show(self.unread, lines, (Choice.REPORT, Choice.DISMISS), sign="warning")

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
