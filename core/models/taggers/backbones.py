"""A new backbone to train: by name, from scratch or with weights that were trained before.

Names are those of `offered.backbone_spec`: "deit-tiny", "mobilevit-xxs", "starter", "cnn", "owner/name" of a hub; or a
directory in the hub's format (`config.json`, `model.safetensors`). Loading a finished tagger is `checkpoint`'s work.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch

from core.errors import ModelError, ModelMissingError
from core.models.spec import offered_encoders
from core.models.taggers.config import CnnBackbone, PreprocessingConfig, StarterBackbone, TransformersBackbone
from core.models.taggers.offered import CNN, CONFIG, PREPROCESSOR, STARTER, WEIGHTS, BackboneSpec, backbone_spec
from core.models.taggers.preprocessing import from_hub
from core.models.taggers.store import BackboneStore
from core.models.taggers.tensors import Weights, read_tensors
from core.models.taggers.towers import (
    Tower,
    TransformersTower,
    build_tower,
    clean_architecture,
    fill,
    open_clip_visual,
)
from core.models.weights_file import check_name
from core.paths import LibraryPaths, default_home

_PICKLES = ("pytorch_model.bin", "model.pt", "model.pth", "model.ckpt", "tf_model.h5")
# CLIP's own: the starter was trained with them.
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
# Of the small CNN: pixels lie between -1 and 1. Each block halves the picture, until 4 px are left, and has twice the
# channels of the one before.
_HALF = (0.5, 0.5, 0.5)
_LAST_EDGE_PX = 4
_FIRST_WIDTH, _LAST_WIDTH = 32, 256


def new_backbone(
    name_or_path: str, *, pretrained: bool, image_px: int, grey: bool = False, models: Path | None = None
) -> tuple[Tower, TransformersBackbone | StarterBackbone | CnnBackbone]:
    """A backbone for pictures of `image_px` square, in float32 and in eval mode.

    Args:
        pretrained: with the weights that were trained before; else random ones from torch's generator.
        grey: the pictures will be grey; a network that is built for it looks at one channel.
        models: the models directory, where downloads lie; None takes that of the default library.

    Raises:
        ModelMissingError: its weights are not installed; the remedy says how to get them.
        ModelError: there is no such backbone, or its files are damaged, pickled or not its own.
    """
    if name_or_path == STARTER:
        tower, config = _starter(pretrained, image_px)
    elif name_or_path == CNN:
        config = _cnn(pretrained, image_px, grey)
        tower = build_tower(config)
    else:
        source = _Source.of(name_or_path, models)
        tower, config = _of_transformers(source, pretrained, image_px)
    tower.eval()
    return tower, config


def usual_preprocessing(
    name_or_path: str, *, pretrained: bool, image_px: int, models: Path | None = None
) -> PreprocessingConfig:
    """What the weights of a backbone were trained with; for random weights what is usual.

    Raises:
        ModelError: there is no such backbone.
    """
    if name_or_path == STARTER:
        return PreprocessingConfig(height_px=image_px, width_px=image_px, mean=CLIP_MEAN, std=CLIP_STD, resize="crop")
    if name_or_path == CNN:
        return PreprocessingConfig(height_px=image_px, width_px=image_px, mean=_HALF, std=_HALF)
    source = _Source.of(name_or_path, models)
    if pretrained:
        return from_hub(source.preprocess(), image_px)
    return PreprocessingConfig(height_px=image_px, width_px=image_px)


class _Source:
    """Where config and weights of a backbone of transformers are: a directory, or the registry and a download."""

    def __init__(self, name: str, folder: Path, spec: BackboneSpec | None) -> None:
        self.name = name
        self._folder = folder
        self._spec = spec

    @classmethod
    def of(cls, name_or_path: str, models: Path | None) -> _Source:
        path = Path(name_or_path).expanduser()
        if path.is_dir():
            return cls(path.resolve().name, path, None)
        spec = backbone_spec(name_or_path)
        directory = LibraryPaths(default_home()).models if models is None else models
        return cls(spec.name, directory / spec.folder_name, spec)

    def architecture(self) -> Mapping[str, Any]:
        if self._spec is not None and self._spec.architecture is not None:
            return self._spec.architecture
        document = _json_object(self._folder / CONFIG)
        if document is None:
            raise self._missing(CONFIG)
        return document

    def preprocess(self) -> Mapping[str, Any]:
        """In the words of the hub; empty where nothing is known."""
        found = _json_object(self._folder / PREPROCESSOR)
        return found if found is not None else (self._spec.preprocess if self._spec is not None else {})

    def weights(self) -> Weights:
        if self._spec is not None:
            path = BackboneStore(self._folder.parent).checked_weights(self._spec) or self._folder / WEIGHTS
        else:
            path = self._folder / WEIGHTS
        if not path.is_file():
            for pickle in _PICKLES:
                if (self._folder / pickle).is_file():
                    check_name(self._folder / pickle)
            raise self._missing(WEIGHTS)
        return read_tensors(path)

    def _missing(self, file: str) -> ModelMissingError:
        if self._spec is not None:
            remedy = (
                f"Run `recollect models download {self.name}`, or `recollect models import {self.name} FILE`, "
                "or train from scratch or from the starter."
            )
            return ModelMissingError(f"The backbone {self.name} is not installed.", remedy=remedy, path=self._folder)
        return ModelMissingError(
            f"{self._folder} has no {file}.",
            remedy=f"Choose a directory with {CONFIG} and {WEIGHTS}.",
            path=self._folder,
        )


def _starter(pretrained: bool, image_px: int) -> tuple[Tower, StarterBackbone]:
    spec = next(spec for spec in offered_encoders() if spec.name == STARTER)
    document = json.loads(Path(spec.architecture).read_text(encoding="utf-8"))
    vision = {**document["vision_cfg"], "image_size": image_px}
    config = StarterBackbone(architecture={"embed_dim": document["embed_dim"], "vision_cfg": vision})
    if not pretrained:
        return build_tower(config), config
    if spec.local_weights is None:
        raise ModelError("The bundled starter has no weights.", remedy="Install Recollect again.")
    tensors = read_tensors(spec.local_weights)
    visual = open_clip_visual(config.architecture)
    own = {key.removeprefix("visual."): value for key, value in tensors.items() if key.startswith("visual.")}
    fill(visual, own, STARTER)
    tower = build_tower(config)
    fill(tower, {f"trunk.{key}": value for key, value in _trunk_of(visual).state_dict().items()}, STARTER)
    return tower, config


def _cnn(pretrained: bool, image_px: int, grey: bool) -> CnnBackbone:
    if pretrained:
        raise ModelMissingError(
            "The small CNN has no pretrained weights: it learns from nothing.",
            remedy="Add `--set weights=scratch`, or name the run to go on from: `--set weights=RUN`.",
        )
    blocks = max(1, math.ceil(math.log2(image_px / _LAST_EDGE_PX)))
    widths = tuple(min(_FIRST_WIDTH << block, _LAST_WIDTH) for block in range(blocks))
    return CnnBackbone(image_px=image_px, channels=1 if grey else 3, widths=widths)


def _trunk_of(visual: Any) -> Any:
    return getattr(visual, "trunk", visual)


def _of_transformers(source: _Source, pretrained: bool, image_px: int) -> tuple[Tower, TransformersBackbone]:
    wanted = TransformersBackbone(name=source.name, architecture=clean_architecture(source.architecture(), image_px))
    if not pretrained:
        return build_tower(wanted), wanted
    as_trained = TransformersBackbone(name=source.name, architecture=clean_architecture(source.architecture()))
    tower = build_tower(as_trained, source.weights(), of_hub=True)
    if wanted.architecture == as_trained.architecture:
        return tower, wanted
    return _at_another_size(tower, wanted, image_px), wanted


def _at_another_size(tower: Tower, wanted: TransformersBackbone, image_px: int) -> Tower:
    """The same weights for another size of picture; position embeddings are interpolated as the network itself does
    (Dosovitskiy et al. 2021): once and for all, and not for each picture."""
    assert isinstance(tower, TransformersTower)
    state = dict(tower.model.state_dict())
    embeddings = getattr(tower.model, "embeddings", None)
    positions = getattr(embeddings, "position_embeddings", None)
    resized = build_tower(wanted)
    assert isinstance(resized, TransformersTower)
    if embeddings is not None and positions is not None:
        count = resized.model.embeddings.position_embeddings.shape[1]
        with torch.no_grad():
            state["embeddings.position_embeddings"] = embeddings.interpolate_pos_encoding(
                positions.new_zeros(1, count, positions.shape[2]), image_px, image_px
            ).clone()
    fill(resized.model, state, wanted.name)
    return resized


def _json_object(path: Path) -> dict[str, Any] | None:
    """None when there is no such file. Raises ModelError when it cannot be read."""
    try:
        document: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path.name} cannot be read: {error}.", remedy="Download it again.", path=path) from error
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}
