"""What ships: a model directory in open_clip's format, as the registry loads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from core.errors import ModelError
from core.models.disk import disk_errors, write_whole
from core.models.open_clip_api import SimpleTokenizer
from trainer.starter.config import StarterConfig
from trainer.starter.network import StarterNetwork, model_config

if TYPE_CHECKING:
    from trainer.finetune.task import Metrics

CONFIG = "recollect-starter.json"
WEIGHTS = "open_clip_model.safetensors"
VOCABULARY = "bpe.txt.gz"
METRICS = "metrics.json"
NETWORK = "network.safetensors"
"""All that was learned, the joint space too, in float32: to go on from. It is no part of what ships."""
_TOKENS = "clip.token_embedding.weight"


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

    whole = {name: value.detach().cpu().contiguous().clone() for name, value in network.state_dict().items()}

    def write_weights(part: Path) -> None:
        save_file(tensors, part)

    def write_network(part: Path) -> None:
        save_file(whole, part)

    document = json.dumps(model_config(config.towers), indent=1) + "\n"
    figures = json.dumps(metrics, indent=1) + "\n"
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / NETWORK, write_network)
        write_whole(folder / WEIGHTS, write_weights)
        write_whole(folder / CONFIG, lambda part: part.write_text(document, encoding="utf-8"))
        write_whole(folder / METRICS, lambda part: part.write_text(figures, encoding="utf-8"))
    return folder


def take_up(network: StarterNetwork, folder: Path, vocabulary: Path) -> None:
    """Begin with what an earlier run has learned; parts of another shape stay as they are, and so do tokens that its
    vocabulary did not have.

    Args:
        folder: Checkpoint of the earlier run.
        vocabulary: Of this one.

    Raises:
        ModelError: there is no such file, or it is damaged.
    """
    try:
        earlier, before = load_file(folder / NETWORK), _places_of_tokens(folder / VOCABULARY)
        if len(before) != len(earlier[_TOKENS]):
            raise ValueError(f"{VOCABULARY} is of another run")
    except (OSError, EOFError, ValueError, KeyError, SafetensorError) as error:
        raise ModelError(
            f"{folder} holds nothing to go on from: {error}.",
            remedy="Name the folder `checkpoint` of a run of the recipe `starter`.",
            path=folder,
        ) from error
    own = network.state_dict()
    fitting = {name: value for name, value in earlier.items() if name in own and own[name].shape == value.shape}
    tokens = own[_TOKENS].clone()
    learned = earlier[_TOKENS]
    if learned.shape[1:] == tokens.shape[1:]:
        now = _places_of_tokens(vocabulary)
        shared = [token for token in now if token in before]
        tokens[[now[token] for token in shared]] = learned[[before[token] for token in shared]]
        fitting[_TOKENS] = tokens
    network.load_state_dict(fitting, strict=False)


def _places_of_tokens(vocabulary: Path) -> dict[str, int]:
    tokenizer: Any = SimpleTokenizer(bpe_path=str(vocabulary))
    return tokenizer.encoder
