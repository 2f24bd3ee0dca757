"""Vectors that lie as embeddings of photos do: in clusters of unequal size, on the unit sphere."""

from __future__ import annotations

import numpy as np

from core.types import Vectors

# Measured on vectors of real photos: two photos of one kind have a cosine of about 0.6, unrelated ones of about 0.1.
SPREAD = 0.8
PHOTOS_A_CLUSTER = 100


def clustered_vectors(count: int, dim: int, *, seed: int = 0) -> Vectors:
    """(count, dim) unit length."""
    chance = np.random.default_rng(seed)
    centres = _unit(chance.standard_normal((max(1, count // PHOTOS_A_CLUSTER), dim), dtype=np.float32))
    sizes = chance.pareto(1.5, len(centres)) + 0.1
    members = chance.choice(len(centres), size=count, p=sizes / sizes.sum())
    noise = chance.standard_normal((count, dim), dtype=np.float32) / np.sqrt(np.float32(dim))
    return _unit(centres[members] + np.float32(SPREAD) * noise)


def near(vectors: Vectors, count: int, *, seed: int = 1) -> Vectors:
    """(count, dim) queries: near some of the vectors, as a text is near the photos that it describes."""
    chance = np.random.default_rng(seed)
    chosen = vectors[chance.integers(0, len(vectors), count)]
    noise = chance.standard_normal(chosen.shape, dtype=np.float32) / np.sqrt(np.float32(chosen.shape[1]))
    return _unit(chosen + np.float32(SPREAD) * noise)


def _unit(vectors: Vectors) -> Vectors:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
