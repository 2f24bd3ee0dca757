"""The starter as a kind of training: its data, its run, its dry run. See `trainer.finetune.tiers.Tier`."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import TrainingError
from core.known_words import FILE as KNOWN_WORDS
from core.models.disk import disk_errors
from core.models.json_cache import read_object
from core.paths import LibraryPaths
from trainer.events import Note
from trainer.finetune.estimate import Clock, measure
from trainer.finetune.job import train_in_loop
from trainer.finetune.parallel import Workers, new_workers
from trainer.finetune.run import Run, RunResult, Source
from trainer.runs.ending import peak_memory_bytes, report
from trainer.runs.run_folder import RunFolder
from trainer.starter.card import write_card
from trainer.starter.config import StarterConfig
from trainer.starter.corpus import Corpus, CorpusPixels, read_corpus
from trainer.starter.known_words import count_words, said_of, write_known_words
from trainer.starter.setting_up import Surroundings, set_up
from trainer.starter.shipping import METRICS
from trainer.starter.task import StarterTask

if TYPE_CHECKING:
    from trainer.finetune.rehearsal import Rehearsal

_SPLITS = {"val": "validation"}
_FEW = 192  # photos of a dry run
_FEW_WORDS = 8


@dataclass(frozen=True)
class StarterJob:
    """See `trainer.finetune.job.Job`."""

    task: StarterTask
    corpus: Corpus
    source: Path

    @property
    def data(self) -> Mapping[str, Any]:
        return summary(self.corpus, self.source)

    @property
    def data_hash(self) -> str:
        return self.corpus.hash

    @property
    def warnings(self) -> Sequence[str]:
        return self.corpus.warnings

    def write_data(self, folder: RunFolder) -> None:
        _write_data(folder, self.corpus, self.source)

    def conclude(self, run: Run, seconds: float) -> dict[str, float]:
        """The figures of the best epoch: the model was written then, and is what it was."""
        folder = run.folder
        figures = read_object(folder.checkpoint / METRICS)
        cost = {
            "seconds": round(seconds, 1),
            "peak_memory_bytes": peak_memory_bytes(),
            "parameters": sum(parameter.numel() for parameter in self.task.network.clip.parameters()),
        }
        compared = headline(figures)
        folder.write_json(folder.metrics, {"headline": compared, "validation": figures, "cost": cost})
        write_card(folder.checkpoint, self.task.config, self.corpus, figures, seconds)
        said = said_of(self.corpus, self.task.curriculum.photos.lessons)
        with disk_errors(folder.checkpoint):
            write_known_words(count_words(said), folder.checkpoint / KNOWN_WORDS)
        if run.with_report:
            report(folder, run.tell)
        return compared


@dataclass(frozen=True)
class StarterTraining:
    """See `trainer.finetune.tiers.Tier`."""

    config: StarterConfig

    def prepare(self, run: Run, source: Source) -> None:
        data = _folder(source)
        corpus, _ = self._read(run, data)
        _write_data(run.folder, corpus, data)

    def train(self, run: Run) -> RunResult:
        data = Path(str(read_object(run.folder.data).get("data", "")))
        corpus, pixels = self._read(run, data)

        def job() -> StarterJob:
            around = Surroundings(
                teachers=data.parent / "teachers",
                cache=run.paths.training_cache,
                checkpoint=run.folder.checkpoint,
                device=run.workers.device,
                tell=lambda words: run.tell(Note(words)),
                cancelled=lambda: run.control.is_cancelled,
            )
            return StarterJob(set_up(self.config, corpus, pixels, around), corpus, data)

        return train_in_loop(run, job)

    def _read(self, run: Run, data: Path) -> tuple[Corpus, CorpusPixels]:
        corpus, pixels = read_corpus(
            data,
            run.paths.training_cache / "starter",
            on_progress=lambda done, total: run.tell(Note(f"{done:,} of {total:,} photos decoded")),
            cancelled=lambda: run.control.is_cancelled,
        )
        return corpus.learning_from(self.config.share, self.config.seed), pixels

    def rehearse(self, source: Source, paths: LibraryPaths, device: str) -> Rehearsal:
        from trainer.finetune.rehearsal import Rehearsal, run_through, shortened

        data = _folder(source)
        workers = Workers(new_workers(device).device)
        corpus, pixels = read_corpus(data, paths.training_cache / "starter")
        few = corpus.only(_varied(corpus))
        with tempfile.TemporaryDirectory(prefix="recollect-dry-run-") as name:
            folder = RunFolder(Path(name))
            around = Surroundings(data.parent / "teachers", folder.path / "cache", folder.checkpoint, workers.device)
            few_pixels = pixels.of(few)
            config = shortened(self.config).changed(views=min(2, self.config.views), texts_per_name=0, words=_FEW_WORDS)
            task = set_up(config, few, few_pixels, around)
            precision, measured = measure(task, workers.device, paths.calibration, remember=False)
            factor = len(corpus) / len(few)
            steps = [round(factor * task.steps_per_epoch(phase)) for phase in range(len(self.config.phases))]
            estimate_s = Clock(self.config, steps, measured, len(corpus.rows("val"))).left_s(0, 0)
            run_through(task, workers, folder, precision, measured)
            parameters = sum(parameter.numel() for parameter in task.network.clip.parameters())
        found = dict(summary(corpus, data))
        return Rehearsal(self.config, found, estimate_s, workers.device.type, precision, parameters)


def summary(corpus: Corpus, data: Path) -> Mapping[str, Any]:
    """The data in words, as `Prepared` tells it."""
    return {
        "name": data.name,
        "photos": len(corpus),
        "splits": dict(Counter(_SPLITS.get(each.split, each.split) for each in corpus.photos)),
        "heads": {"source": dict(Counter(each.source for each in corpus.photos).most_common())},
        "warnings": list(corpus.warnings),
    }


def _write_data(folder: RunFolder, corpus: Corpus, data: Path) -> None:
    folder.write_json(folder.data, {"data": str(data), **summary(corpus, data), "hash": corpus.hash})


def headline(figures: Mapping[str, Any]) -> dict[str, float]:
    """What people compare: "captions R@1", "names top-1", "color top-1" and so on."""
    wanted = {"captions": ("R@1", "R@5", "R@10"), "names": ("top-1",), "color": ("top-1",), "material": ("top-1",)}
    return {
        f"{part} {name}": round(float(figures[part][name]), 4)
        for part, names in wanted.items()
        for name in names
        if part in figures
    }


def _folder(source: Source) -> Path:
    data = Path(source.data).expanduser()
    if not data.is_dir():
        raise TrainingError(
            f"{data} is no folder.",
            remedy="The starter learns from a starter pack: `--data ../shared/data/starter-pack`.",
            path=data,
        )
    return data.resolve()


def _varied(corpus: Corpus) -> list[int]:
    """Rows of a handful of photos, from all sources, with captions and labels, of both splits."""
    chosen: list[int] = []
    for split, count in (("train", _FEW), ("val", _FEW // 4)):
        rows = np.random.default_rng(0).permutation(corpus.rows(split)).tolist()
        by_source: dict[str, list[int]] = {}
        for row in rows:
            by_source.setdefault(corpus.photos[row].source, []).append(row)
        each = max(1, count // max(1, len(by_source)))
        chosen += [row for source in sorted(by_source) for row in by_source[source][:each]]
    return sorted(chosen)
