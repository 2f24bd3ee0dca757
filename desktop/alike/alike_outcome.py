"""What came of learning what is alike, and what is done with it: taken into use, taken back. Shown where the verdict on
a tagger stands."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from desktop.alike.alike_words import PIXELS, of_another_model, said
from desktop.alike.alike_work import go_back, read_learned, use
from desktop.training.outcome_panel import Choice
from desktop.training.run_outcome import RunOutcome

if TYPE_CHECKING:
    from core.library import Library
    from desktop.alike.alike_work import Learned

IN_USE = "In use for “more like this”"
IN_USE_LINES = ("Photos like one photo are put in the order that it learned.", "Searching by words is as it was.")
ALONE = "What the model sees orders again"
ALONE_LINES = ("“More like this” is as it was before.", "What was learned is kept with its run.")


class AlikeOutcome(RunOutcome):
    """Use and way back change a setting: they take effect at once."""

    in_use_changed = Signal()
    unread, unmeasured = "Learned, but not measured", "It was not measured what it gave."
    _learned: Learned | None = None  # what is shown, as it was read

    def use(self, run: Path) -> None:
        """Let it order."""
        self._rest()
        self.run = run
        self._outcome.wait()
        work = partial(use, self._library, run)
        self._tasks.run(work, lambda _nothing: self._show_in_use(run), partial(self._show_refused, run))

    def go_back(self) -> None:
        """Let the model alone order."""
        self._rest()
        self._outcome.wait()
        work = partial(go_back, self._library)
        self._tasks.run(work, lambda _nothing: self.note_gone_back(), partial(self._show_refused, self.run))

    def note_gone_back(self) -> None:
        """The model alone orders, whoever let it."""
        run, learned = self.run, self._learned
        if run is not None:
            if learned is not None and learned.run == run and learned.chosen and learned.fits:
                use = Choice.USE if learned.outcome.is_better else Choice.USE_ANYWAY
                self._learned = replace(learned, chosen=False)
                self._show(ALONE, ALONE_LINES, (use, Choice.REPORT, Choice.DISMISS), sign="undo")
            else:  # another one was in use, or this one could not be
                self.show(run)
            self.run_changed.emit(run)
        self.in_use_changed.emit()

    def look_again(self) -> None:
        """Another one was chosen elsewhere, or another model answers: say what holds now, where that has changed."""
        if self.run is not None and self._learned is not None and self._learned.run == self.run:
            work = partial(read_learned, self._library, self.run)
            self._tasks.run(work, self._show_changed, lambda _error: None)

    def choose(self, choice: Choice) -> None:
        match choice:
            case Choice.USE | Choice.USE_ANYWAY if self.run is not None:
                self.use(self.run)
            case Choice.MODEL_ALONE:
                self.go_back()
            case _:
                super().choose(choice)

    def _read(self, library: Library, run: Path) -> Learned:
        return read_learned(library, run)

    def _show_outcome(self, run: Path, learned: Learned) -> None:
        if run != self.run:
            return
        self._show_learned(learned)
        self._tell(f"The training is done. {said(learned).title}")
        self.run_changed.emit(run)

    def _show_changed(self, learned: Learned) -> None:
        shown = self._learned
        if shown is None or not learned.run == self.run == shown.run:
            return
        if (learned.fits, learned.chosen) != (shown.fits, shown.chosen):
            self._show_learned(learned)

    def _show_learned(self, learned: Learned) -> None:
        self._learned = learned
        words = said(learned)
        better = learned.outcome.is_better
        lines, sign = [*words.lines, self._note], "check" if better else "info"
        if not learned.has_projection:
            self._show(words.title, [PIXELS, *lines], (Choice.REPORT, Choice.DISMISS), sign="info")
        elif not learned.fits:
            back = (Choice.MODEL_ALONE,) if learned.chosen else ()
            self._show(
                words.title, [*lines, of_another_model(learned)], (*back, Choice.REPORT, Choice.DISMISS), sign="info"
            )
        elif learned.chosen:
            lines.append(IN_USE_LINES[0])
            self._show(words.title, lines, (Choice.MODEL_ALONE, Choice.REPORT, Choice.DISMISS), sign=sign)
        else:
            use = Choice.USE if better else Choice.USE_ANYWAY
            choices = (use, Choice.REPORT, Choice.LEAVE if better else Choice.DISMISS)
            self._show(words.title, lines, choices, sign=sign, main=use if better else None)

    def _show_in_use(self, run: Path) -> None:
        if run == self.run:
            if self._learned is not None and self._learned.run == run:
                self._learned = replace(self._learned, chosen=True)
            self._show(IN_USE, IN_USE_LINES, (Choice.MODEL_ALONE, Choice.REPORT, Choice.DISMISS))
            self.run_changed.emit(run)
        self.in_use_changed.emit()
