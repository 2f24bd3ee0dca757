"""AdamW over the groups of a tagger: heads, and the layers of the backbone with rates that fall towards the pixels.

Layer-wise decay of learning rates: Howard and Ruder 2018 (ULMFiT), for transformers on images Bao et al. 2022 (BEiT).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from trainer.config import Phase, TrainConfig
from trainer.loop_config import LoopConfig

if TYPE_CHECKING:
    from torch.nn import Parameter

    from core.models.taggers.network import TaggerNetwork

HEADS = "heads"


def new_optimizer(network: TaggerNetwork, phase: Phase, config: TrainConfig) -> torch.optim.AdamW:
    """The optimizer of a phase. A backbone that the phase freezes is in no group."""
    groups = decay_groups(network.heads.parameters(), phase.head_lr, HEADS, config)
    if not phase.is_frozen:
        layers = network.layer_groups()
        for depth, layer in enumerate(layers):
            rate = phase.backbone_lr * phase.layer_decay ** (len(layers) - 1 - depth)
            groups += decay_groups(layer, rate, f"backbone {depth}", config)
    return torch.optim.AdamW(groups, lr=phase.head_lr, fused=True)  # several times faster on processors too


def freeze_backbone(network: TaggerNetwork, frozen: bool, *, keep_batch_norm: bool = False) -> None:
    """No gradients, dropout or running statistics while frozen: the backbone works as it will when it tags.

    Args:
        keep_batch_norm: Its norms over the batch keep their means and variances where it is not frozen, too.
    """
    network.backbone.requires_grad_(not frozen)
    network.train()
    if frozen:
        network.backbone.eval()
    elif keep_batch_norm:
        fix_batch_norm(network.backbone)


def fix_batch_norm(module: nn.Module) -> None:
    """Means and variances stay; scale and shift go on learning."""
    for each in module.modules():
        if isinstance(each, nn.modules.batchnorm._BatchNorm):
            each.eval()


def decay_groups(parameters: Iterable[Parameter], rate: float, name: str, config: LoopConfig) -> list[dict[str, Any]]:
    """Groups of an optimizer, with their full rate as the loop's schedule wants it.

    Matrices decay; biases, norms and other vectors only where the recipe wants it.
    """
    given = list(parameters)
    matrices = [parameter for parameter in given if parameter.ndim > 1 or config.decay_everything]
    vectors = [parameter for parameter in given if parameter.ndim <= 1 and not config.decay_everything]
    return [
        {"params": members, "lr": rate, "full_lr": rate, "weight_decay": decay, "name": name}
        for members, decay in ((matrices, config.weight_decay), (vectors, 0.0))
        if members
    ]
