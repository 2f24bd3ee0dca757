"""A dry run: the data is read and checked, and all of a training runs on a handful of photos. Nothing of it stays."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core.models.json_cache import read_object
from core.paths import LibraryPaths
from core.tags.values import Split
from trainer.config import TrainConfig
from trainer.control import Control
from trainer.data.examples import Dataset, Example
from trainer.events import Event
from trainer.finetune.estimate import Clock, Measured, autocast_of, measure
from trainer.finetune.loop import Training
from trainer.finetune.parallel import Workers, new_workers
from trainer.finetune.run import Source
from trainer.finetune.setting_up import set_up
from trainer.finetune.tagging import TaggerTask
from trainer.finetune.task import Task
from trainer.finetune.tiers import tier_of
from trainer.loop_config import LoopConfig
from trainer.preparation import data_summary, prepare
from trainer.runs.ending import conclude
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from core.library import Library

ConfigT = TypeVar("ConfigT", bound=LoopConfig)

_BATCHES = 2  # of each phase: the second one goes on with what the first has left
_LOOKED_AT = 8  # photos of validation and test


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a dry run found out."""

    config: LoopConfig
    data: dict[str, Any]  # see `trainer.preparation.data_summary`
    estimate_s: float
    device: str
    precision: str
    parameters: int


def rehearse(
    config: LoopConfig, *, data: str | Path, home: Path, device: str = "auto", library: Library | None = None,
    encoding: str | None = None,
) -> Rehearsal:  # fmt: skip
    """
    Args:
        encoding: Of a table of labels; None: found out.

    Raises:
        RecollectError: what would stop the training.
    """
    return tier_of(config).rehearse(Source(data, library, encoding), LibraryPaths(home), device)


def rehearse_fine_tuning(config: TrainConfig, source: Source, paths: LibraryPaths, device: str) -> Rehearsal:
    """As `rehearse`, for taggers on pixels."""
    dataset = prepare(config, source.data, paths.home, source.library, source.encoding)
    workers = Workers(new_workers(device).device)
    few = _few(dataset, _BATCHES * config.batch_size)
    with tempfile.TemporaryDirectory(prefix="recollect-dry-run-") as name:
        folder = RunFolder(Path(name))
        started = time.monotonic()
        setup = set_up(config, few, workers, cache=folder.path / "cache", models=paths.models)
        reading_s = (time.monotonic() - started) * len(dataset.examples) / len(few.examples)
        task = TaggerTask.of(setup, config, folder.checkpoint)
        precision, measured = measure(task, workers.device, paths.calibration, remember=False)
        steps = -(-len(dataset.of(Split.TRAIN)) // config.batch_size)
        clock = Clock(config, [steps] * len(config.phases), measured, len(dataset.of(Split.VALIDATION)))
        estimate_s = reading_s + clock.left_s(0, 0)
        run_through(replace(task, config=shortened(config)), workers, folder, precision, measured)
        conclude(folder, setup.dataset, setup.photos, workers.device, _nobody)
        parameters = sum(parameter.numel() for parameter in setup.network.parameters())
    return Rehearsal(config, data_summary(dataset), estimate_s, workers.device.type, precision, parameters)


def rehearse_teaching(config: TrainConfig, source: Source, paths: LibraryPaths, device: str) -> Rehearsal:
    """On vectors made for the occasion: those of the library, or of earlier runs, are there already."""
    from trainer.teach.lesson_runs import encoder_of, train_teach

    dataset = prepare(config, source.data, paths.home, source.library, source.encoding)
    new_workers(device)  # as a training would: a device that is not there is said now
    few = _few(dataset, _BATCHES * config.batch_size)
    encoder = encoder_of(paths.home)
    few = few.with_examples(replace(each, photo_id=None) for each in few.examples)
    with tempfile.TemporaryDirectory(prefix="recollect-dry-run-") as name:
        folder = RunFolder(Path(name))
        started = time.monotonic()
        train_teach(config, few, folder, _nobody, home=folder.path, encoder=encoder)
        seconds = (time.monotonic() - started) * len(dataset.examples) / len(few.examples)
        parameters = read_object(folder.metrics)["cost"]["parameters"]
    return Rehearsal(config, data_summary(dataset), seconds, "cpu", "float32", parameters)


def shortened(config: ConfigT) -> ConfigT:
    """One epoch of each phase."""
    phases = [phase.model_copy(update={"epochs": min(1, phase.epochs)}) for phase in config.phases]
    return config.changed(phases=[phase.model_dump() for phase in phases], early_stopping_epochs=None)


def run_through(task: Task[Any], workers: Workers, folder: RunFolder, precision: str, measured: Measured) -> None:
    """The whole loop of a task whose configuration is `shortened`; nobody hears of it."""
    training = Training(
        task=task,
        workers=workers,
        control=Control(),
        clock=Clock.of(task, measured),
        tell=_nobody,
        state=folder.state,
        identity="",
        autocast=autocast_of(precision, workers.device),
    )
    with training.control.heeding_signals():
        training.run()


def _nobody(event: Event) -> None:
    """A rehearsal has no listeners."""


def _few(dataset: Dataset, count: int) -> Dataset:
    """Some photos of each split, different labels first: every head keeps something to tell apart."""
    kept = [
        example
        for split in Split
        for example in _varied(dataset.of(split), count if split is Split.TRAIN else _LOOKED_AT)
    ]
    return dataset.with_examples(kept)


def _varied(examples: tuple[Example, ...], count: int) -> list[Example]:
    """Those first that have a label which no one before them has."""
    seen: set[tuple[str, str]] = set()
    first: list[Example] = []
    rest: list[Example] = []
    for example in examples:
        (rest if seen.issuperset(example.labels.items()) else first).append(example)
        seen.update(example.labels.items())
    return [*first, *rest][:count]
