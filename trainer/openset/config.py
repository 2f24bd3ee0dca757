"""All of one training for open-set retrieval, as one typed object. Plain values: nothing here loads torch."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from core.tags.values import CLASS
from trainer.data.augment import Augmentation
from trainer.loop_config import LoopConfig, LoopPhase, Plain

ENCODER = "encoder"
"""The backbone of a projection: the encoder of a library, which stays as it is."""


class MetricPhase(LoopPhase, frozen=True):
    """A stretch of epochs with rates of its own for the backbone and for what is new."""

    lr: float = Field(gt=0.0, le=10.0, description="Learning rate of the embedding layer, projection and class centres")
    backbone_lr: float = Field(default=0.0, ge=0.0, le=10.0, description="Learning rate of the backbone; 0 freezes it")

    @property
    def is_frozen(self) -> bool:
        return self.backbone_lr == 0.0


class MetricLoss(Plain, frozen=True):
    """What brings photos of a class together. Cosines throughout."""

    name: Literal["arcface", "supcon"] = Field(
        default="arcface",
        description="arcface: against a centre of each class; supcon: against the batch",
    )
    margin_deg: float = Field(default=28.6, ge=0.0, lt=90.0, description="ArcFace's angle; in the paper half a radian")
    scale: float = Field(default=64.0, gt=0.0, description="ArcFace's factor of the cosines")
    temperature: float = Field(default=0.1, gt=0.0, description="Of supcon")
    hierarchical: float = Field(default=1.0, ge=0.0, description="Weight of the hierarchical triplet loss; 0: without")
    fine_margin: float = Field(default=0.1, ge=0.0, le=2.0, description="To photos of other classes of the same kind")
    coarse_margin: float = Field(default=0.3, ge=0.0, le=2.0, description="To photos of other kinds")
    text: float = Field(default=0.0, ge=0.0, description="Weight of photos against the names of classes; encoders only")
    text_temperature: float = Field(default=0.05, gt=0.0, description="Of that")
    keep: float = Field(default=0.0, ge=0.0, description="Weight of everyday words finding the same photos as before")

    @model_validator(mode="after")
    def _kinds_lie_further_apart(self) -> Self:
        if self.coarse_margin < self.fine_margin:
            raise ValueError("coarse_margin has to be at least fine_margin: kinds lie further apart than classes")
        return self


class MetricConfig(LoopConfig, frozen=True):
    """All of one training for open-set retrieval. The same values, photos and machine give the same network."""

    reading_order: ClassVar[tuple[str, ...]] = (
        "recipe", "tier", "seed", "backbone", "encoder", "weights", "image_px", "embedding_dim", "hidden_dim",
        "dropout", "batch_size", "photos_per_class", "precision", "phases", "weight_decay", "decay_everything",
        "gradient_clip", "loss", "prompt", "augmentation", "ema_decay", "early_stopping_epochs", "checkpoint_rule",
        "head", "coarse_head", "hierarchy", "unseen_share", "unseen_photos", "validation_fraction", "look_at_test",
        "processes",
    )  # fmt: skip

    tier: Literal["metric"] = "metric"
    backbone: str = Field(description="A model of timm, such as resnet50; or encoder: a projection of its vectors")
    encoder: str = Field(default="starter", description="The model whose vectors are projected; for encoder alone")
    weights: str = Field(default="scratch", description="scratch, pretrained, or a .safetensors file in timm's names")
    image_px: int = Field(default=224, ge=32, le=1024, description="Edge of the square that a backbone sees")
    embedding_dim: int = Field(
        default=0, ge=0, le=8192, description="Dimensions; 0: as many as the backbone or the encoder has"
    )
    hidden_dim: int = Field(default=512, ge=8, le=8192, description="Of the projection, between its two layers")
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0, description="Before the last layer")
    photos_per_class: int = Field(default=4, ge=2, le=64, description="Of each class in a batch")
    phases: tuple[MetricPhase, ...] = Field(default=(), description="One after the other")
    loss: MetricLoss = MetricLoss()
    prompt: str = Field(default="a photo of a {}.", description="For the names of classes; {} is the name")
    augmentation: Augmentation = Field(default_factory=lambda: Augmentation.model_validate({}))
    checkpoint_rule: Literal["MAP@R", "R@1"] = Field(
        default="MAP@R", description="The epoch that is kept: the best of this, on validation photos of seen classes"
    )
    head: str = Field(default=CLASS, min_length=1, description="The head whose labels are learned")
    coarse_head: str = Field(
        default="", description="The head that says the coarse kind; empty: hierarchy.toml, or nested folders"
    )
    hierarchy: str | None = Field(
        default=None, description="A TOML file of coarse kinds, in the place of hierarchy.toml beside the photos"
    )
    unseen_share: float = Field(default=0.25, gt=0.0, lt=1.0, description="Of the classes of each kind: held out")
    unseen_photos: Literal["all", "held out"] = Field(
        default="all", description="Of unseen classes: all, or those alone that the data keep for validation and test"
    )
    validation_fraction: float = Field(
        default=0.2, gt=0.0, lt=0.9, description="Of seen classes, where the data has no such part"
    )
    look_at_test: bool = Field(default=True, description="false while recipes are compared: unseen classes stay unseen")

    @property
    def is_projection(self) -> bool:
        """The encoder stays as it is."""
        return self.backbone == ENCODER

    @model_validator(mode="after")
    def _batches_hold_two_classes(self) -> Self:
        if self.batch_size < 2 * self.photos_per_class:
            raise ValueError("batch_size has to be twice photos_per_class at least, so that a batch has two classes")
        return self

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        if self.augmentation.mixes:
            raise ValueError("augmentation must not mix photos: a mixed one is of no class")
        if (self.loss.text or self.loss.keep) and not self.is_projection:
            raise ValueError("loss.text and loss.keep need backbone = encoder: a network on pixels reads no text")
        if self.processes > 1:
            raise ValueError("processes has to be 1 for this kind of training")
        if self.hierarchy and self.coarse_head:
            raise ValueError("hierarchy and coarse_head both say the kinds: leave one of them out")
        if "{}" not in self.prompt:
            raise ValueError("prompt needs {} for the name")
        return self
