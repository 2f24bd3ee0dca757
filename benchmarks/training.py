"""Training images/s of the real loop, against the bare forward and backward pass on tensors that are in memory.

Both in one process, on the same network, batch and numbers; the bare pass is measured before and after the loop.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.pictures import write_photos
from core.paths import LibraryPaths
from core.tags.values import Split

if TYPE_CHECKING:
    from benchmarks.report import Report
    from trainer.config import TrainConfig
    from trainer.data.examples import Dataset
    from trainer.finetune.setting_up import Setup

GOAL = 0.9
SIZE = (480, 360)
CLASSES = 10
EPOCHS = 2  # the first one fills caches and pools; the second one is measured
WARM_UP, TIMED = 2, 8  # steps of the bare pass
RECIPES = ("starter-finetune", "mobilevit-xxs-balanced", "deit-tiny-two-phase")


def run(report: Report, scratch: Path, photos: int = 640) -> None:
    from trainer.config import TrainConfig
    from trainer.recipe_book import recipe

    dataset = _dataset(scratch / "photos", photos)
    for name in RECIPES:
        config = recipe(name).config
        assert isinstance(config, TrainConfig)  # these recipes are of taggers
        report.note(f"{name}: {config.backbone} at {config.image_px} px, batches of {config.batch_size}")
        _measure(report, scratch / name, name, config, dataset)


def _measure(report: Report, home: Path, name: str, config: TrainConfig, dataset: Dataset) -> None:
    """The last phase alone, in which the backbone learns too; weights by chance, which cost the same."""
    import torch

    from trainer.control import Control
    from trainer.finetune.estimate import Clock, Measured, autocast_of, measure
    from trainer.finetune.loop import Training
    from trainer.finetune.parallel import Workers
    from trainer.finetune.setting_up import set_up
    from trainer.finetune.tagging import TaggerTask

    last = config.phases[-1].model_copy(update={"epochs": EPOCHS, "warmup_epochs": 0.0})
    config = config.changed(phases=[last.model_dump()], weights="scratch", early_stopping_epochs=None)
    workers, paths = Workers(torch.device("cpu")), LibraryPaths(home)
    home.mkdir(parents=True, exist_ok=True)
    setup = set_up(config, dataset, workers, cache=home / "cache", models=paths.models)
    task = TaggerTask.of(setup, config, home / "checkpoint")
    precision, _ = measure(task, workers.device, home / "calibration.json", remember=False)
    before = _bare_images_per_s(setup, config, precision)
    marks = _Epochs()
    training = Training(
        task=task, workers=workers, control=Control(), clock=Clock.of(task, Measured({"full": 1.0}, 0.01)),
        tell=marks.note, state=home / "state", identity="", autocast=autocast_of(precision, workers.device),
    )  # fmt: skip
    training.run()
    after = _bare_images_per_s(setup, config, precision)
    ours, bare = marks.images_per_s, (before + after) / 2
    report.add(
        f"{name}, {precision}", f"{ours:.1f} images/s",
        against=f"{bare:.1f} forward and backward", ratio=ours / bare, at_least=GOAL,
    )  # fmt: skip


@dataclass
class _Epochs:
    """Hears how fast the loop itself says that its steps are, validation not counted."""

    images_per_s: float = 0.0

    def note(self, event: Any) -> None:
        from trainer.events import StepDone

        if isinstance(event, StepDone):
            self.images_per_s = event.images_per_s


def _bare_images_per_s(setup: Setup, config: TrainConfig, precision: str) -> float:
    from trainer.finetune.estimate import autocast_of
    from trainer.finetune.optimizer import new_optimizer

    with closing(setup.photos.training(0)) as batches:
        (batch,) = islice(batches, 1)
    network, autocast = setup.network.train(), autocast_of(precision, batch.pixels.device)
    optimizer = new_optimizer(network, config.phases[-1].model_copy(update={"head_lr": 1e-9}), config)
    seconds: list[float] = []
    for _ in range(WARM_UP + TIMED):
        started = time.perf_counter()
        with autocast():
            total, _ = setup.loss(network(batch.pixels), batch.targets)
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        seconds.append(time.perf_counter() - started)
    return len(batch.pixels) / (sum(seconds[WARM_UP:]) / TIMED)


def _dataset(folder: Path, photos: int) -> Dataset:
    """Every tenth photo is for validation; labels by turns."""
    from core.files.decode import read_content
    from trainer.data.examples import Dataset, Example

    paths = write_photos(folder, photos, SIZE, distinct=min(photos, 50))
    return Dataset(
        tuple(
            Example(
                path, read_content(path)[1], {"class": f"class {number % CLASSES}"},
                Split.VALIDATION if number % 10 == 9 else Split.TRAIN,
            )
            for number, path in enumerate(paths)
        ),
        "bench",
    )  # fmt: skip
