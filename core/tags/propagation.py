"""From a few labelled photos to many: which photos without a label look like them, and how likely they are the same.

A photo is proposed where it is nearer to one of the examples than to anything that has another label, and nearer than
what has nothing to do with them. The margin becomes a probability by a logistic curve that is fitted to the labelled
photos, each left out in turn (Platt 1999, "Probabilistic Outputs for Support Vector Machines", with his smoothed
targets). Nothing is set here: people look at proposals first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import LabelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.store.labels import LabelStore
    from core.store.unlabelled import UnlabelledStore
    from core.types import PhotoId, Vectors

MOST_EXAMPLES = 500  # of those that the user selected
MOST_OTHERS = 1000  # labelled photos that speak for and against, spread evenly over the values
BLOCK = 8192  # photos whose vectors are in memory at once
LEAST_PROBABILITY = 0.5

MOST_BACKGROUND = 4096  # photos that show what is usual in the library

UNUSUAL = 2.0  # so many times the usual variation nearer than usual: 2 of 100 photos are by chance
LEAST_SPREAD = 0.01  # in cosine: copies of one photo vary by nothing
UNKNOWN_SCALE = 0.05  # of the logistic curve, in cosine, where no labelled photos tell
_SCALES = np.geomspace(0.005, 0.5, 25)  # encoders differ that much
_OFFSETS = np.linspace(-3, 3, 25)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a photo may be, for somebody to look at."""

    photo_id: PhotoId
    value: str
    probability: float
    cosine: float  # to the photo that it looks like
    because: PhotoId  # the example that it looks like most


@dataclass(frozen=True, slots=True)
class _Examples:
    """Labelled photos with their vectors."""

    ids: list[PhotoId]
    vectors: Vectors  # (N, D)
    values: NDArray[np.str_]  # (N,)


@dataclass(frozen=True, slots=True)
class _Nearest:
    """How near photos are to what is labelled."""

    ids: list[PhotoId]
    cosine: NDArray[np.float32]  # (N,) to the nearest example
    example: NDArray[np.int64]  # (N,) which one that is
    rival: NDArray[np.float32]  # (N,) to the nearest photo that has another label than that example; -1 without any


VectorsOf = Callable[["Sequence[PhotoId]"], "tuple[list[PhotoId], Vectors]"]


def propagate(
    labels: LabelStore,
    unlabelled: UnlabelledStore,
    vectors: VectorsOf,
    ids: Sequence[PhotoId],
    head: str,
    *,
    limit: int,
) -> list[Proposal]:
    """Photos without a label of the head that look like some of these, likeliest first.

    Raises:
        LabelError: none of the photos has a label of the head, or a vector.
    """
    said = labels.of_head(head)
    chosen = [photo_id for photo_id in dict.fromkeys(ids) if photo_id in said][:MOST_EXAMPLES]
    if not chosen:
        raise LabelError(
            f"None of these photos has a label of \u201c{head}\u201d.",
            remedy="Label one, then look for photos like it.",
        )
    examples = _examples(vectors, chosen, said)
    if not examples.ids:
        raise LabelError("These photos were not indexed yet.", remedy="Wait until they are, then try again.")
    others = _examples(vectors, _spread(said), said)
    candidates = unlabelled.ids(head)
    nearest = _look(vectors, candidates, examples, others)
    background = _background(vectors, candidates, examples)
    return _proposals(nearest, examples, _probabilities(nearest, examples, others, background), limit)


def _examples(vectors: VectorsOf, ids: Sequence[PhotoId], said: Mapping[PhotoId, str]) -> _Examples:
    found, rows = vectors(ids)
    return _Examples(found, rows, np.array([said[photo_id] for photo_id in found], dtype=np.str_))


def _spread(said: Mapping[PhotoId, str]) -> list[PhotoId]:
    """As many of each value as of the others, and of each value some from all over the library."""
    by_value: dict[str, list[PhotoId]] = {}
    for photo_id in sorted(said):
        by_value.setdefault(said[photo_id], []).append(photo_id)
    each = max(2, MOST_OTHERS // len(by_value))
    return [photo_id for ids in by_value.values() for photo_id in ids[:: -(-len(ids) // each)]][: 2 * MOST_OTHERS]


def _look(vectors: VectorsOf, candidates: Sequence[PhotoId], examples: _Examples, others: _Examples) -> _Nearest:
    parts: list[_Nearest] = []
    for start in range(0, len(candidates), BLOCK):
        ids, rows = vectors(candidates[start : start + BLOCK])
        if ids:
            parts.append(_compare(ids, rows, examples, others))
    if not parts:
        return _Nearest([], np.empty(0, np.float32), np.empty(0, np.int64), np.empty(0, np.float32))
    return _Nearest(
        [photo_id for part in parts for photo_id in part.ids],
        np.concatenate([part.cosine for part in parts]),
        np.concatenate([part.example for part in parts]),
        np.concatenate([part.rival for part in parts]),
    )


def _compare(ids: list[PhotoId], rows: Vectors, examples: _Examples, others: _Examples) -> _Nearest:
    to_examples = rows @ examples.vectors.T  # (N, examples)
    example = to_examples.argmax(axis=1)
    cosine = np.take_along_axis(to_examples, example[:, None], axis=1)[:, 0]
    values = examples.values[example]
    rival = np.full(len(ids), -1.0, np.float32)
    for source, cosines in ((examples, to_examples), (others, rows @ others.vectors.T if others.ids else to_examples)):
        for value in np.unique(source.values):
            best = cosines[:, source.values == value].max(axis=1)
            rival = np.where(values == value, rival, np.maximum(rival, best))
    return _Nearest(ids, cosine, example, rival)


def _background(
    vectors: VectorsOf, candidates: Sequence[PhotoId], examples: _Examples
) -> dict[str, tuple[float, float]]:
    """For each value the cosine that most photos reach to its examples, and how much that varies. The variation is that
    below the median: above it lie the photos that really have the value.
    """
    _, rows = vectors(candidates[:: -(-len(candidates) // MOST_BACKGROUND) or 1])
    found: dict[str, tuple[float, float]] = {}
    for value in np.unique(examples.values):
        best = (rows @ examples.vectors[examples.values == value].T).max(axis=1) if len(rows) else np.ones(1)
        usual, low = np.percentile(best, [50, 16])
        found[str(value)] = float(usual), float(usual - low)
    return found


def _probabilities(
    nearest: _Nearest, examples: _Examples, others: _Examples, background: Mapping[str, tuple[float, float]]
) -> NDArray[np.float64]:
    """(N,) that a photo has the value of the example that it is nearest to."""
    if not nearest.ids:
        return np.empty(0)
    same, other = _left_out(others)
    alike = float(np.median(same)) if len(same) else -1.0  # one example a value: nobody knows how alike they are
    levels = {
        value: max((usual + alike) / 2, usual + UNUSUAL * spread) for value, (usual, spread) in background.items()
    }
    values = [str(value) for value in examples.values[nearest.example]]
    level = np.array([levels[value] for value in values])
    spread = np.array([max(background[value][1], LEAST_SPREAD) for value in values])
    scale, offset = _fitted(same, other) if len(same) else (UNKNOWN_SCALE, 0.0)
    to_rivals = (nearest.cosine - nearest.rival) / scale + offset
    to_anything = (nearest.cosine - level) / spread
    return _logistic(np.minimum(to_rivals, to_anything))


def _left_out(others: _Examples) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For each labelled photo whose value has two photos at least: the cosine to the nearest other photo of the same
    value, and to the nearest one of another value (-1 without any).
    """
    if len(others.ids) < 2:
        return np.empty(0, np.float32), np.empty(0, np.float32)
    cosines = others.vectors @ others.vectors.T
    alike = others.values[:, None] == others.values[None, :]
    other = np.where(alike, np.float32(-1.0), cosines).max(axis=1)
    np.fill_diagonal(alike, False)
    same = np.where(alike, cosines, np.float32(-1.0)).max(axis=1)
    paired = alike.any(axis=1)
    return same[paired], other[paired]


def _fitted(same: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[float, float]:
    """Scale and offset of the logistic curve under which it is likeliest that the nearest photo of a labelled one has
    the same label, or has not, as it is.
    """
    compared = other > -1.0
    if not compared.any():
        return UNKNOWN_SCALE, 0.0
    margin = np.abs(same - other)[compared].astype(np.float64)
    right = (same > other)[compared]
    hits, misses = int(right.sum()), int((~right).sum())
    targets = np.where(right, np.float64((hits + 1) / (hits + 2)), np.float64(1 / (misses + 2)))

    def loss(at: tuple[float, float]) -> float:
        scale, offset = at
        logits = margin / scale + offset
        return float(np.sum(np.logaddexp(0.0, logits) - targets * logits)) + offset**2 / 2

    return min(((float(scale), float(offset)) for scale in _SCALES for offset in _OFFSETS), key=loss)


def _logistic(logits: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 / (1.0 + np.exp(-np.clip(logits.astype(np.float64), -50, 50)))


def _proposals(
    nearest: _Nearest, examples: _Examples, probabilities: NDArray[np.float64], limit: int
) -> list[Proposal]:
    order = np.lexsort((-nearest.cosine, -probabilities))
    likely = order[probabilities[order] >= LEAST_PROBABILITY][:limit]
    return [
        Proposal(
            nearest.ids[at],
            str(examples.values[nearest.example[at]]),
            float(probabilities[at]),
            float(nearest.cosine[at]),
            examples.ids[int(nearest.example[at])],
        )
        for at in (int(each) for each in likely)
    ]
