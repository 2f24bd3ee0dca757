"""The masked loss of several heads: a photo without a label of a head says nothing about that head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from trainer.config import LossConfig
from trainer.data.examples import NOT_LABELLED

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Mixed:
    """A batch in which each photo is blended with another one (mixup or cutmix): loss is blended in the same way."""

    targets: Mapping[str, Tensor]  # (B,) each, of the other photo
    share: float  # of the first photo, 0 to 1


@dataclass
class MultiTaskLoss:
    """Weighted sum over heads of the mean cross-entropy over those photos that have a label of the head."""

    config: LossConfig
    label_weights: Mapping[str, Tensor] = field(default_factory=dict)  # (C,) each; only where labels are balanced

    def __call__(
        self, logits: Mapping[str, Tensor], targets: Mapping[str, Tensor], mixed: Mixed | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss to follow, a scalar, and the loss of each head before its weight.

        Args:
            logits: (B, C) by head.
            targets: (B,) by head, `NOT_LABELLED` where a photo has no label.
        """
        losses = {head: self._head(head, scores, targets[head], mixed) for head, scores in logits.items()}
        total = torch.stack([self.config.weight(head) * loss for head, loss in losses.items()]).sum()
        return total, {head: loss.detach() for head, loss in losses.items()}

    def _head(self, head: str, logits: Tensor, targets: Tensor, mixed: Mixed | None) -> Tensor:
        loss = self._cross_entropy(head, logits, targets)
        if mixed is None:
            return loss
        return mixed.share * loss + (1.0 - mixed.share) * self._cross_entropy(head, logits, mixed.targets[head])

    def _cross_entropy(self, head: str, logits: Tensor, targets: Tensor) -> Tensor:
        if bool((targets == NOT_LABELLED).all()):
            return logits.float().sum() * 0.0  # a mean over nothing is not a number; gradients of 0 keep heads in step
        return functional.cross_entropy(
            logits.float(),
            targets,
            weight=self.label_weights.get(head),
            ignore_index=NOT_LABELLED,
            label_smoothing=self.config.label_smoothing,
        )
