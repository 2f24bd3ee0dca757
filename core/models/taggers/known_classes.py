"""Whether a photo is of a class that a tagger knows: how near it lies to the middle of the nearest one.

The nearest class mean in the space of features (Mensink et al. 2013, Distance-Based Image Classification) as a measure
of what lies outside of all classes; docs/decisions/0076-unknown-classes.md says what else was tried. Imports no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SMALLEST = 1e-12


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
