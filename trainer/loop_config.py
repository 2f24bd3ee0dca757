"""What the one training loop reads of a configuration, whatever is trained: the fields that every recipe has.

A kind of training adds its own fields in a class of its own, as `trainer.config` does for taggers. Plain values only:
nothing here loads torch, because the window reads it too.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

Precision = Literal["auto", "float32", "bfloat16"]


class Plain(BaseModel, frozen=True, extra="forbid"):
    """Values that do not change, and none that nobody knows."""

    reading_order: ClassVar[tuple[str, ...]] = ()
    """All fields as they are printed and saved; empty: as they are declared, those of base classes first."""

    @model_serializer(mode="wrap")
    def _in_reading_order(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = handler(self)
        return dict(sorted(values.items(), key=lambda item: self._place(item[0])))

    def _place(self, name: str) -> int:
        return self.reading_order.index(name) if self.reading_order else 0


class LoopPhase(Plain, frozen=True):
    """A stretch of epochs. Its learning rates are fields of the class below; the optimizer begins anew with each."""

    main_rate: ClassVar[str] = "lr"
    """The field that a person lowers first where the loss is no number any more."""

    name: str = Field(min_length=1, description="Shown beside the curves")
    epochs: int = Field(ge=0, le=10_000, description="0 leaves the phase out")
    warmup_epochs: float = Field(default=0.0, ge=0.0, description="The rates rise from nothing over so many epochs")
    schedule: Literal["cosine", "constant"] = Field(
        default="cosine", description="cosine: the rates fall to nothing by the end of the phase"
    )

    @property
    def is_frozen(self) -> bool:
        """A part of the network, its backbone usually, stays as it is."""
        return False

    @property
    def cost_kind(self) -> str:
        """Phases of one kind take the same time for a step, so that one of them is measured for all."""
        return "frozen" if self.is_frozen else "full"


class LoopConfig(Plain, frozen=True):
    """Seed, phases and all else that `trainer.finetune.loop` reads. The same values, data and machine give the same
    network.
    """

    recipe: str = Field(description="The recipe that these values began with")
    tier: str = Field(description="What is trained; chooses the class of the configuration")
    seed: int = Field(default=0, ge=0, lt=2**31, description="Of the split, the first weights, order and augmentation")
    batch_size: int = Field(default=32, ge=1, le=4096, description="Photos a step, over all processes together")
    precision: Precision = Field(default="auto", description="auto: bfloat16 where a short measurement says so")
    phases: tuple[LoopPhase, ...] = Field(default=(), description="One after the other")
    weight_decay: float = Field(default=0.01, ge=0.0, description="Of AdamW")
    decay_everything: bool = Field(default=False, description="Also biases and norms, as AdamW does if not told")
    gradient_clip: float | None = Field(default=None, gt=0.0, description="Longest gradient; empty: any")
    ema_decay: float | None = Field(
        default=None, ge=0.0, lt=1.0, description="A running mean of the weights is what is kept; empty: the weights"
    )
    early_stopping_epochs: int | None = Field(
        default=None, ge=1, description="A phase ends after so many epochs without a better one; empty: never"
    )
    checkpoint_rule: str = Field(description="The epoch that is kept: the best of this, on the validation photos")
    processes: int = Field(default=1, ge=1, le=64, description="1, or as many as there are GPUs")

    @model_validator(mode="after")
    def _phases_hang_together(self) -> Self:
        if self.needs_epochs and self.total_epochs == 0:
            raise ValueError("phases have no epochs")
        names = [phase.name for phase in self.phases]
        if len(set(names)) < len(names):
            raise ValueError("two phases have the same name")
        return self

    @property
    def needs_epochs(self) -> bool:
        """False for what is trained without the loop."""
        return True

    @property
    def total_epochs(self) -> int:
        return sum(phase.epochs for phase in self.phases)

    def changed(self, **values: object) -> Self:
        """A copy with other values, checked like the first."""
        return type(self).model_validate({**self.model_dump(), **values})
