"""A learned projection of an encoder's vectors, such as one for finding similar things of classes that nobody named.

A directory with `projection.json` and `projection.safetensors`. NumPy alone: the window projects what the library has
without loading torch. What makes one is the trainer's work.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from core.errors import ModelError
from core.models.disk import disk_errors, write_whole
from core.models.weights_file import check_weights, sha256_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Vectors

FORMAT = 1
CONFIG_FILE = "projection.json"
WEIGHTS_FILE = "projection.safetensors"

_safetensors: Any = safetensors.numpy  # its annotations are too wide to check against
_ROWS_AT_A_TIME = 8192  # 16 MB between two layers of 512


@dataclass(frozen=True)
class Projection:
    """Two layers with a way around them: `normalised(skip x + outer relu(inner x + a) + b)`."""

    encoder_key: str  # the only vectors that it understands: see `core.protocols.Encoder.key`
    classes: tuple[str, ...]  # that it has learned from
    sha256: str  # of its weights
    inner: NDArray[np.float32]  # (H, D)
    inner_bias: NDArray[np.float32]  # (H,)
    outer: NDArray[np.float32]  # (P, H)
    outer_bias: NDArray[np.float32]  # (P,)
    skip: NDArray[np.float32] | None  # (P, D); None: as it is, P = D

    @property
    def dim(self) -> int:
        """Of what goes in."""
        return self.inner.shape[1]

    @property
    def projected_dim(self) -> int:
        """Of what comes out."""
        return self.outer.shape[0]

    def project(self, vectors: Vectors) -> Vectors:
        """(N, D) unit length of the encoder, photos or texts -> (N, P) unit length.

        Raises:
            ModelError: vectors of another length.
        """
        if vectors.ndim != 2 or vectors.shape[1] != self.dim:
            raise ModelError(
                f"The projection takes vectors of {self.dim} numbers, and these are {vectors.shape}.",
                remedy="Choose the model that it was trained with, or train another projection.",
            )
        projected = np.empty((len(vectors), self.projected_dim), np.float32)
        for start in range(0, len(vectors), _ROWS_AT_A_TIME):
            rows = slice(start, start + _ROWS_AT_A_TIME)
            projected[rows] = self._projected(vectors[rows].astype(np.float32, copy=False))
        return projected

    def _projected(self, vectors: Vectors) -> Vectors:
        hidden = np.maximum(vectors @ self.inner.T + self.inner_bias, 0)
        around = vectors if self.skip is None else vectors @ self.skip.T
        found = around + hidden @ self.outer.T + self.outer_bias
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)


def load_projection(directory: Path) -> Projection:
    """A projection, or that of a training's run, where it lies in `projection`.

    Raises:
        ModelError: there is none, it is damaged, or of a newer Recollect.
    """
    inside = directory / "projection"
    folder = inside if (inside / CONFIG_FILE).is_file() else directory
    weights = folder / WEIGHTS_FILE
    document = _described(folder)
    check_weights(weights)
    try:
        if sha256_of(weights) != document["sha256"]:
            raise ValueError("the weights are others than those that it describes")
        tensors: dict[str, NDArray[np.float32]] = _safetensors.load_file(weights)
        found = Projection(
            encoder_key=str(document["encoder_key"]),
            classes=tuple(str(name) for name in document["classes"]),
            sha256=str(document["sha256"]),
            inner=tensors["inner.weight"],
            inner_bias=tensors["inner.bias"],
            outer=tensors["outer.weight"],
            outer_bias=tensors["outer.bias"],
            skip=tensors.get("skip.weight"),
        )
        _check_shapes(found, int(document["dim"]), int(document["projected_dim"]))
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"The projection in {folder.name} cannot be read: {error}.", remedy="Train it again.", path=folder
        ) from error
    return found


def write_projection(
    directory: Path, tensors: Mapping[str, NDArray[np.float32]], *, encoder_key: str, classes: Sequence[str]
) -> None:
    """Write a projection as `load_projection` reads it.

    Args:
        tensors: inner.weight, inner.bias, outer.weight, outer.bias and, where dimensions differ, skip.weight.

    Raises:
        MachineError: it cannot be written.
    """
    weights = directory / WEIGHTS_FILE
    plain = {name: np.ascontiguousarray(values, np.float32) for name, values in tensors.items()}
    with disk_errors(weights):
        directory.mkdir(parents=True, exist_ok=True)
        write_whole(weights, lambda part: _safetensors.save_file(plain, part))
        document = {
            "format": FORMAT,
            "encoder_key": encoder_key,
            "dim": plain["inner.weight"].shape[1],
            "projected_dim": plain["outer.weight"].shape[0],
            "classes": list(classes),
            "sha256": sha256_of(weights),
        }
        text = json.dumps(document, indent=1) + "\n"
        write_whole(directory / CONFIG_FILE, lambda part: part.write_text(text, encoding="utf-8"))


def _described(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG_FILE
    try:
        document: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(
            f"There is no projection in {folder}.",
            remedy="Name the run of a training with the recipe `clip-projection`.",
            path=folder,
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path.name} cannot be read: {error}.", remedy="Train it again.", path=path) from error
    found = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    if found.get("format") != FORMAT:
        raise ModelError(
            f"{path.name} is no projection that this Recollect understands.",
            remedy="Install the newer Recollect, or train it again.",
            path=path,
        )
    return found


def _check_shapes(projection: Projection, dim: int, projected_dim: int) -> None:
    """Raises ValueError."""
    hidden = projection.inner.shape[0]
    wanted = {
        "inner": (projection.inner.shape, (hidden, dim)),
        "inner bias": (projection.inner_bias.shape, (hidden,)),
        "outer": (projection.outer.shape, (projected_dim, hidden)),
        "outer bias": (projection.outer_bias.shape, (projected_dim,)),
        "skip": ((projected_dim, dim) if projection.skip is None else projection.skip.shape, (projected_dim, dim)),
    }
    wrong = [name for name, (shape, expected) in wanted.items() if shape != expected]
    if wrong or (projection.skip is None and dim != projected_dim):
        raise ValueError(f"{', '.join(wrong) or 'skip'} has another shape than it should have")
