"""What came of an adaptation, and what is done with it: compared, taken into use, taken back. Shown where the verdict
on a tagger stands."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.adapting.adapt_words import said
from desktop.adapting.adapt_work import choose, read_adapted, use_for_search
from desktop.adapting.encoder_arrival import EncoderArrival
from desktop.training.outcome_panel import Choice
from desktop.training.run_outcome import RunOutcome

if TYPE_CHECKING:
    from core.errors import RecollectError
    from core.library import Library
    from desktop.adapting.adapt_work import Adapted, InUse
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks
    from desktop.training.outcome_panel import OutcomePanel

LEARNS = "It looks at your photos, and answers as soon as it has seen all of them."
UNTIL_THEN = "Until then {before} answers. Going back is one click, at any time."
KEPT = "What {before} knows of your photos is kept: going back looks only at photos that came meanwhile."
BACK_LEAD = "Only photos that came meanwhile are looked at: what it knew of the others was kept."
STAYS = "The adapted model stays installed, with what it knows of your photos. Models… can delete it."


class Adaptation(RunOutcome):
    """The model before answers until the adapted one has seen all photos."""

    unread, unmeasured = "Adapted, but not measured", "It was not measured what came of it."
    comparison_wanted = Signal(object)
    """Path of a run: what the user's own searches find."""

    def __init__(
        self, library: Library, tasks: Tasks, bridge: Bridge, outcome: OutcomePanel, parent: QObject | None = None
    ) -> None:
        super().__init__(library, tasks, outcome, parent)
        self.arrival = EncoderArrival(library, bridge, self)
        self.adapted: Adapted | None = None
        self._in_use: InUse | None = None
        self._back = False  # it is waited for the one before
        self.arrival.said.connect(self._outcome.change_lead)
        self.arrival.arrived.connect(self._show_arrived)
        self.arrival.lost.connect(self._show_lost)
        self.arrival.replaced.connect(self._dismiss)

    def show(self, run: Path, note: str = "") -> None:
        self._in_use = None
        super().show(run, note)

    def use(self, run: Path) -> None:
        """Let it answer."""
        self._rest()
        self.run = run
        self._outcome.wait()
        work = partial(use_for_search, self._library, run)
        self._tasks.run(work, partial(self._show_in_use, run), partial(self._show_refused, run))

    def go_back(self) -> None:
        """Let the one before answer again."""
        before = self._in_use.before if self._in_use is not None else self.adapted.curve.encoder if self.adapted else ""
        if before:
            self._rest()
            self._outcome.wait()
            work = partial(choose, self._library, before)
            self._tasks.run(work, partial(self._show_going_back, self.run), partial(self._show_refused, self.run))

    def forget(self) -> None:
        super().forget()
        self.adapted = self._in_use = None

    def choose(self, choice: Choice) -> None:
        run = self.run
        match choice:
            case Choice.USE_FOR_SEARCH if run is not None:
                self.use(run)
            case Choice.ROLL_BACK:
                self.go_back()
            case Choice.COMPARE if run is not None:
                self.comparison_wanted.emit(run)
            case _:
                super().choose(choice)

    def _rest(self) -> None:
        super()._rest()
        self.arrival.forget()

    # What came of it

    def _read(self, library: Library, run: Path) -> Adapted:
        return read_adapted(library, run)

    def _show_outcome(self, run: Path, adapted: Adapted) -> None:
        if run != self.run:
            return
        self.adapted = adapted
        words = said(adapted)
        lines = [*words.lines, self._note]
        if adapted.answers:
            titles = adapted.name or "", adapted.title
            lines.append(f"{titles[0]} answers your searches. {KEPT.format(before=titles[1])}")
            self._show(words.title, lines, (Choice.ROLL_BACK, Choice.COMPARE, Choice.REPORT, Choice.DISMISS))
        elif adapted.chosen:
            self._show(words.title, [LEARNS, *lines], (Choice.ROLL_BACK, Choice.REPORT, Choice.DISMISS), sign="clock")
            self.arrival.wait_for(adapted.name or "")
        elif adapted.gained:
            choices = (Choice.USE_FOR_SEARCH, Choice.COMPARE, Choice.REPORT, Choice.LEAVE)
            self._show(words.title, lines, choices, main=Choice.USE_FOR_SEARCH)
        else:
            self._show(words.title, lines, (Choice.REPORT, Choice.DISMISS), sign="info")
        self._tell(f"The adaptation is done. {words.title}")
        self.run_changed.emit(run)

    def _show_in_use(self, run: Path, in_use: InUse) -> None:
        if run != self.run:
            return
        self._in_use, self._back = in_use, False
        if in_use.answers:
            self._show_arrived()
            return
        lines = [LEARNS, UNTIL_THEN.format(before=in_use.before_title)]
        choices = (Choice.ROLL_BACK, Choice.COMPARE, Choice.REPORT, Choice.DISMISS)
        self._show("Looking at your photos", lines, choices, sign="clock")
        self.run_changed.emit(run)
        self.arrival.wait_for(in_use.name)

    def _show_going_back(self, run: Path | None, in_use: InUse) -> None:
        if run != self.run:
            return
        self._in_use, self._back = in_use, True
        if in_use.answers:
            self._show_arrived()
            return
        self._show(f"Going back to {in_use.title}", [BACK_LEAD], (Choice.DISMISS,), sign="undo")
        self.arrival.wait_for(in_use.name)

    def _show_arrived(self) -> None:
        if self._in_use is None:  # chosen earlier, or elsewhere: read what it is now
            if self.run is not None:
                self.show(self.run, self._note)
            return
        now, before = self._in_use.title, self._in_use.before_title
        if self._back:
            choices = (Choice.USE_FOR_SEARCH, Choice.DISMISS)
            self._show(f"{now} answers again", ["Your searches are as they were.", STAYS], choices, sign="undo")
        else:
            choices = (Choice.ROLL_BACK, Choice.COMPARE, Choice.REPORT, Choice.DISMISS)
            self._show("In use for search", [f"{now} answers your searches now.", KEPT.format(before=before)], choices)
        self._tell(f"{now} answers your searches now")
        if self.run is not None:
            self.run_changed.emit(self.run)

    def _show_lost(self, error: RecollectError) -> None:
        answers = self._in_use.before_title if self._in_use is not None else "the model before"
        lines = [error.message, error.remedy, f"Until it can, {answers} answers."]
        choices = (Choice.REPORT, Choice.DISMISS) if self._back else (Choice.ROLL_BACK, Choice.REPORT, Choice.DISMISS)
        self._show(error.title, lines, choices, sign="warning")
