"""The two halves of a CLIP model as functions from numpy to numpy. No registry, no caches, no policy."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from core.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models.preprocessing import Preprocessing
    from core.types import Vectors

Tokenize = Callable[[list[str]], Tensor]


class ImageTower:
    """Pixels in, vectors out, in one dtype on one device."""

    def __init__(
        self, visual: nn.Module, preprocessing: Preprocessing, device: torch.device, dtype: torch.dtype = torch.float32
    ) -> None:
        # Channels last is the memory layout of the pixels as they come, and the one that convolutions are fastest with.
        self._visual = _placed(visual, device, dtype)
        self._preprocessing = preprocessing
        self._device = device
        self.dtype = dtype
        std = torch.tensor(preprocessing.std, device=device)
        self._scale = (1.0 / (255.0 * std)).view(1, 3, 1, 1)
        self._shift = (-torch.tensor(preprocessing.mean, device=device) / std).view(1, 3, 1, 1)

    @property
    def device(self) -> torch.device:
        return self._device

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(H, W, 3) of the pixels."""
        return self._preprocessing.height_px, self._preprocessing.width_px, 3

    def converted(self, dtype: torch.dtype) -> ImageTower:
        """A copy in another dtype. A copy, because float32 cannot be had back from fewer bits."""
        return ImageTower(copy.deepcopy(self._visual), self._preprocessing, self._device, dtype)

    def encode(self, pixels: NDArray[np.uint8]) -> Vectors:
        """(N, H, W, 3) -> (N, D) unit length. Raises ModelError when the output is not finite."""
        with torch.inference_mode():
            batch = torch.as_tensor(pixels).to(self._device).permute(0, 3, 1, 2)
            scaled = batch.to(torch.float32).mul_(self._scale).add_(self._shift)
            return unit_vectors(self._visual(scaled.to(self.dtype)))


def _placed(module: nn.Module, device: torch.device, dtype: torch.dtype) -> nn.Module:
    return cast("Any", module).to(device=device, dtype=dtype, memory_format=torch.channels_last).eval()


class TextTower:
    """Texts in, vectors out. Stays in float32: its batches are small, and rounding would cost more than it saves."""

    def __init__(self, encode_text: Callable[[Tensor], Tensor], tokenize: Tokenize, device: torch.device) -> None:
        self._encode_text = encode_text
        self._tokenize = tokenize
        self._device = device

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(N, D) unit length. Raises ModelError when the output is not finite."""
        tokens = self._tokenize(list(texts))
        with torch.inference_mode():
            return unit_vectors(self._encode_text(tokens.to(self._device)))


def unit_vectors(features: Tensor) -> Vectors:
    """(N, D) of any dtype and device -> (N, D) float32 of unit length, in memory of numpy's."""
    raw = np.asarray(features.to("cpu", torch.float32))
    lengths = np.linalg.norm(raw, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and lengths.all()):
        raise ModelError(
            "The model answers with zeros, or with numbers that are not finite.",
            remedy="Its weights are probably damaged: download or import it again, or choose another model.",
        )
    return raw / lengths
