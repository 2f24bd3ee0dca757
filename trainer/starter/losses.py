"""The parts of the loss, on unit vectors. Scales are what cosines are multiplied by before a softmax."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor


def contrast(first: Tensor, second: Tensor, scale: Tensor, owners: Tensor | None = None) -> Tensor:
    """Each of one side finds its partner on the other among all of the batch, both ways (Radford et al. 2021).

    Args:
        first, second: (B, D); row i belongs to row i.
        owners: (B,) where the same number twice means the same photo: its other texts are no counterexamples.
    """
    scores = scale * first @ second.T
    if owners is not None:
        twins = (owners[:, None] == owners[None, :]) & ~torch.eye(len(owners), dtype=torch.bool, device=owners.device)
        scores = scores.masked_fill(twins, float("-inf"))
    wanted = torch.arange(len(first), device=first.device)
    return (functional.cross_entropy(scores, wanted) + functional.cross_entropy(scores.T, wanted)) / 2


def choice(
    vectors: Tensor, options: Tensor, wanted: Tensor, scale: Tensor, smoothing: float, ignored: Tensor | None = None
) -> Tensor:
    """Each photo finds its text among options.

    Args:
        vectors: (B, D)
        options: (N, D) the same for all, or (B, N, D) each its own.
        wanted: (B,) places in the options.
        smoothing: Share that is spread over all options that count.
        ignored: (B, N) options that may be true as well.
    """
    scores = vectors @ options.T if options.ndim == 2 else torch.einsum("bd,bnd->bn", vectors, options)
    scores = scale * scores
    if ignored is not None:
        scores = scores.masked_fill(ignored, float("-inf"))
    logs = functional.log_softmax(scores, dim=-1)
    hit = -logs.gather(1, wanted[:, None]).mean()
    if not smoothing:
        return hit
    counted = torch.isfinite(logs)
    spread = -(logs.masked_fill(~counted, 0.0).sum(1) / counted.sum(1)).mean()
    return (1 - smoothing) * hit + smoothing * spread


def agreement(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Cross-entropy with the softened probabilities of a teacher, both (B, C) (Hinton, Vinyals and Dean 2015)."""
    wanted = functional.softmax(teacher / temperature, dim=-1)
    return -(wanted * functional.log_softmax(logits, dim=-1)).sum(1).mean()


def distance(vectors: Tensor, wanted: Tensor) -> Tensor:
    """1 - cosine, over (B, D) of any length."""
    return (1 - functional.cosine_similarity(vectors, wanted, dim=-1)).mean()
