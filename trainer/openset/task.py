"""Learning an embedding as a task of the loop: classes and kinds of a batch, perhaps the names of its classes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from core.models.disk import disk_errors, write_whole
from core.models.taggers.tensors import write_tensors
from trainer.finetune.optimizer import decay_groups
from trainer.metric.losses import metric_loss
from trainer.metric.neighbours import mean_figures
from trainer.openset.config import MetricConfig
from trainer.openset.losses import hierarchical_triplet, kept_affinities, text_contrast
from trainer.openset.material import VALIDATION, Batch, Labels, Material
from trainer.openset.network import Embedded, ImageEmbedder, MetricNetwork, freeze_backbone

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

    from core.types import Vectors
    from trainer.finetune.checkpoint import Position
    from trainer.finetune.task import Autocast, Metrics

SEEN = "seen"
WEIGHTS, CONFIG = "weights.safetensors", "config.json"


@dataclass(frozen=True)
class MetricTask:
    """See `trainer.finetune.task.Task`."""

    config: MetricConfig
    network: MetricNetwork
    material: Material
    labels: Labels
    checkpoint: Path  # directory
    texts: Tensor | None = None  # (C, D) the names of the seen classes, as the encoder reads them
    vocabulary: Tensor | None = None  # (V, D) everyday words, likewise

    @property
    def validation_examples(self) -> int:
        return len(self.labels.of[VALIDATION])

    @property
    def cost_key(self) -> str:
        config = self.config
        shape = (config.backbone, config.image_px, config.embedding_dim, config.hidden_dim, config.batch_size)
        return "; ".join((*(str(part) for part in shape), config.loss.name, config.augmentation.model_dump_json()))

    def steps_per_epoch(self, phase: int) -> int:
        return self.material.steps

    def batch_size(self, phase: int) -> int:
        return self.config.batch_size

    def begin_phase(self, phase: int) -> None:
        freeze_backbone(self.network, self.config.phases[phase].is_frozen)

    def new_optimizer(self, phase: int) -> Optimizer:
        rates, embedder = self.config.phases[phase], self.network.embedder
        backbone = list(embedder.backbone.parameters()) if isinstance(embedder, ImageEmbedder) else []
        known = {id(parameter) for parameter in backbone}
        new = [parameter for parameter in self.network.parameters() if id(parameter) not in known]
        groups = decay_groups(new, rates.lr, "new", self.config)
        if not rates.is_frozen:
            groups += decay_groups(backbone, rates.backbone_lr, "backbone", self.config)
        return torch.optim.AdamW(groups, lr=rates.lr, fused=True)

    def batches(self, phase: int, epoch: int, first_step: int = 0) -> Generator[Batch]:
        return self.material.training(epoch, first_step)

    def loss(self, model: Callable[..., Embedded], batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Class, kinds and, where they are wanted, names."""
        wanted = self.config.loss
        named = torch.unique(batch.classes)
        seen = model(batch.inputs, batch.classes, self._texts(named))
        with torch.autocast(seen.vectors.device.type, enabled=False):
            parts = {"class": seen.class_loss if seen.class_loss is not None else self._pairs(seen.vectors, batch)}
            weights = {"class": 1.0, "hierarchical": wanted.hierarchical, "text": wanted.text, "keep": wanted.keep}
            if wanted.hierarchical:
                parts["hierarchical"] = hierarchical_triplet(
                    seen.vectors,
                    batch.classes,
                    batch.kinds,
                    fine_margin=wanted.fine_margin,
                    coarse_margin=wanted.coarse_margin,
                )
            if seen.texts is not None and wanted.text:
                names = seen.texts[: len(named)]
                parts["text"] = text_contrast(
                    seen.vectors, batch.classes, names, named, temperature=wanted.text_temperature
                )
            if seen.texts is not None and self.vocabulary is not None and wanted.keep:
                words = seen.texts[len(named) :]
                parts["keep"] = kept_affinities(
                    batch.inputs @ self.vocabulary.T, seen.vectors @ words.T, temperature=wanted.text_temperature
                )
        loss = torch.stack([weights[name] * part for name, part in parts.items()]).sum()
        return loss, {name: part.detach() for name, part in parts.items()}

    def _pairs(self, vectors: Tensor, batch: Batch) -> Tensor:
        return metric_loss("supcon", temperature=self.config.loss.temperature)(vectors, batch.classes)

    def _texts(self, named: Tensor) -> Tensor | None:
        """(T + V, D) the names of classes, then the vocabulary; None where the loss asks for neither."""
        if self.texts is None or self.vocabulary is None or not (self.config.loss.text or self.config.loss.keep):
            return None
        return torch.cat([self.texts[named], self.vocabulary])

    def validate(self, autocast: Autocast) -> Metrics:
        vectors = self.look_at(VALIDATION, autocast)
        return {SEEN: mean_figures(vectors, self.labels.of[VALIDATION])}

    @torch.inference_mode()
    def look_at(self, part: str, autocast: Autocast) -> Vectors:
        """(N, P) all photos of a part, in their order. The network is left as it was: training or not."""
        training = {module: module.training for module in self.network.modules()}
        self.network.eval()
        found: list[Vectors] = []
        for inputs in self.material.plain(part):
            with autocast():
                found.append(self.network.embedder(inputs).float().cpu().numpy())
        for module, was_training in training.items():
            module.training = was_training
        return np.concatenate(found)

    def score(self, metrics: Metrics) -> float:
        value = metrics[SEEN][self.config.checkpoint_rule]
        return value if np.isfinite(value) else float("-inf")

    def keep(self, position: Position, metrics: Metrics) -> Path:
        """Weights of the embedder and the centres, and the classes that they stand for."""
        with disk_errors(self.checkpoint):
            self.checkpoint.mkdir(parents=True, exist_ok=True)
            write_whole(self.checkpoint / WEIGHTS, lambda part: write_tensors(part, self.network.state_dict()))
            document = {
                "config": self.config.model_dump(mode="json"),
                "classes": self.labels.seen,
                "validation": metrics[SEEN],
            }
            text = json.dumps(document, indent=1) + "\n"
            write_whole(self.checkpoint / CONFIG, lambda part: part.write_text(text, encoding="utf-8"))
        return self.checkpoint

    def trial(self) -> Self:
        return replace(self, network=copy.deepcopy(self.network))

    def first(self, batch: Batch, count: int) -> Batch:
        return Batch(batch.inputs[:count], batch.classes[:count], batch.kinds[:count])
