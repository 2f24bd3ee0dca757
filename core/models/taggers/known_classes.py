"""Whether a photo is of a class that a tagger knows: how near it lies to the middle of the nearest one.

The nearest class mean in the space of features (Mensink et al. 2013, Distance-Based Image Classification) as a measure
of what lies outside of all classes; docs/decisions/0076-unknown-classes.md says what else was tried. Imports no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
from safetensors import SafetensorError

from core.errors import ModelError
from core.models.taggers.config import WEIGHTS_FILE, CheckpointConfig, read_checkpoint_config

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIDDLES = "middles."
"""Before the name of a tensor in a checkpoint's weights: the middles of a head's classes."""
_SMALLEST = 1e-12
_safetensors: Any = safetensors  # its annotations are too wide to check against


@dataclass(frozen=True, slots=True, eq=False)
class KnownClasses:
    """Of one head."""

    middles: NDArray[np.float32]  # (C, F) unit length; zeros for a label without photos
    least: float  # the cosine below which a photo is of none of them

    def unknown(self, features: NDArray[np.float32]) -> NDArray[np.bool_]:
        """(N, F) of any length -> (N,)"""
        return nearest_cosine(features, self.middles) < self.least


def nearest_cosine(features: NDArray[np.floating], middles: NDArray[np.floating]) -> NDArray[np.float32]:
    """(N, F) and (C, F) unit length -> (N,) to the nearest one."""
    return (unit(features) @ middles.T).max(axis=1).astype(np.float32)


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """(N, F) -> (N, F) unit length; zeros stay zeros."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.maximum(norms, _SMALLEST)).astype(np.float32)


def middles_name(head: str) -> str:
    """Of the tensor that holds the middles of a head's classes."""
    return f"{MIDDLES}{module_name(head)}"


def module_name(head: str) -> str:
    """torch keeps points for itself, and words that its modules have as attributes: hence the brackets."""
    return "[" + head.replace("%", "%25").replace(".", "%2E") + "]"


def read_known_classes(checkpoint: Path) -> dict[str, KnownClasses]:
    """By head, where the tagger of a checkpoint can tell what it does not know. Loads no network, and no torch.

    Raises:
        ModelError: it is no checkpoint, or damaged.
    """
    config = read_checkpoint_config(checkpoint)
    heads = config.heads if isinstance(config, CheckpointConfig) else {}
    least = {name: head.known_from for name, head in heads.items() if head.known_from is not None}
    if not least:
        return {}
    weights = checkpoint / WEIGHTS_FILE
    try:
        with _safetensors.safe_open(weights, framework="numpy") as file:
            return {
                name: KnownClasses(np.asarray(file.get_tensor(middles_name(name)), np.float32), cosine)
                for name, cosine in least.items()
            }
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{weights.name} cannot be read: {error}.", remedy="Train it again.", path=weights) from error
