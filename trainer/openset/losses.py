"""Losses of a batch that know of coarse kinds and of names. All vectors are of unit length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import kl_div

if TYPE_CHECKING:
    from torch import Tensor


def hierarchical_triplet(
    vectors: Tensor, classes: Tensor, kinds: Tensor, *, fine_margin: float, coarse_margin: float
) -> Tensor:
    """A photo is nearer to those of its class than to any other, by a margin that is larger where the other is of
    another coarse kind. The mean over all triplets of the batch that break this; 0, with gradients of 0, where none
    does.

    The margin by the level at which two classes part is that of Ge et al., Deep Metric Learning with Hierarchical
    Triplet Loss, 2018, with the levels given instead of found; two margins for two levels as in Zhang et al.,
    Embedding Label Structures for Fine-Grained Feature Representation, 2016.

    Args:
        vectors: (B, D).
        classes: (B,).
        kinds: (B,).
        fine_margin: In cosines, to another class of the same kind.
        coarse_margin: To another kind.
    """
    cosines = vectors @ vectors.T
    same = classes[:, None] == classes[None, :]
    margins = torch.where(kinds[:, None] == kinds[None, :], fine_margin, coarse_margin)
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    triplets = (same & ~itself)[:, :, None] & ~same[:, None, :]  # (anchor, of its class, of another)
    broken_by = (cosines[:, None, :] - cosines[:, :, None] + margins[:, None, :]).clamp(min=0) * triplets
    return broken_by.sum() / (broken_by > 0).sum().clamp(min=1)


def text_contrast(vectors: Tensor, classes: Tensor, texts: Tensor, named: Tensor, *, temperature: float) -> Tensor:
    """Each photo finds the name of its class among those of the batch, and each name its photos: CLIP's loss (Radford
    et al. 2021), with several photos for a name as in Khosla et al. 2020.

    Args:
        vectors: (B, D).
        classes: (B,).
        texts: (T, D).
        named: (T,) the class that each text names; each class of the batch once.
    """
    logits = vectors @ texts.T / temperature
    right = classes[:, None] == named[None, :]
    to_texts = -logits.log_softmax(dim=1)[right].mean()
    to_photos = -(logits.log_softmax(dim=0) * right).sum(dim=0) / right.sum(dim=0).clamp(min=1)
    return (to_texts + to_photos.mean()) / 2


def kept_affinities(before: Tensor, after: Tensor, *, temperature: float) -> Tensor:
    """How much else than before words find among the photos of a batch, and photos among the words: the mean
    Kullback-Leibler divergence of both. Learning without forgetting (Li and Hoiem 2016), of a ranking.

    Args:
        before: (B, V) cosines of photos and words as the encoder gives them.
        after: The same in the learned space.
    """
    kept = before / temperature
    now = after / temperature
    both = [
        kl_div(now.log_softmax(dim), kept.log_softmax(dim), log_target=True, reduction="sum") / before.shape[1 - dim]
        for dim in (0, 1)
    ]
    return torch.stack(both).mean()
