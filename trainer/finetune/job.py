"""A run that goes through the loop, from what its kind has set up to its conclusion, new or resumed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import xxhash

from trainer.control import CancelledError
from trainer.events import Prepared, Warned
from trainer.finetune.checkpoint import Position, load_state
from trainer.finetune.estimate import Clock, autocast_of, measure
from trainer.finetune.loop import Training
from trainer.finetune.run import Run, RunResult, close
from trainer.finetune.task import Task
from trainer.runs.run_folder import RunFolder, RunState


class Job(Protocol):
    """A task, and what is around it: its data in words, and what follows the last epoch."""

    @property
    def task(self) -> Task[Any]: ...

    @property
    def data(self) -> Mapping[str, Any]:
        """For people: name, photos, splits and so on, as `Prepared` tells it."""
        ...

    @property
    def data_hash(self) -> str:
        """Another one for other data: a saved state goes on with its own alone."""
        ...

    @property
    def warnings(self) -> Sequence[str]: ...

    def write_data(self, folder: RunFolder) -> None:
        """Write what is trained on anew: without what turned out to be unreadable while it was set up."""
        ...

    def conclude(self, run: Run, seconds: float) -> dict[str, float]:
        """Judge the best network, from its checkpoint, and write what the run leaves. On the main process.

        Args:
            seconds: That the training took.

        Returns:
            The figures that people compare.
        """
        ...


def train_in_loop(run: Run, set_up: Callable[[], Job]) -> RunResult:
    """All of a run whose data is prepared.

    Args:
        set_up: Called on each process, on the main one first: the others then find in the caches what it has made.

    Raises:
        CancelledError: before there was anything to keep.
        RecollectError: it cannot be trained, or the machine stopped it.
    """
    folder, workers = run.folder, run.workers
    job = _set_up(run, set_up)
    task = job.task
    precision, measured = workers.broadcast(measure(task, workers.device, run.paths.calibration))
    config = task.config.changed(precision=precision)  # as a rerun has to have it, on whatever day
    identity = xxhash.xxh3_128_hexdigest((config.model_dump_json() + job.data_hash).encode())
    saved = load_state(folder.state, identity)
    here = saved.position if saved is not None else Position()
    if saved is not None:
        saved.load_network(task.network)
    if workers.is_main:
        folder.write_json(folder.config, config.model_dump(mode="json"))
        job.write_data(folder)
    clock = Clock.of(task, measured)
    training = Training(
        task=task,
        workers=workers,
        control=run.control,
        clock=clock,
        tell=run.tell,
        state=folder.state,
        identity=identity,
        autocast=autocast_of(precision, workers.device),
        here=here,
        save_every_s=run.save_every_s,
    )
    run.tell(
        Prepared(
            run=str(folder.path),
            config=config.model_dump(mode="json"),
            data=job.data,
            estimate_s=training.left_s,
            device=workers.device.type,
            precision=precision,
            parameters=sum(parameter.numel() for parameter in task.network.parameters()),
        )
    )
    for warning in job.warnings:
        run.tell(Warned(warning))
    state = RunState.FINISHED
    clock.resume()
    try:
        training.run(saved)
    except CancelledError:
        state = RunState.CANCELLED
        if here.best_score is None:
            raise
    return _end(run, job, state, here.seconds)


def _set_up(run: Run, set_up: Callable[[], Job]) -> Job:
    made = set_up() if run.workers.is_main else None
    run.workers.broadcast(None)
    made = made or set_up()
    if run.control.is_cancelled:
        raise CancelledError
    return made


def _end(run: Run, job: Job, state: RunState, seconds: float) -> RunResult:
    """The best network is judged, and the folder closed."""
    result = RunResult(run.folder.path, state)
    if run.workers.is_main:
        result = close(run, state, job.conclude(run, seconds), seconds)
    run.workers.broadcast(None)  # nobody leaves before the main process is done
    run.workers.close()
    return result
