"""A training in folds, begun or gone on with: fold after fold, then means and spreads.

Folds that are finished are kept; the one that was interrupted goes on where it was.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from core.errors import TrainingError
from core.paths import LibraryPaths
from trainer.config import load_config
from trainer.control import CancelledError, Control
from trainer.events import Cancelled, Event, Failed, Finished, Listener, Note, Prepared
from trainer.finetune.loop import SAVE_EVERY_S
from trainer.finetune.parallel import Workers, new_workers
from trainer.finetune.run import Run, RunResult, close, ending_in_order
from trainer.finetune.train import resume, train_prepared
from trainer.folds.dividing import divide_into_folds
from trainer.folds.folds_folder import CLASSES, PHOTOS, FoldsFolder, Plan
from trainer.folds.page import write_folds_page
from trainer.folds.summary import Summary, read_summary
from trainer.loop_config import LoopConfig
from trainer.openset.config import MetricConfig
from trainer.runs.run_folder import RunFolder, RunState


def train_folds(
    config: LoopConfig,
    count: int,
    *,
    data: str | Path,
    home: Path,
    on_event: Listener,
    run_dir: Path | None = None,
    name: str = "",
    device: str = "auto",
    encoding: str | None = None,
    save_every_s: float = SAVE_EVERY_S,
    with_report: bool = True,
) -> RunResult:
    """Train a recipe once for each fold.

    Args:
        count: Of folds, 2 or more.
        with_report: Draw figures and page.

    Raises:
        RecollectError: it cannot be trained so, or the machine stopped it; the run's folder says so too.
    """
    _refuse(config)
    name = name or f"{config.recipe} {count} folds"
    folder = FoldsFolder(RunFolder.create(run_dir or LibraryPaths(home).runs, name))
    folder.write(Plan(count, str(data), encoding, CLASSES if isinstance(config, MetricConfig) else PHOTOS))
    folder.run.write_json(folder.run.config, config.model_dump(mode="json"))
    return _go(folder, config, name, home, on_event, device, save_every_s, with_report)


def resume_folds(
    path: Path,
    *,
    home: Path,
    on_event: Listener,
    device: str = "auto",
    save_every_s: float = SAVE_EVERY_S,
    with_report: bool = True,
) -> RunResult:
    """Go on with a training in folds that was interrupted, cancelled or failed.

    Raises:
        TrainingError: it is finished, or still running.
    """
    folder = FoldsFolder(RunFolder(path))
    status = folder.run.status
    if status is not None and status.state in (RunState.RUNNING, RunState.FINISHED):
        said = "is still running" if status.state is RunState.RUNNING else "is finished"
        raise TrainingError(f"The run {status.name} {said}.", remedy="Begin a new one.", path=path)
    folder.run.control.unlink(missing_ok=True)  # what was asked of the process that is gone
    name = status.name if status is not None else path.name
    return _go(folder, load_config(folder.run.config), name, home, on_event, device, save_every_s, with_report)


def _go(
    folder: FoldsFolder, config: LoopConfig, name: str, home: Path, on_event: Listener, device: str,
    save_every_s: float, with_report: bool,
) -> RunResult:  # fmt: skip
    workers = Workers(new_workers(device).device)
    run = Run(folder.run, LibraryPaths(home), on_event, workers, Control(folder.run.control), None, save_every_s)
    started = time.monotonic()
    with ending_in_order(run, name):
        if not folder.is_divided:
            divide_into_folds(run, folder, config)
        for number in range(1, folder.plan().folds + 1):
            _train_fold(run, folder, config, number, device)
        found = _conclude(folder, with_report)
        return close(run, RunState.FINISHED, found.means, time.monotonic() - started)
    return _close_cancelled(run, folder)


def _close_cancelled(run: Run, folder: FoldsFolder) -> RunResult:
    """What the folds have learned so far is kept, and gone on with."""
    is_kept = any(fold.checkpoint.is_dir() for fold in folder.folds())
    run.tell(Cancelled(str(folder.run.path), {}, has_checkpoint=is_kept))
    folder.run.end(RunState.CANCELLED)
    return RunResult(folder.run.path, RunState.CANCELLED)


def _refuse(config: LoopConfig) -> None:
    if "validation_fraction" not in type(config).model_fields:
        raise TrainingError(
            f"The recipe {config.recipe} does not learn from labelled photos that can be divided into folds.",
            remedy="Leave out --folds, or take another recipe: `recollect train --list-recipes` shows all of them.",
        )
    if _knows_photos_already(config):
        raise TrainingError(
            "A network that was trained before may have learned from photos that a fold holds out.",
            remedy="Leave out --folds, or --teacher and `weights`.",
        )
    if config.processes > 1:
        raise TrainingError(
            "Folds are trained one after the other in one process.", remedy="Leave out --processes, or --folds."
        )


def _knows_photos_already(config: LoopConfig) -> bool:
    """It learns from a run, or begins with one."""
    weights = str(getattr(config, "weights", "scratch"))
    return getattr(config, "teacher", None) is not None or weights not in ("scratch", "pretrained")


def _train_fold(run: Run, folder: FoldsFolder, config: LoopConfig, number: int, device: str) -> None:
    """Unless it is finished.

    Raises:
        CancelledError: the user wants no more.
    """
    place = folder.fold(number)
    status = place.status
    if status is not None and status.state is RunState.FINISHED:
        return
    count = folder.plan().folds
    run.tell(Note(f"Fold {number} of {count}"))

    def tell(event: Event) -> None:
        if (told := _as_part(event, folder, f"Fold {number} of {count}")) is not None:
            run.listener(told)

    shared = {"home": run.paths.home, "on_event": tell, "device": device, "control": run.control}
    shared |= {"save_every_s": run.save_every_s, "with_report": False}
    if status is not None and place.config.is_file():
        result = resume(place.path, **shared)
    else:
        result = train_prepared(_of_fold(config), place.path, name=f"fold {number}", **shared)
    if result.state is RunState.CANCELLED:
        raise CancelledError


def _of_fold(config: LoopConfig) -> LoopConfig:
    """Test photos are for the one network that is used in the end: no fold looks at them. Where classes are held out,
    their photos are what a fold is judged by.
    """
    looks = "look_at_test" in type(config).model_fields and not isinstance(config, MetricConfig)
    return config.changed(look_at_test=False) if looks else config


def _as_part(event: Event, folder: FoldsFolder, name: str) -> Event | None:
    """What a listener hears of a fold: one training goes on until the last one has ended."""
    match event:
        case Prepared():
            return replace(event, run=str(folder.run.path))
        case Finished():
            return Note(f"{name}: " + ", ".join(f"{key} {value:.4f}" for key, value in event.metrics.items()))
        case Cancelled() | Failed():
            return None
        case _:
            return event


def _conclude(folder: FoldsFolder, with_report: bool) -> Summary:
    """Write what all folds together say."""
    found = read_summary(folder)
    folder.write_result(found.document())
    cost = {"seconds": round(sum(found.seconds), 1)}
    folder.run.write_json(folder.run.metrics, {"headline": found.means, "cost": cost})
    if with_report:
        write_folds_page(folder.run.path)
    return found
