"""The adaptation of an encoder as a kind of training: its data, run and dry run. See `trainer.finetune.tiers.Tier`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.models.json_cache import read_object
from core.paths import LibraryPaths
from core.tags.values import Split
from trainer.contrastive.config import ContrastiveConfig, GuardConfig
from trainer.contrastive.job import ContrastiveJob
from trainer.contrastive.others import Origin, found_origin
from trainer.contrastive.setting_up import prepared, set_up
from trainer.control import Control
from trainer.data.examples import Dataset, Example
from trainer.data.sources import LIBRARY
from trainer.events import Event, Note
from trainer.finetune.estimate import Clock, measure
from trainer.finetune.job import train_in_loop
from trainer.finetune.parallel import Workers, new_workers
from trainer.finetune.run import Run, RunResult, Source
from trainer.preparation import data_summary
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from trainer.finetune.rehearsal import Rehearsal

OTHERS = "others.json"
"""In the run's folder: whom texts are asked for beside the photos that are learned."""
_FEW_CLASSES, _FEW_TO_LEARN, _FEW_TO_ASK = 4, 16, 3  # of a dry run; photos of each class
_FEW_OTHERS = 32


@dataclass(frozen=True)
class Adaptation:
    """See `trainer.finetune.tiers.Tier`."""

    config: ContrastiveConfig

    def prepare(self, run: Run, source: Source) -> None:
        dataset = prepared(self.config, source, run.paths.home)
        dataset.write(run.folder.data)
        origin = self._origin(source, run.paths, dataset)
        run.folder.write_json(run.folder.path / OTHERS, asdict(origin))

    def train(self, run: Run) -> RunResult:
        dataset = Dataset.read(run.folder.data)
        origin = Origin.read(read_object(run.folder.path / OTHERS))

        def job() -> ContrastiveJob:
            made = set_up(
                self.config,
                dataset,
                origin,
                run.workers,
                paths=run.paths,
                checkpoint=run.folder.checkpoint,
                cache=run.paths.training_cache,
                on_progress=lambda done, total: run.tell(Note(f"{done} of {total} photos decoded")),
                cancelled=lambda: run.control.is_cancelled,
            )
            return ContrastiveJob(made)

        return train_in_loop(run, job)

    def rehearse(self, source: Source, paths: LibraryPaths, device: str) -> Rehearsal:
        from trainer.finetune.rehearsal import Rehearsal, run_through, shortened

        dataset = prepared(self.config, source, paths.home)
        origin = self._origin(source, paths, dataset)
        workers = Workers(new_workers(device).device)
        guard = self.config.guard.model_copy(update={"photos": min(_FEW_OTHERS, self.config.guard.photos)})
        few, config = _few(dataset, self.config.head), shortened(self.config).changed(guard=guard.model_dump())
        with tempfile.TemporaryDirectory(prefix="recollect-dry-run-") as name:
            folder = RunFolder(Path(name))
            started = time.monotonic()
            cache = folder.path / "cache"
            setup = set_up(config, few, origin, workers, paths=paths, checkpoint=folder.checkpoint, cache=cache)
            reading_s = (time.monotonic() - started) * len(dataset.examples) / len(few.examples)
            task = setup.task
            precision, measured = measure(task, workers.device, paths.calibration, remember=False)
            steps = -(-len(dataset.of(Split.TRAIN)) // task.batch_size(0))
            asked = len(dataset.of(Split.VALIDATION))
            clock = Clock(self.config, [steps] * len(self.config.phases), measured, asked)
            run_through(task, workers, folder, precision, measured)
            run = Run(folder, paths, _nobody, workers, Control(folder.control), with_report=False)
            started = time.monotonic()
            ContrastiveJob(setup).conclude(run, 0.0)
            own, others = task.validation.photos, setup.others.photos
            looked_at = len(others) if others is not own else 0
            guard_s = time.monotonic() - started
            guard_s *= (asked + _in_full(looked_at, guard, self.config.guard)) / (len(own) + looked_at)
            estimate_s = reading_s + clock.left_s(0, 0) + guard_s
            parameters = sum(parameter.numel() for parameter in task.network.parameters())
        return Rehearsal(self.config, data_summary(dataset), estimate_s, workers.device.type, precision, parameters)

    def _origin(self, source: Source, paths: LibraryPaths, dataset: Dataset) -> Origin:
        known = [each.path for each in dataset.examples]
        config = self.config
        if config.guard_data is not None or str(source.data) != LIBRARY:
            return found_origin(config.guard_data, None, known, config.guard.photos)
        if source.library is not None:
            return found_origin(None, source.library, known, config.guard.photos)
        from core.library import Library

        with closing(Library.open(paths.home)) as library:
            return found_origin(None, library, known, config.guard.photos)


def _nobody(event: Event) -> None:
    """A rehearsal has no listeners."""


def _in_full(others: int, few: GuardConfig, whole: GuardConfig) -> int:
    """How many other photos the whole guard looks at, where a brief one has found so many: where that was less than
    it may take, there are no more."""
    return others if others < few.photos else round(others * whole.photos / few.photos)


def _few(dataset: Dataset, head: str) -> Dataset:
    """Some photos of some classes, those with most photos to ask first: each part has pairs of one class."""
    by_class: dict[str, dict[Split, list[Example]]] = {}
    for each in dataset.examples:
        if each.split is not None:
            by_class.setdefault(each.labels[head], {}).setdefault(each.split, []).append(each)
    chosen = sorted(by_class.values(), key=lambda parts: -len(parts.get(Split.VALIDATION, ())))[:_FEW_CLASSES]
    kept: Sequence[Example] = [
        each
        for parts in chosen
        for split, examples in parts.items()
        for each in examples[: _FEW_TO_LEARN if split is Split.TRAIN else _FEW_TO_ASK]
    ]
    return dataset.with_examples(kept)
