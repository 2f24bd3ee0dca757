"""Small taggers of each kind, and a hub to download backbones from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.core.models.conftest import hub, short_measurements

if TYPE_CHECKING:
    from core.models.taggers.config import CheckpointConfig, HeadConfig
    from core.models.taggers.network import TaggerNetwork

__all__ = ["hub", "short_measurements"]


@pytest.fixture
def tiny_vit(tmp_path: Path) -> Path:
    """A directory in the hub's format."""
    from tests.core.taggers.tiny_backbones import make_hub_model

    make_hub_model(tmp_path / "tiny-vit", "vit")
    return tmp_path / "tiny-vit"


@pytest.fixture
def make_network(tiny_vit: Path) -> Callable[..., tuple[TaggerNetwork, CheckpointConfig]]:
    """A tagger with a small vision transformer, for pictures of 32 px."""
    import torch

    from core.models.taggers.backbones import new_backbone
    from core.models.taggers.config import CheckpointConfig, HeadConfig, PreprocessingConfig
    from core.models.taggers.network import TaggerNetwork

    def make(
        heads: dict[str, HeadConfig] | None = None, *, seed: int = 0, **more: Any
    ) -> tuple[TaggerNetwork, CheckpointConfig]:
        tower, backbone = new_backbone(str(tiny_vit), pretrained=True, image_px=32)
        config = CheckpointConfig(
            name=more.pop("name", "tiny"),
            backbone=backbone,
            heads=heads or {"class": HeadConfig(labels=("cup", "shoe", "hat")), "color": HeadConfig(labels=("r", "g"))},
            preprocessing=PreprocessingConfig(height_px=32, width_px=32),
            **more,
        )
        torch.manual_seed(seed)
        network = TaggerNetwork(config, tower).eval()
        for _, head in network.heads.items():
            torch.nn.init.normal_(head.weight, std=2.0)
        return network, config

    return make


@pytest.fixture
def make_vector_network() -> Callable[..., tuple[TaggerNetwork, CheckpointConfig]]:
    """A tagger that reads vectors of eight numbers."""
    import torch

    from core.models.taggers.config import CheckpointConfig, EncoderBackbone, HeadConfig
    from core.models.taggers.network import TaggerNetwork

    def make(
        heads: dict[str, HeadConfig] | None = None, *, encoder: str = "starter:1", seed: int = 1
    ) -> tuple[TaggerNetwork, CheckpointConfig]:
        config = CheckpointConfig(
            name="taught",
            backbone=EncoderBackbone(encoder_key=encoder, encoder_name="starter", dim=8),
            heads=heads or {"class": HeadConfig(labels=("hat", "cup", "plane")), "size": HeadConfig(labels=("s", "l"))},
        )
        torch.manual_seed(seed)
        network = TaggerNetwork(config).eval()
        for _, head in network.heads.items():
            torch.nn.init.normal_(head.weight, std=2.0)
        return network, config

    return make


@pytest.fixture
def pictures() -> list[Image.Image]:
    """Seven, each another colour and shape, some not in RGB."""
    colours = ["red", "green", "blue", "white", "black", "orange"]
    found = [Image.new("RGB", (40 + 20 * i, 90 - 10 * i), colour) for i, colour in enumerate(colours)]
    for i, picture in enumerate(found):
        picture.paste("yellow", (5 * i, 5, 5 * i + 15, 25))
    return [*found, found[0].convert("P")]
