"""From a query to hits: terms become one vector, filters a set of photos, cosines a calibrated strength.

Runs on the caller's thread and touches no photo but those that are terms of the query.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ModelError, PhotoError, QueryError
from core.files.decode import read_content
from core.query.filters import compile_filters, wants_hidden
from core.query.query import Query, Term
from core.relevance import CombinedQuery, Relevance, combine, is_weak
from core.tag_search import blended
from core.terms import TermVectors
from core.types import Arrangement, Hit, PhotoId, SearchResult, Section, SimilarResult, Sort, SortKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.coverage import Coverage
    from core.encoders import ActiveEncoder, Encoders
    from core.models.projection import Projection
    from core.relevance import NoiseFloor
    from core.store.photos import PhotoStore
    from core.tag_search import PhotoValues, TagSearch
    from core.types import Ranking, Vector, Vectors


# So many photos are compared one by one: some milliseconds.
_COMPARE_ALL = 20_000
# Tags may speak against the nearest photos: so many times as many are looked at as are wanted.
_LOOK_FURTHER = 2
# So many of the nearest photos are put in the order of a projection, some milliseconds: it bends the space a little,
# and what the model holds for unlike does not come first in it.
_PROJECTED = 1000


class Searcher:
    def __init__(self, photos: PhotoStore, encoders: Encoders, tags: TagSearch) -> None:
        self._photos = photos
        self._tags = tags
        self._encoders = encoders
        self._terms = TermVectors(photos)

    def browse(self, query: Query, sort: Sort) -> Arrangement:
        """The photos that the filters let through, those that could not be read among them, in an order.

        Raises:
            QueryError: the query has terms: what they find has to be ranked.
        """
        if query.terms:
            first = query.terms[0]
            raise QueryError(
                f"{first.value!r} describes photos instead of choosing them.",
                remedy="Search for it, or leave it out.",
                start=first.start,
                end=first.end,
            )
        condition, parameters = compile_filters(query.filters, today=date.today())
        return self._photos.arranged(sort, condition, parameters, hidden=wants_hidden(query.filters))

    def search(
        self,
        query: Query,
        *,
        limit: int,
        strictness: float,
        sort: Sort,
        ranking: Ranking,
        projection: Projection | None = None,
    ) -> SearchResult:
        """The strongest photos for a query: those that are not weak in the order asked for, then weak ones.

        Args:
            projection: Orders what is like a single picture, as in `similar`, if it is of the model that answers.

        Raises:
            QueryError: the terms cannot be combined, or a picture among them cannot be read.
            ModelError: no model is loaded.
        """
        began = time.monotonic()
        if not query.terms:
            return self._chosen(query, limit, sort, began)
        if ranking == "tags" and self._tags.answers(query.terms):
            return self._by_tags(query, limit, strictness, sort, began)
        active = self._encoders.wait()
        vectors = self._terms.of(query.terms, active)
        combined = combined_query(query.terms, vectors, active.noise)
        allowed = self._allowed(query) if query.filters else None
        if projection is not None and (projection.encoder_key != active.encoder.key or not query.is_one_picture):
            projection = None
        evidence = None if ranking == "clip" else self._tags.evidence(query.terms)
        hidden = wants_hidden(query.filters)
        # One more tells of the rest.
        wanted = limit if projection is None else max(limit, _PROJECTED)
        hits = self._hits(active, combined, strictness, wanted + 1, allowed, hidden=hidden, evidence=evidence)
        if projection is not None:
            hits = list(_by_projection(hits, projection, active, vectors))
        by_tags = evidence is not None and evidence.values.any()
        searched = len(active.index) if allowed is None else len(allowed)
        result = self._result(hits, limit, sort, searched, began)
        return replace(
            result,
            encoder_key=active.encoder.key,
            ranking="blend" if by_tags else "clip",
            coverage=self.coverage(query, ranking=ranking),
        )

    def coverage(self, query: Query, *, ranking: Ranking, wait_s: float = 0.0) -> Coverage | None:
        """How well the model that answers knows the words of a query; words of tags that have a part in the ranking
        count as known. None where that cannot be told, or not yet.

        Args:
            wait_s: Until it can be told.

        Raises:
            ModelError: no model is loaded.
        """
        words = self._encoders.wait().words
        if words is None or not query.terms or (ranking == "tags" and self._tags.answers(query.terms)):
            return None
        return words.cover(query.terms, familiar=lambda word: ranking != "clip" and self._tags.has(word), wait_s=wait_s)

    def _by_tags(self, query: Query, limit: int, strictness: float, sort: Sort, began: float) -> SearchResult:
        """Ranked by labels and predictions alone. Photos without any, and those that have none of it, are no hits."""
        allowed, hidden = self._allowed(query), wants_hidden(query.filters)
        strengths = self._tags.strengths(query.terms).of(allowed)
        best = np.argsort(-strengths, kind="stable")[: limit + 1]
        found = {PhotoId(int(allowed[at])): float(strengths[at]) for at in best if strengths[at] > 0}
        paths = self._photos.paths(list(found), hidden=hidden)
        hits = [
            Hit(photo_id, paths[photo_id], 0.0, strength, weak=is_weak(strength, strictness))
            for photo_id, strength in found.items()
            if photo_id in paths
        ]
        return replace(self._result(hits, limit, sort, len(allowed), began), ranking="tags")

    def _result(self, hits: Sequence[Hit], limit: int, sort: Sort, searched: int, began: float) -> SearchResult:
        """Those that are strong in the order that was asked for. One more than the limit tells that there are more."""
        strong = [hit for hit in hits[:limit] if not hit.weak]
        ordered, sections = (strong, ()) if sort.key is SortKey.RELEVANCE else self._in_order(strong, sort)
        return SearchResult(
            (*ordered, *hits[len(strong) : limit]),
            time.monotonic() - began,
            searched=searched,
            encoder_key=None,
            sections=sections,
            limited=len(hits) > limit and not hits[limit].weak,
        )

    def similar(
        self, source: PhotoId | Path, *, limit: int, strictness: float, projection: Projection | None = None
    ) -> SimilarResult:
        """Photos like a photo of the library or an image file: those with the same content apart.

        Args:
            projection: Orders the nearest photos, those that are not weak before the others; strengths stay as the
                model gives them.

        Raises:
            QueryError: it cannot be read.
            ModelError: the projection is of another model.
        """
        began = time.monotonic()
        active = self._encoders.wait()
        if projection is not None and projection.encoder_key != active.encoder.key:
            raise ModelError(
                f"The projection was learned from the vectors of another model than {active.name}.",
                remedy="Search with that model, or train a projection of this one: `--set encoder=...`.",
            )
        term = Term("image", str(source) if isinstance(source, Path) else f"photo:{source}")
        same = set(self._same_content(source))
        itself = {source} if isinstance(source, int) else set[PhotoId]()
        vectors = self._terms.of([term], active)
        combined = combined_query([term], vectors, active.noise)
        wanted = limit if projection is None else max(limit, _PROJECTED)
        hits = self._hits(active, combined, strictness, wanted + len(same) + 1, None, hidden=False)
        exact = tuple(hit for hit in hits if hit.photo_id in same - itself)
        near = tuple(hit for hit in hits if hit.photo_id not in same | itself)
        if projection is not None:
            near = _by_projection(near, projection, active, vectors)
        return SimilarResult(exact, near[:limit], time.monotonic() - began, active.encoder.key)

    def _chosen(self, query: Query, limit: int, sort: Sort, began: float) -> SearchResult:
        """What filters alone let through: all of it is equally strong."""
        condition, parameters = compile_filters(query.filters, today=date.today())
        hidden = wants_hidden(query.filters)
        allowed = self._photos.arranged(sort, condition, parameters, hidden=hidden, failed=False).ids
        paths = self._photos.paths(allowed[:limit], hidden=hidden)
        hits = [Hit(photo_id, path, 0.0, 1.0, weak=False) for photo_id, path in paths.items()]
        ordered, sections = self._in_order(hits, sort)
        return SearchResult(
            tuple(ordered),
            time.monotonic() - began,
            searched=len(allowed),
            encoder_key=None,
            sections=sections,
            limited=len(allowed) > limit,
        )

    def _in_order(self, hits: Sequence[Hit], sort: Sort) -> tuple[list[Hit], tuple[Section, ...]]:
        """The hits sorted; those that vanished a moment ago are left out, so that the sections fit."""
        by_id = {hit.photo_id: hit for hit in hits}
        arrangement = self._photos.in_order(list(by_id), sort)
        return [by_id[photo_id] for photo_id in arrangement.ids], arrangement.sections

    def _allowed(self, query: Query) -> NDArray[np.int64]:
        condition, parameters = compile_filters(query.filters, today=date.today())
        return self._photos.matching(condition, parameters, hidden=wants_hidden(query.filters))

    def _hits(
        self,
        active: ActiveEncoder,
        combined: CombinedQuery,
        strictness: float,
        limit: int,
        allowed: NDArray[np.int64] | None,
        *,
        hidden: bool,
        evidence: PhotoValues | None = None,
    ) -> list[Hit]:
        relevance = Relevance(combined, strictness)
        if evidence is not None and evidence.values.any():
            return self._blended(active, combined, relevance, evidence, limit, allowed, hidden=hidden)
        found, paths = self._find(active, combined.vector, limit, allowed, hidden=hidden)
        return _rated(found, paths, relevance)

    def _blended(
        self,
        active: ActiveEncoder,
        combined: CombinedQuery,
        relevance: Relevance,
        evidence: PhotoValues,
        limit: int,
        allowed: NDArray[np.int64] | None,
        *,
        hidden: bool,
    ) -> list[Hit]:
        """Ranked by both: the nearest photos, and those for which tags speak, compared exactly."""
        found = _candidates(active, combined.vector, evidence, limit, allowed)
        ids = np.array([photo_id for photo_id, _ in found], np.int64)
        cosines = np.array([cosine for _, cosine in found], np.float64)
        strengths = blended(relevance.strength(cosines), evidence.of(ids))
        best = np.argsort(-strengths, kind="stable")[:limit]
        paths = self._photos.paths([PhotoId(int(ids[at])) for at in best], hidden=hidden)
        if allowed is None and len(paths) < len(best) == limit:
            visible = self._photos.matching(hidden=hidden)
            return self._blended(active, combined, relevance, evidence, limit, visible, hidden=hidden)
        weak = relevance.is_weak(strengths)
        return [
            Hit(photo_id, paths[photo_id], float(cosines[at]), float(strengths[at]), bool(weak[at]))
            for at in best.tolist()
            if (photo_id := PhotoId(int(ids[at]))) in paths
        ]

    def _find(
        self, active: ActiveEncoder, vector: Vector, limit: int, allowed: NDArray[np.int64] | None, *, hidden: bool
    ) -> tuple[list[tuple[PhotoId, float]], dict[PhotoId, Path]]:
        """The nearest photos that may be shown; the index knows hidden ones too, and those of an unplugged drive."""
        found = active.index.search(vector, limit, allowed)
        paths = self._photos.paths([photo_id for photo_id, _ in found], hidden=hidden)
        if allowed is None and len(paths) < len(found) == limit:
            return self._find(active, vector, limit, self._photos.matching(hidden=hidden), hidden=hidden)
        return [(photo_id, cosine) for photo_id, cosine in found if photo_id in paths], paths

    def _same_content(self, source: PhotoId | Path) -> list[PhotoId]:
        if isinstance(source, Path):
            try:
                return self._photos.same_content(read_content(source)[1])
            except PhotoError as error:
                raise QueryError(error.message, remedy=error.remedy) from error
        photo = next(iter(self._photos.get([source])), None)
        return self._photos.same_content(photo.content_hash) if photo and photo.content_hash else []


def _candidates(
    active: ActiveEncoder, vector: Vector, evidence: PhotoValues, limit: int, allowed: NDArray[np.int64] | None
) -> list[tuple[PhotoId, float]]:
    """Photos that may be among the strongest, with their cosines: all of a small library."""
    if len(active.index) <= _COMPARE_ALL:
        return active.index.search(vector, len(active.index), allowed)
    near = active.index.search(vector, _LOOK_FURTHER * limit, allowed)
    for_them = evidence.ids[evidence.values > 0]
    if len(for_them) > _COMPARE_ALL:
        most = np.argpartition(-evidence.values, _COMPARE_ALL)[:_COMPARE_ALL]
        for_them = evidence.ids[most]
    if allowed is not None:
        for_them = np.intersect1d(for_them, allowed)
    ids = np.union1d(for_them, np.array([photo_id for photo_id, _ in near], np.int64))
    return active.index.search(vector, len(ids), ids)


def combined_query(terms: Sequence[Term], vectors: Vectors, noise: NoiseFloor) -> CombinedQuery:
    """Terms and their vectors (T, D) as one vector.

    Raises:
        QueryError: they cancel each other out.
    """
    return combine([(vector, term.weight, term.kind) for term, vector in zip(terms, vectors, strict=True)], noise)


def _by_projection(
    hits: Sequence[Hit], projection: Projection, active: ActiveEncoder, vector: Vectors
) -> tuple[Hit, ...]:
    """The nearest in the projected space first. `vector` is (1, D)."""
    present, vectors = active.index.vectors_of([hit.photo_id for hit in hits])
    cosines = (projection.project(vectors) @ projection.project(vector)[0]).tolist()
    nearness = dict(zip(present, cosines, strict=True))
    return tuple(sorted(hits, key=lambda hit: (hit.weak, -nearness.get(hit.photo_id, -1.0))))


def _rated(found: Sequence[tuple[PhotoId, float]], paths: dict[PhotoId, Path], relevance: Relevance) -> list[Hit]:
    strengths = relevance.strength(np.array([cosine for _, cosine in found], np.float64))
    weak = relevance.is_weak(strengths)
    return [
        Hit(photo_id, paths[photo_id], cosine, float(strength), bool(is_weak))
        for (photo_id, cosine), strength, is_weak in zip(found, strengths, weak, strict=True)
    ]
