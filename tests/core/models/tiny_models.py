"""Real open_clip models, small and with random weights, in the real file formats."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from core.models.loading import read_config
from core.models.spec import EncoderSpec, RemoteFile

BPE_WORDS = 49408  # open_clip's own vocabulary


def vit_config(*, dim: int, image_px: int = 32, words: int = BPE_WORDS, **text: Any) -> dict[str, Any]:
    """A vision transformer of one layer beside a text transformer of one layer."""
    return {
        "embed_dim": dim,
        "vision_cfg": {"image_size": image_px, "layers": 1, "width": 32, "head_width": 16, "patch_size": 8},
        "text_cfg": {"context_length": 12, "vocab_size": words, "width": 16, "heads": 2, "layers": 1, **text},
    }


@dataclass(frozen=True)
class TinyModel:
    """A config and weights that fit it."""

    config: Path
    weights: Path

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.weights.read_bytes()).hexdigest()

    @property
    def size_bytes(self) -> int:
        return self.weights.stat().st_size

    def offered(self, name: str, *, with_hash: bool = True, tokenizer: tuple[str, ...] = ()) -> EncoderSpec:
        """The model as the registry would offer it, for download from the hub of the tests."""
        repository = f"tests/{name}"
        weights = RemoteFile(
            repository=repository,
            revision="main",
            file="open_clip_model.safetensors",
            size_bytes=self.size_bytes,
            sha256=self.sha256 if with_hash else None,
        )
        others = [
            RemoteFile(repository=repository, revision="main", file=file, size_bytes=1000, sha256=None)
            for file in tokenizer
        ]
        return EncoderSpec(
            name=name,
            title=name,
            description="For tests.",
            languages="none",
            license="MIT",
            license_url=None,
            speed="quick",
            architecture=str(self.config),
            templates=("{}",),
            downloads=(weights, *others),
            size_bytes=weights.size_bytes if with_hash else None,
            sha256=weights.sha256,
        )


def make_tiny_model(folder: Path, name: str, config: Mapping[str, Any], *, seed: int = 0) -> TinyModel:
    folder.mkdir(parents=True, exist_ok=True)
    config_path = folder / f"{name}.json"
    config_path.write_text(json.dumps(config))
    weights = folder / f"{name}.safetensors"
    save_file(random_model(config_path, seed=seed).state_dict(), weights)
    return TinyModel(config_path, weights)


def random_model(config_path: Path, *, seed: int = 0) -> Any:
    """open_clip's own model of a config, in eval mode."""
    from core.models.open_clip_api import CLIP, CustomTextCLIP

    config = read_config(str(config_path))
    custom = config.pop("custom_text", False)
    torch.manual_seed(seed)
    return (CustomTextCLIP if custom else CLIP)(**config).eval()


def write_hub_tokenizer(folder: Path) -> tuple[str, ...]:
    """A `tokenizer.json` of a few words with its configuration; returns their names."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    words = ["<pad>", "<eos>", "<bos>", "<unk>", "a", "dog", "hund", "beach"]
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"add_bos_token": False, "add_eos_token": True, "eos_token": "<eos>", "pad_token": {"content": "<pad>"}}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return "tokenizer.json", "tokenizer_config.json"
