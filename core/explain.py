"""Why a photo answers a query: its strength for the whole, for each term, and for single words of a description.

The numbers are those of a search, for one photo instead of all. Ranking is `core.search`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from core.query.filters import compile_filters
from core.query.query import Filter, Query, Term
from core.relevance import Relevance, combine, is_weak
from core.search import combined_query
from core.tag_search import blended
from core.terms import TermVectors
from core.types import Explanation, TermMatch
from core.words import LITTLE_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.encoders import Encoders
    from core.relevance import NoiseFloor
    from core.store.photos import PhotoStore
    from core.tag_search import TagSearch
    from core.types import PhotoId, Ranking, Vector

_WORD = re.compile(r"\w+(?:[-'\u2019]\w+)*")


class Explainer:
    def __init__(self, photos: PhotoStore, encoders: Encoders, tags: TagSearch) -> None:
        self._photos = photos
        self._tags = tags
        self._encoders = encoders
        self._terms = TermVectors(photos)

    def explain(self, query: Query, photo_id: PhotoId, *, strictness: float, ranking: Ranking) -> Explanation:
        """Nothing is compared for a query of filters alone, nor for a photo that was not embedded yet.

        Raises:
            QueryError: the terms cannot be combined, or a picture among them cannot be read.
            ModelError: no model is loaded. It is not waited for.
        """
        filters = self._met(query.filters, photo_id)
        nothing_compared = Explanation(None, False, (), (), filters)
        if not query.terms:
            return nothing_compared
        if ranking == "tags" and self._tags.answers(query.terms):
            return self._by_tags(query, photo_id, strictness, filters)
        active = self._encoders.wait(timeout_s=0)
        known = active.index.vectors([photo_id])  # (0 or 1, D)
        if not len(known):
            return nothing_compared
        photo = known[0]
        words = _words(query.terms)
        vectors = self._terms.of((*query.terms, *words), active)
        combined = combined_query(query.terms, vectors[: len(query.terms)], active.noise)
        relevance = Relevance(combined, strictness)
        alone = relevance.strength(np.array([photo @ combined.vector]))
        evidence = np.zeros(1) if ranking == "clip" else self._tags.evidence(query.terms).of(np.array([photo_id]))
        score = float(blended(alone, evidence)[0])
        parts = zip((*query.terms, *words), vectors, strict=True)
        matches = [_match(term, vector, photo, active.noise) for term, vector in parts]
        return Explanation(
            score,
            bool(relevance.is_weak(score)),
            terms=tuple(matches[: len(query.terms)]),
            words=tuple(sorted(matches[len(query.terms) :], key=lambda match: -match.strength)),
            filters=filters,
            tags=self._tags.matches(query.terms, photo_id) if evidence.any() else (),
            score_without_tags=float(alone[0]) if evidence.any() else None,
        )

    def _by_tags(self, query: Query, photo_id: PhotoId, strictness: float, filters: tuple[str, ...]) -> Explanation:
        """The terms each on its own, as everywhere; no encoder is needed."""
        photo = np.array([photo_id])

        def strength(term: Term) -> float:
            return float(self._tags.strengths([term]).of(photo)[0])

        score = float(self._tags.strengths(query.terms).of(photo)[0])
        terms = [TermMatch(term.value, strength(_wanted(term)), term.weight > 0) for term in query.terms]
        return Explanation(
            score,
            is_weak(score, strictness),
            tuple(terms),
            words=(),
            filters=filters,
            tags=self._tags.matches(query.terms, photo_id),
        )

    def _met(self, filters: Sequence[Filter], photo_id: PhotoId) -> tuple[str, ...]:
        """Those that the photo meets: of several cameras, say, it has one. In canonical text."""
        today = date.today()
        conditions = [compile_filters([each], today=today, beside=filters) for each in filters]
        meets = self._photos.meets(photo_id, conditions)
        return tuple(str(each) for each, met in zip(filters, meets, strict=True) if met)


def _wanted(term: Term) -> Term:
    return Term(term.kind, term.value)


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
        telling = [word for word in _WORD.findall(term.value) if word.casefold() not in LITTLE_WORDS]
        if term.kind == "text" and len(telling) > 1:
            for word in telling:
                found.setdefault((word.casefold(), term.weight > 0), Term("text", word, term.weight))
    return list(found.values())
