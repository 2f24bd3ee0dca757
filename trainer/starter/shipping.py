"""What ships: a model directory in open_clip's format, as the registry loads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save_file

from core.models.disk import disk_errors, write_whole
from trainer.starter.config import StarterConfig
from trainer.starter.network import StarterNetwork, model_config

if TYPE_CHECKING:
    from trainer.finetune.task import Metrics

CONFIG = "recollect-starter.json"
WEIGHTS = "open_clip_model.safetensors"
VOCABULARY = "bpe.txt.gz"
METRICS = "metrics.json"


def ship(network: StarterNetwork, config: StarterConfig, metrics: Metrics, folder: Path) -> Path:
    """Write config, weights (float16) and figures; the vocabulary lies there already. Returns the folder.

    Raises:
        MachineError: it cannot be written.
    """
    tensors = {
        name: (value.detach().cpu().half() if value.is_floating_point() else value.detach().cpu()).contiguous().clone()
        for name, value in network.clip.state_dict().items()
        if name != "attn_mask"
    }
    with torch.no_grad():
        tensors["logit_scale"] = network.scale("captions").log().detach().cpu().half()

    def write_weights(part: Path) -> None:
        save_file(tensors, part)

    document = json.dumps(model_config(config.towers), indent=1) + "\n"
    figures = json.dumps(metrics, indent=1) + "\n"
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / WEIGHTS, write_weights)
        write_whole(folder / CONFIG, lambda part: part.write_text(document, encoding="utf-8"))
        write_whole(folder / METRICS, lambda part: part.write_text(figures, encoding="utf-8"))
    return folder
