"""Small real checkpoints with random weights, in the real file format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.protocols import Encoder

HEADS = {"class": ("ball", "brick", "tent"), "color": ("warm", "cold")}
IMAGE_PX = 32


def vector_checkpoint(
    folder: Path,
    encoder: Encoder,
    *,
    seed: int = 0,
    heads: dict[str, tuple[str, ...]] | None = None,
    known_from: float | None = None,
) -> Path:
    """A tagger of the teach tier: linear heads on the vectors of `encoder`.

    Args:
        known_from: The cosine to the middle of a class, which lies anywhere, from which on a photo is known.
    """
    import torch

    from core.models.taggers.checkpoint import save_checkpoint
    from core.models.taggers.config import CheckpointConfig, EncoderBackbone, HeadConfig
    from core.models.taggers.network import TaggerNetwork

    torch.manual_seed(seed)
    config = CheckpointConfig(
        name=f"taught {seed}",
        backbone=EncoderBackbone(encoder_key=encoder.key, encoder_name=encoder.name, dim=encoder.dim),
        heads={
            name: HeadConfig(labels=labels, temperature=0.05, known_from=known_from)
            for name, labels in (heads or HEADS).items()
        },
    )
    network = TaggerNetwork(config)
    if known_from is not None:
        middles = {name: torch.randn(len(labels), encoder.dim) for name, labels in (heads or HEADS).items()}
        network.middles = {name: rows / rows.norm(dim=1, keepdim=True) for name, rows in middles.items()}
    save_checkpoint(folder, network, config)
    return folder


def pixel_checkpoint(folder: Path, *, seed: int = 0) -> Path:
    """A tagger that looks at pixels: a DeiT of two layers."""
    import torch
    from transformers import DeiTConfig

    from core.models.taggers.checkpoint import save_checkpoint
    from core.models.taggers.config import (
        CheckpointConfig,
        HeadConfig,
        PreprocessingConfig,
        TransformersBackbone,
    )
    from core.models.taggers.network import TaggerNetwork

    torch.manual_seed(seed)
    architecture = DeiTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=IMAGE_PX,
        patch_size=8,
    ).to_dict()
    config = CheckpointConfig(
        name=f"tiny {seed}",
        backbone=TransformersBackbone(name="tiny", architecture=architecture),
        heads={name: HeadConfig(labels=labels, temperature=0.05) for name, labels in HEADS.items()},
        preprocessing=PreprocessingConfig(height_px=IMAGE_PX, width_px=IMAGE_PX),
    )
    save_checkpoint(folder, TaggerNetwork(config), config)
    return folder
