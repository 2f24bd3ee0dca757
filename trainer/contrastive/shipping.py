"""The adapted encoder on disk: a model directory of open_clip, which the registry loads like any other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from core.errors import ModelError
from core.known_words import FILE as KNOWN_WORDS
from core.models.disk import disk_errors, write_whole
from core.models.json_cache import read_object
from core.models.spec import CARD_KEY
from core.settings import CustomEncoder

if TYPE_CHECKING:
    from torch import Tensor

    from core.models.loading import ClipParts
    from core.models.registry import EncoderFiles

CONFIG = "open_clip_config.json"
WEIGHTS = "open_clip_model.safetensors"
LEARNED = "image-tower.safetensors"
"""What the best epoch has learned, before the guard: to take another point of the way later."""
TOKENIZER = "tokenizer"  # in what the config says of the model: the file of its vocabulary, where it has one
_BESIDE = ("tokenizer_config.json", "special_tokens_map.json")  # of a tokenizer of the Hugging Face kind
_VISUAL = "visual."


def own_encoder_of(folder: Path) -> CustomEncoder:
    """How settings name a model directory that `write_encoder` wrote."""
    said = read_object(folder / CONFIG).get(CARD_KEY)
    tokenizer = said.get(TOKENIZER) if isinstance(said, dict) else None
    return CustomEncoder(
        architecture=str(folder / CONFIG),
        weights=folder / WEIGHTS,
        tokenizer=folder / str(tokenizer) if tokenizer else None,
    )


def save_learned(state: Mapping[str, Tensor], folder: Path) -> Path:
    """
    Args:
        state: Of the image tower, see `LearningTower.plain_state`.

    Raises:
        MachineError: it cannot be written.
    """
    with disk_errors(folder / LEARNED):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / LEARNED, lambda part: save_file(dict(state), part))
    return folder


def read_learned(folder: Path) -> dict[str, Tensor]:
    """
    Raises:
        ModelError: it is missing or damaged.
    """
    try:
        return load_file(folder / LEARNED)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"What the run has learned cannot be read: {error}.", remedy="Train it again.", path=folder / LEARNED
        ) from error


def write_encoder(
    folder: Path, files: EncoderFiles, parts: ClipParts, image_tower: Mapping[str, Tensor], said: Mapping[str, Any]
) -> None:
    """Write config, weights, vocabulary and known words. What did not change is written as it was, bit for bit.

    Args:
        files: Of the encoder that was adapted.
        parts: The same; its image tower may hold any weights.
        image_tower: The weights to write.
        said: What the model says of itself, see `core.models.spec.OwnCard`.

    Raises:
        MachineError: it cannot be written.
    """
    own = {**said, TOKENIZER: None if parts.tokenizer is None else parts.tokenizer.name}
    document = {"model_cfg": dict(parts.config), "preprocess_cfg": dict(parts.preprocess), CARD_KEY: own}
    text = json.dumps(document, indent=1) + "\n"
    tensors = _tensors(files.weights, parts, image_tower)
    tokenizer = parts.tokenizer
    beside = [] if tokenizer is None else [tokenizer, *(tokenizer.with_name(name) for name in _BESIDE)]
    with disk_errors(folder / WEIGHTS):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / WEIGHTS, lambda part: save_file(tensors, part))
        write_whole(folder / CONFIG, lambda part: part.write_text(text, encoding="utf-8"))
        for path in (*beside, files.weights.with_name(KNOWN_WORDS)):
            if path.is_file():
                write_whole(folder / path.name, lambda part, path=path: shutil.copyfile(path, part))


def _tensors(weights: Path, parts: ClipParts, image_tower: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """All tensors of the model: as the file has them where they say the same, else in float32."""
    stored = load_file(weights)
    state = {
        **{name: value for name, value in parts.model.state_dict().items() if not name.startswith(_VISUAL)},
        **{f"{_VISUAL}{name}": value for name, value in image_tower.items()},
    }
    tensors: dict[str, Tensor] = {}
    for name, value in state.items():
        plain = value.detach().cpu()
        before = stored.get(name)
        same = before is not None and before.shape == plain.shape and torch.equal(before.to(plain.dtype), plain)
        tensors[name] = (before if same and before is not None else plain).contiguous().clone()
    return tensors
