"""The fine-tuning of a tagger as a job of the loop: its photos, and the end that `trainer.runs.ending` writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trainer.config import TrainConfig
from trainer.data.examples import Dataset
from trainer.events import Note
from trainer.finetune.run import Run
from trainer.finetune.setting_up import set_up
from trainer.finetune.tagging import TaggerTask
from trainer.preparation import data_summary
from trainer.runs.ending import conclude, judge_against, report
from trainer.runs.run_folder import RunFolder


@dataclass(frozen=True)
class TaggerJob:
    """See `trainer.finetune.job.Job`."""

    task: TaggerTask
    dataset: Dataset

    @property
    def data(self) -> Mapping[str, Any]:
        return data_summary(self.dataset)

    @property
    def data_hash(self) -> str:
        return self.dataset.hash

    @property
    def warnings(self) -> Sequence[str]:
        return self.dataset.warnings

    def write_data(self, folder: RunFolder) -> None:
        self.dataset.write(folder.data)

    def conclude(self, run: Run, seconds: float) -> dict[str, float]:
        figures = conclude(
            run.folder,
            self.dataset,
            self.task.photos,
            run.workers.device,
            run.tell,
            seconds=seconds,
            look_at_test=self.task.config.look_at_test,
        )
        report_and_judge(run)
        return figures


def set_up_job(run: Run, config: TrainConfig, dataset: Dataset) -> TaggerJob:
    """
    Raises:
        RecollectError: see `trainer.finetune.setting_up.set_up`.
    """
    made = set_up(
        config,
        dataset,
        run.workers,
        cache=run.paths.training_cache,
        models=run.paths.models,
        run=run.folder.path.name,
        on_progress=lambda done, total: run.tell(Note(f"{done} of {total} photos decoded")),
        cancelled=lambda: run.control.is_cancelled,
    )
    return TaggerJob(TaggerTask.of(made, config, run.folder.checkpoint), made.dataset)


def report_and_judge(run: Run) -> None:
    """The page of a tagger's run, and the verdict where there is another tagger to beat."""
    if run.with_report:
        report(run.folder, run.tell)
    if run.against is not None:
        judge_against(run.folder, run.against, run.paths.home, run.tell)
