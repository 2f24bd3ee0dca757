"""The kinds of training, by the `tier` of their configuration: each brings data and ending of its own.

Those that go through the loop are `Job`s for `trainer.finetune.job.train_in_loop`; the others train by themselves.
Another kind is a class here and a class of configuration in `trainer.config.CONFIGS`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from core.paths import LibraryPaths
from trainer.config import TrainConfig
from trainer.contrastive.config import ContrastiveConfig
from trainer.data.examples import Dataset
from trainer.finetune.job import train_in_loop
from trainer.finetune.run import Run, RunResult, Source, close
from trainer.finetune.tagger_job import report_and_judge, set_up_job
from trainer.loop_config import LoopConfig
from trainer.openset.config import MetricConfig
from trainer.preparation import prepare
from trainer.runs.run_folder import RunState
from trainer.starter.config import StarterConfig

if TYPE_CHECKING:
    from trainer.finetune.rehearsal import Rehearsal


class Tier(Protocol):
    """One training of its kind, made from its configuration."""

    def prepare(self, run: Run, source: Source) -> None:
        """Read and check the data, and write what is trained on to `run.folder.data`, for a resumed run too. Called
        once for a run, on the main process.

        Raises:
            RecollectError: there is nothing that could be learned from it.
        """
        ...

    def train(self, run: Run) -> RunResult:
        """From the files of the run's folder to its end, new or resumed, on each process.

        Raises:
            CancelledError: before there was anything to keep.
            RecollectError: it cannot be trained, or the machine stopped it.
        """
        ...

    def rehearse(self, source: Source, paths: LibraryPaths, device: str) -> Rehearsal:
        """All of it on a handful of examples, of which nothing stays.

        Raises:
            RecollectError: what would stop the training.
        """
        ...


@dataclass(frozen=True)
class FineTuning:
    """A tagger on pixels."""

    config: TrainConfig

    def prepare(self, run: Run, source: Source) -> None:
        _write_dataset(self.config, run, source)

    def train(self, run: Run) -> RunResult:
        dataset = Dataset.read(run.folder.data)
        return train_in_loop(run, lambda: set_up_job(run, self.config, dataset))

    def rehearse(self, source: Source, paths: LibraryPaths, device: str) -> Rehearsal:
        from trainer.finetune.rehearsal import rehearse_fine_tuning

        return rehearse_fine_tuning(self.config, source, paths, device)


@dataclass(frozen=True)
class Teaching:
    """Linear heads on vectors, solved at once."""

    config: TrainConfig

    def prepare(self, run: Run, source: Source) -> None:
        _write_dataset(self.config, run, source)

    def train(self, run: Run) -> RunResult:
        from trainer.teach.lesson_runs import train_teach

        started = time.monotonic()
        dataset, home, control = Dataset.read(run.folder.data), run.paths.home, run.control
        figures = train_teach(
            self.config, dataset, run.folder, run.tell, home=home, cancelled=lambda: control.is_cancelled
        )
        report_and_judge(run)
        return close(run, RunState.FINISHED, figures, time.monotonic() - started)

    def rehearse(self, source: Source, paths: LibraryPaths, device: str) -> Rehearsal:
        from trainer.finetune.rehearsal import rehearse_teaching

        return rehearse_teaching(self.config, source, paths, device)


def _write_dataset(config: TrainConfig, run: Run, source: Source) -> None:
    prepare(config, source.data, run.paths.home, source.library, source.encoding).write(run.folder.data)


def _starter(config: StarterConfig) -> Tier:
    from trainer.starter.tier import StarterTraining  # its teachers take time to load

    return StarterTraining(config)


def _metric(config: MetricConfig) -> Tier:
    from trainer.openset.tier import MetricTraining  # so do its losses

    return MetricTraining(config)


def _adaptation(config: ContrastiveConfig) -> Tier:
    from trainer.contrastive.tier import Adaptation  # peft takes time to load

    return Adaptation(config)


TIERS: dict[str, Callable[[Any], Tier]] = {
    "fine-tune": FineTuning,
    "teach": Teaching,
    "starter": _starter,
    "metric": _metric,
    "contrastive": _adaptation,
}
"""Made from a configuration of the class that `trainer.config.CONFIGS` has for the same name."""


def tier_of(config: LoopConfig) -> Tier:
    return TIERS[config.tier](config)
