"""The tagger as a task of the loop: several heads on one backbone, a masked loss, perhaps a teacher."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from trainer.config import TrainConfig
from trainer.finetune.optimizer import freeze_backbone, new_optimizer
from trainer.finetune.validation import head_metrics, look_at, score

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

    from core.models.taggers.config import CheckpointConfig
    from core.models.taggers.network import TaggerNetwork
    from trainer.finetune.checkpoint import Position
    from trainer.finetune.distillation import Teacher
    from trainer.finetune.loss import MultiTaskLoss
    from trainer.finetune.photos import Batch, TrainingPhotos
    from trainer.finetune.setting_up import Setup
    from trainer.finetune.task import Autocast, Metrics


@dataclass(frozen=True)
class TaggerTask:
    """See `trainer.finetune.task.Task`."""

    config: TrainConfig
    network: TaggerNetwork
    photos: TrainingPhotos
    multi_task_loss: MultiTaskLoss
    checkpoint_config: CheckpointConfig
    checkpoint: Path  # directory
    teacher: Teacher | None = None

    @classmethod
    def of(cls, setup: Setup, config: TrainConfig, checkpoint: Path) -> Self:
        return cls(config, setup.network, setup.photos, setup.loss, setup.checkpoint, checkpoint, setup.teacher)

    @property
    def validation_examples(self) -> int:
        return len(self.photos.parts["validation"])

    @property
    def cost_key(self) -> str:
        config = self.config
        network = (config.backbone, config.weights, config.image_px, config.batch_size)
        return "; ".join((*(str(part) for part in network), config.augmentation.model_dump_json()))

    def steps_per_epoch(self, phase: int) -> int:
        return self.photos.steps_per_epoch

    def batch_size(self, phase: int) -> int:
        return self.config.batch_size

    def begin_phase(self, phase: int) -> None:
        config = self.config
        freeze_backbone(self.network, config.phases[phase].is_frozen, keep_batch_norm=config.keeps_batch_norm)

    def new_optimizer(self, phase: int) -> Optimizer:
        return new_optimizer(self.network, self.config.phases[phase], self.config)

    def batches(self, phase: int, epoch: int, first_step: int = 0) -> Generator[Batch]:
        return self.photos.training(epoch, first_step)

    def loss(self, model: Callable[[Tensor], Mapping[str, Tensor]], batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The labels, and the teacher where there is one."""
        logits = model(batch.pixels)
        loss, parts = self.multi_task_loss(logits, batch.targets, batch.mixed)
        if self.teacher is not None:
            alpha = self.config.distillation.alpha
            taught = self.teacher.loss(batch.pixels, logits, self.config.loss)
            loss, parts = (1.0 - alpha) * loss + alpha * taught, {**parts, "teacher": taught.detach()}
        return loss, parts

    def validate(self, autocast: Autocast) -> Metrics:
        heads, _ = look_at(self.network, self.photos.plain("validation"), autocast)
        return head_metrics(heads)

    def score(self, metrics: Metrics) -> float:
        return score(metrics, self.config.checkpoint_rule)

    def keep(self, position: Position, metrics: Metrics) -> Path:
        from core.models.taggers.checkpoint import save_checkpoint

        figures = {f"{head} {name}": value for head, values in metrics.items() for name, value in values.items()}
        finite = {name: value for name, value in figures.items() if math.isfinite(value)}
        save_checkpoint(self.checkpoint, self.network, self.checkpoint_config.model_copy(update={"metrics": finite}))
        return self.checkpoint

    def trial(self) -> Self:
        """With a phase that freezes the backbone and one that does not, whatever the recipe has: both are cheap to
        measure, and remembered for other recipes. Without the teacher, whose time is no part of what is remembered.
        """
        base = self.config.phases[0]
        phases = (base.model_copy(update={"backbone_lr": rate}) for rate in (0.0, 1e-5))
        config = self.config.model_copy(update={"phases": tuple(phases)})
        return replace(self, config=config, network=copy.deepcopy(self.network), teacher=None)

    def first(self, batch: Batch, count: int) -> Batch:
        targets = {head: values[:count] for head, values in batch.targets.items()}
        return type(batch)(batch.pixels[:count], targets, None)
