"""Taggers that are loaded and run: one that looks at pixels, one that reads the vectors of an encoder."""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from core.errors import MachineError
from core.models.calibration import Plan, Plans, planned
from core.models.device import choose_device, describe_device
from core.models.taggers.checkpoint import load_network, settle, weights_path
from core.models.taggers.config import (
    CheckpointConfig,
    EncoderBackbone,
    EnsembleConfig,
    read_checkpoint_config,
    tagger_key,
)
from core.models.taggers.known_classes import KnownClasses
from core.models.taggers.network import TaggerNetwork, normalised
from core.models.taggers.preprocessing import TaggerPreprocessing
from core.models.taggers.tagger import Tagger, check_finite, check_vectors, softmax
from core.models.weights_file import sha256_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from core.models.taggers.tagger import ByHead
    from core.protocols import Prepared
    from core.types import Vectors

__all__ = ["PixelTagger", "Tagger", "VectorTagger", "load_tagger"]

log = logging.getLogger(__name__)

# A narrow dtype may move a probability of 0.5 by about 0.045 at most: the cosine is Bhattacharyya's coefficient.
MIN_COSINE = 0.999
# A product of a matrix and all vectors at once: as many as this are a few milliseconds.
_VECTOR_BATCH = 4096


def load_tagger(directory: Path, *, device: str = "auto", plans: Plans | None = None) -> Tagger:
    """The tagger in a checkpoint directory, ready to work. Calibration waits for the first picture.

    Args:
        device: as in the settings.
        plans: what was measured about networks on this machine; None remembers nothing.

    Raises:
        ModelError: not there, damaged, foreign, of a newer Recollect; or a device that is not there.
    """
    settle(directory)
    config = read_checkpoint_config(directory)
    if isinstance(config, EnsembleConfig):
        from core.models.taggers.ensemble import load_ensemble

        return load_ensemble(directory, config, device=device, plans=plans)
    network, config = load_network(directory)
    key = tagger_key(config, sha256_of(weights_path(directory)))
    if isinstance(config.backbone, EncoderBackbone):
        return VectorTagger(key, config, network)
    place = choose_device(device)
    machine_key = f"{key} on {describe_device(place)}, torch {torch.__version__}"
    return PixelTagger(
        key,
        config,
        PixelNetwork(network, place),
        partial(planned, machine_key=machine_key, plans=plans or Plans(None), min_cosine=MIN_COSINE),
    )


class PixelNetwork:
    """A network as a function from numpy to numpy, in one dtype on one device. The heads stay in float32."""

    def __init__(self, network: TaggerNetwork, device: torch.device, dtype: torch.dtype = torch.float32) -> None:
        assert network.config.preprocessing is not None
        self._network = network.to(device).eval()
        # Channels last is the memory layout of the pixels as they come.
        cast("Any", network.backbone).to(dtype=dtype, memory_format=torch.channels_last)
        self._preprocessing = network.config.preprocessing
        self._device = device
        self.dtype = dtype
        self.known = _known(network)

    @property
    def device(self) -> torch.device:
        return self._device

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(H, W, 3) of the pixels."""
        return self._preprocessing.height_px, self._preprocessing.width_px, 3

    @property
    def feature_dim(self) -> int:
        return self._network.backbone.dim

    def converted(self, dtype: torch.dtype) -> PixelNetwork:
        """A copy in another dtype. A copy, because float32 cannot be had back from fewer bits."""
        return PixelNetwork(copy.deepcopy(self._network), self._device, dtype)

    def run(self, pixels: NDArray[np.uint8]) -> tuple[ByHead, NDArray[np.float32]]:
        """(N, H, W, 3) -> logits (N, C) by head, and features (N, F). Raises ModelError when they are not finite."""
        with torch.inference_mode():
            batch = normalised(torch.as_tensor(pixels).to(self._device), self._preprocessing)
            features = self._network.features(batch.to(self.dtype)).to(torch.float32)
            logits = self._network.from_features(features)
            found = {head: np.asarray(values.cpu()) for head, values in logits.items()}
            return check_finite(found, self._network.config.name), np.asarray(features.cpu())

    def encode(self, pixels: NDArray[np.uint8]) -> Vectors:
        """(N, H, W, 3) -> (N, D) unit length: the roots of all probabilities, by which two dtypes are compared."""
        logits, _ = self.run(pixels)
        temperatures = {head: config.temperature for head, config in self._network.config.heads.items()}
        roots = [np.sqrt(softmax(values / temperatures[head])) for head, values in logits.items()]
        return (np.concatenate(roots, axis=1) / len(roots) ** 0.5).astype(np.float32)


class PixelTagger(Tagger):
    """Looks at pictures."""

    def __init__(
        self,
        key: str,
        config: CheckpointConfig,
        network: PixelNetwork,
        calibrate: Callable[[PixelNetwork], tuple[Plan, PixelNetwork]],
    ) -> None:
        """
        Args:
            network: in float32.
            calibrate: called once, before the first picture.
        """
        super().__init__(key=key, name=config.name, heads=config.labels, thresholds=_thresholds(config))
        assert config.preprocessing is not None
        self._temperatures = _temperatures(config)
        self._preprocessing = TaggerPreprocessing(config.preprocessing)
        self.known = network.known
        self._network = network
        self._calibrate = calibrate
        self._plan: Plan | None = None
        self._plan_lock = threading.Lock()
        self._smaller_batch: int | None = None  # after the graphics card ran out of memory

    @property
    def plan(self) -> Plan:
        """How pictures are run on this machine; measured now if it is not known yet."""
        with self._plan_lock:
            if self._plan is None:
                self._plan, self._network = self._calibrate(self._network)
            return self._plan

    @property
    def needs_pixels(self) -> bool:
        return True

    @property
    def encoder_key(self) -> str | None:
        return None

    @property
    def image_edge_px(self) -> int:
        return self._preprocessing.edge_px

    @property
    def batch_size(self) -> int:
        return self._smaller_batch or self.plan.batch_size

    @property
    def temperatures(self) -> Mapping[str, float]:
        return self._temperatures

    def prepare(self, image: Image) -> Prepared:
        return (self._preprocessing.prepare(image),)

    def outputs(
        self, prepared: Sequence[Prepared], vectors: Vectors | None = None
    ) -> tuple[ByHead, NDArray[np.float32]]:
        pixels = [of_one[0] for of_one in prepared]
        parts: list[tuple[ByHead, NDArray[np.float32]]] = []
        start = 0
        while start < len(pixels):
            stop = min(start + self.batch_size, len(pixels))  # asks for the plan, which settles the dtype
            try:
                parts.append(self._network.run(np.stack(pixels[start:stop])))
            except torch.OutOfMemoryError as error:
                self._use_smaller_batches(error)
            else:
                start = stop
        return self._joined(parts)

    def _joined(self, parts: list[tuple[ByHead, NDArray[np.float32]]]) -> tuple[ByHead, NDArray[np.float32]]:
        if not parts:
            empty = {head: np.empty((0, len(labels)), np.float32) for head, labels in self.heads.items()}
            return empty, np.empty((0, self._network.feature_dim), np.float32)
        logits = {head: np.concatenate([found[head] for found, _ in parts]) for head in self.heads}
        return logits, np.concatenate([features for _, features in parts])

    def _use_smaller_batches(self, error: torch.OutOfMemoryError) -> None:
        if self.batch_size == 1:
            raise MachineError(
                "The graphics card has too little free memory for this tagger.",
                remedy="Close other programs that use it, choose a smaller tagger, or set the device to cpu.",
            ) from error
        self._smaller_batch = self.batch_size // 2
        torch.cuda.empty_cache()
        log.info("Out of memory on the graphics card: batches of %d from now on", self.batch_size)


class VectorTagger(Tagger):
    """Reads the vectors that the library has of one encoder: linear heads, microseconds a photo."""

    def __init__(self, key: str, config: CheckpointConfig, network: TaggerNetwork) -> None:
        assert isinstance(config.backbone, EncoderBackbone)
        super().__init__(key=key, name=config.name, heads=config.labels, thresholds=_thresholds(config))
        self._backbone = config.backbone
        self._temperatures = _temperatures(config)
        self.known = _known(network)
        self._heads = {name: (_numpy(head.weight).T.copy(), _numpy(head.bias)) for name, head in network.heads.items()}

    @property
    def needs_pixels(self) -> bool:
        return False

    @property
    def encoder_key(self) -> str | None:
        return self._backbone.encoder_key

    @property
    def image_edge_px(self) -> int:
        return 0

    @property
    def batch_size(self) -> int:
        return _VECTOR_BATCH

    @property
    def temperatures(self) -> Mapping[str, float]:
        return self._temperatures

    def prepare(self, image: Image) -> Prepared:
        return ()

    def outputs(
        self, prepared: Sequence[Prepared], vectors: Vectors | None = None
    ) -> tuple[ByHead, NDArray[np.float32]]:
        """Features are the vectors themselves."""
        read = check_vectors(vectors, len(prepared), self._backbone.dim, self._backbone.encoder_name)
        logits = {name: (read @ weight + bias).astype(np.float32) for name, (weight, bias) in self._heads.items()}
        return check_finite(logits, self.name), read


def _known(network: TaggerNetwork) -> dict[str, KnownClasses]:
    """By head, where it can tell what it does not know."""
    least = {name: head.known_from for name, head in network.config.heads.items()}
    return {
        name: KnownClasses(np.asarray(middles.cpu(), np.float32), cosine)
        for name, middles in network.middles.items()
        if (cosine := least[name]) is not None
    }


def _thresholds(config: CheckpointConfig) -> dict[str, float]:
    return {name: head.threshold for name, head in config.heads.items()}


def _temperatures(config: CheckpointConfig) -> dict[str, float]:
    return {name: head.temperature for name, head in config.heads.items()}


def _numpy(parameter: torch.Tensor) -> NDArray[np.float32]:
    return parameter.detach().cpu().numpy()
