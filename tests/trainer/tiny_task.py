"""A kind of training that is no tagger: a line through drawn points, with everything a run has around it.

`plug_in` is all that another kind of training has to do: its configuration and its tier, by one name.
"""

from __future__ import annotations

import copy
import json
import os
import signal
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from pydantic import Field
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from core.errors import TrainingError
from core.paths import LibraryPaths
from trainer.config import CONFIGS
from trainer.events import Event
from trainer.finetune.checkpoint import Position
from trainer.finetune.estimate import measure
from trainer.finetune.job import train_in_loop
from trainer.finetune.optimizer import decay_groups
from trainer.finetune.parallel import Workers, new_workers
from trainer.finetune.rehearsal import Rehearsal, run_through, shortened
from trainer.finetune.run import Run, RunResult, Source
from trainer.finetune.task import Autocast, Metrics
from trainer.finetune.tiers import TIERS
from trainer.loop_config import LoopConfig, LoopPhase
from trainer.runs.run_folder import RunFolder

TIER = "regression"
POINTS, WIDTH = 24, 4
KILLED_AT = "RECOLLECT_TEST_KILLED_AT"
"""Phase, epoch and step, such as `1,2,0`, before which the process kills itself."""


class RegressionPhase(LoopPhase, frozen=True):
    lr: float = Field(gt=0.0)
    batch_size: int = 4
    with_bias: bool = True


class RegressionConfig(LoopConfig, frozen=True):
    tier: Literal["regression"] = "regression"
    checkpoint_rule: str = "error"
    phases: tuple[RegressionPhase, ...] = ()
    noise: float = Field(default=0.1, ge=0.0, description="Added to the points of each step, from torch's generator")


@dataclass(frozen=True)
class Points:
    inputs: Tensor  # (B, WIDTH)
    targets: Tensor  # (B,)

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class RegressionTask:
    """See `trainer.finetune.task.Task`."""

    config: RegressionConfig
    network: nn.Linear
    points: Points
    checkpoint: Path
    validation_examples: int = POINTS
    cost_key: str = "a line"

    def steps_per_epoch(self, phase: int) -> int:
        return -(-len(self.points) // self.batch_size(phase))

    def batch_size(self, phase: int) -> int:
        return self.config.phases[phase].batch_size

    def begin_phase(self, phase: int) -> None:
        self.network.train()
        self.network.bias.requires_grad_(self.config.phases[phase].with_bias)

    def new_optimizer(self, phase: int) -> torch.optim.Optimizer:
        trained = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        return torch.optim.AdamW(decay_groups(trained, self.config.phases[phase].lr, "line", self.config))

    def batches(self, phase: int, epoch: int, first_step: int = 0) -> Generator[Points]:
        size = self.batch_size(phase)
        order = np.random.default_rng((self.config.seed, epoch)).permutation(len(self.points))
        for step in range(first_step, self.steps_per_epoch(phase)):
            if os.environ.get(KILLED_AT) == f"{phase},{epoch},{step}":
                os.kill(os.getpid(), signal.SIGKILL)
            rows = torch.from_numpy(order[step * size : (step + 1) * size].copy())
            yield Points(self.points.inputs[rows], self.points.targets[rows])

    def loss(self, model: Callable[[Tensor], Tensor], batch: Points) -> tuple[Tensor, dict[str, Tensor]]:
        noisy = batch.inputs + self.config.noise * torch.randn_like(batch.inputs)
        error = (model(noisy)[:, 0] - batch.targets).square().mean()
        return error, {"root": error.detach().sqrt()}

    def validate(self, autocast: Autocast) -> Metrics:
        with torch.inference_mode(), autocast():
            error = (self.network(self.points.inputs)[:, 0] - self.points.targets).square().mean()
        return {"line": {"error": error.item()}}

    def score(self, metrics: Metrics) -> float:
        return -metrics["line"]["error"]

    def keep(self, position: Position, metrics: Metrics) -> Path:
        self.checkpoint.mkdir(parents=True, exist_ok=True)
        tensors = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        save_file(tensors, self.checkpoint / "weights.safetensors")
        return self.checkpoint

    def trial(self) -> Self:
        return replace(self, network=copy.deepcopy(self.network))

    def first(self, batch: Points, count: int) -> Points:
        return Points(batch.inputs[:count], batch.targets[:count])


@dataclass(frozen=True)
class RegressionJob:
    """See `trainer.finetune.job.Job`."""

    task: RegressionTask
    warnings: tuple[str, ...] = ("A line is no photo.",)
    data_hash: str = "points"

    @property
    def data(self) -> dict[str, Any]:
        return {"name": "points", "photos": len(self.task.points), "splits": {"train": len(self.task.points)}}

    def write_data(self, folder: RunFolder) -> None:
        """Nothing turned out to be unreadable."""

    def conclude(self, run: Run, seconds: float) -> dict[str, float]:
        line = load_file(self.task.checkpoint / "weights.safetensors")
        return {"slope": round(line["weight"][0, 0].item(), 6)}


@dataclass(frozen=True)
class Regression:
    """See `trainer.finetune.tiers.Tier`."""

    config: RegressionConfig

    def prepare(self, run: Run, source: Source) -> None:
        run.folder.write_json(run.folder.data, _read(source))

    def train(self, run: Run) -> RunResult:
        points = json.loads(run.folder.data.read_text(encoding="utf-8"))
        return train_in_loop(run, lambda: RegressionJob(self._task(points, run.folder)))

    def rehearse(self, source: Source, paths: LibraryPaths, device: str) -> Rehearsal:
        folder, workers = RunFolder(paths.home / "rehearsal"), Workers(new_workers(device).device)
        task = self._task(_read(source), folder)
        precision, measured = measure(task, workers.device, paths.calibration, remember=False)
        run_through(replace(task, config=shortened(self.config)), workers, folder, precision, measured)
        return Rehearsal(self.config, RegressionJob(task).data, 1.0, workers.device.type, precision, WIDTH + 1)

    def _task(self, points: dict[str, Any], folder: RunFolder) -> RegressionTask:
        torch.manual_seed(self.config.seed)
        drawn = Points(torch.tensor(points["inputs"]), torch.tensor(points["targets"]))
        return RegressionTask(self.config, nn.Linear(WIDTH, 1), drawn, folder.checkpoint)


def _read(source: Source) -> dict[str, Any]:
    path = Path(source.data)
    if not path.is_file():
        raise TrainingError(f"There are no points in {path}.", remedy="Draw some.", path=path)
    return json.loads(path.read_text(encoding="utf-8"))


def plug_in() -> None:
    """Once in a process is enough."""
    CONFIGS[TIER] = RegressionConfig
    TIERS[TIER] = Regression


def write_points(path: Path) -> Path:
    random = np.random.default_rng(0)
    inputs = random.normal(size=(POINTS, WIDTH)).astype(np.float32)
    targets = inputs @ np.array([2.0, -1.0, 0.5, 0.0], np.float32) + 3.0
    path.write_text(json.dumps({"inputs": inputs.tolist(), "targets": targets.tolist()}), encoding="utf-8")
    return path


def regression_config(**changes: object) -> RegressionConfig:
    """Three phases with 6, 3 and 6 steps an epoch; the last one freezes what the others have trained."""
    values: dict[str, object] = {
        "recipe": "line",
        "precision": "float32",
        "phases": [
            {"name": "few", "epochs": 3, "lr": 0.5, "warmup_epochs": 1},
            {"name": "many", "epochs": 4, "lr": 0.3, "batch_size": 8},
            {"name": "slopes", "epochs": 2, "lr": 0.1, "with_bias": False, "schedule": "constant"},
        ],
        "ema_decay": 0.5,
        "gradient_clip": 1.0,
        "weight_decay": 0.0,
    }
    return RegressionConfig.model_validate({**values, **changes})


def ignore(event: Event) -> None:
    """Nobody listens."""
