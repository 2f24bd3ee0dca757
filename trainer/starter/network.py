"""What learns: the joint space over the two teachers, and the CLIP that ships."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from core.models.open_clip_api import CLIP
from core.models.short_texts import read
from trainer.starter.config import StarterConfig, Towers
from trainer.starter.image_teacher import CLASSES, FEATURES
from trainer.starter.sentence_teacher import DIMENSIONS
from trainer.starter.vocabulary import vocabulary_size

_HIDDEN_PHOTO, _HIDDEN_TEXT = 2048, 1024
_FIRST_SCALE = 20.0  # of cosines, before a softmax: 1 / temperature
_LARGEST_LOG_SCALE = 4.6  # 100, as CLIP (Radford et al. 2021)


class PhotoMap(nn.Module):
    """The image teacher's features -> the joint space. A bent part beside a straight one, as the features are good."""

    def __init__(self, dimensions: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("std", torch.ones(FEATURES))
        self.bent = nn.Sequential(
            nn.Linear(FEATURES, _HIDDEN_PHOTO), nn.GELU(), nn.Dropout(dropout), nn.Linear(_HIDDEN_PHOTO, dimensions)
        )
        self.straight = nn.Sequential(nn.Dropout(dropout), nn.Linear(FEATURES, dimensions))

    def standardised(self, features: Tensor) -> Tensor:
        return (features - self.get_buffer("mean")) / self.get_buffer("std")

    def forward(self, features: Tensor) -> Tensor:
        """(B, 1280) standardised -> (B, D) unit length"""
        return functional.normalize(self.bent(features) + self.straight(features), dim=-1)


class TextMap(nn.Module):
    """The sentence teacher's vectors -> the joint space. Words of one sort (red and blue, dog and cat) lie together for
    a reader, and have to part for a viewer.
    """

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.bent = nn.Sequential(nn.Linear(DIMENSIONS, _HIDDEN_TEXT), nn.GELU(), nn.Linear(_HIDDEN_TEXT, dimensions))
        self.straight = nn.Linear(DIMENSIONS, dimensions)

    def forward(self, sentences: Tensor) -> Tensor:
        """(N, 384) -> (N, D) unit length"""
        return functional.normalize(self.bent(sentences) + self.straight(sentences), dim=-1)


class StarterNetwork(nn.Module):
    """All parts. Only `clip` ships."""

    def __init__(self, config: StarterConfig) -> None:
        """Random weights come from torch's generator."""
        super().__init__()
        towers = config.towers
        self.photo_map = PhotoMap(towers.embed_dim, config.space_dropout)
        self.text_map = TextMap(towers.embed_dim)
        self.clip: Any = new_clip(towers)
        width = int(self.clip.visual.trunk.num_features)
        self.guessed_features = nn.Linear(width, FEATURES)
        self.guessed_logits = nn.Linear(width, CLASSES)
        self.log_scales = nn.ParameterDict(
            {name: torch.tensor(_FIRST_SCALE).log() for name in ("captions", "names", "texts")}
        )

    def scale(self, name: str) -> Tensor:
        """What cosines are multiplied by before a softmax."""
        return self.log_scales[name].clamp(0, _LARGEST_LOG_SCALE).exp()

    def begin(self, stage: str) -> list[nn.Parameter]:
        """Only one part learns from here on; the others are as they will be in use. Returns what learns."""
        clip = self.clip
        parts: dict[str, list[nn.Module]] = {
            "space": [self.photo_map, self.text_map],
            "image": [clip.visual, self.guessed_features, self.guessed_logits],
            "text": [clip.transformer, clip.token_embedding, clip.ln_final],
        }
        bare = [clip.positional_embedding, clip.text_projection] if stage == "text" else []
        self.eval()
        self.requires_grad_(False)
        learning = [parameter for part in (*parts[stage], self.log_scales) for parameter in part.parameters()]
        for part in parts[stage]:
            part.train()
        for parameter in (*learning, *bare):
            parameter.requires_grad_(True)
        return [*learning, *bare]

    def see(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) -> embeddings (B, D) of unit length, and the trunk's features (B, F)."""
        features = self.clip.visual.trunk(pixels)
        return functional.normalize(self.clip.visual.head(features), dim=-1), features

    def read(self, tokens: Tensor) -> Tensor:
        """(N, context) int64 -> (N, D) unit length"""
        return functional.normalize(read(self.clip, tokens), dim=-1)

    def forward(self, stage: str, *given: Tensor) -> tuple[Tensor, ...]:
        """One door for all stages, because a wrapped network has only this one.

        Args:
            given: space: features (B, 1280), standardised, and sentences (N, 384); image: pixels (B, 3, H, W);
                text: tokens (N, context).
        """
        if stage == "space":
            features, sentences = given
            return self.photo_map(features), self.text_map(sentences)
        if stage == "text":
            return (self.read(*given),)
        embeddings, features = self.see(*given)
        return embeddings, self.guessed_features(features), self.guessed_logits(features)


def model_config(towers: Towers) -> dict[str, Any]:
    """The JSON of open_clip for these towers."""
    return {
        "embed_dim": towers.embed_dim,
        "vision_cfg": {
            "timm_model_name": towers.image,
            "timm_model_pretrained": False,
            "timm_pool": "",
            "timm_proj": "linear",
            "timm_proj_bias": True,
            "image_size": towers.image_px,
        },
        "text_cfg": {
            "context_length": towers.context_length,
            "vocab_size": vocabulary_size(towers.merges),
            "width": towers.text_width,
            "heads": towers.text_heads,
            "layers": towers.text_layers,
        },
    }


def new_clip(towers: Towers) -> Any:
    """A CLIP of open_clip, with random weights from torch's generator."""
    config = model_config(towers)
    return CLIP(config["embed_dim"], config["vision_cfg"], config["text_cfg"])
