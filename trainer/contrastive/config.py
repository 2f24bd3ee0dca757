"""All of one adaptation of an encoder, as one typed object. Plain values: nothing here loads torch."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from core.tags.values import CLASS
from trainer.data.augment import Augmentation
from trainer.loop_config import LoopConfig, LoopPhase, Plain

Trained = Literal["last block", "last stages", "all", "lora"]


class ContrastivePhase(LoopPhase, frozen=True):
    """A stretch of epochs."""

    lr: float = Field(gt=0.0, le=10.0, description="Learning rate of all that is trained")


class Lora(Plain, frozen=True):
    """Small matrices beside the layers of the tower (Hu et al. 2022), which become part of them at the end."""

    rank: int = Field(default=8, ge=1, le=512, description="Width of the matrices: more can learn more")
    alpha: float = Field(default=16.0, gt=0.0, description="What they say counts alpha / rank")


class GuardConfig(Plain, frozen=True):
    """What may become of search by words. See `trainer.contrastive.guard`."""

    tolerance: float = Field(default=0.01, ge=0.0, le=1.0, description="How far a figure of text search may fall")
    agreement: float = Field(
        default=0.9, ge=0.0, le=1.0,
        description="Share of the first photos of a text that have to stay, where no captions can be asked",
    )  # fmt: skip
    photos: int = Field(default=800, ge=2, description="To ask at most, of each kind: with captions, and with names")


class ContrastiveConfig(LoopConfig, frozen=True):
    """The same values, photos, encoder and machine give the same model."""

    tier: Literal["contrastive"] = "contrastive"
    head: str = Field(default=CLASS, min_length=1, description="The head whose labels are brought together")
    encoder: str = Field(default="starter", description="The installed encoder that learns")
    trained: Trained = Field(
        default="last stages", description="last block, last stages (the last half), all of the image tower, or lora"
    )
    lora: Lora = Lora()
    batch_norm: Literal["fixed", "learned"] = Field(
        default="fixed", description="fixed: means and deviations inside the tower stay those that it came with"
    )
    loss: Literal["pair", "supcon", "multi-similarity"] = Field(default="supcon", description="Of the cosines of pairs")
    temperature: float = Field(default=0.1, gt=0.0, description="Of supcon: the smaller, the more near misses count")
    photos_per_class: int = Field(default=4, ge=2, description="In a batch, at least")
    old_embedding: float = Field(
        default=0.0, ge=0.0, description="How strongly a photo is held where the encoder had it; 0: not at all"
    )
    phases: tuple[ContrastivePhase, ...] = Field(default=(), description="One after the other")
    augmentation: Augmentation = Field(default_factory=lambda: Augmentation.model_validate({}))
    guard: GuardConfig = GuardConfig()
    guard_data: str | None = Field(
        default=None, description="Photos with captions: a folder of shared data, or a table; empty: none"
    )
    shown: tuple[str, ...] = Field(default=(), description="Labels of the heatmaps; empty: the four with most photos")
    checkpoint_rule: Literal["MAP@R", "mAP", "R@1"] = Field(
        default="MAP@R", description="The epoch that is kept: the best of this among the validation photos"
    )
    validation_fraction: float = Field(
        default=0.2, gt=0.0, lt=0.9, description="Where the data has no split of its own"
    )
    test_fraction: float = Field(default=0.0, ge=0.0, lt=0.9, description="Where the data has no split of its own")
    look_at_test: bool = Field(default=True, description="false while recipes are compared")

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.augmentation.mixes:
            raise ValueError("augmentation mixes photos, and a mixed photo is of no class: set mixup and cutmix to 0")
        if self.photos_per_class < 2 * self.processes:
            raise ValueError("photos_per_class has to be twice processes, so that each process has pairs")
        if self.batch_size < 2 * self.photos_per_class:
            raise ValueError(f"batch_size has to be two classes of {self.photos_per_class} photos at least")
        if self.trained == "lora" and self.batch_norm == "learned":
            raise ValueError("batch_norm has to be fixed with lora, which leaves the tower as it is")
        if self.validation_fraction + self.test_fraction >= 0.95:
            raise ValueError("validation_fraction and test_fraction leave no photos to train with")
        return self
