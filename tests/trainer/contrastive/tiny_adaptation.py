"""The smallest real adaptation: drawn photos by colour, and open_clip models of one layer in the real file formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.models.loading import ClipParts, load_clip
from core.models.registry import ModelStore
from core.settings import CustomEncoder, Settings, save_settings
from tests.core.models.tiny_models import make_tiny_model, vit_config
from tests.trainer.tiny_training import write_labels
from trainer.contrastive.config import ContrastiveConfig
from trainer.events import Event
from trainer.finetune.train import RunResult, train

ENCODER = "tiny"
RESNET = {
    "embed_dim": 16,
    "vision_cfg": {
        "timm_model_name": "test_resnet", "timm_model_pretrained": False, "timm_pool": "", "timm_proj": "linear",
        "timm_proj_bias": True, "image_size": 32,
    },
    "text_cfg": {"context_length": 12, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}  # fmt: skip
"""A residual network of timm with norms over the batch, as the bundled starter is."""
VIT = vit_config(dim=16)
VIT["vision_cfg"]["layers"] = 4


def write_home(folder: Path, config: dict[str, Any] | None = None) -> Path:
    """A home whose settings know one encoder of random weights, beside photos with labels. Returns the home."""
    model = make_tiny_model(folder / "weights", ENCODER, config or RESNET)
    home = folder / "home"
    home.mkdir()
    save_settings(home / "settings.toml", Settings(encoders={ENCODER: own(model.config, model.weights)}))
    write_labels(folder / "photos", each=16)
    return home


def own(config: Path, weights: Path) -> CustomEncoder:
    return CustomEncoder(architecture=str(config), weights=weights)


def parts_of(home: Path) -> ClipParts:
    """A fresh copy of the encoder."""
    from core.settings import load_settings

    files = ModelStore(home / "models", load_settings(home / "settings.toml")).files(ENCODER)
    return load_clip(files.spec, files.weights)


def tiny_config(**changes: object) -> ContrastiveConfig:
    values: dict[str, object] = {
        "recipe": "clip-contrastive",
        "encoder": ENCODER,
        "trained": "all",
        "batch_size": 12,
        "photos_per_class": 4,
        "precision": "float32",
        "phases": [{"name": "tower", "epochs": 4, "lr": 3e-3, "warmup_epochs": 0.5}],
        "gradient_clip": 1.0,
        "augmentation": {"crop_scale": [0.7, 1.0], "flip": 0.5, "brightness": 0.1},
        "guard": {"tolerance": 1.0, "agreement": 0.0},
    }
    return ContrastiveConfig.model_validate({**values, **changes})


def ignore(event: Event) -> None:
    """Nobody listens."""


def run(home: Path, config: ContrastiveConfig, on_event: Any = ignore, *, with_report: bool = False) -> RunResult:
    """Every step is saved, so that a kill may fall anywhere."""
    labels = home.parent / "photos" / "labels.csv"
    return train(
        config, data=labels, home=home, on_event=on_event, device="cpu", save_every_s=0.0, with_report=with_report
    )
