"""From a query to hits: terms become one vector, filters a set of photos, cosines a calibrated strength.

Runs on the caller's thread and touches no photo but those that are terms of the query.
"""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import PhotoError, QueryError
from core.files.decode import open_image, read_content
from core.prompts import embed_texts
from core.query.filters import compile_filters, wants_hidden
from core.query.query import Query, Term
from core.relevance import CombinedQuery, Relevance, TermKind, combine
from core.types import Hit, PhotoId, SearchResult, SimilarResult, Vector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.encoders import ActiveEncoder, Encoders
    from core.store.photos import PhotoStore


class Searcher:
    def __init__(self, photos: PhotoStore, encoders: Encoders) -> None:
        self._photos = photos
        self._encoders = encoders

    def search(self, query: Query, *, limit: int, strictness: float) -> SearchResult:
        """The strongest photos for a query, weak ones marked; by date where it has filters only.

        Raises:
            QueryError: the terms cannot be combined, or a picture among them cannot be read.
            ModelError: no model is loaded.
        """
        began = time.monotonic()
        if not query.terms:
            return self._browse(query, limit, began)
        active = self._encoders.wait()
        terms: list[tuple[Vector, float, TermKind]] = [
            (self._vector(term, active), term.weight, term.kind) for term in query.terms
        ]
        combined = combine(terms, active.noise)
        allowed = self._allowed(query) if query.filters else None
        hits = self._hits(active, combined, strictness, limit, allowed, hidden=wants_hidden(query.filters))
        searched = len(active.index) if allowed is None else len(allowed)
        return SearchResult(tuple(hits), time.monotonic() - began, searched, active.encoder.key)

    def similar(self, source: PhotoId | Path, *, limit: int, strictness: float) -> SimilarResult:
        """Photos like a photo of the library or an image file: those with the same content apart.

        Raises:
            QueryError: it cannot be read.
        """
        began = time.monotonic()
        active = self._encoders.wait()
        term = Term("image", str(source) if isinstance(source, Path) else f"photo:{source}")
        same = set(self._same_content(source))
        itself = {source} if isinstance(source, int) else set[PhotoId]()
        combined = combine([(self._vector(term, active), 1.0, "image")], active.noise)
        hits = self._hits(active, combined, strictness, limit + len(same) + 1, None, hidden=False)
        exact = tuple(hit for hit in hits if hit.photo_id in same - itself)
        near = tuple(hit for hit in hits if hit.photo_id not in same | itself)
        return SimilarResult(exact, near[:limit], time.monotonic() - began, active.encoder.key)

    def _browse(self, query: Query, limit: int, began: float) -> SearchResult:
        allowed = self._allowed(query, by_date=True)
        ids: list[PhotoId] = allowed[:limit].tolist()
        paths = self._photos.paths(ids, hidden=wants_hidden(query.filters))
        hits = tuple(Hit(photo_id, paths[photo_id], 0.0, 1.0, weak=False) for photo_id in ids if photo_id in paths)
        return SearchResult(hits, time.monotonic() - began, len(allowed), None)

    def _allowed(self, query: Query, *, by_date: bool = False) -> NDArray[np.int64]:
        condition, parameters = compile_filters(query.filters, today=date.today())
        hidden = wants_hidden(query.filters)
        return self._photos.matching(condition, parameters, hidden=hidden, by_date=by_date)

    def _hits(
        self,
        active: ActiveEncoder,
        combined: CombinedQuery,
        strictness: float,
        limit: int,
        allowed: NDArray[np.int64] | None,
        *,
        hidden: bool,
    ) -> list[Hit]:
        found, paths = self._find(active, combined.vector, limit, allowed, hidden=hidden)
        return _rated(found, paths, Relevance(combined, strictness))

    def _find(
        self, active: ActiveEncoder, vector: Vector, limit: int, allowed: NDArray[np.int64] | None, *, hidden: bool
    ) -> tuple[list[tuple[PhotoId, float]], dict[PhotoId, Path]]:
        """The nearest photos that may be shown; the index knows hidden ones too, and those of an unplugged drive."""
        found = active.index.search(vector, limit, allowed)
        paths = self._photos.paths([photo_id for photo_id, _ in found], hidden=hidden)
        if allowed is None and len(paths) < len(found) == limit:
            return self._find(active, vector, limit, self._photos.matching(hidden=hidden), hidden=hidden)
        return [(photo_id, cosine) for photo_id, cosine in found if photo_id in paths], paths

    def _vector(self, term: Term, active: ActiveEncoder) -> Vector:
        if term.kind == "text":
            return embed_texts(active.encoder, [term.value], active.encoder.templates)[0]
        if term.photo_id is not None:
            return self._photo_vector(term, term.photo_id, active)
        return self._file_vector(term, Path(term.value), active)

    def _photo_vector(self, term: Term, photo_id: PhotoId, active: ActiveEncoder) -> Vector:
        known = active.index.vectors([photo_id])
        if len(known):
            return known[0]
        paths = self._photos.paths([photo_id], hidden=True)
        if photo_id not in paths:
            raise QueryError(
                f"There is no photo {photo_id} in the library.",
                remedy="Choose the photo again.",
                start=term.start,
                end=term.end,
            )
        return self._file_vector(term, paths[photo_id], active)

    @staticmethod
    def _file_vector(term: Term, path: Path, active: ActiveEncoder) -> Vector:
        try:
            image = open_image(path.expanduser(), edge_px=active.encoder.image_edge_px)
        except (PhotoError, RuntimeError, ValueError) as error:  # the latter two: ~nobody, and a NUL in the path
            raise QueryError(
                f"{term.value!r} cannot be used as a picture to search by: {error}",
                remedy="Check the path, or choose another picture.",
                start=term.start,
                end=term.end,
            ) from error
        with active.image_tower:
            return active.encoder.encode_images([image])[0]

    def _same_content(self, source: PhotoId | Path) -> list[PhotoId]:
        if isinstance(source, Path):
            try:
                return self._photos.same_content(read_content(source)[1])
            except PhotoError as error:
                raise QueryError(error.message, remedy=error.remedy) from error
        photo = next(iter(self._photos.get([source])), None)
        return self._photos.same_content(photo.content_hash) if photo and photo.content_hash else []


def _rated(found: Sequence[tuple[PhotoId, float]], paths: dict[PhotoId, Path], relevance: Relevance) -> list[Hit]:
    strengths = relevance.strength(np.array([cosine for _, cosine in found], np.float64))
    weak = relevance.is_weak(strengths)
    return [
        Hit(photo_id, paths[photo_id], cosine, float(strength), bool(is_weak))
        for (photo_id, cosine), strength, is_weak in zip(found, strengths, weak, strict=True)
    ]
