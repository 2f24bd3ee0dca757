"""Which pairs of pictures are worth a closer look, out of all that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.likeness.miniatures import Floats, unit_length

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

NEIGHBOURS = 8
"""Taken of each picture by each of the two ways. More than eight files of one picture are found through each other."""

LEAST_OUTLINE = 0.9
"""Cosine of two outlines. A resized, recompressed or brightened picture has 0.95 and more with what it came from."""

OUTLINE_DIRECTIONS = 48
VECTOR_DIRECTIONS = 96
"""So few lose none of the neighbours that matter (decision 0033), and a quarter of the time is enough."""

SAMPLE = 5000
"""Pictures, evenly spread, from which the directions are taken: some more than that."""

BLOCK_CELLS = 1 << 24
"""Cosines held at a time: 64 MB."""

_GROUP = 32


class Condensed:
    """Turns long vectors into short ones whose products are nearly the same: principal directions of a sample."""

    def __init__(self, sample: Floats, directions: int) -> None:
        """
        Args:
            sample: (S, D)
        """
        _, vectors = np.linalg.eigh(sample.T @ sample)  # ascending
        self._directions: Floats = vectors[:, -directions:].astype(np.float32)

    def __call__(self, vectors: Floats) -> Floats:
        """(N, D) -> (N, at most `directions`) of unit length; vectors of zeros stay such."""
        return unit_length(vectors @ self._directions)


def neighbours(
    rows: NDArray[np.int64],
    views: tuple[tuple[Floats, float], ...],
    *,
    on_rows: Callable[[int], None],
    stopped: Callable[[], bool],
) -> NDArray[np.int64]:
    """(P, 2) pairs, the lower row first, each once: for each of `rows` its nearest ones among all pictures.

    Exactly, in blocks: a graph of this size answers no faster when it is asked for every one of its nodes.

    Args:
        rows: (R,) of those pictures that were not compared before.
        views: (N, D) unit length, and the least product that counts; the nearest of each view are taken.
        on_rows: Called with how many rows were done.
        stopped: Asked now and then; what was found until then is returned.
    """
    total = len(views[0][0])
    padded = [(_padded(matrix), least) for matrix, least in views]
    found = [np.empty(0, np.int64)]
    for block in _blocks(rows, total):
        if stopped():
            break
        for matrix, least in padded:
            places, columns = _nearest(matrix[block], matrix, NEIGHBOURS + 1, least)
            sources = block[places]
            useful = (columns < total) & (columns != sources)
            low, high = np.minimum(sources, columns)[useful], np.maximum(sources, columns)[useful]
            found.append(low * total + high)
        on_rows(len(block))
    keys = np.unique(np.concatenate(found))
    return np.stack([keys // max(total, 1), keys % max(total, 1)], 1)


def _nearest(queries: Floats, matrix: Floats, count: int, least: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of (row of `queries`, row of `matrix`): the `count` largest products of each query that reach `least`.

    Columns are dealt out to groups. The `count` largest lie in the `count` groups with the largest maxima, and these
    are found in one quick pass: partitioning whole rows takes twenty times as long.
    """
    groups = len(matrix) // _GROUP
    products = queries @ matrix.T
    maxima = products.reshape(len(queries), _GROUP, groups).max(1)
    taken = min(count, groups)
    best = np.sort(np.argpartition(-maxima, taken - 1, axis=1)[:, :taken], axis=1)
    members = np.arange(_GROUP, dtype=np.int64) * groups
    columns = (best[:, :, None] + members).reshape(len(queries), taken * _GROUP)
    values = np.take_along_axis(products, columns, 1)
    order = np.argsort(-values, axis=1, kind="stable")[:, :count]
    reached = np.take_along_axis(values, order, 1) >= least
    return np.nonzero(reached)[0], np.take_along_axis(columns, order, 1)[reached]


def _padded(matrix: Floats) -> Floats:
    """With rows of zeros up to a multiple of the group."""
    return np.pad(matrix, ((0, -len(matrix) % _GROUP), (0, 0)))


def _blocks(rows: NDArray[np.int64], total: int) -> Iterator[NDArray[np.int64]]:
    size = max(1, BLOCK_CELLS // max(total, 1))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
