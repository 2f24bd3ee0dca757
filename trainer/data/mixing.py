"""MixUp (Zhang et al. 2018) and CutMix (Yun et al. 2019): a batch mixed with itself in another order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

if TYPE_CHECKING:
    from trainer.data.augment import Augmentation


class Mixing(NamedTuple):
    """What became of a batch. The loss is `share * loss(own target) + (1 - share) * loss(target of the partner)`."""

    partner: torch.Tensor  # (B,) int64: row of the batch that was mixed in
    share: torch.Tensor  # (B,) float32: how much of its own picture each one still has


def mixed(pixels: torch.Tensor, augmentation: Augmentation, random: np.random.Generator) -> Mixing | None:
    """Mix (B, 3, H, W) in place; None where this batch stays as it is."""
    if not augmentation.mixes or len(pixels) < 2 or random.random() >= augmentation.mix:
        return None
    partner = random.permutation(len(pixels))
    values = pixels.numpy()
    cut = augmentation.cutmix_alpha > 0 and (augmentation.mixup_alpha == 0 or random.random() < 0.5)
    alpha = augmentation.cutmix_alpha if cut else augmentation.mixup_alpha
    share = float(random.beta(alpha, alpha))
    if cut:
        height, width = values.shape[2:]
        top, bottom = _span(height, share, random)
        left, right = _span(width, share, random)
        values[:, :, top:bottom, left:right] = values[partner, :, top:bottom, left:right]
        share = 1 - (bottom - top) * (right - left) / (height * width)
    else:
        others = values[partner]
        others *= np.float32(1 - share)
        values *= np.float32(share)
        values += others
    return Mixing(torch.from_numpy(partner), torch.full((len(pixels),), share, dtype=torch.float32))


def _span(edge: int, share: float, random: np.random.Generator) -> tuple[int, int]:
    """From and to, around a random place, cut off at the borders of the picture."""
    half = edge * math.sqrt(1 - share) / 2
    middle = random.uniform(0, edge)
    return round(max(0.0, middle - half)), round(min(float(edge), middle + half))
