"""The image tower of an encoder as a task of the loop: see `trainer.finetune.task.Task`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import torch
import torch.nn.functional as functional

from trainer.contrastive.config import ContrastiveConfig
from trainer.contrastive.photos import ClassBatch, ClassBatches, embedded
from trainer.contrastive.questions import ClassQuestions
from trainer.contrastive.shipping import save_learned
from trainer.contrastive.tower import LearningTower
from trainer.finetune.optimizer import decay_groups

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

    from core.models.preprocessing import Preprocessing
    from trainer.finetune.checkpoint import Position
    from trainer.finetune.task import Autocast, Metrics
    from trainer.metric.losses import MetricLoss

PHOTOS, NAMES = "photos", "names"


@dataclass(frozen=True)
class ContrastiveTask:
    """Photos of a class are brought together, and those of others apart."""

    config: ContrastiveConfig
    network: LearningTower
    photos: ClassBatches
    metric_loss: MetricLoss
    validation: ClassQuestions
    preprocessing: Preprocessing
    device: torch.device
    checkpoint: Path  # directory
    old: Any = None  # the tower as it was, where photos are held near to it

    @property
    def validation_examples(self) -> int:
        return len(self.validation.photos)

    @property
    def cost_key(self) -> str:
        config = self.config
        parts = (config.encoder, config.trained, config.loss, self.photos.batch_size, self.old is not None)
        return "; ".join(("contrastive", *(str(part) for part in parts), config.augmentation.model_dump_json()))

    def steps_per_epoch(self, phase: int) -> int:
        return len(self.photos)

    def batch_size(self, phase: int) -> int:
        return self.photos.batch_size

    def begin_phase(self, phase: int) -> None:
        self.network.begin()

    def new_optimizer(self, phase: int) -> Optimizer:
        lr = self.config.phases[phase].lr
        return torch.optim.AdamW(decay_groups(self.network.learning, lr, "tower", self.config), lr=lr, fused=True)

    def batches(self, phase: int, epoch: int, first_step: int = 0) -> Generator[ClassBatch]:
        return self.photos.epoch(epoch, first_step)

    def loss(self, model: Callable[[Tensor], Tensor], batch: ClassBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """The metric loss, and the way from where the encoder had the photos."""
        vectors = model(batch.pixels)
        with torch.autocast(vectors.device.type, enabled=False):
            loss = self.metric_loss(vectors, batch.classes)
        parts = {self.config.loss: loss.detach()}
        if self.old is not None:
            with torch.no_grad():
                before = functional.normalize(self.old(batch.pixels).float(), dim=-1)
            pull = self.config.old_embedding * (1 - (vectors * before).sum(dim=-1)).mean()
            loss, parts = loss + pull, {**parts, "old embedding": pull.detach()}
        return loss, parts

    def validate(self, autocast: Autocast) -> Metrics:
        network = self.network
        modes = {module: module.training for module in network.modules()}
        network.eval()
        vectors = embedded(network, self.validation.photos, self.preprocessing, self.device, autocast)
        for module, training in modes.items():
            module.training = training
        figures = {
            PHOTOS: self.validation.image_figures(vectors),
            NAMES: self.validation.text_figures(vectors),
        }
        return {
            part: {name.removeprefix(f"{NAMES} "): interval.value for name, interval in of_part.items()}
            for part, of_part in figures.items()
        }

    def score(self, metrics: Metrics) -> float:
        return metrics[PHOTOS][self.config.checkpoint_rule]

    def keep(self, position: Position, metrics: Metrics) -> Path:
        return save_learned(self.network.plain_state(), self.checkpoint)

    def trial(self) -> Self:
        return replace(self, network=copy.deepcopy(self.network))

    def first(self, batch: ClassBatch, count: int) -> ClassBatch:
        return ClassBatch(batch.pixels[:count], batch.classes[:count])
