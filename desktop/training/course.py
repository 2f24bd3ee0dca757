"""The course of a training: it starts, runs, ends somehow, is judged, and goes live or not. One at a time."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.adapting.adapt_work import is_adaptation
from desktop.adapting.adaptation import Adaptation
from desktop.alike.alike_outcome import AlikeOutcome
from desktop.alike.alike_work import is_of_alike
from desktop.reports.words import title_of_run, when
from desktop.tasks import Lane
from desktop.training.arrival import WAITS, Arrival
from desktop.training.outcome_panel import Choice, OutcomePanel
from desktop.training.run_panel import RunPanel
from desktop.training.train_process import Ending, TrainProcess, as_error
from desktop.training.unfinished import find_unfinished, leave
from desktop.training.verdict_words import said
from desktop.training.work import judge, promote, roll_back
from trainer.events import Cancelled, EpochDone, Event, Failed, PhaseStarted, StepDone
from trainer.recipe_book import recipes
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.errors import RecollectError
    from core.library import Library
    from core.tags.values import TaggerInfo
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks
    from desktop.theme import Theme
    from desktop.training.request import Request
    from trainer.promotion.judge import Verdict

JOB = "Training"
COMPARING = "Comparing it with the tagger in use…"
STOPPED = "It was stopped early; the best network until then was kept."


class Course(QObject):
    """Holds the process and the two panels that show it."""

    changed = Signal()
    """A training began or ended, or a verdict came."""
    report_wanted = Signal(object)
    """Path of a run."""
    failed = Signal(object)
    """RecollectError, where nobody looks at the page."""
    told = Signal(str)
    """Good to know for who does not look at the page."""
    run_ended = Signal(object)
    """Path of a run whose folder has something new in it."""
    job_moved = Signal(str, object, object, object)
    job_ended = Signal(str)

    def __init__(
        self, library: Library, tasks: Tasks, bridge: Bridge, theme: Theme, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self.process = TrainProcess(library.paths.home, self)
        self.run_panel, self.outcome = RunPanel(theme), OutcomePanel(theme)
        self.arrival = Arrival(library, tasks, bridge, self)
        self.adaptation = Adaptation(library, tasks, bridge, self.outcome, self)
        self.alike = AlikeOutcome(library, tasks, self.outcome, self)
        self.run: Path | None = None  # that the outcome is about
        self.is_judging = False
        self._note = ""  # beside the verdict
        self._takes_focus = False  # the outcome: the keyboard was on a button that has gone
        for panel in (self.run_panel, self.outcome):
            panel.hide()
        self.process.happened.connect(self._take)
        self.process.said.connect(self.run_panel.log.appendPlainText)
        self.process.ended.connect(self._end)
        self.process.speed_changed.connect(lambda: self.run_panel.show_status(self.process.speed))
        self.run_panel.cancel_wanted.connect(self.cancel)
        self.run_panel.speed_wanted.connect(self._set_speed)
        self.outcome.chosen.connect(self._choose)
        self.arrival.said.connect(self.outcome.change_lead)
        self.arrival.arrived.connect(self._show_arrived)
        self.arrival.lost.connect(self._show_lost)
        self.arrival.replaced.connect(self._dismiss)
        for part in self._of_search:
            part.report_wanted.connect(self.report_wanted)
            part.told.connect(self.told)
            part.run_changed.connect(self.run_ended)
            part.dismissed.connect(self._dismiss)

    @property
    def is_busy(self) -> bool:
        return self.process.is_running or self.is_judging

    @property
    def _of_search(self) -> tuple[Adaptation, AlikeOutcome]:
        """What shows runs that are no tagger."""
        return self.adaptation, self.alike

    def start(self, request: Request) -> None:
        if self.is_busy:
            return
        title = next((each.title for each in recipes() if each.name == request.recipe), request.recipe)
        self._begin(title, ())
        self.process.start(request)
        self.changed.emit()

    def resume(self, run: Path) -> None:
        """Go on with a run from where it was."""
        if not self.is_busy:
            self.outcome.wait()
            self._tasks.run(partial(_before, run), partial(self._go_on, run))

    def cancel(self) -> None:
        self.process.cancel()
        self.run_panel.show_cancelling()

    def stop(self) -> None:
        """The window closes: the run goes on at the next start, if the user wants it to."""
        self.process.stop()

    def look_for_unfinished(self) -> None:
        """A run that did not come to its end is offered."""
        self._tasks.run(partial(find_unfinished, self._library.paths.runs), self._offer)

    def show_of_search(self, run: Path, note: str = "") -> None:
        """What came of an adaptation, or of learning what is alike, and what can be done with it."""
        self._forget()
        (self.alike if is_of_alike(run) else self.adaptation).show(run, note)

    def forget(self, run: Path) -> None:
        """It was deleted."""
        if run in (self.run, *(part.run for part in self._of_search)) and not self.is_busy:
            self._dismiss()

    def judge(self, run: Path, note: str = "") -> None:
        """Compare what a run has learned with the tagger in use, and offer it."""
        self.run, self.is_judging, self._note = run, True, note
        self._forget()
        self.outcome.show_outcome(COMPARING, [note], [], sign="compare")
        self.outcome.show()
        work = partial(judge, self._library, run)
        self._tasks.run(work, self._show_verdict, self._show_no_verdict, Lane.TRAINING)
        self.changed.emit()

    # The process

    def _begin(self, title: str, before: tuple[Event, ...]) -> None:
        self.run = None
        self._forget()
        self.outcome.hide()
        self.run_panel.begin(title, before)
        self.run_panel.show()
        self.job_moved.emit(JOB, 0, 0, self.cancel)

    def _go_on(self, run: Path, before: tuple[Event, ...]) -> None:
        if self.is_busy:
            return
        status = RunFolder(run).status
        self._begin(f"{title_of_run(status.name if status else run.name)}, continued", before)
        self.process.resume(run)
        self.changed.emit()

    def _take(self, event: Event) -> None:
        self.run_panel.take(event, self.process.speed)
        if isinstance(event, StepDone):
            self.job_moved.emit(JOB, event.step, event.total, self.cancel)

    def _set_speed(self, speed: str) -> None:
        if self.process.is_running and speed != self.process.speed:
            self.process.set_speed(speed)  # type: ignore[arg-type]

    def _end(self, ending: Ending) -> None:
        self.job_ended.emit(JOB)
        self.run = ending.run
        event = ending.event
        self._takes_focus = self.run_panel.has_focus
        self.run_panel.end("")
        if isinstance(event, Failed):
            self._show_failure(event, can_go_on=ending.can_go_on)
        elif isinstance(event, Cancelled) and not event.has_checkpoint:
            again = [Choice.GO_ON] if ending.can_go_on else []
            lines = ["It was stopped before there was a network to keep."]
            self._show("The training was stopped", lines, [*again, Choice.DISMISS], sign="info")
        else:
            assert ending.run is not None  # it has a checkpoint
            of_search = is_adaptation(ending.run) or is_of_alike(ending.run)
            look = self.show_of_search if of_search else self.judge
            look(ending.run, STOPPED if isinstance(event, Cancelled) else "")
        if ending.run is not None:
            self.run_ended.emit(ending.run)
        self.changed.emit()

    def _show_failure(self, event: Failed, *, can_go_on: bool) -> None:
        again = [Choice.GO_ON] if can_go_on else []
        main = Choice.GO_ON if can_go_on else None
        self.run_panel.log.appendPlainText(f"{event.title}: {event.message} {event.remedy}".strip())
        self._show(event.title, [event.message, event.remedy], [*again, Choice.DISMISS], sign="warning", main=main)
        if not self.outcome.isVisible():
            self.failed.emit(as_error(event))

    def _offer(self, folder: RunFolder | None) -> None:
        if folder is None or self.is_busy or not self.outcome.isHidden():
            return
        from trainer.runs.run_history import moment_of

        self.run = folder.path
        status = folder.status
        began = moment_of(status.started_at) if status is not None else None
        of_when = f" of {when(began)}" if began is not None else ""
        line = (
            f"The training{of_when} did not come to its end: the window was closed, or the computer was switched off."
        )
        choices = (Choice.GO_ON, Choice.LEAVE)
        self._show(
            "A training can go on", [line, "It goes on from where it was."], choices, sign="clock", main=Choice.GO_ON
        )
        self.told.emit("A training was interrupted: it can go on")

    # The verdict

    def _show_verdict(self, verdict: Verdict) -> None:
        self.is_judging = False
        words = said(verdict)
        use = Choice.USE if verdict.better else Choice.USE_ANYWAY
        lines = [*words.lines, self._note]
        sign, main = ("check", use) if verdict.better else ("info", None)
        self._show(words.title, lines, (use, Choice.REPORT, Choice.DISMISS), sign=sign, main=main)
        if not self.outcome.isVisible():
            self.told.emit(f"The training is done. {words.title}: {words.lines[0]}")
        if self.run is not None:
            self.run_ended.emit(self.run)  # the verdict lies in its folder now
        self.changed.emit()

    def _show_no_verdict(self, error: RecollectError) -> None:
        self.is_judging = False
        choices = (Choice.USE_ANYWAY, Choice.REPORT, Choice.DISMISS)
        lines = ["It could not be compared with the tagger in use.", str(error), self._note]
        self._show("Trained, but not compared", lines, choices, sign="warning")
        self.changed.emit()

    def _choose(self, choice: Choice) -> None:
        shown = next((part for part in self._of_search if part.run is not None), None)
        if shown is not None:
            shown.choose(choice)
            return
        run = self.run
        match choice:
            case Choice.USE | Choice.USE_ANYWAY if run is not None:
                self.arrival.expect()
                self.outcome.wait()
                work = partial(promote, self._library, run, anyway=choice is Choice.USE_ANYWAY)
                self._tasks.run(work, self._show_in_use, self._show_refused)
            case Choice.ROLL_BACK:
                self.arrival.forget()
                self.outcome.wait()
                self._tasks.run(partial(roll_back, self._library), self._show_rolled_back, self._show_refused)
            case Choice.REPORT if run is not None:
                self.report_wanted.emit(run)
            case Choice.GO_ON if run is not None:
                self.resume(run)
            case Choice.LEAVE if run is not None:
                self._tasks.run(partial(leave, RunFolder(run)))
                self._dismiss()
            case _:
                self._dismiss()

    def _show_in_use(self, info: TaggerInfo) -> None:
        if info.live:
            self._show_arrived()
            return
        lines = [WAITS, "Until then the tagger before answers."]
        self._show("Looking at your photos", lines, (Choice.ROLL_BACK, Choice.REPORT, Choice.DISMISS), sign="clock")
        self.arrival.wait_for(info)

    def _show_arrived(self) -> None:
        lines = ["It tags your photos now.", "What the tagger before said of them is kept."]
        self._show("In use", lines, (Choice.ROLL_BACK, Choice.REPORT, Choice.DISMISS), sign="check", unseen=False)

    def _show_lost(self, error: RecollectError, until_it_can: str) -> None:
        lines = [error.message, error.remedy, until_it_can]
        self._show(error.title, lines, (Choice.REPORT, Choice.DISMISS), sign="warning", unseen=False)

    def _show_rolled_back(self, info: TaggerInfo) -> None:
        lines = [f"{title_of_run(info.name)} tags your photos again, as before.", "The new one is kept with its run."]
        self._show("The tagger before is in use", lines, (Choice.USE_ANYWAY, Choice.DISMISS), sign="undo")

    def _show_refused(self, error: RecollectError) -> None:
        choices = (Choice.USE_ANYWAY, Choice.REPORT, Choice.DISMISS)
        self._show(error.title, [error.message, error.remedy], choices, sign="warning")

    def _show(
        self,
        title: str,
        lines: Sequence[str],
        choices: Sequence[Choice],
        *,
        sign: str,
        main: Choice | None = None,
        unseen: bool = True,
    ) -> None:
        """
        Args:
            unseen: Also where the user has closed what was shown last.
        """
        self._forget()
        if self.outcome.isHidden() and not unseen:
            return
        self.outcome.show_outcome(title, lines, choices, sign=sign, main=main)
        self.outcome.show()
        if self._takes_focus:
            self._takes_focus = False
            self.outcome.buttons[choices[0]].setFocus()

    def _forget(self) -> None:
        """Something else is shown from now on."""
        for part in (self.arrival, *self._of_search):
            part.forget()

    def _dismiss(self) -> None:
        self._forget()
        self.outcome.hide()
        if not self.process.is_running:
            self.run_panel.hide()
        self.changed.emit()


def _before(run: Path) -> tuple[Event, ...]:
    """On a worker: what the curves are drawn from."""
    return tuple(event for event in RunFolder(run).events() if isinstance(event, EpochDone | PhaseStarted))
