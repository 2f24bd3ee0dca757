"""From an encoder's files to a `ClipEncoder`. Foreign errors become `ModelError` here.

Models are built from open_clip's own classes and configs. Nothing is fetched: a config that would make open_clip or
timm download something is refused or told not to.
"""

from __future__ import annotations

import difflib
import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from core.errors import ModelError
from core.models.spec import EncoderSpec
from core.models.torchvision_operators import define_missing_operators

define_missing_operators()

import open_clip  # noqa: E402  # pyright: ignore[reportMissingTypeStubs]
import torch  # noqa: E402
from open_clip.factory import load_checkpoint  # noqa: E402  # pyright: ignore[reportMissingTypeStubs]
from open_clip.model import CLIP, CustomTextCLIP  # noqa: E402  # pyright: ignore[reportMissingTypeStubs]
from open_clip.transform import PreprocessCfg  # noqa: E402  # pyright: ignore[reportMissingTypeStubs]

from core.models.calibration import Plan, Plans, calibrate  # noqa: E402
from core.models.clip import ClipEncoder  # noqa: E402
from core.models.device import choose_device, describe_device  # noqa: E402
from core.models.preprocessing import Preprocessing  # noqa: E402
from core.models.tokenization import build_tokenizer  # noqa: E402
from core.models.towers import ImageTower, TextTower  # noqa: E402

log = logging.getLogger(__name__)

_open_clip = cast("Any", open_clip)  # it has annotations, but too few to check against
_REQUIRED_PARTS = frozenset({"embed_dim", "vision_cfg", "text_cfg"})


def load_encoder(
    spec: EncoderSpec, *, weights: Path, sha256: str, tokenizer: Path | None, device: str, plans: Plans
) -> ClipEncoder:
    """Build the model, put it on the device, and calibrate it if this machine does not know it yet.

    Raises:
        ModelError: unknown architecture, weights of another one, missing tokenizer, device that is not there.
    """
    place = choose_device(device)
    config = read_config(spec.architecture)
    model = _build(config, spec.architecture)
    _fill(model, weights, spec.architecture)
    preprocessing = Preprocessing.of(_preprocess_config(spec, model))
    key = f"{spec.name}:{sha256[:16]}:{preprocessing.fingerprint[:8]}"
    tokenize = build_tokenizer(config["text_cfg"], tokenizer)
    images = ImageTower(model.visual, preprocessing, place)
    model.visual = torch.nn.Identity()  # the image tower may be converted: its float32 original should then be freed
    texts = TextTower(model.to(place).eval().encode_text, tokenize, place)
    plan, images = _planned(images, f"{key} on {describe_device(place)}, torch {torch.__version__}", plans)
    encoder = ClipEncoder(
        name=spec.name,
        key=key,
        images=images,
        texts=texts,
        preprocessing=preprocessing,
        plan=plan,
        templates=spec.templates,
    )
    log.info("Model %s on %s: %s, batches of %d", key, describe_device(place), plan.dtype, plan.batch_size)
    return encoder


def read_config(architecture: str) -> dict[str, Any]:
    """open_clip's config of a model: by name, or from a JSON file (bare, or a hub's `open_clip_config.json`)."""
    path = Path(architecture)
    config = _read_json(path) if path.suffix == ".json" else _named_config(architecture)
    if config is None:
        near: list[str] = difflib.get_close_matches(architecture, _open_clip.list_models(), n=3, cutoff=0.4)
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
    return None if ":" in name else _open_clip.get_model_config(name)


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
    """A model of open_clip's with random weights."""
    arguments = {key: value for key, value in config.items() if key != "custom_text"}
    arguments["vision_cfg"] = {**config["vision_cfg"], "timm_model_pretrained": False}  # never from the network
    model_class = CustomTextCLIP if config.get("custom_text") else CLIP
    try:
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
    tags = _open_clip.list_pretrained_tags_by_model(spec.architecture)
    return _open_clip.get_pretrained_cfg(spec.architecture, tags[0]) if tags else {}


def _planned(images: ImageTower, machine_key: str, plans: Plans) -> tuple[Plan, ImageTower]:
    plan = plans.get(machine_key)
    if plan is None:
        plan, images = calibrate(images)
        plans.put(machine_key, plan)
        return plan, images
    return plan, images if plan.torch_dtype == images.dtype else images.converted(plan.torch_dtype)
