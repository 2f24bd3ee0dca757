"""Real networks of transformers, small and with random weights, in the hub's own file format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from core.models.taggers.transformers_api import transformers

VIT = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "image_size": 32,
    "patch_size": 8,
}
MOBILEVIT = {
    "hidden_sizes": [16, 16, 16],
    "neck_hidden_sizes": [8, 8, 8, 8, 16, 16, 32],
    "num_attention_heads": 2,
    "image_size": 32,
}
FAMILIES: dict[str, tuple[str, dict[str, Any], str, int]] = {
    # what it is called, its config, the prefix of its weights in a classifier, how wide its features are
    "vit": ("ViT", VIT, "vit.", 16),
    "deit": ("DeiT", VIT, "deit.", 16),
    "mobilevit": ("MobileViT", MOBILEVIT, "mobilevit.", 32),
}


def make_hub_model(
    folder: Path, family: str, *, kind: str = "ForImageClassification", preprocess: Mapping[str, Any] | None = None
) -> Any:
    """Writes `config.json` and `model.safetensors` as a hub holds them; returns the model of transformers, in eval."""
    name, settings, _, _ = FAMILIES[family]
    torch.manual_seed(3)
    model = getattr(transformers, f"{name}{kind}")(getattr(transformers, f"{name}Config")(**settings, num_labels=7))
    for parameter in [*model.parameters(), *model.buffers()]:  # tokens and positions start as zeros
        if parameter.is_floating_point():
            torch.nn.init.uniform_(parameter, 0.05, 0.3)
    model.save_pretrained(folder)
    if preprocess is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(preprocess))
    return model.eval()
