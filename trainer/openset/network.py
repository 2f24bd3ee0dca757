"""Networks whose output is a place in a space: a backbone of timm on pixels, or a light projection of an encoder's
vectors. Photos of one class, known or not, are to lie near to each other there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import torch
from pytorch_metric_learning import losses
from torch import nn
from torch.nn.functional import normalize

from core.errors import ModelError, ModelMissingError, TrainingError
from core.models.taggers.offered import backbone_spec
from core.models.taggers.store import BackboneStore
from core.models.taggers.tensors import read_tensors
from core.models.torchvision_operators import define_missing_operators
from trainer.openset.config import MetricConfig

if TYPE_CHECKING:
    from torch import Tensor

_CLASSIFIERS = ("fc.", "classifier.", "head.")  # of published weights: what told their classes apart
_NEAREST = 3


class Embedded(NamedTuple):
    """What the network makes of a batch."""

    vectors: Tensor  # (B, P) unit length
    texts: Tensor | None  # (T, P) unit length
    class_loss: Tensor | None  # against the centres of the classes, where there are any


class ImageEmbedder(nn.Module):
    """A backbone of timm and one layer: (B, 3, H, W) -> (B, P) unit length."""

    def __init__(self, backbone: nn.Module, features: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.backbone = backbone
        self.embedding = nn.Sequential(nn.Dropout(dropout), nn.Linear(features, dim), nn.BatchNorm1d(dim))

    def forward(self, pixels: Tensor) -> Tensor:
        return normalize(self.embedding(self.backbone(pixels)).float())


class Projector(nn.Module):
    """Two layers with a way around them, as `core.models.projection` runs them: (B, D) -> (B, P), both unit length.

    The second layer begins at zero, so that the projection of as many dimensions as there were begins as none at all:
    what the encoder knows is kept until the photos say otherwise.
    """

    def __init__(self, dim: int, projected: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(dim, hidden), nn.Linear(hidden, projected)
        nn.init.normal_(self.inner.weight)  # of unit vectors it makes numbers around 1
        nn.init.zeros_(self.inner.bias)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)
        self.dropout = nn.Dropout(dropout)
        self.skip = nn.Linear(dim, projected, bias=False) if dim != projected else None
        if self.skip is not None:
            nn.init.orthogonal_(self.skip.weight)

    def forward(self, vectors: Tensor) -> Tensor:
        around = vectors if self.skip is None else self.skip(vectors)
        return normalize((around + self.outer(self.dropout(self.inner(vectors).relu()))).float())


class MetricNetwork(nn.Module):
    """An embedder, and the centres of the classes where ArcFace (Deng et al. 2019) teaches it: they learn with it, and
    are saved with it.
    """

    def __init__(self, embedder: ImageEmbedder | Projector, centres: nn.Module | None) -> None:
        super().__init__()
        self.embedder = embedder
        self.centres = centres

    def forward(self, inputs: Tensor, classes: Tensor, texts: Tensor | None = None) -> Embedded:
        """
        Args:
            inputs: Of a batch, as the embedder takes them.
            classes: (B,).
            texts: (T, D) of the encoder.
        """
        vectors = self.embedder(inputs)
        projected = None if texts is None else self.embedder(texts)
        class_loss = None
        if self.centres is not None:
            with torch.autocast(vectors.device.type, enabled=False):  # it would bring the centres into fewer bits
                class_loss = self.centres(vectors, classes)
        return Embedded(vectors, projected, class_loss)

    @property
    def parameters_in_use(self) -> int:
        """Without the centres, which only training needs."""
        return sum(parameter.numel() for parameter in self.embedder.parameters())


def new_network(config: MetricConfig, classes: int, *, encoder_dim: int | None, models: Path) -> MetricNetwork:
    """Random weights come from torch's generator.

    Args:
        classes: That it learns from.
        encoder_dim: Of the vectors that are projected; None: it looks at pixels.
        models: The directory of downloaded weights.

    Raises:
        TrainingError: timm has no such backbone.
        ModelError: its weights are not there, or not its own.
    """
    if encoder_dim is not None:
        dim = config.embedding_dim or encoder_dim
        embedder = Projector(encoder_dim, dim, config.hidden_dim, config.dropout)
    else:
        backbone, features = _backbone(config, models)
        dim = config.embedding_dim or features
        embedder = ImageEmbedder(backbone, features, dim, config.dropout)
    loss, centres = config.loss, None
    if loss.name == "arcface":
        arcface: Any = losses.ArcFaceLoss  # its annotations want whole numbers
        centres = cast("nn.Module", arcface(classes, dim, margin=loss.margin_deg, scale=loss.scale))
    return MetricNetwork(embedder, centres)


def _backbone(config: MetricConfig, models: Path) -> tuple[nn.Module, int]:
    """Without its classifier, and how many features it has."""
    timm = _timm()
    name = config.backbone
    if not timm.is_model(name):
        near = timm.list_models(f"*{name.partition('-')[0].partition('_')[0]}*")[:_NEAREST]
        raise TrainingError(
            f"timm has no backbone that is called {name}.",
            remedy=f"Did you mean {' or '.join(near)}?" if near else "Use one of the names that timm lists.",
        )
    backbone = timm.create_model(name, pretrained=False, num_classes=0)
    if config.weights != "scratch":
        _fill(backbone, _weights_file(config, models))
    return backbone, int(backbone.num_features)


def _weights_file(config: MetricConfig, models: Path) -> Path:
    if config.weights != "pretrained":
        return Path(config.weights).expanduser()
    published = _timm().get_pretrained_cfg(config.backbone)
    name = f"timm/{config.backbone}.{published.tag}" if published is not None and published.tag else ""
    path = BackboneStore(models).checked_weights(backbone_spec(name)) if name else None
    if path is None:
        remedy = f"Run `recollect models download {name}`, or train from scratch: `--set weights=scratch`."
        raise ModelMissingError(
            f"There are no trained weights of {config.backbone}.",
            remedy=remedy if name else "Train from scratch: `--set weights=scratch`.",
        )
    return path


def _fill(backbone: nn.Module, path: Path) -> None:
    if not path.is_file():
        raise ModelMissingError(
            f"There are no weights in {path}.",
            remedy="Name a .safetensors file, or train from scratch: `--set weights=scratch`.",
            path=path,
        )
    tensors = {name: value for name, value in read_tensors(path).items() if not name.startswith(_CLASSIFIERS)}
    try:
        backbone.load_state_dict(tensors)
    except RuntimeError as error:
        raise ModelError(
            f"The weights {path.name} are those of another network.",
            remedy="Name the file of this backbone, as timm publishes it.",
            path=path,
        ) from error


def _timm() -> Any:
    """It imports torchvision, which may lack its operators."""
    define_missing_operators()
    import timm

    return timm


def freeze_backbone(network: MetricNetwork, frozen: bool) -> None:
    """Training mode for all but a frozen backbone, which has no gradients and no running statistics."""
    network.train()
    if isinstance(network.embedder, ImageEmbedder):
        network.embedder.backbone.requires_grad_(not frozen)
        network.embedder.backbone.train(not frozen)
