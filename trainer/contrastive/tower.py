"""The image tower that learns: which of its layers do, and what it is when it has learned.

Works for the towers of open_clip, its own vision transformers and those of timm, convolutional or not.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as functional
from torch import nn

from core.models.taggers.towers import StarterTower
from core.models.torchvision_operators import define_missing_operators

if TYPE_CHECKING:
    from torch import Tensor

    from trainer.contrastive.config import ContrastiveConfig, Lora, Trained

_TRUNK = "trunk."  # where open_clip keeps a tower of timm; what lies beside it comes after it
_PROJECTION = "proj"  # of open_clip's own towers, into the joint space


class LearningTower(nn.Module):
    """Pixels (B, 3, H, W), normalised -> (B, D) of unit length, in float32."""

    def __init__(self, visual: nn.Module, config: ContrastiveConfig, image_px: int) -> None:
        """
        Args:
            visual: Of open_clip; it is changed. Random weights of LoRA come from torch's generator.
            image_px: Edge of the pictures that it takes.
        """
        super().__init__()
        self.batch_norm = config.batch_norm
        visual.eval().requires_grad_(False)
        if config.trained == "lora":
            self.visual: Any = with_lora(visual, config.lora)
        else:
            self.visual = visual
            for parameter in layers_to_train(visual, config.trained, image_px):
                parameter.requires_grad_(True)

    def forward(self, pixels: Tensor) -> Tensor:
        return functional.normalize(self.visual(pixels).float(), dim=-1)

    def begin(self) -> None:
        """As it is in use, without dropout; norms over the batch are those that it came with, or are learned."""
        self.eval()
        if self.batch_norm == "learned":
            for module in self.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.train(any(parameter.requires_grad for parameter in module.parameters()))

    @property
    def learning(self) -> list[nn.Parameter]:
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    @torch.no_grad()
    def plain_state(self) -> dict[str, Tensor]:
        """Copies of its weights on the processor, under the names of a tower that has never learned: LoRA is merged."""
        visual = self.visual
        if hasattr(visual, "merge_and_unload"):
            visual = copy.deepcopy(visual).merge_and_unload()
        return {name: value.detach().cpu().contiguous().clone() for name, value in visual.state_dict().items()}


def layers_to_train(visual: nn.Module, trained: Trained, image_px: int) -> list[nn.Parameter]:
    """The last layers before the joint space, and the projection into it.

    Args:
        trained: "last block": of a transformer or of a residual network; "last stages": the last half of the blocks.
    """
    if trained == "all":
        return list(visual.parameters())
    named = dict(visual.named_parameters())
    of_trunk = any(name.startswith(_TRUNK) for name in named)
    projection = [
        parameter
        for name, parameter in named.items()
        if (not name.startswith(_TRUNK) if of_trunk else name == _PROJECTION)
    ]
    blocks = StarterTower(visual, image_px).layer_groups()
    kept = 1 if trained == "last block" else max(1, len(blocks) // 2)
    after = {id(parameter) for parameter in projection}
    return [*(each for block in blocks[-kept:] for each in block if id(each) not in after), *projection]


def with_lora(visual: nn.Module, lora: Lora) -> Any:
    """The tower in peft's hands: only the small matrices learn. They say nothing at first, so it answers as before.

    Args:
        visual: It is changed.
    """
    define_missing_operators()  # peft looks into torchvision
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=lora.rank, lora_alpha=lora.alpha, target_modules=_layers_for_lora(visual), bias="none")  # type: ignore[arg-type]
    return get_peft_model(visual, config)  # type: ignore[arg-type]


def _layers_for_lora(visual: nn.Module) -> list[str]:
    """Linear layers, attention, and convolutions over all channels."""
    attention = [name for name, module in visual.named_modules() if isinstance(module, nn.MultiheadAttention)]
    return [
        name
        for name, module in visual.named_modules()
        if not name.startswith(tuple(f"{each}." for each in attention))  # its parts are taken together
        and (
            isinstance(module, nn.Linear | nn.MultiheadAttention)
            or (isinstance(module, nn.Conv2d) and module.groups == 1)
        )
    ]
