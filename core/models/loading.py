"""From an encoder's files to a `ClipEncoder`. Foreign errors become `ModelError` here.

Models are built from open_clip's own classes and configs. Nothing is fetched: a config that would make open_clip or
timm download something is refused or told not to.
"""

from __future__ import annotations

import difflib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from torch.nn import init
from torch.overrides import TorchFunctionMode

from core.errors import ModelError
from core.models.calibration import Plans, planned
from core.models.clip import ClipEncoder
from core.models.device import choose_device, describe_device
from core.models.open_clip_api import CLIP, CustomTextCLIP, PreprocessCfg, load_checkpoint, open_clip
from core.models.preprocessing import Preprocessing
from core.models.short_texts import read, reads_forward
from core.models.spec import EncoderSpec
from core.models.tokenization import build_tokenizer
from core.models.towers import ImageTower, TextTower

log = logging.getLogger(__name__)

_RANDOM_STARTS: frozenset[Any] = frozenset(
    {
        init.normal_,
        init.uniform_,
        init.kaiming_uniform_,
        init.kaiming_normal_,
        torch.Tensor.normal_,
        torch.Tensor.uniform_,
        torch.Tensor.erfinv_,
    }
)
_REQUIRED_PARTS = frozenset({"embed_dim", "vision_cfg", "text_cfg"})


class _NoRandomStart(TorchFunctionMode):
    """Leaves out the random numbers that a new model begins with: weights replace them all, and they take seconds."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if func not in _RANDOM_STARTS:
            return func(*args, **named)
        return args[0] if args else named["tensor"]


@dataclass(frozen=True, slots=True)
class ClipParts:
    """A model as open_clip has it, and what belongs to it: for those who train it."""

    model: Any  # on the processor, in float32, in eval mode
    config: Mapping[str, Any]  # of the model, in open_clip's terms
    preprocess: Mapping[str, Any]  # all values of open_clip's `PreprocessCfg`
    tokenizer: Path | None  # a vocabulary of its own; None: open_clip's

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing.of(self.preprocess)


def load_clip(spec: EncoderSpec, weights: Path) -> ClipParts:
    """Build the model from its files.

    Raises:
        ModelError: unknown architecture, or weights of another one.
    """
    config = read_config(spec.architecture)
    model = _build(config, spec.architecture)
    _fill(model, weights, spec.architecture)
    tokenizer = spec.local_tokenizer or _tokenizer_beside(weights, config)
    return ClipParts(model.eval(), config, _preprocess_config(spec, model), tokenizer)


def load_encoder(spec: EncoderSpec, *, weights: Path, sha256: str, device: str, plans: Plans) -> ClipEncoder:
    """Build the model and put it on the device. Calibration waits for the first picture.

    Raises:
        ModelError: unknown architecture, weights of another one, missing tokenizer, device that is not there.
    """
    place = choose_device(device)
    parts = load_clip(spec, weights)
    model, preprocessing = parts.model, parts.preprocessing
    key = f"{spec.name}:{sha256[:16]}:{preprocessing.fingerprint[:8]}"
    tokenize = build_tokenizer(parts.config["text_cfg"], parts.tokenizer)
    images = ImageTower(model.visual, preprocessing, place)
    model.visual = torch.nn.Identity()  # the image tower may be converted: its float32 original should then be freed
    model.to(place).eval()
    texts = TextTower(partial(read, model) if reads_forward(model) else model.encode_text, tokenize, place)
    machine_key = f"{key} on {describe_device(place)}, torch {torch.__version__}"
    return ClipEncoder(
        name=spec.name,
        key=key,
        images=images,
        texts=texts,
        preprocessing=preprocessing,
        calibrate=lambda images: planned(images, machine_key, plans),
        templates=spec.templates,
    )


def read_config(architecture: str) -> dict[str, Any]:
    """open_clip's config of a model: by name, or from a JSON file (bare, or a hub's `open_clip_config.json`)."""
    path = Path(architecture)
    config = _read_json(path) if path.suffix == ".json" else _named_config(architecture)
    if config is None:
        names = cast("list[str]", open_clip.list_models())
        near = difflib.get_close_matches(architecture, names, n=3, cutoff=0.4)
        raise ModelError(
            f"open_clip has no model that is called {architecture!r}.",
            remedy=f"Did you mean {' or '.join(near)}?" if near else "Use one of the names that open_clip lists.",
        )
    lacking = sorted(_REQUIRED_PARTS - config.keys())
    if lacking:
        raise ModelError(
            f"{path.name} is not a model config of open_clip: it lacks {', '.join(lacking)}.",
            remedy="Use the JSON config that the weights were trained with.",
            path=path,
        )
    if "hf_model_name" in config["text_cfg"] or "multimodal_cfg" in config:
        raise ModelError(
            f"The model {architecture} takes its text tower from another library, which Recollect does not load.",
            remedy="Choose a model with a text tower of open_clip's own.",
        )
    return config


def _named_config(name: str) -> dict[str, Any] | None:
    """By plain name only: open_clip's `hf-hub:` would reach for the network, and `local-dir:` for pickles."""
    return None if ":" in name else open_clip.get_model_config(name)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The model config {path.name} cannot be read: {error}.", remedy="Check the file.", path=path
        ) from error
    found = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    return found.get("model_cfg", found)


def _build(config: dict[str, Any], architecture: str) -> Any:
    """A model of open_clip's, still without weights."""
    arguments = {key: value for key, value in config.items() if key != "custom_text"}
    arguments["vision_cfg"] = {**config["vision_cfg"], "timm_model_pretrained": False}  # never from the network
    model_class = CustomTextCLIP if config.get("custom_text") else CLIP
    try:
        with _NoRandomStart():
            return model_class(**arguments)
    except (RuntimeError, TypeError, ValueError, KeyError, AssertionError) as error:
        raise ModelError(
            f"The model config {Path(architecture).name} cannot be built: {error}.", remedy="Check its values."
        ) from error


def _fill(model: Any, weights: Path, architecture: str) -> None:
    """Load the weights; every tensor must be there and have its place."""
    try:
        load_checkpoint(model, str(weights), strict=True)
    except Exception as error:  # open_clip converts foreign formats on the way, and fails in many ways on wrong ones
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        log.info("The weights %s do not fit %s: %s", weights.name, architecture, "; ".join(lines[:6]))
        raise ModelError(
            f"The weights {weights.name} do not belong to the model {Path(architecture).stem}.",
            remedy="Use the weights and the architecture of the same model.",
            path=weights,
        ) from error


def _preprocess_config(spec: EncoderSpec, model: Any) -> dict[str, Any]:
    """open_clip's defaults, then what this kind of model was trained with, then what the registry says."""
    known = asdict(PreprocessCfg())
    for stated in (_usual_preprocessing(spec), spec.preprocess, {"size": model.visual.image_size}):
        known.update((key, value) for key, value in stated.items() if key in known and value is not None)
    return known


def _usual_preprocessing(spec: EncoderSpec) -> dict[str, Any]:
    """For weights of one's own: a hub's config states it, and else all published weights of an architecture agree."""
    path = Path(spec.architecture)
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8")).get("preprocess_cfg", {})
    tags = open_clip.list_pretrained_tags_by_model(spec.architecture)
    return open_clip.get_pretrained_cfg(spec.architecture, tags[0]) if tags else {}


def _tokenizer_beside(weights: Path, config: dict[str, Any]) -> Path | None:
    """For models that need one: CLIP's repositories hold a tokenizer.json too, but open_clip's own is the truth."""
    beside = weights.with_name("tokenizer.json")
    return beside if "hf_tokenizer_name" in config["text_cfg"] and beside.is_file() else None
