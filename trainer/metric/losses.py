"""What brings photos of one class together: losses on a batch of unit vectors and the classes of its photos.

All but the first come from pytorch-metric-learning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from pytorch_metric_learning import losses, miners

if TYPE_CHECKING:
    from torch import Tensor

MetricLossName = Literal["pair", "supcon", "multi-similarity"]

MetricLoss = Callable[["Tensor", "Tensor"], "Tensor"]
"""(B, D) unit vectors and (B,) classes -> a scalar. 0, with gradients of 0, where no two photos are of one class."""


def metric_loss(name: MetricLossName, *, temperature: float = 0.1) -> MetricLoss:
    """
    Args:
        temperature: Of "supcon".
    """
    if name == "pair":
        return pair_loss
    if name == "supcon":  # Khosla et al. 2020
        return cast("MetricLoss", losses.SupConLoss(temperature=temperature))
    return _multi_similarity()


def pair_loss(vectors: Tensor, classes: Tensor) -> Tensor:
    """The mean over all pairs of (1 - l) S + l (1 - S): S is the cosine of a pair, and l is 1 within a class. Pairs
    of one class and pairs of two count half each, however many there are.
    """
    same = classes[:, None] == classes[None, :]
    pairs = torch.ones_like(same).triu(1)
    cosines = vectors @ vectors.T
    together, apart = pairs & same, pairs & ~same
    parts = [1 - cosines[together], cosines[apart]]
    return torch.stack([part.mean() for part in parts if part.numel()]).mean() if pairs.any() else cosines.sum() * 0.0


def _multi_similarity() -> MetricLoss:
    """Wang et al. 2019, with the pairs that the paper mines."""
    loss: Any = losses.MultiSimilarityLoss()
    miner: Any = miners.MultiSimilarityMiner()

    def of(vectors: Tensor, classes: Tensor) -> Tensor:
        return loss(vectors, classes, miner(vectors, classes))

    return of
