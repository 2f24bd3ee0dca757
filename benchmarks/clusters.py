"""Vectors that lie on the unit sphere as embeddings of photos do: in clusters, and mostly in few directions.

Random vectors would be a puzzle that no photo library poses: in 384 equal directions everything is about as far from
everything else. The shape is that of 8,700 photos of many kinds under the starter model: their variance falls as
`(1 + i / 8) ** -2.5` from one principal direction to the next, a photo's nearest neighbour has a cosine of about 0.9,
and a caption has one of about 0.3 with the photos that it describes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core.types import Vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

PHOTOS_A_CLUSTER = 50
SPREAD = 0.6  # of a cluster, against that of all clusters
TEXT_COSINE = 0.33


def clustered_vectors(count: int, dim: int, *, seed: int = 0) -> Vectors:
    """(count, dim) unit length."""
    chance = np.random.default_rng(seed)
    centres = chance.standard_normal((max(1, count // PHOTOS_A_CLUSTER), dim), dtype=np.float32)
    sizes = chance.pareto(1.5, len(centres)) + 0.1  # a few large clusters, many small ones
    members = chance.choice(len(centres), size=count, p=sizes / sizes.sum())
    noise = chance.standard_normal((count, dim), dtype=np.float32)
    return _unit((centres[members] + np.float32(SPREAD) * noise) * _deviations(dim))


def texts_near(vectors: Vectors, count: int, *, seed: int = 1) -> Vectors:
    """(count, dim) queries, each near a photo as far as a text ever is: mostly in directions that no photo has."""
    chance = np.random.default_rng(seed)
    chosen = vectors[chance.integers(0, len(vectors), count)]
    elsewhere = _unit(chance.standard_normal(chosen.shape, dtype=np.float32))
    return _unit(np.float32(TEXT_COSINE) * chosen + np.float32(np.sqrt(1 - TEXT_COSINE**2)) * elsewhere)


def _deviations(dim: int) -> Vectors:
    return ((1 + np.arange(dim, dtype=np.float32) / 8) ** -1.25).astype(np.float32)


def _unit(vectors: NDArray[np.floating[Any]]) -> Vectors:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32, copy=False)
