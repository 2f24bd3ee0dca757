"""Why a photo answers a query: its strength for the whole, for each term, and for single words of a description.

The numbers are those of a search, for one photo instead of all. Ranking is `core.search`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from core.query.filters import compile_filters
from core.query.query import Filter, Query, Term
from core.relevance import Relevance, combine
from core.search import combined_query
from core.terms import TermVectors
from core.types import Explanation, TermMatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.encoders import Encoders
    from core.relevance import NoiseFloor
    from core.store.photos import PhotoStore
    from core.types import PhotoId, Vector

_WORD = re.compile(r"\w+(?:[-'\u2019]\w+)*")

_LITTLE_WORDS = frozenset(
    {
        "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "have", "her", "his", "in", "into", "is",
        "it", "its", "my", "no", "of", "off", "on", "or", "our", "out", "over", "that", "the", "their", "this", "to",
        "up", "very", "was", "were", "with", "without",
    }
)  # fmt: skip
"""They stand in every other caption and show in no picture. English, because most models know nothing else."""


class Explainer:
    def __init__(self, photos: PhotoStore, encoders: Encoders) -> None:
        self._photos = photos
        self._encoders = encoders
        self._terms = TermVectors(photos)

    def explain(self, query: Query, photo_id: PhotoId, *, strictness: float) -> Explanation:
        """Nothing is compared for a query of filters alone, nor for a photo that was not embedded yet.

        Raises:
            QueryError: the terms cannot be combined, or a picture among them cannot be read.
            ModelError: no model is loaded. It is not waited for.
        """
        filters = self._met(query.filters, photo_id)
        nothing_compared = Explanation(None, False, (), (), filters)
        if not query.terms:
            return nothing_compared
        active = self._encoders.wait(timeout_s=0)
        known = active.index.vectors([photo_id])  # (0 or 1, D)
        if not len(known):
            return nothing_compared
        photo = known[0]
        words = _words(query.terms)
        vectors = self._terms.of((*query.terms, *words), active)
        combined = combined_query(query.terms, vectors[: len(query.terms)], active.noise)
        relevance = Relevance(combined, strictness)
        score = float(relevance.strength(photo @ combined.vector))
        parts = zip((*query.terms, *words), vectors, strict=True)
        matches = [_match(term, vector, photo, active.noise) for term, vector in parts]
        return Explanation(
            score,
            bool(relevance.is_weak(score)),
            terms=tuple(matches[: len(query.terms)]),
            words=tuple(sorted(matches[len(query.terms) :], key=lambda match: -match.strength)),
            filters=filters,
        )

    def _met(self, filters: Sequence[Filter], photo_id: PhotoId) -> tuple[str, ...]:
        """Those that the photo meets: of several cameras, say, it has one. In canonical text."""
        today = date.today()
        conditions = [compile_filters([each], today=today) for each in filters]
        meets = self._photos.meets(photo_id, conditions)
        return tuple(str(each) for each, met in zip(filters, meets, strict=True) if met)


def _match(term: Term, vector: Vector, photo: Vector, noise: NoiseFloor) -> TermMatch:
    """As if the term were the whole query. Its weight and sign do not count."""
    alone = combine([(vector, 1.0, term.kind)], noise)
    strength = Relevance(alone, strictness=0.0).strength(photo @ alone.vector)
    return TermMatch(_text(term), float(strength), wanted=term.weight > 0)


def _text(term: Term) -> str:
    """The words, or the canonical text of a picture."""
    return term.value if term.kind == "text" else Term("image", term.value).unsigned


def _words(terms: Sequence[Term]) -> list[Term]:
    """The words of each description that has several, each once, with the sign of its term."""
    found: dict[tuple[str, bool], Term] = {}
    for term in terms:
        telling = [word for word in _WORD.findall(term.value) if word.casefold() not in _LITTLE_WORDS]
        if term.kind == "text" and len(telling) > 1:
            for word in telling:
                found.setdefault((word.casefold(), term.weight > 0), Term("text", word, term.weight))
    return list(found.values())
