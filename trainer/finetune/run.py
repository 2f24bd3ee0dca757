"""What all kinds of training share: the run, and that its folder says how it ended, whatever ended it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from core.errors import MachineError, RecollectError, TrainingError
from core.paths import LibraryPaths
from trainer.control import CancelledError, Control
from trainer.events import Cancelled, Event, Failed, Finished, Listener
from trainer.finetune.checkpoint import delete_state
from trainer.finetune.loop import SAVE_EVERY_S
from trainer.finetune.parallel import Workers
from trainer.runs.run_folder import RunFolder, RunState

if TYPE_CHECKING:
    from core.library import Library


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be learned from, as the user named it."""

    data: str | Path  # a folder, a table, or "library"
    library: Library | None = None
    encoding: str | None = None  # of a table, as Python calls it; None: found out


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended, where it was not an error."""

    folder: Path
    state: RunState
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass
class Run:
    """What all steps of one training share."""

    folder: RunFolder
    paths: LibraryPaths
    listener: Listener
    workers: Workers
    control: Control
    against: Path | None = None  # checkpoint of the live tagger
    save_every_s: float = SAVE_EVERY_S
    with_report: bool = True

    def tell(self, event: Event) -> None:
        if self.workers.is_main:
            self.folder.append(event)
            self.listener(event)


def close(run: Run, state: RunState, figures: dict[str, float], seconds: float) -> RunResult:
    """The folder says how it ended, and so does an event. Only the main process closes."""
    folder = run.folder
    folder.end(state, metrics=figures)
    if state is RunState.FINISHED:
        delete_state(folder.state)
        run.tell(Finished(str(folder.path), figures, seconds))
    else:
        run.tell(Cancelled(str(folder.path), figures, has_checkpoint=True))
    return RunResult(folder.path, state, figures)


def close_without_checkpoint(run: Run) -> RunResult:
    """It was cancelled before there was anything to keep."""
    if run.workers.is_main:
        run.tell(Cancelled(str(run.folder.path), {}, has_checkpoint=False))
        run.folder.end(RunState.CANCELLED)
    return RunResult(run.folder.path, RunState.CANCELLED)


@contextmanager
def ending_in_order(run: Run, name: str) -> Iterator[None]:
    """The folder says how the run ended, whatever ends it. A cancellation goes no further than here."""
    if run.workers.is_main:
        run.folder.begin(name)
    try:
        with run.control.heeding_signals():
            yield
    except CancelledError:
        return
    except RecollectError as error:
        _failed(run, error)
        raise
    except (KeyboardInterrupt, SystemExit):
        run.folder.end(RunState.CANCELLED)
        raise
    except Exception as error:
        run.folder.note_fault(error)
        fault = translated(error, run.folder.log)
        _failed(run, fault)
        raise fault from error


def _failed(run: Run, error: RecollectError) -> None:
    if not run.workers.is_main:
        return
    with contextlib.suppress(MachineError):  # a full disk is why it failed, perhaps
        run.tell(Failed(error.title, error.message, error.remedy))
        run.folder.end(RunState.FAILED, message=error.message, remedy=error.remedy)


def translated(error: Exception, log: Path) -> RecollectError:
    """What nobody foresaw, in a sentence for the user."""
    said = str(error).strip().partition("\n")[0]
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "not enough memory" in said or "alloc" in said:
        return MachineError(
            "There was not enough memory for the training.",
            remedy="Take smaller batches or pictures: `--set batch_size=8`, `--set image_px=112`.",
        )
    return TrainingError(
        f"{type(error).__name__}: {said}", remedy=f"What is known of it is in {log}.", title="Training failed"
    )
