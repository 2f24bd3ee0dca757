"""What `config.json` of a checkpoint says: the network, its heads and labels, its preprocessing. Imports no torch.

A checkpoint is a directory: `weights.safetensors`, `config.json`, `README.md`. A directory whose config has `members`
is an ensemble: the members are checkpoints in directories of their own below it.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from core.errors import ModelError
from core.tags.values import CLASS

FORMAT = 1
"""Raised when an older Recollect could no longer read what is written."""

KNOWS_CLASSES = 2
"""The format of checkpoints that can tell what they do not know, or see in a way that came later (a CNN, grey). All
others are written as before, and keep their keys.
"""

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "weights.safetensors"
CARD_FILE = "README.md"

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# A config is a few kilobytes; ten thousand labels of 300 characters still fit.
_MAX_CONFIG_BYTES = 32 << 20

# Letters first, so that no name means "here" or "above".
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")

Triple = tuple[float, float, float]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Edge = Annotated[int, Field(ge=8, le=4096)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TransformersBackbone(_Strict):
    """A vision model of transformers."""

    kind: Literal["transformers"] = "transformers"
    name: str  # for people
    architecture: dict[str, Any]  # the config of transformers, with `model_type`


class StarterBackbone(_Strict):
    """An image tower of open_clip: the bundled starter's."""

    kind: Literal["starter"] = "starter"
    name: str = "starter"
    architecture: dict[str, Any]  # `embed_dim` and `vision_cfg`


class CnnBackbone(_Strict):
    """A small convolutional network: see `towers.ConvolutionalTower`."""

    kind: Literal["cnn"] = "cnn"
    name: str = "cnn"
    image_px: Edge
    channels: Literal[1, 3]  # 1: of pictures that the preprocessing turns grey
    widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4096)], ...], Field(min_length=1)
    ]  # channels after each block
    features: Annotated[int, Field(ge=1, le=65536)] = 256

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.image_px >> len(self.widths) < 1:
            raise ValueError("each block halves the picture, and these leave nothing of it")
        return self


class EncoderBackbone(_Strict):
    """No network of its own: the heads read the vectors that the library has of one encoder."""

    kind: Literal["encoder"] = "encoder"
    encoder_key: str
    encoder_name: str  # for people
    dim: Annotated[int, Field(ge=1, le=65536)]


BackboneConfig = Annotated[
    TransformersBackbone | StarterBackbone | CnnBackbone | EncoderBackbone, Field(discriminator="kind")
]


class HeadConfig(_Strict):
    """One question that the tagger answers."""

    labels: Annotated[tuple[str, ...], Field(min_length=1)]
    temperature: Positive = 1.0  # logits are divided by it: found after training (Guo et al. 2017)
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.0  # a less probable answer is "unsure"
    known_from: Annotated[float, Field(ge=-1, le=1)] | None = None
    """The cosine to the nearest class below which a photo is of none; the middles of the classes lie with the weights.
    None: the head cannot tell."""

    @field_validator("labels")
    @classmethod
    def _each_once(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(labels)) != len(labels) or not all(labels):
            raise ValueError("labels must be there and differ")
        return labels

    @model_serializer(mode="wrap")
    def _as_before_where_it_cannot_tell(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        document: dict[str, Any] = write(self)
        if self.known_from is None:
            document.pop("known_from", None)
        return document


class PreprocessingConfig(_Strict):
    """How a picture becomes the input of the network."""

    height_px: Edge
    width_px: Edge
    mean: Triple = IMAGENET_MEAN  # of RGB in 0..1
    std: tuple[Positive, Positive, Positive] = IMAGENET_STD
    resize: Literal["squash", "crop"] = "squash"  # crop: the shorter edge, then the centre
    interpolation: Literal["bilinear", "bicubic"] = "bicubic"
    shorter_edge_px: Edge | None = None  # of the picture before the crop; None: as large as the crop
    flip_channels: bool = False  # the network was trained on BGR; it turns them itself, and takes RGB
    grey: bool = False  # of the picture's colours only how light they are is kept, in all three channels

    @model_serializer(mode="wrap")
    def _colour_goes_without_saying(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What was written before there were grey ones stays as it is, and so do the keys of those taggers."""
        document: dict[str, Any] = handler(self)
        return document if self.grey else {name: value for name, value in document.items() if name != "grey"}

    @model_validator(mode="after")
    def _crop_fits(self) -> Self:
        if self.shorter_edge_px is not None and self.shorter_edge_px < max(self.height_px, self.width_px):
            raise ValueError("shorter_edge_px must not be less than the crop")
        return self


class DropoutConfig(_Strict):
    features: Annotated[float, Field(ge=0, lt=1)] = 0.0
    heads: Annotated[float, Field(ge=0, lt=1)] = 0.0


class TrainedConfig(_Strict):
    """Where the weights come from."""

    recipe: str | None = None
    run: str | None = None
    data_hash: str | None = None
    seed: int | None = None


class CheckpointConfig(_Strict):
    """`config.json` of a tagger."""

    format: Literal[1, 2] = FORMAT
    name: str
    backbone: BackboneConfig
    heads: Annotated[dict[str, HeadConfig], Field(min_length=1)]
    preprocessing: PreprocessingConfig | None = None  # None for the kind "encoder" alone
    dropout: DropoutConfig = DropoutConfig()
    metrics: dict[str, float] = {}
    trained: TrainedConfig = TrainedConfig()

    @field_validator("heads")
    @classmethod
    def _class_first(cls, heads: dict[str, HeadConfig]) -> dict[str, HeadConfig]:
        if not all(heads):
            raise ValueError("a head must have a name")
        return {name: heads[name] for name in sorted(heads, key=lambda name: name != CLASS)}

    @model_validator(mode="after")
    def _pixels_are_prepared(self) -> Self:
        if (self.preprocessing is None) != isinstance(self.backbone, EncoderBackbone):
            raise ValueError("preprocessing is for networks that look at pixels, and they need it")
        return self

    @field_validator("metrics", mode="before")
    @classmethod
    def _known_metrics(cls, metrics: dict[str, float]) -> dict[str, float]:
        """What could not be measured, such as the F1 of a class without photos, is left out."""
        return finite(metrics)

    def of_its_format(self) -> CheckpointConfig:
        """As it is to be written."""
        knows = any(head.known_from is not None for head in self.heads.values())
        sees = isinstance(self.backbone, CnnBackbone) or (self.preprocessing is not None and self.preprocessing.grey)
        return self.model_copy(update={"format": KNOWS_CLASSES if knows or sees else FORMAT})

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """By head."""
        return {name: head.labels for name, head in self.heads.items()}

    def decisive(self) -> dict[str, Any]:
        """What changes predictions, beside the weights: no names, no metrics."""
        document = self.model_dump(mode="json", include={"backbone", "heads", "preprocessing"})
        for name in ("name", "encoder_name"):
            document["backbone"].pop(name, None)
        return document


class EnsembleConfig(_Strict):
    """`config.json` of an ensemble."""

    format: Literal[1] = FORMAT
    name: str
    members: Annotated[tuple[str, ...], Field(min_length=2)]  # directories below the one of this file
    weights: tuple[Positive, ...] | None = None  # of the members' votes; None: all alike
    thresholds: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}  # by head; else the mean of the members'
    metrics: dict[str, float] = {}

    @field_validator("members")
    @classmethod
    def _stay_below(cls, members: tuple[str, ...]) -> tuple[str, ...]:
        """A name and nothing else: no way out of the directory."""
        plain = [member for member in members if _PLAIN_NAME.fullmatch(member)]
        if len(plain) != len(members) or len(set(members)) != len(members):
            raise ValueError("members must be names of directories, each once")
        return members

    @model_validator(mode="after")
    def _one_weight_each(self) -> Self:
        if self.weights is not None and len(self.weights) != len(self.members):
            raise ValueError("there must be one weight for each member")
        return self


def finite(metrics: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if not isinstance(value, float) or math.isfinite(value)}


AnyConfig = CheckpointConfig | EnsembleConfig
_ADAPTERS: dict[bool, TypeAdapter[Any]] = {
    True: TypeAdapter(EnsembleConfig),
    False: TypeAdapter(CheckpointConfig),
}


def read_checkpoint_config(directory: Path) -> AnyConfig:
    """What `config.json` says of a checkpoint.

    Raises:
        ModelError: none there, damaged, not ours, or of a newer Recollect.
    """
    path = directory / CONFIG_FILE
    document = _read_object(path)
    written_by = document.get("format")
    if isinstance(written_by, int) and not isinstance(written_by, bool) and written_by > KNOWS_CLASSES:
        raise ModelError(
            f"The tagger in {directory.name} was made by a newer Recollect.",
            remedy="Install the newer Recollect, or choose another tagger.",
            path=path,
        )
    if written_by not in (FORMAT, KNOWS_CLASSES):
        raise ModelError(
            f"{directory.name} is not a tagger that Recollect has made.",
            remedy=f"Choose a directory with {WEIGHTS_FILE}, {CONFIG_FILE} and {CARD_FILE}.",
            path=path,
        )
    try:
        return _ADAPTERS["members" in document].validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ModelError(
            f"{path.name} of the tagger in {directory.name} is damaged: {where or 'it'}: {first['msg']}.",
            remedy="Take the tagger from a backup, or train it again.",
            path=path,
        ) from error


def tagger_key(config: CheckpointConfig, weights_sha256: str) -> str:
    """The same for taggers that predict the same, whatever they are called; see `core.protocols.Tagger`."""
    described = json.dumps([FORMAT, config.decisive(), weights_sha256], sort_keys=False, ensure_ascii=True)
    return f"tagger:{hashlib.sha256(described.encode()).hexdigest()[:32]}"


def _read_object(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MAX_CONFIG_BYTES:
            raise ValueError("it is far too large")
        document: object = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise ValueError("it holds no object")
    except FileNotFoundError as error:
        raise ModelError(
            f"There is no tagger in {path.parent.name}: it has no {path.name}.",
            remedy="Choose another directory, or train the tagger again.",
            path=path,
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(
            f"{path.name} of the tagger in {path.parent.name} cannot be read: {error}.",
            remedy="Take the tagger from a backup, or train it again.",
            path=path,
        ) from error
    return cast("dict[str, Any]", document)
