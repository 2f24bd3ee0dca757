"""Open-set retrieval as a kind of training: its data, its run, its dry run. See `trainer.finetune.tiers.Tier`."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import TrainingError
from core.paths import LibraryPaths
from core.tags.label_folders import GROUP
from core.tags.values import CLASS, Split
from trainer.control import Control
from trainer.data.examples import Dataset
from trainer.data.hierarchy import Hierarchy
from trainer.data.sources import LIBRARY, read_examples
from trainer.data.unseen import ClassSplit, coarse_kinds, divide, hold_out_classes
from trainer.events import Event
from trainer.finetune.estimate import Clock, measure
from trainer.finetune.job import train_in_loop
from trainer.finetune.parallel import Workers, new_workers
from trainer.finetune.run import Run, RunResult, Source
from trainer.openset.config import MetricConfig
from trainer.openset.job import CLASSES_FILE, MetricJob
from trainer.openset.setting_up import Setup, Surroundings, few, set_up
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from trainer.finetune.rehearsal import Rehearsal

_FEW = 4  # photos of each class and part in a dry run


@dataclass(frozen=True)
class MetricTraining:
    """See `trainer.finetune.tiers.Tier`."""

    config: MetricConfig

    def prepare(self, run: Run, source: Source) -> None:
        dataset, classes = self._read(source, run.paths)
        dataset.write(run.folder.data)
        classes.write(run.folder.path / CLASSES_FILE, dataset)

    def train(self, run: Run) -> RunResult:
        dataset = Dataset.read(run.folder.data)
        classes = ClassSplit.read(run.folder.path / CLASSES_FILE)

        def job() -> MetricJob:
            around = Surroundings(
                paths=run.paths,
                kept=run.paths,
                checkpoint=run.folder.checkpoint,
                device=run.workers.device,
                tell=run.tell,
                cancelled=lambda: run.control.is_cancelled,
            )
            return MetricJob(set_up(self.config, dataset, classes, around))

        return train_in_loop(run, job)

    def rehearse(self, source: Source, paths: LibraryPaths, device: str) -> Rehearsal:
        from trainer.finetune.rehearsal import Rehearsal, run_through, shortened

        dataset, classes = self._read(source, paths)
        workers = Workers(new_workers(device).device)
        handful, few_classes = few(dataset, classes, _FEW)
        with tempfile.TemporaryDirectory(prefix="recollect-dry-run-") as name:
            folder = RunFolder(Path(name))
            config = shortened(self.config)
            started = time.monotonic()
            setup = _set_up_aside(config, handful, few_classes, paths, folder, workers.device)
            # Photos of the library have their vectors already: setting up takes what it took, to load the model.
            unknown = sum(each.photo_id is None or not self.config.is_projection for each in dataset.examples)
            reading_s = (time.monotonic() - started) * max(1.0, unknown / len(handful.examples))
            precision, measured = measure(setup.task, workers.device, paths.calibration, remember=False)
            steps = max(1, len(dataset.of(Split.TRAIN)) // self.config.batch_size)
            clock = Clock(
                self.config, [steps] * len(self.config.phases), measured, len(dataset.of(Split.VALIDATION))
            )  # fmt: skip
            estimate_s = reading_s + clock.left_s(0, 0)
            run_through(setup.task, workers, folder, precision, measured)
            job = MetricJob(setup)
            job.conclude(Run(folder, paths, _nobody, workers, Control(), with_report=False), 0.0)
            found = dict(MetricJob(replace(setup, dataset=dataset, classes=classes)).data)
            parameters = setup.task.network.parameters_in_use
        return Rehearsal(self.config, found, estimate_s, workers.device.type, precision, parameters)

    def _read(self, source: Source, paths: LibraryPaths) -> tuple[Dataset, ClassSplit]:
        dataset, kinds = self.read(source, paths)
        return self.divide(
            dataset, hold_out_classes(dataset, kinds, share=self.config.unseen_share, seed=self.config.seed)
        )

    def read(self, source: Source, paths: LibraryPaths) -> tuple[Dataset, Hierarchy]:
        """The photos with the labels that are learned in the place of the class, and the kinds of these.

        Raises:
            TrainingError, LabelFileError: they cannot be read, or have no such labels.
        """
        config = self.config
        read = read_examples(source.data, library=source.library, home=paths.home, encoding=source.encoding)
        dataset = as_class(read, config.head, config.coarse_head)
        beside = source.data if config.head == CLASS else LIBRARY  # kinds that lie beside photos are those of classes
        coarse_head = GROUP if config.coarse_head == CLASS != config.head else config.coarse_head
        file = Path(config.hierarchy).expanduser() if config.hierarchy else None
        return dataset, coarse_kinds(dataset, beside, coarse_head, file)

    def divide(self, dataset: Dataset, classes: ClassSplit) -> tuple[Dataset, ClassSplit]:
        """See `trainer.data.unseen.divide`, also for what is raised."""
        config = self.config
        return divide(dataset, classes, validation=config.validation_fraction, seed=config.seed,
            only_held_out=config.unseen_photos == "held out",
        )  # fmt: skip


def as_class(dataset: Dataset, head: str, coarse_head: str = "") -> Dataset:
    """The labels of a head in the place of the class, which all of this kind of training learns from.

    Args:
        coarse_head: Its labels stay beside them; those of the class, whose place is taken, as `GROUP`.

    Raises:
        TrainingError: the photos have no labels of the head.
    """
    if head == CLASS:
        return dataset
    if head not in dataset.heads:
        raise TrainingError(
            f"The photos have no labels of {head}.",
            remedy=f"Choose another one with `--set head=...`: they have {', '.join(dataset.heads)}.",
        )
    kept = [
        replace(each, labels={CLASS: each.labels[head], **_beside(each.labels, coarse_head)})
        for each in dataset.examples
        if head in each.labels
    ]
    return replace(dataset, kinds={}).with_examples(kept)


def _beside(labels: Mapping[str, str], head: str) -> dict[str, str]:
    return {GROUP if head == CLASS else head: labels[head]} if head in labels else {}


def _set_up_aside(
    config: MetricConfig,
    dataset: Dataset,
    classes: ClassSplit,
    paths: LibraryPaths,
    folder: RunFolder,
    device: torch.device,
) -> Setup:
    """With caches of which nothing stays."""
    around = Surroundings(
        paths=paths,
        kept=LibraryPaths(folder.path / "home"),
        checkpoint=folder.checkpoint,
        device=device,
        tell=_nobody,
        cancelled=lambda: False,
    )
    return set_up(config, dataset, classes, around)


def _nobody(event: Event) -> None:
    """A rehearsal has no listeners."""
