"""Deeds that can be taken back: done, undone and done again off the GUI thread, strictly one after the other.

What a deed does is written elsewhere (`trash`, `marks`, `album_deeds`). QUndoStack wants its commands to be over when
they return; ours touch disk and database and take their time.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence

from core.errors import RecollectError
from desktop.organise.wording import in_menu

if TYPE_CHECKING:
    from desktop.tasks import Tasks

DEEDS_KEPT = 100  # nobody goes back further, and each may hold the numbers of many photos
TELL_EVERY_S = 0.1  # progress is drawn no more often

Tell = Callable[[int, int], None]
"""How far a deed is: done, of how many."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a deed, or of taking it back."""

    message: str = ""  # a sentence without a full stop; empty where what happened can be seen anyway
    changed: int = 1  # how many things are different now; 0: there is nothing to take back
    error: RecollectError | None = None  # what did not work although the rest did


class Deed(Protocol):
    """Something that the user did. `do` and `undo` are called in turns, on a worker."""

    @property
    def text(self) -> str:
        """Behind "Undo: ", such as "move 3 photos to the trash"."""
        ...

    def do(self, tell: Tell) -> Outcome: ...

    def undo(self, tell: Tell) -> Outcome: ...


class _Step(Enum):
    DO = "do"
    UNDO = "undo"
    REDO = "redo"


@dataclass(frozen=True, slots=True)
class _Wish:
    """What waits for its turn. Which deed is undone or done again turns out when it comes."""

    step: _Step
    deed: Deed | None = None
    done: Callable[[Outcome], None] | None = None
    failed: Callable[[RecollectError], None] | None = None


class UndoStack(QObject):
    """Performs deeds and remembers them. Lives as long as the window; nothing is kept for the next start."""

    done = Signal(object)
    """Outcome of something that was done, or done again, and can be undone."""
    undone = Signal(object)
    """Outcome."""
    failed = Signal(object)
    """RecollectError."""
    progressed = Signal(str, int, int)
    """The text of the deed, done, of how many."""

    _told = Signal(str, int, int)

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._done: deque[Deed] = deque(maxlen=DEEDS_KEPT)
        self._undone: deque[Deed] = deque(maxlen=DEEDS_KEPT)
        self._waiting: deque[_Wish] = deque()
        self._busy = False
        self.undo_action = QAction("Undo", self)
        self.undo_action.setShortcuts(QKeySequence.StandardKey.Undo)
        self.undo_action.triggered.connect(self.undo)
        self.redo_action = QAction("Redo", self)
        self.redo_action.setShortcuts(QKeySequence.StandardKey.Redo)
        self.redo_action.triggered.connect(self.redo)
        # From the worker by a bound method of a QObject: only then does Qt queue the call.
        self._told.connect(self._pass_on)
        self._name_actions()

    @property
    def is_busy(self) -> bool:
        return self._busy

    def perform(
        self,
        deed: Deed,
        done: Callable[[Outcome], None] | None = None,
        failed: Callable[[RecollectError], None] | None = None,
    ) -> None:
        """Do it as soon as what was asked for before is over.

        Args:
            done: Called before the signal of that name.
            failed: Called instead of the signal of that name.
        """
        self._enqueue(_Wish(_Step.DO, deed, done, failed))

    @Slot()
    def undo(self) -> None:
        self._enqueue(_Wish(_Step.UNDO))

    @Slot()
    def redo(self) -> None:
        self._enqueue(_Wish(_Step.REDO))

    def _enqueue(self, wish: _Wish) -> None:
        self._waiting.append(wish)
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and not self._busy:
            wish = self._waiting.popleft()
            deed = wish.deed
            if wish.step is not _Step.DO:
                deeds = self._done if wish.step is _Step.UNDO else self._undone
                deed = deeds.pop() if deeds else None
            if deed is not None:
                self._begin(wish, deed)
        self._name_actions()

    def _begin(self, wish: _Wish, deed: Deed) -> None:
        self._busy = True
        work = partial(deed.undo if wish.step is _Step.UNDO else deed.do, self._teller(deed.text))
        self._tasks.run(work, partial(self._finish, wish, deed), partial(self._fail, wish))

    def _teller(self, text: str) -> Tell:
        """Called on the worker."""
        last = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal last
            if time.monotonic() - last >= TELL_EVERY_S:
                last = time.monotonic()
                self._told.emit(text, done, total)

        return tell

    @Slot(str, int, int)
    def _pass_on(self, text: str, done: int, total: int) -> None:
        self.progressed.emit(text, done, total)

    def _finish(self, wish: _Wish, deed: Deed, outcome: Outcome) -> None:
        self._busy = False
        if outcome.changed:
            if wish.step is _Step.DO:
                self._undone.clear()
            (self._undone if wish.step is _Step.UNDO else self._done).append(deed)
        if wish.done is not None:
            wish.done(outcome)
        if outcome.error is not None:
            self.failed.emit(outcome.error)
        (self.undone if wish.step is _Step.UNDO else self.done).emit(outcome)
        self._go_on()

    def _fail(self, wish: _Wish, error: RecollectError) -> None:
        """Nothing was changed, and what stands in the way would stand there again: the deed is forgotten."""
        self._busy = False
        if wish.failed is not None:
            wish.failed(error)
        else:
            self.failed.emit(error)
        self._go_on()

    def _name_actions(self) -> None:
        for action, name, deeds in (
            (self.undo_action, "Undo", self._done),
            (self.redo_action, "Redo", self._undone),
        ):
            action.setText(in_menu(f"{name}: {deeds[-1].text}") if deeds else name)
            action.setEnabled(bool(deeds) or bool(self._waiting) or self._busy)
