"""What one training does, as one typed object: printed before the start, saved with the run, and enough to repeat it.

Plain values only: nothing here loads torch, because the window reads it too. Where recipes come from is
`trainer.recipe_book`, how `--set phases.1.epochs=5` changes a field is `trainer.overrides`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import TrainingError
from core.tags.values import CLASS
from trainer.data.augment import Augmentation

Precision = Literal["auto", "float32", "bfloat16"]
CheckpointRule = Literal["weighted f1", "macro f1", "accuracy", "loss"]


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Phase(_Plain):
    """A stretch of epochs with learning rates of its own. The optimizer begins anew with each."""

    name: str = Field(min_length=1, description="Shown beside the curves")
    epochs: int = Field(ge=0, le=10_000, description="0 leaves the phase out")
    backbone_lr: float = Field(ge=0.0, le=10.0, description="Learning rate of the backbone's last layers; 0 freezes it")
    head_lr: float = Field(gt=0.0, le=10.0, description="Learning rate of the heads")
    layer_decay: float = Field(
        default=1.0, gt=0.0, le=1.0, description="Each layer nearer to the pixels learns at this share of the next"
    )
    warmup_epochs: float = Field(default=0.0, ge=0.0, description="The rates rise from nothing over so many epochs")
    schedule: Literal["cosine", "constant"] = Field(
        default="cosine", description="cosine: the rates fall to nothing by the end of the phase"
    )

    @property
    def is_frozen(self) -> bool:
        """The backbone stays as it is."""
        return self.backbone_lr == 0.0


class LossConfig(_Plain):
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


class Distillation(_Plain):
    """Learning from a teacher's probabilities (Hinton, Vinyals and Dean 2015)."""

    alpha: float = Field(default=0.7, ge=0.0, le=1.0, description="Share of the teacher; the labels have the rest")
    temperature: float = Field(default=2.0, gt=0.0, le=100.0, description="Softens both sides before they are compared")


class TrainConfig(_Plain):
    """All of one training. The same values, photos and machine give the same network."""

    recipe: str = Field(description="The recipe that these values began with")
    tier: Literal["fine-tune", "teach"] = Field(
        default="fine-tune", description="fine-tune: a network on pixels; teach: linear heads on the library's vectors"
    )
    seed: int = Field(default=0, ge=0, lt=2**31, description="Of the split, the first weights, order and augmentation")
    heads: tuple[str, ...] = Field(default=(), description="Heads to train, where labels have them; empty: all")
    backbone: str = Field(default="starter", description="deit-tiny, mobilevit-xxs, starter, or a local directory")
    weights: str = Field(
        default="pretrained", description="scratch, pretrained, or the directory of a run or checkpoint to go on from"
    )
    image_px: int = Field(default=224, ge=16, le=1024, description="Edge of the square that the network sees")
    normalisation: Literal["backbone", "imagenet"] = Field(
        default="backbone", description="Mean and standard deviation of the pixels: the backbone's own, or ImageNet's"
    )
    batch_size: int = Field(default=32, ge=1, le=4096, description="Photos a step, over all processes together")
    precision: Precision = Field(default="auto", description="auto: bfloat16 where a short measurement says so")
    head_dropout: float = Field(default=0.2, ge=0.0, lt=1.0, description="Dropout inside each head")
    feature_dropout: float = Field(default=0.1, ge=0.0, lt=1.0, description="Dropout on the backbone's features")
    phases: tuple[Phase, ...] = Field(default=(), description="One after the other")
    weight_decay: float = Field(default=0.01, ge=0.0, description="Of AdamW")
    decay_everything: bool = Field(default=False, description="Also biases and norms, as AdamW does if not told")
    gradient_clip: float | None = Field(default=None, gt=0.0, description="Longest gradient; empty: any")
    loss: LossConfig = LossConfig()
    augmentation: Augmentation = Field(default_factory=lambda: Augmentation.model_validate({}))
    ema_decay: float | None = Field(
        default=None, ge=0.0, lt=1.0, description="A running mean of the weights is what is kept; empty: the weights"
    )
    early_stopping_epochs: int | None = Field(
        default=None, ge=1, description="A phase ends after so many epochs without a better one; empty: never"
    )
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
    processes: int = Field(default=1, ge=1, le=64, description="1, or as many as there are GPUs")

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.validation_fraction + self.test_fraction >= 0.95:
            raise ValueError("validation_fraction and test_fraction leave no photos to train with")
        if self.tier == "fine-tune" and self.total_epochs == 0:
            raise ValueError("phases have no epochs")
        names = [phase.name for phase in self.phases]
        if len(set(names)) < len(names):
            raise ValueError("two phases have the same name")
        return self

    @property
    def total_epochs(self) -> int:
        return sum(phase.epochs for phase in self.phases)

    def changed(self, **values: object) -> TrainConfig:
        """A copy with other values, checked like the first."""
        return TrainConfig.model_validate({**self.model_dump(), **values})


def load_config(path: Path) -> TrainConfig:
    """The configuration of a run.

    Raises:
        TrainingError: there is none, or it is not one that this version understands.
    """
    try:
        return TrainConfig.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"The configuration {path} cannot be read.",
            remedy="Choose a folder that `recollect train` made, or begin with a recipe.",
            path=path,
        ) from error
