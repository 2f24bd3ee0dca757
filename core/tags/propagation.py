"""From a few labelled photos to more: which photos without a label look like them, and how likely they are the same.

A value is where its examples lie on average, seen from the middle of the library (a prototype: Snell, Swersky and Zemel
2017, "Prototypical Networks for Few-shot Learning"). What a photo is likely to be comes of three questions. Is it
nearer to this value than to any other that somebody has given? How near that has to be, the labelled photos tell, each
left out in turn. Does it stand out from what is usual in the library? That is the false discovery rate of Benjamini
and Hochberg (1995) under the null of Efron (2004), "Large-Scale Simultaneous Hypothesis Testing". And how much do so
few examples say at all? That is Laplace's rule of succession. Nothing is set here: people look at proposals first, so
there are few of them, and more once those have been looked at.
"""

from __future__ import annotations

import math
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
LEAST_PROBABILITY = 0.25  # of one example nobody can say more than 0.5
PROPOSALS_AN_EXAMPLE = 3  # with each photo that is confirmed there is more to go by

MOST_BACKGROUND = 4096  # photos that show what is usual in the library

FARTHER = 25  # of 100 labelled photos so many are farther from the others of their value than a proposal may be
LEAST_SPREAD = 0.01  # in cosine: copies of one photo vary by nothing
USUAL_SCALE = 0.1  # of differences of cosines, where no labelled photos tell
_SCALES = np.geomspace(0.01, 0.5, 20)  # encoders differ that much


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
class _Values:
    """Where each value lies, seen from the middle of the library."""

    names: list[str]
    centres: Vectors  # (V, D) unit length
    middle: Vectors  # (D,) of the library
    counts: NDArray[np.int64]  # (V,) examples that the user has chosen; 0 for the rivals
    scale: float  # of differences of cosines
    level: float  # in cosine: most labelled photos are nearer to the others of their value

    def cosines(self, rows: Vectors) -> Vectors:
        """(N, V) of vectors (N, D)."""
        return _unit(rows - self.middle) @ self.centres.T


@dataclass(frozen=True, slots=True)
class _Likeness:
    """How photos compare with the values."""

    ids: list[PhotoId]
    value: NDArray[np.int64]  # (N,) the nearest
    cosine: NDArray[np.float32]  # (N,) to its centre
    share: NDArray[np.float64]  # (N,) that it is this one, if it is one of them
    example: NDArray[np.int64]  # (N,) the example of that value that looks most like it
    example_cosine: NDArray[np.float32]  # (N,) to that


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
    _, background = vectors(candidates[:: -(-len(candidates) // MOST_BACKGROUND) or 1])
    if not len(background):
        return []
    values = _values(examples, others, background)
    likeness = _look(vectors, candidates, values, examples)
    return _proposals(likeness, values, examples, _probabilities(likeness, values, background), limit)


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


def _values(examples: _Examples, others: _Examples, background: Vectors) -> _Values:
    """The values of the examples first, then those of other photos."""
    middle = np.concatenate([background, examples.vectors, others.vectors]).mean(axis=0, dtype=np.float32)
    chosen = [str(value) for value in np.unique(examples.values)]
    rivals = [str(value) for value in np.unique(others.values) if value not in chosen]
    sources = [*((examples, value) for value in chosen), *((others, value) for value in rivals)]
    centres = [_unit(_unit(rows.vectors - middle)[rows.values == value].sum(axis=0)) for rows, value in sources]
    counts = [int((examples.values == value).sum()) for value in (*chosen, *rivals)]
    left_out, truth = _left_out(_unit(others.vectors - middle), others.values)
    level = float(np.percentile(left_out[np.arange(len(truth)), truth], FARTHER)) if len(truth) > 1 else -1.0
    return _Values([*chosen, *rivals], np.stack(centres), middle, np.array(counts), _scale(left_out, truth), level)


def _left_out(rows: Vectors, values: NDArray[np.str_]) -> tuple[Vectors, NDArray[np.int64]]:
    """(M, V) cosines of those that are not alone with their value, to the centres without them; (M,) their values."""
    names, truth, counts = np.unique(values, return_inverse=True, return_counts=True)
    sums = np.zeros((len(names), rows.shape[1]), np.float32)
    np.add.at(sums, truth, rows)
    cosines = rows @ _unit(sums).T
    cosines[np.arange(len(rows)), truth] = (rows * _unit(sums[truth] - rows)).sum(axis=1)
    paired = counts[truth] > 1
    return cosines[paired], truth[paired]


def _scale(cosines: Vectors, truth: NDArray[np.int64]) -> float:
    """The one under which the labelled photos are likeliest what they are, and that is not far from the usual one."""
    if cosines.shape[1] < 2 or len(truth) < 2:
        return USUAL_SCALE

    def loss(scale: float) -> float:
        shares = _shares(cosines, scale)[np.arange(len(truth)), truth]
        return float(-np.log(shares.clip(min=1e-12)).sum()) + float(np.log(scale / USUAL_SCALE) ** 2)

    return min((float(scale) for scale in _SCALES), key=loss)


def _look(vectors: VectorsOf, candidates: Sequence[PhotoId], values: _Values, examples: _Examples) -> _Likeness:
    parts: list[_Likeness] = []
    for start in range(0, len(candidates), BLOCK):
        ids, rows = vectors(candidates[start : start + BLOCK])
        if ids:
            parts.append(_compare(ids, rows, values, examples))
    return _Likeness(
        [photo_id for part in parts for photo_id in part.ids],
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.cosine for part in parts]),
        np.concatenate([part.share for part in parts]),
        np.concatenate([part.example for part in parts]),
        np.concatenate([part.example_cosine for part in parts]),
    )


def _compare(ids: list[PhotoId], rows: Vectors, values: _Values, examples: _Examples) -> _Likeness:
    cosines, row = values.cosines(rows), np.arange(len(rows))
    value = cosines.argmax(axis=1)
    numbers = np.searchsorted(np.array(values.names[: int((values.counts > 0).sum())]), examples.values)
    to_examples = np.where(numbers[None, :] == value[:, None], rows @ examples.vectors.T, np.float32(-1.0))
    example = to_examples.argmax(axis=1)
    shares = _shares(cosines, values.scale)[row, value]
    return _Likeness(ids, value, cosines[row, value], shares, example, to_examples[row, example])


def _probabilities(likeness: _Likeness, values: _Values, background: Vectors) -> NDArray[np.float64]:
    """(N,) that a photo has the value that it is nearest to; 0 where that is none of the examples'."""
    usual = values.cosines(background)
    unusual = np.zeros(len(likeness.ids))
    for number in range(int((values.counts > 0).sum())):
        here = likeness.value == number
        unusual[here] = 1 - _false_discoveries(usual[:, number], likeness.cosine[here])
    count = values.counts[likeness.value]
    probabilities = likeness.share * unusual * (count / (count + 1))
    return np.where(likeness.cosine >= values.level, probabilities, 0.0)


def _false_discoveries(usual: NDArray[np.float32], cosines: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N,) the share of photos as near as this that are so by chance. How much chance varies is seen below the median:
    above it lie the photos that really have the value.
    """
    descending = np.sort(usual)[::-1].astype(np.float64)
    low, middle = np.percentile(descending, [16, 50])
    deviations = (descending - middle) / max(middle - low, LEAST_SPREAD)
    by_chance = np.array([math.erfc(each / math.sqrt(2)) / 2 for each in deviations])
    share = np.arange(1, len(descending) + 1) / len(descending)
    rates = np.maximum.accumulate((by_chance / share).clip(max=1.0))  # who is nearer is not less likely
    return np.interp(cosines, descending[::-1], rates[::-1])


def _shares(cosines: Vectors, scale: float) -> NDArray[np.float64]:
    """(N, V) softmax."""
    logits = cosines.astype(np.float64) / scale
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _unit(rows: Vectors) -> Vectors:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True).clip(min=1e-6)).astype(np.float32)


def _proposals(
    likeness: _Likeness, values: _Values, examples: _Examples, probabilities: NDArray[np.float64], limit: int
) -> list[Proposal]:
    """The likeliest, of each value as many as its examples can speak for."""
    room = PROPOSALS_AN_EXAMPLE * values.counts
    found: list[Proposal] = []
    for at in (int(each) for each in np.lexsort((-likeness.cosine, -probabilities))):
        value = int(likeness.value[at])
        if probabilities[at] < LEAST_PROBABILITY or len(found) >= limit:
            break
        if room[value] > 0:
            room[value] -= 1
            because = examples.ids[int(likeness.example[at])]
            cosine = float(likeness.example_cosine[at])
            found.append(Proposal(likeness.ids[at], values.names[value], float(probabilities[at]), cosine, because))
    return found
