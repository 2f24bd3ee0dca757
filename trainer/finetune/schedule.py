"""Learning rates over the steps of a phase: a linear warm-up, then a cosine to nothing (Loshchilov and Hutter 2017)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from trainer.loop_config import LoopPhase


def share_of_rate(phase: LoopPhase, step: int, steps_per_epoch: int) -> float:
    """What part of its learning rate each group has at `step` (from 0) of the phase: 0 to 1."""
    warmup = min(round(phase.warmup_epochs * steps_per_epoch), phase.epochs * steps_per_epoch)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if phase.schedule == "constant":
        return 1.0
    total = max(1, phase.epochs * steps_per_epoch - warmup)
    return 0.5 * (1.0 + math.cos(math.pi * min(1.0, (step - warmup) / total)))


def set_rates(groups: Iterable[dict[str, Any]], share: float) -> None:
    """Each group keeps its full rate under `full_lr`: no state of a scheduler has to be saved."""
    for group in groups:
        group["lr"] = group["full_lr"] * share
