"""Backbones as modules: normalised pixels in, features out. What differs between families of networks stands here."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import ModelError
from core.models.taggers.config import CnnBackbone, EncoderBackbone, StarterBackbone, TransformersBackbone
from core.models.taggers.tensors import Weights, read_tensors
from core.models.taggers.transformers_api import AutoConfig, AutoModel

# Networks whose first token gathers what the picture shows; all others are asked for what they pool.
_WITH_CLASS_TOKEN = frozenset({"vit", "deit", "dinov2", "dinov2_with_registers", "beit", "data2vec-vision"})
# Of these, the ones that would add a pooling layer, which no classifier of theirs reads.
_WITH_POOLING_LAYER = frozenset({"vit", "deit", "beit", "data2vec-vision"})
# Parts that a checkpoint of a hub may have beyond the backbone: heads of what it was trained for.
_HEADS = ("classifier.", "cls_classifier.", "distillation_classifier.", "head.", "fc.", "pooler.", "decoder.")
# Not about the network: names of classes, code of others, where files were, how it is to be run.
_NOT_ARCHITECTURE = frozenset(
    {
        *(
            "id2label",
            "label2id",
            "architectures",
            "auto_map",
            "quantization_config",
            "_name_or_path",
            "custom_pipelines",
        ),
        *("attn_implementation", "_attn_implementation", "_attn_implementation_internal", "experts_implementation"),
        *("transformers_version", "torch_dtype", "dtype", "num_labels", "problem_type", "output_hidden_states"),
        *("output_attentions", "return_dict", "finetuning_task"),
    }
)
# Settings with which transformers would fetch another network.
_FETCHES = ("use_pretrained_backbone", "use_timm_backbone", "backbone_config", "backbone")
# A text tower of open_clip, which builds no image tower alone: as small as can be, and thrown away.
_NO_TEXT = {"context_length": 4, "vocab_size": 8, "width": 8, "heads": 1, "layers": 1}


class Tower(nn.Module):
    """Pixels (N, 3, H, W), normalised, of RGB -> features (N, dim)."""

    dim: int

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Its parameters from input to output, each once: a layer, or a block of some, is a group."""
        groups: list[list[nn.Parameter]] = []
        for part in _parts(next(self.children(), self)):
            own = list(part.parameters())
            if groups and own and next(part.children(), None) is None:
                groups[-1] += own  # a lone norm goes with what comes before it
            elif own:
                groups.append(own)
        grouped = {id(parameter) for group in groups for parameter in group}
        tokens = [parameter for parameter in self.parameters() if id(parameter) not in grouped]
        if tokens:  # class tokens and positions, which some networks keep outside of all layers
            groups[:1] = [tokens + (groups[0] if groups else [])]
        return groups

    def portable_state(self) -> dict[str, Tensor]:
        """The weights under names that outlive a version of the library that runs them."""
        return dict(self.state_dict())


class TransformersTower(Tower):
    """A vision model of transformers. Its weights are kept under the names that hubs use: a version of transformers
    may call its modules otherwise, and translates."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self._class_token = model.config.model_type in _WITH_CLASS_TOKEN
        self.dim = _feature_dim(self, _image_size(model.config))

    def forward(self, pixel_values: Tensor) -> Tensor:
        output = self.model(pixel_values)
        if self._class_token:
            return output.last_hidden_state[:, 0]  # the first token, after the last norm
        pooled = getattr(output, "pooler_output", None)
        if pooled is not None:
            return pooled.flatten(1)
        hidden = output.last_hidden_state
        return hidden.mean(dim=(2, 3)) if hidden.ndim == 4 else hidden.mean(dim=1)

    def portable_state(self) -> dict[str, Tensor]:
        with tempfile.TemporaryDirectory(prefix="recollect-") as folder:
            self.model.save_pretrained(folder, max_shard_size="1000GB")
            return read_tensors(Path(folder) / "model.safetensors")


class StarterTower(Tower):
    """An image tower of open_clip without its projection.

    The features are what the trunk pools, not the embedding: a linear head on them does better (decision 0060).
    """

    def __init__(self, visual: Any, image_px: int) -> None:
        super().__init__()
        self.trunk = getattr(visual, "trunk", visual)
        self.dim = _feature_dim(self, image_px)

    def forward(self, pixel_values: Tensor) -> Tensor:
        return self.trunk(pixel_values).flatten(1)


class ConvolutionalTower(Tower):
    """Blocks of convolution, batch norm, ReLU and max pooling, then one fully connected layer."""

    def __init__(self, backbone: CnnBackbone) -> None:
        super().__init__()
        edge = backbone.image_px >> len(backbone.widths)
        self.layers = nn.Sequential(
            *(_block(before, after) for before, after in pairwise((backbone.channels, *backbone.widths))),
            nn.Flatten(),
            nn.Linear(backbone.widths[-1] * edge * edge, backbone.features),
            nn.ReLU(),
        )
        self.dim = backbone.features
        self._channels = backbone.channels

    def forward(self, pixel_values: Tensor) -> Tensor:
        return self.layers(pixel_values[:, : self._channels])  # the channels of a grey picture are all the same

    def layer_groups(self) -> list[list[nn.Parameter]]:
        groups = (list(layer.parameters()) for layer in self.layers)
        return [group for group in groups if group]


class VectorTower(Tower):
    """No network: vectors (N, dim) of an encoder are the features."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, pixel_values: Tensor) -> Tensor:
        return pixel_values


def build_tower(
    backbone: TransformersBackbone | StarterBackbone | CnnBackbone | EncoderBackbone,
    weights: Weights | None = None,
    *,
    of_hub: bool = False,
) -> Tower:
    """The tower of a config; with random weights where none are given.

    Args:
        weights: under the names of `portable_state`.
        of_hub: the weights are a hub's, which may hold heads for what the network was trained for.

    Raises:
        ModelError: the config cannot be built, or the weights are not its own.
    """
    if isinstance(backbone, TransformersBackbone):
        return TransformersTower(_transformers_model(backbone, weights, _HEADS if of_hub else ()))
    if isinstance(backbone, EncoderBackbone):
        return VectorTower(backbone.dim)
    if isinstance(backbone, CnnBackbone):
        tower: Tower = ConvolutionalTower(backbone)
    else:
        visual = open_clip_visual(backbone.architecture)
        tower = StarterTower(visual, int(backbone.architecture["vision_cfg"]["image_size"]))
    if weights is not None:
        fill(tower, weights, backbone.name)
    return tower


def _block(before: int, after: int) -> nn.Sequential:
    """(N, before, H, W) -> (N, after, H // 2, W // 2)"""
    return nn.Sequential(
        nn.Conv2d(before, after, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )


def fill(module: nn.Module, weights: Weights, name: str) -> None:
    """Every tensor must be there and have its place. Raises ModelError."""
    try:
        module.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise _foreign(name, str(error)) from error


def clean_architecture(document: Mapping[str, Any], image_px: int | None = None) -> dict[str, Any]:
    """All that decides how the network is built, for pictures of `image_px`, with all defaults of today written out.

    Raises:
        ModelError: not a config of a vision model.
    """
    config = _config({key: value for key, value in document.items() if key not in _NOT_ARCHITECTURE})
    if image_px is not None and hasattr(config, "image_size"):
        config.image_size = image_px
    return {key: value for key, value in config.to_dict().items() if key not in _NOT_ARCHITECTURE}


def open_clip_visual(architecture: Mapping[str, Any]) -> Any:
    """An image tower of open_clip with random weights. Raises ModelError when the config cannot be built."""
    from core.models.open_clip_api import CLIP

    try:
        vision = {**architecture["vision_cfg"], "timm_model_pretrained": False}  # never from the network
        if ":" in str(vision.get("timm_model_name", "")):
            raise ValueError("its model would come from the network")
        build: Any = CLIP
        return build(embed_dim=architecture["embed_dim"], vision_cfg=vision, text_cfg=_NO_TEXT).visual
    except (RuntimeError, TypeError, ValueError, KeyError, AssertionError, MemoryError) as error:
        raise _unbuildable("the image tower", error) from error


def _config(document: Mapping[str, Any]) -> Any:
    kept = {key: value for key, value in document.items() if key not in _NOT_ARCHITECTURE}
    model_type = kept.pop("model_type", None)
    try:
        if any(kept.get(key) for key in _FETCHES):
            raise ValueError("it takes a part of another network")
        return AutoConfig.for_model(model_type, **kept)
    except Exception as error:  # each kind of config checks its values in its own way
        raise _unbuildable(str(model_type), error) from error


def _transformers_model(backbone: TransformersBackbone, weights: Weights | None, heads: tuple[str, ...]) -> Any:
    config = _config(backbone.architecture)
    extra = {"add_pooling_layer": False} if config.model_type in _WITH_POOLING_LAYER else {}
    # Shapes are checked below, by one message for all that does not fit.
    how = {"dtype": torch.float32, "output_loading_info": True, "ignore_mismatched_sizes": True}
    try:
        if weights is None:
            return AutoModel.from_config(config, trust_remote_code=False, **extra)
        with torch.device("meta"):
            empty: Any = AutoModel.from_config(config, trust_remote_code=False, **extra)
        loaded: tuple[Any, dict[str, Any]] = empty.from_pretrained(
            None, config=config, state_dict=dict(weights), **how, **extra
        )
    except Exception as error:  # foreign configs and weights fail in many ways
        raise _unbuildable(backbone.name, error) from error
    _check_complete(*loaded, backbone.name, heads)
    return loaded[0]


def _check_complete(model: Any, found: Mapping[str, Any], name: str, heads: tuple[str, ...]) -> None:
    """Every tensor of the backbone was in the file; what was left over begins like one of `heads`."""
    prefix = f"{model.base_model_prefix}."
    strangers = [key for key in found["unexpected_keys"] if not key.removeprefix(prefix).startswith(heads)]
    for what, keys in (
        ("lacks", found["missing_keys"]),
        ("has other shapes of", [key for key, *_ in found["mismatched_keys"]]),
        ("has, beside what belongs there,", strangers),
    ):
        if keys:
            raise _foreign(name, f"it {what} {', '.join(sorted(keys)[:3])}")


def _parts(module: nn.Module) -> Generator[nn.Module]:
    for child in module.children():
        if _is_row(child):
            yield from _parts(child)
        else:
            yield child


def _is_row(module: nn.Module) -> bool:
    """It does nothing but run its children one after the other."""
    if isinstance(module, nn.ModuleList | nn.Sequential):
        return True
    return len(list(module.children())) == 1 and not list(module.parameters(recurse=False))


def _feature_dim(tower: Tower, image_px: int) -> int:
    """Width of the features: found by looking once at a black picture."""
    was_training = tower.training
    tower.eval()
    try:
        with torch.inference_mode():
            features: Tensor = tower(torch.zeros(1, 3, image_px, image_px))
    except Exception as error:  # a text model, or one that wants more than pixels
        raise _unbuildable("the network", error) from error
    finally:
        tower.train(was_training)
    if features.ndim != 2:
        raise _unbuildable("the network", "it does not answer with one row of features for each picture")
    return int(features.shape[1])


def _image_size(config: Any) -> int:
    size: object = getattr(config, "image_size", 224)
    return size if isinstance(size, int) else 224


def _unbuildable(name: str, why: object) -> ModelError:
    lines = str(why).strip().splitlines() or [type(why).__name__]
    return ModelError(
        f"The network {name} cannot be built: {lines[0][:300]}.",
        remedy="Check its config; it must be a vision model that transformers or open_clip knows.",
    )


def _foreign(name: str, why: str) -> ModelError:
    return ModelError(
        f"The weights are not those of the network {name}: {why[:300]}.",
        remedy="Use the weights and the config of the same model.",
    )
