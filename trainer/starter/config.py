"""All of one training of the starter, as one typed object. Plain values: nothing here loads torch."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from trainer.data.augment import Augmentation
from trainer.loop_config import LoopConfig, LoopPhase, Plain

Stage = Literal["space", "image", "text"]


class StarterPhase(LoopPhase, frozen=True):
    """A stretch of epochs in which one part learns."""

    trains: Stage = Field(description="space: the joint space on what the teachers say; image, text: the towers")
    lr: float = Field(gt=0.0, le=10.0, description="Learning rate")
    batch_size: int = Field(ge=2, le=65_536, description="Photos, or texts, a step")
    image_px: int | None = Field(
        default=None, ge=32, le=512, description="Smaller photos for a while, which is faster; empty: as the tower sees"
    )

    @property
    def cost_kind(self) -> str:
        return f"{self.trains} {self.batch_size} {self.image_px or ''}".strip()


class Towers(Plain, frozen=True):
    """What ships. Sizes are in open_clip's terms."""

    image: str = Field(description="A model of timm, for the image tower")
    image_px: int = Field(ge=32, le=512, description="Edge of the square that it sees")
    embed_dim: int = Field(default=384, ge=8, description="Dimensions of the joint space")
    text_width: int = Field(default=256, ge=8)
    text_heads: int = Field(default=4, ge=1)
    text_layers: int = Field(default=4, ge=1)
    context_length: int = Field(default=24, ge=8, description="Tokens of a text that are read")
    merges: int = Field(default=9400, ge=64, description="Of the trimmed byte-pair vocabulary")


class LossWeights(Plain, frozen=True):
    """What counts how much of what is said of a photo. 0 leaves a part out."""

    captions: float = Field(default=1.0, ge=0.0, description="A photo and one of its captions, against the batch")
    names: float = Field(default=1.0, ge=0.0, description="A photo and its class, against all classes")
    broader: float = Field(default=0.3, ge=0.0, description="A photo and a broader word, against all broader words")
    colors: float = Field(default=0.3, ge=0.0, description="The colour of a thing, against the other colours")
    materials: float = Field(default=0.2, ge=0.0, description="The material of a thing, against the others")
    imagenet: float = Field(default=0.5, ge=0.0, description="The image teacher's classes, as names in the joint space")


class ImageLossWeights(LossWeights, frozen=True):
    """The same for the image tower, and what it learns from the teacher. What photos are said to show is soon known by
    heart; what the teacher sees in them is new in each view, and counts more.
    """

    captions: float = Field(default=0.5, ge=0.0, description="As in the space")
    names: float = Field(default=0.5, ge=0.0, description="As in the space")
    colors: float = Field(default=0.8, ge=0.0, description="As in the space; the teacher is weak with colours")
    materials: float = Field(default=0.3, ge=0.0, description="As in the space")
    imagenet: float = Field(default=0.0, ge=0.0, description="As in the space; affinities say the same, and more")
    features: float = Field(default=10.0, ge=0.0, description="The image teacher's features, guessed by the tower")
    logits: float = Field(default=0.5, ge=0.0, description="The image teacher's classes, guessed by the tower")
    embeddings: float = Field(default=10.0, ge=0.0, description="Where the joint space puts what the teacher sees")
    affinities: float = Field(default=3.0, ge=0.0, description="Which captions and names lie near to that place")


class TextLossWeights(Plain, frozen=True):
    """What counts how much of a text. Where it lies among the photos is what search asks; the other ways in which texts
    differ are learned less.
    """

    distance: float = Field(
        default=3.0, ge=0.0, description="Where the joint space puts what the sentence teacher reads"
    )
    contrast: float = Field(default=0.1, ge=0.0, description="A text's own place, against those of the batch")
    affinities: float = Field(default=3.0, ge=0.0, description="Which photos lie near to that place")


class StarterConfig(LoopConfig, frozen=True):
    """All of one training of the starter. The same values, photos and machine give the same network."""

    tier: Literal["starter"] = "starter"
    towers: Towers
    begins_with: str | None = Field(default=None, description="Checkpoint of a run to go on from; empty: nothing")
    phases: tuple[StarterPhase, ...] = Field(default=(), description="One after the other; a stage may come twice")
    share: float = Field(default=1.0, gt=0.0, le=1.0, description="Of the train photos: less for a learning curve")
    views: int = Field(default=9, ge=1, le=64, description="Of each photo, that the image teacher has looked at")
    augmentation: Augmentation = Field(default_factory=lambda: Augmentation.model_validate({}))
    caption_repeats: int = Field(default=3, ge=1, le=100, description="How often an epoch shows a captioned photo")
    texts_per_name: int = Field(default=1, ge=0, le=20, description="Composed phrases for the text tower, times thirty")
    words: int | None = Field(default=None, ge=0, description="Single words for the text tower; empty: all there are")
    word_repeats: int = Field(default=3, ge=1, le=100, description="How often an epoch reads a single word")
    temperature: float = Field(default=1.5, gt=0.0, description="Softens the image teacher's classes")
    label_smoothing: float = Field(default=0.05, ge=0.0, lt=1.0)
    space_dropout: float = Field(default=0.3, ge=0.0, lt=1.0)
    space_loss: LossWeights = LossWeights()
    text_loss: TextLossWeights = TextLossWeights()
    image_loss: ImageLossWeights = ImageLossWeights()
    checkpoint_rule: str = Field(default="search", description="search: captions, names, colours; of texts: nearness")

    @model_validator(mode="after")
    def _space_comes_first(self) -> Self:
        stages = [phase.trains for phase in self.phases if phase.epochs]
        if stages and stages[0] != "space" and self.begins_with is None:
            raise ValueError("the first phase has to train the space: the towers learn where it puts things")
        return self
