"""What one training does, as one typed object: printed before the start, saved with the run, and enough to repeat it.

`TrainConfig` is that of taggers; what all kinds of training share is `trainer.loop_config`, and `CONFIGS` names the
class of each kind. Plain values only: nothing here loads torch, because the window reads it too. Where recipes come
from is `trainer.recipe_book`, how `--set phases.1.epochs=5` changes a field is `trainer.overrides`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from core.errors import TrainingError
from core.tags.values import CLASS
from trainer.contrastive.config import ContrastiveConfig
from trainer.data.augment import Augmentation
from trainer.loop_config import LoopConfig, LoopPhase, Plain
from trainer.openset.config import MetricConfig
from trainer.starter.config import StarterConfig

CheckpointRule = Literal["weighted f1", "macro f1", "accuracy", "loss"]


class Phase(LoopPhase, frozen=True):
    """A stretch of epochs with learning rates of its own for backbone and heads."""

    main_rate: ClassVar[str] = "head_lr"
    reading_order: ClassVar[tuple[str, ...]] = (
        "name", "epochs", "backbone_lr", "head_lr", "layer_decay", "warmup_epochs", "schedule",
    )  # fmt: skip

    backbone_lr: float = Field(ge=0.0, le=10.0, description="Learning rate of the backbone's last layers; 0 freezes it")
    head_lr: float = Field(gt=0.0, le=10.0, description="Learning rate of the heads")
    layer_decay: float = Field(
        default=1.0, gt=0.0, le=1.0, description="Each layer nearer to the pixels learns at this share of the next"
    )

    @property
    def is_frozen(self) -> bool:
        """The backbone stays as it is."""
        return self.backbone_lr == 0.0


class LossConfig(Plain, frozen=True):
    """Cross-entropy of each head, added up with weights; a head counts only where a photo has a label for it."""

    class_weight: float = Field(default=1.0, ge=0.0, description="Weight of the head `class`")
    attribute_weight: float = Field(default=0.5, ge=0.0, description="Weight of every other head")
    head_weights: dict[str, float] = Field(default_factory=dict, description="Weights of single heads, by name")
    label_smoothing: float = Field(default=0.0, ge=0.0, lt=1.0, description="Share spread over all labels of a head")
    class_balance: Literal["none", "loss", "sampler"] = Field(
        default="none", description="How rare classes get their due: in the loss, or by being drawn more often"
    )

    def weight(self, head: str) -> float:
        usual = self.class_weight if head == CLASS else self.attribute_weight
        return self.head_weights.get(head, usual)


class Distillation(Plain, frozen=True):
    """Learning from a teacher's probabilities (Hinton, Vinyals and Dean 2015)."""

    alpha: float = Field(default=0.7, ge=0.0, le=1.0, description="Share of the teacher; the labels have the rest")
    temperature: float = Field(default=2.0, gt=0.0, le=100.0, description="Softens both sides before they are compared")


class TrainConfig(LoopConfig, frozen=True):
    """All of the training of a tagger. The same values, photos and machine give the same network."""

    reading_order: ClassVar[tuple[str, ...]] = (
        "recipe", "tier", "seed", "heads", "backbone", "weights", "image_px", "grey", "normalisation", "batch_size",
        "precision", "head_dropout", "feature_dropout", "batch_norm", "phases", "weight_decay", "decay_everything",
        "gradient_clip", "loss", "augmentation", "ema_decay", "early_stopping_epochs", "checkpoint_rule",
        "validation_fraction", "test_fraction", "look_at_test", "teacher", "distillation", "processes",
    )  # fmt: skip

    tier: Literal["fine-tune", "teach"] = Field(
        default="fine-tune", description="fine-tune: a network on pixels; teach: linear heads on the library's vectors"
    )
    heads: tuple[str, ...] = Field(default=(), description="Heads to train, where labels have them; empty: all")
    backbone: str = Field(default="starter", description="deit-tiny, mobilevit-xxs, starter, cnn, or a directory")
    weights: str = Field(
        default="pretrained", description="scratch, pretrained, or the directory of a run or checkpoint to go on from"
    )
    image_px: int = Field(default=224, ge=16, le=1024, description="Edge of the square that the network sees")
    grey: bool = Field(default=False, description="Photos are turned grey before the network sees them")
    normalisation: Literal["backbone", "imagenet"] = Field(
        default="backbone", description="Mean and standard deviation of the pixels: the backbone's own, or ImageNet's"
    )
    head_dropout: float = Field(default=0.2, ge=0.0, lt=1.0, description="Dropout inside each head")
    feature_dropout: float = Field(default=0.1, ge=0.0, lt=1.0, description="Dropout on the backbone's features")
    batch_norm: Literal["auto", "fixed", "learned"] = Field(
        default="auto",
        description="Means and variances of norms over the batch: as the weights have them, or learned anew; auto: "
        "learned from scratch, else fixed",
    )
    phases: tuple[Phase, ...] = Field(default=(), description="One after the other")
    loss: LossConfig = LossConfig()
    augmentation: Augmentation = Field(default_factory=lambda: Augmentation.model_validate({}))
    checkpoint_rule: CheckpointRule = Field(
        default="weighted f1", description="The epoch that is kept: the best of this, on the validation photos"
    )
    validation_fraction: float = Field(
        default=0.15, gt=0.0, lt=0.9, description="Where the data has no split of its own"
    )
    test_fraction: float = Field(default=0.15, ge=0.0, lt=0.9, description="Where the data has no split of its own")
    look_at_test: bool = Field(
        default=True,
        description="false while recipes are compared: what was held out stays unseen until the choice is made",
    )
    teacher: str | None = Field(default=None, description="Directory of a run or checkpoint to learn from")
    distillation: Distillation = Distillation()

    @model_validator(mode="after")
    def _parts_leave_photos(self) -> Self:
        if self.validation_fraction + self.test_fraction >= 0.95:
            raise ValueError("validation_fraction and test_fraction leave no photos to train with")
        return self

    @property
    def keeps_batch_norm(self) -> bool:
        """A few dozen augmented photos at a time say less of means and variances than what the weights came with."""
        return self.batch_norm == "fixed" or (self.batch_norm == "auto" and self.weights != "scratch")

    @property
    def needs_epochs(self) -> bool:
        """Teaching solves its heads at once."""
        return self.tier == "fine-tune"


CONFIGS: dict[str, type[LoopConfig]] = {
    "fine-tune": TrainConfig,
    "teach": TrainConfig,
    "starter": StarterConfig,
    "metric": MetricConfig,
    "contrastive": ContrastiveConfig,
}
"""By tier. The training itself is found in the same way: `trainer.finetune.tiers`."""


def config_class(document: Mapping[str, object]) -> type[LoopConfig]:
    """The class for plain values, by their `tier`; that of taggers, which then complains, where nobody knows it."""
    return CONFIGS.get(str(document.get("tier", "fine-tune")), TrainConfig)


def load_config(path: Path) -> LoopConfig:
    """The configuration of a run, in the class of its kind.

    Raises:
        TrainingError: there is none, or it is not one that this version understands.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text)
        known = config_class(document) if isinstance(document, dict) else TrainConfig
        return known.model_validate_json(text)
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"The configuration {path} cannot be read.",
            remedy="Choose a folder that `recollect train` made, or begin with a recipe.",
            path=path,
        ) from error
