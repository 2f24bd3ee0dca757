"""How strong a search result is: from cosines, which mean something else with every encoder, to strengths of 0 to 1.

Three steps. The noise floor says which cosines an encoder gives to photos and texts that have nothing to do with each
other. A query of several terms becomes one vector whose cosines rank the photos, so that any index can search for it.
The strength says how far above the noise a photo stands, as a probability. Why so, and what was tried instead:
docs/decisions/0050-relevance.md. Words become vectors in `core.prompts`; the search itself is not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.errors import QueryError
from core.prompts import embed_texts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from core.protocols import Encoder
    from core.types import Vector, Vectors

TermKind = Literal["text", "image"]

# Fitted by `recollect evaluate relevance` with the starter, on one half of the class names of validation photos, as the
# probability that a photo shows what the words say where one photo in fifteen does. In deviations above the noise.
_MIDPOINT = 2.25
_SLOPE = 0.48
# Two photos of one thing stand out from unrelated ones by this much more than its name does: same fit, same unit.
_IMAGE_LEAD = 0.4

# The noise among pictures with the starter. It stands in for the pairs that a library of few photos cannot give.
_IMAGE_PRIOR_MEAN, _IMAGE_PRIOR_STD = 0.21, 0.19
_IMAGE_PRIOR_PHOTOS = 20  # as many photos weigh as much as the prior does
# A library without photos has no noise to measure, and nothing to show either: any sane values do.
_TEXT_PRIOR_MEAN, _TEXT_PRIOR_STD = 0.14, 0.08
# A thousand photos give mean and deviation to 1 %; their pairs are half a million cosines, 10 ms.
_NOISE_PHOTOS = 1000
# Below this a model answers everything alike, and the float16 of stored vectors would be taken for a signal.
_SMALLEST_STD = 1e-3
# Terms whose sum is shorter than this, before it is brought to unit length, cancel each other out.
_SMALLEST_NORM = 1e-3
# The line at full strictness. No photo reaches a strength of 1, and a slider that hides everything helps nobody.
_STRICTEST = 0.95


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """Cosines of pairs that have nothing to do with each other, as one encoder gives them."""

    text_mean: float  # a text and a photo
    text_std: float
    image_mean: float  # two photos
    image_std: float

    def of(self, kind: TermKind) -> tuple[float, float]:
        """Mean and standard deviation for terms of this kind."""
        if kind == "text":
            return self.text_mean, self.text_std
        return self.image_mean + _IMAGE_LEAD * self.image_std, self.image_std


@dataclass(frozen=True, slots=True, eq=False)
class CombinedQuery:
    """All terms of a query as one vector.

    A photo at `cosine` from `vector` stands `scale * cosine - offset` deviations above the noise. As the scale is
    positive, ranking by cosine is ranking by strength.
    """

    vector: Vector  # (D,) unit length
    scale: float
    offset: float

    def deviations(self, cosines: ArrayLike) -> NDArray[np.float64]:
        """The same shape as `cosines`, in standard deviations of the noise."""
        return self.scale * np.asarray(cosines, dtype=np.float64) - self.offset


class Relevance:
    """Strengths for the photos that answer one query, and the line below which they are weak."""

    def __init__(self, combined: CombinedQuery, strictness: float) -> None:
        self._combined = combined
        self._line = min(strictness, _STRICTEST)

    def strength(self, cosines: ArrayLike) -> NDArray[np.float64]:
        """0..1, the same shape as `cosines`, and rising with them."""
        return strength_of(self._combined.deviations(cosines))

    def is_weak(self, strength: ArrayLike) -> NDArray[np.bool_]:
        """True below the line. Strictness 0 calls nothing weak."""
        return np.asarray(strength) < self._line


def is_weak(strength: float, strictness: float) -> bool:
    """Whether a strength lies below the line that the strictness draws."""
    return strength < min(strictness, _STRICTEST)


def strength_of(deviations: NDArray[np.float64]) -> NDArray[np.float64]:
    """0..1 for deviations above the noise."""
    # The logistic function, written with tanh because exp overflows far from the line.
    return 0.5 + 0.5 * np.tanh((deviations - _MIDPOINT) / (2 * _SLOPE))


def measure_noise(encoder: Encoder, photo_vectors: Vectors, *, templates: Sequence[str] = ()) -> NoiseFloor:
    """The noise floor of `encoder`, from background prompts and vectors of the library's photos, which may be none.

    Nearly all of the prompts are wrong for any photo, so one photo is enough for the text side, and a library that
    shows nothing but dogs leaves "dog" strong. The image side leans on a prior while the photos are few. `templates`
    are those that the queries get. It takes as long as encoding the prompts, unless the encoder remembers them.
    """
    photos = _sample(photo_vectors)
    text_mean, text_std = _text_noise(embed_texts(encoder, background_prompts(), templates), photos)
    image_mean, image_std = _image_noise(photos)
    return NoiseFloor(text_mean, text_std, image_mean, image_std)


def combine(terms: Sequence[tuple[Vector, float, TermKind]], noise: NoiseFloor) -> CombinedQuery:
    """One vector for terms of (vector of unit length, signed weight, kind).

    Each term counts in deviations above the noise of its kind, so that a picture does not drown words. Their sum is
    divided by the length of its wanted part, which is the deviation of that part's noise: strengths of one term and
    of several mean the same. Where nothing is wanted, as in "- people", a photo is as strong as the unwanted is weak.

    Raises:
        QueryError: the terms cancel each other out, or there are none.
    """
    weights = np.array([weight for _, weight, _ in terms])
    if not weights.any():
        raise QueryError("There is nothing to search for.", remedy="Give at least one term a weight other than 0.")
    vectors = np.stack([vector for vector, _, _ in terms]).astype(np.float64)  # (T, D)
    means, stds = np.array([noise.of(kind) for _, _, kind in terms]).T
    direction = (weights / stds) @ vectors
    norm = float(np.linalg.norm(direction))
    if norm < _SMALLEST_NORM * np.abs(weights / stds).sum():
        raise QueryError("The terms cancel each other out.", remedy="Leave one of them out, or change a weight.")
    wanted = weights.clip(min=0) if weights.max() > 0 else weights
    length = float(np.linalg.norm(wanted @ vectors))
    offset = float(weights @ (means / stds)) / length
    if weights.max() <= 0:
        offset -= 2 * _MIDPOINT
    return CombinedQuery((direction / norm).astype(np.float32), norm / length, offset)


@cache
def background_prompts() -> tuple[str, ...]:
    """Everyday things that a photo may show; data in `resources/relevance`."""
    lines = (files("resources") / "relevance" / "background_prompts.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def _sample(vectors: Vectors) -> Vectors:
    """At most `_NOISE_PHOTOS` rows, evenly spread, so that the same library gives the same noise."""
    if len(vectors) <= _NOISE_PHOTOS:
        return vectors
    return vectors[np.linspace(0, len(vectors) - 1, _NOISE_PHOTOS).astype(np.intp)]


def _text_noise(prompts: Vectors, photos: Vectors) -> tuple[float, float]:
    if not len(photos):
        return _TEXT_PRIOR_MEAN, _TEXT_PRIOR_STD
    cosines = prompts @ photos.T  # (P, N)
    return float(cosines.mean()), max(float(cosines.std()), _SMALLEST_STD)


def _image_noise(photos: Vectors) -> tuple[float, float]:
    count = len(photos)
    if count < 2:
        return _IMAGE_PRIOR_MEAN, _IMAGE_PRIOR_STD
    cosines = (photos @ photos.T)[np.triu_indices(count, k=1)]
    trust = count / (count + _IMAGE_PRIOR_PHOTOS)
    mean = trust * float(cosines.mean()) + (1 - trust) * _IMAGE_PRIOR_MEAN
    std = trust * float(cosines.std()) + (1 - trust) * _IMAGE_PRIOR_STD
    return mean, max(std, _SMALLEST_STD)
