"""The network of a tagger: a backbone, and a linear head for the class and for each attribute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from core.models.taggers.config import CheckpointConfig
from core.models.taggers.known_classes import module_name
from core.models.taggers.towers import Tower, build_tower

if TYPE_CHECKING:
    from core.models.taggers.config import PreprocessingConfig

# As DeiT begins (Touvron et al. 2021): all labels are about equally probable.
_HEAD_STD = 0.02


class Heads(nn.Module):
    """The heads by name. Unlike `nn.ModuleDict` it takes any name that a user may give an attribute: "type", "f. 2"."""

    def __init__(self, heads: Mapping[str, nn.Linear]) -> None:
        super().__init__()
        self._names = {name: module_name(name) for name in heads}
        for name, head in heads.items():
            self.add_module(self._names[name], head)

    def __getitem__(self, name: str) -> nn.Linear:
        return cast("nn.Linear", self._modules[self._names[name]])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def items(self) -> Iterator[tuple[str, nn.Linear]]:
        return ((name, self[name]) for name in self)


class TaggerNetwork(nn.Module):
    """Logits by head for pictures, or for features that are known already.

    The input is (N, 3, H, W) of RGB, normalised by the preprocessing of the config; for the kind "encoder" the vectors
    (N, D). Dropout stands before the heads and does nothing in eval mode.
    """

    def __init__(self, config: CheckpointConfig, backbone: Tower | None = None) -> None:
        """
        Args:
            backbone: one of `backbones.new_backbone` that fits the config; None builds it with random weights.

        Raises:
            ModelError: the backbone cannot be built.
        """
        super().__init__()
        self.config = config
        self.backbone = build_tower(config.backbone) if backbone is None else backbone
        self.feature_dropout = nn.Dropout(config.dropout.features)
        self.head_dropout = nn.Dropout(config.dropout.heads)
        self.middles: dict[str, Tensor] = {}  # (C, F) by head: of its classes, where it can tell what it does not know
        self.heads = Heads({name: _head(self.backbone.dim, len(head.labels)) for name, head in config.heads.items()})
        self._flips = config.preprocessing is not None and config.preprocessing.flip_channels

    def features(self, pixel_values: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, F)"""
        return self.backbone(pixel_values.flip(1) if self._flips else pixel_values)

    def from_features(self, features: Tensor) -> dict[str, Tensor]:
        """(N, F) -> logits (N, C) by head."""
        features = self.feature_dropout(features)
        return {name: head(self.head_dropout(features)) for name, head in self.heads.items()}

    def forward(self, pixel_values: Tensor) -> dict[str, Tensor]:
        """(N, 3, H, W) -> logits (N, C) by head."""
        return self.from_features(self.features(pixel_values))

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """The backbone's parameters from input to output, for learning rates by layer; the heads are not among them."""
        return self.backbone.layer_groups()


def normalised(pixels: Tensor, preprocessing: PreprocessingConfig) -> Tensor:
    """(N, H, W, 3) uint8 of RGB -> (N, 3, H, W) float32 on the same device, in the memory layout of the pixels."""
    std = torch.tensor(preprocessing.std, device=pixels.device)
    mean = torch.tensor(preprocessing.mean, device=pixels.device)
    scaled = pixels.permute(0, 3, 1, 2).to(torch.float32)
    return scaled.mul_((1.0 / (255.0 * std)).view(1, 3, 1, 1)).sub_((mean / std).view(1, 3, 1, 1))


def _head(features: int, labels: int) -> nn.Linear:
    linear = nn.Linear(features, labels)
    nn.init.trunc_normal_(linear.weight, std=_HEAD_STD)
    nn.init.zeros_(linear.bias)
    return linear
