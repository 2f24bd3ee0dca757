"""One training from its data to its report: `train` begins a run, `resume` goes on with one.

Whatever happens, the run's folder says how it ended. The loop itself is `trainer.finetune.loop`.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import xxhash

from core.errors import MachineError, RecollectError, TrainingError
from core.paths import LibraryPaths
from trainer.config import TrainConfig, load_config
from trainer.control import CancelledError, Control
from trainer.data.examples import Dataset
from trainer.events import Cancelled, Event, Failed, Finished, Listener, Note, Prepared, Warned
from trainer.finetune.checkpoint import Position, delete_state, load_state
from trainer.finetune.estimate import Clock, autocast_of, measure
from trainer.finetune.loop import SAVE_EVERY_S, Training
from trainer.finetune.parallel import Workers, new_workers
from trainer.finetune.setting_up import Setup, set_up
from trainer.preparation import data_summary, prepare
from trainer.runs.ending import conclude, judge_against, report
from trainer.runs.run_folder import RunFolder, RunState

if TYPE_CHECKING:
    from core.library import Library


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


def train(
    config: TrainConfig,
    *,
    data: str | Path,
    home: Path,
    on_event: Listener,
    run_dir: Path | None = None,
    name: str = "",
    device: str = "auto",
    library: Library | None = None,
    encoding: str | None = None,
    against: Path | None = None,
    save_every_s: float = SAVE_EVERY_S,
    with_report: bool = True,
) -> RunResult:
    """Train a tagger on labelled photos.

    Args:
        data: A folder, a labels.csv, or "library".
        home: Of the library: its runs, its cache of photos, what was measured of this machine.
        run_dir: Where the folder of the run is made; None: among the runs of `home`.
        encoding: Of a table of labels, as Python calls it; None: found out.
        against: Checkpoint of the tagger that this one has to beat.
        with_report: Draw figures and page; they can be made later too.

    Raises:
        RecollectError: it cannot be trained, or the machine stopped it; the run's folder says so too.
    """
    workers = new_workers(device)
    paths = LibraryPaths(home)
    made = RunFolder.create(run_dir or paths.runs, name or config.recipe).path if workers.is_main else None
    folder = RunFolder(workers.broadcast(made))
    run = Run(folder, paths, on_event, workers, Control(folder.control), against, save_every_s, with_report)
    with _ending_in_order(run, name or config.recipe):
        if workers.is_main:
            prepare(config, data, home, library, encoding).write(folder.data)
        workers.broadcast(None)  # until the photos are listed
        dataset = Dataset.read(folder.data)
        if config.tier == "teach":
            return _teach(run, config, dataset)
        return _train(run, config, dataset)
    return _cancelled(run)


def resume(
    path: Path,
    *,
    home: Path,
    on_event: Listener,
    device: str = "auto",
    against: Path | None = None,
    save_every_s: float = SAVE_EVERY_S,
    with_report: bool = True,
) -> RunResult:
    """Go on with a run that was interrupted, cancelled or failed, to the result that it would have had.

    Raises:
        TrainingError: it is finished, still running, or no run.
    """
    folder = RunFolder(path)
    status = folder.status
    if status is None:
        raise TrainingError(f"{path} is no run.", remedy="`recollect runs list` names them all.", path=path)
    if status.state in (RunState.RUNNING, RunState.FINISHED):
        said = "is still running" if status.state is RunState.RUNNING else "is finished"
        raise TrainingError(f"The run {status.name} {said}.", remedy="Begin a new one.", path=path)
    config = load_config(folder.config)
    workers = new_workers(device)
    if workers.is_main:
        folder.control.unlink(missing_ok=True)  # what was asked of the process that is gone
    run = Run(
        folder, LibraryPaths(home), on_event, workers, Control(folder.control), against, save_every_s, with_report
    )
    with _ending_in_order(run, status.name):
        if config.tier == "teach":
            return _teach(run, config, Dataset.read(folder.data))
        return _train(run, config, Dataset.read(folder.data))
    return _cancelled(run)


def _train(run: Run, config: TrainConfig, dataset: Dataset) -> RunResult:
    """All of a fine-tuning, new or resumed."""
    folder, workers = run.folder, run.workers
    setup = _set_up(run, config, dataset)
    dataset = setup.dataset
    precision, measured = workers.broadcast(
        measure(setup.network, config, setup.photos, workers.device, run.paths.calibration)
    )
    config = config.changed(precision=precision)  # as a rerun has to have it, on whatever day
    identity = xxhash.xxh3_128_hexdigest((config.model_dump_json() + dataset.hash).encode())
    saved = load_state(folder.state, identity)
    here = saved.position if saved is not None else Position()
    if saved is not None:
        saved.load_network(setup.network)
    if workers.is_main:
        folder.write_json(folder.config, config.model_dump(mode="json"))
        dataset.write(folder.data)
    clock = Clock(config, setup.photos.steps_per_epoch, measured, len(setup.photos.parts["validation"]))
    run.tell(
        Prepared(
            run=str(folder.path),
            config=config.model_dump(mode="json"),
            data=data_summary(dataset),
            estimate_s=clock.left_s(here.phase, here.epoch * setup.photos.steps_per_epoch + here.step),
            device=workers.device.type,
            precision=precision,
            parameters=sum(parameter.numel() for parameter in setup.network.parameters()),
        )
    )
    for warning in dataset.warnings:
        run.tell(Warned(warning))
    training = Training(
        config=config,
        network=setup.network,
        photos=setup.photos,
        loss=setup.loss,
        workers=workers,
        control=run.control,
        clock=clock,
        tell=run.tell,
        keep=_keeper(folder, setup),
        state=folder.state,
        identity=identity,
        autocast=autocast_of(precision, workers.device),
        teacher=setup.teacher,
        here=here,
        save_every_s=run.save_every_s,
    )
    state = RunState.FINISHED
    clock.resume()
    try:
        training.run(saved)
    except CancelledError:
        state = RunState.CANCELLED
        if here.best_score is None:
            raise
    return _end(run, config, dataset, setup, here, state)


def _set_up(run: Run, config: TrainConfig, dataset: Dataset) -> Setup:
    """Main first: the others then find the photos in the cache."""

    def setup() -> Setup:
        return set_up(
            config,
            dataset,
            run.workers,
            cache=run.paths.training_cache,
            models=run.paths.models,
            run=run.folder.path.name,
            on_progress=_cache_progress(run),
            cancelled=lambda: run.control.is_cancelled,
        )

    made = setup() if run.workers.is_main else None
    run.workers.broadcast(None)
    made = made or setup()
    if run.control.is_cancelled:
        raise CancelledError
    return made


def _cache_progress(run: Run) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        run.tell(Note(f"{done} of {total} photos decoded"))

    return tell


def _keeper(folder: RunFolder, setup: Setup) -> Callable[[Position, dict[str, dict[str, float]]], Path]:
    """Writes the network as it is as the best so far."""
    from core.models.taggers.checkpoint import save_checkpoint

    def keep(position: Position, metrics: dict[str, dict[str, float]]) -> Path:
        figures = {f"{head} {name}": value for head, values in metrics.items() for name, value in values.items()}
        finite = {name: value for name, value in figures.items() if math.isfinite(value)}
        save_checkpoint(folder.checkpoint, setup.network, setup.checkpoint.model_copy(update={"metrics": finite}))
        return folder.checkpoint

    return keep


def _end(run: Run, config: TrainConfig, dataset: Dataset, setup: Setup, here: Position, state: RunState) -> RunResult:
    """The best network is judged, and the folder closed."""
    folder, figures = run.folder, {}
    if run.workers.is_main:
        figures = conclude(
            folder,
            dataset,
            setup.photos,
            run.workers.device,
            run.tell,
            seconds=here.seconds,
            look_at_test=config.look_at_test,
        )
        _close(run, state, figures, here.seconds)
    run.workers.broadcast(None)  # nobody leaves before the main process is done
    run.workers.close()
    return RunResult(folder.path, state, figures)


def _teach(run: Run, config: TrainConfig, dataset: Dataset) -> RunResult:
    from trainer.teach.lesson_runs import train_teach

    started = time.monotonic()
    home, control = run.paths.home, run.control
    figures = train_teach(config, dataset, run.folder, run.tell, home=home, cancelled=lambda: control.is_cancelled)
    _close(run, RunState.FINISHED, figures, time.monotonic() - started)
    return RunResult(run.folder.path, RunState.FINISHED, figures)


def _close(run: Run, state: RunState, figures: dict[str, float], seconds: float) -> None:
    """Report and verdict, and the folder says how it ended."""
    folder = run.folder
    if run.with_report:
        report(folder, run.tell)
    if run.against is not None:
        judge_against(folder, run.against, run.paths.home, run.tell)
    folder.end(state, metrics=figures)
    if state is RunState.FINISHED:
        delete_state(folder.state)
        run.tell(Finished(str(folder.path), figures, seconds))
    else:
        run.tell(Cancelled(str(folder.path), figures, has_checkpoint=True))


def _cancelled(run: Run) -> RunResult:
    """Before there was anything to keep."""
    if run.workers.is_main:
        run.tell(Cancelled(str(run.folder.path), {}, has_checkpoint=False))
        run.folder.end(RunState.CANCELLED)
    return RunResult(run.folder.path, RunState.CANCELLED)


@contextmanager
def _ending_in_order(run: Run, name: str) -> Iterator[None]:
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
