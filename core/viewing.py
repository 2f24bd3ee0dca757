"""The half of the library's face that looks: photos in an order, searches, pictures. Nothing here changes anything.

Methods may be called from any thread. They take their time and do not belong on the thread that draws.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.explain import Explainer
from core.models.projection import load_projection
from core.projections import Projections, Standing
from core.query.parser import parse
from core.query.query import Query
from core.search import Searcher
from core.types import NEWEST_FIRST, STRONGEST_FIRST, PhotoId

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from core.coverage import Coverage
    from core.encoders import ActiveEncoder, Encoders
    from core.models.projection import Projection
    from core.pictures import Pictures
    from core.protocols import Encoder
    from core.settings import Settings
    from core.store.intake import Intake
    from core.store.photos import PhotoStore
    from core.tag_search import TagSearch
    from core.types import (
        Arrangement,
        Explanation,
        Exposure,
        Photo,
        Pixels,
        Ranking,
        SearchResult,
        SimilarResult,
        Sort,
        Vectors,
    )

_TROUBLES = {
    Standing.LOST: "Ordered by the model alone: what was learned from your labels was deleted, or is damaged.",
    Standing.OF_ANOTHER_MODEL: "Ordered by the model alone: what was learned from your labels goes with another model.",
}


class Viewing:
    def __init__(
        self,
        photos: PhotoStore,
        intake: Intake,
        encoders: Encoders,
        pictures: Pictures,
        settings: Callable[[], Settings],
        ensure_encoder: Callable[[], None],
        tag_search: TagSearch,
        projections: Projections,
    ) -> None:
        """
        Args:
            settings: Those of this moment.
            ensure_encoder: Called before a model is needed: loads one where nobody else will.
        """
        self._projections = projections
        self._tag_search = tag_search
        self._photos = photos
        self._intake = intake
        self._pictures = pictures
        self._settings_now = settings
        self._ensure_encoder = ensure_encoder
        self._encoders = encoders
        self._searcher = Searcher(photos, encoders, tag_search)
        self._explainer = Explainer(photos, encoders, tag_search)

    # Photos

    def all_photos(self) -> list[PhotoId]:
        """The visible ones, newest first."""
        return list(self.browse().ids)

    def browse(self, query: str | Query = "", sort: Sort = NEWEST_FIRST) -> Arrangement:
        """All photos, or those that the filters of a query let through; hidden ones only where it says `is:hidden`.

        Raises:
            QueryError: the query cannot be understood, or has terms: what describes photos has to be searched for.
        """
        return self._searcher.browse(_parsed(query), sort)

    def photo_count(self) -> int:
        """The visible ones."""
        return self._photos.count()

    def photos(self, ids: Sequence[PhotoId]) -> list[Photo]:
        """In the order asked for; those that no longer exist are left out."""
        return self._photos.get(ids)

    def find_photo(self, path: Path) -> PhotoId | None:
        return self._photos.at_path(path.expanduser().absolute())

    def with_content(self, hashes: Collection[str]) -> dict[str, PhotoId]:
        """A photo on disk for each of these contents (hexadecimal XXH3-128 of the whole file) that the library has."""
        return self._photos.with_content(hashes)

    # Pictures

    def thumbnail(self, photo_id: PhotoId, edge_px: int) -> bytes:
        """A JPEG whose longer edge is at least `edge_px`, where the original has that.

        Raises:
            PhotoError: the photo is gone or cannot be read.
        """
        return self._pictures.thumbnail(photo_id, edge_px)

    def image(self, photo_id: PhotoId, edge_px: int | None = None) -> Pixels:
        """(H, W, 3) the photo itself, upright: whole, or sooner with at least `edge_px` at its longer edge.

        Raises:
            PhotoError: the photo is gone or cannot be read.
        """
        return self._pictures.image(photo_id, edge_px)

    def exposure(self, photo_id: PhotoId) -> Exposure:
        """How the photo was taken, read from its file.

        Raises:
            PhotoError: the photo is gone or cannot be read.
        """
        return self._pictures.exposure(photo_id)

    def image_term(self, picture: bytes | Path) -> str:
        """The text of a term that searches by a picture: a file, or one that was pasted, which is kept in the library.

        Raises:
            PhotoError: what was pasted is not a picture. A file is not looked at before it is searched by.
            MachineError: what was pasted cannot be kept: the disk is full, say.
        """
        return self._pictures.term(picture)

    # Search

    def search(
        self,
        query: str | Query,
        *,
        limit: int = 500,
        strictness: float | None = None,
        sort: Sort = STRONGEST_FIRST,
        ranking: Ranking | None = None,
    ) -> SearchResult:
        """The strongest photos for a query, weak ones marked. Waits for the model if that is still loading.

        Args:
            strictness: 0..1; by default that of the settings.
            sort: Of those that are not weak. The weak ones follow, strongest first.
            ranking: By default that of the settings. With "tags" no model is needed, where tags know a word of the
                query; where they know none, or a picture is among its terms, the model answers.

        Raises:
            QueryError: the query cannot be understood; points at the word.
            ModelError: no model could be loaded.
        """
        ranking = ranking or self._settings_now().ranking
        parsed = self._ready_for(query, ranking)
        strict = self._strictness(strictness)
        projection, trouble = self._projection_for(parsed)
        result = self._searcher.search(
            parsed, limit=limit, strictness=strict, sort=sort, ranking=ranking, projection=projection
        )
        waiting = self._intake.count_waiting()
        notes = [trouble, f"{waiting:,} photos are still to be indexed." if waiting else ""]
        return replace(result, note=" ".join(filter(None, notes)) or None)

    def coverage(self, query: str | Query, *, wait_s: float = 0.0, ranking: Ranking | None = None) -> Coverage | None:
        """How well the model that answers knows the words of a query; None where it does not say which words it knows,
        where there are none, or where it cannot be told yet. `search` tells the same without waiting.

        Args:
            wait_s: Until it can be told: some seconds, the first time that a model is asked for an unknown word.
            ranking: By default that of the settings.

        Raises:
            QueryError: the query cannot be understood.
            ModelError: no model can be loaded.
        """
        ranking = ranking or self._settings_now().ranking
        parsed = self._ready_for(query, ranking)
        return self._searcher.coverage(parsed, ranking=ranking, wait_s=wait_s) if parsed.terms else None

    def explain(
        self,
        query: str | Query,
        photo_id: PhotoId,
        *,
        strictness: float | None = None,
        ranking: Ranking | None = None,
    ) -> Explanation:
        """Why a photo answers a query, in the numbers of `search`.

        Args:
            strictness: 0..1; by default that of the settings.
            ranking: By default that of the settings.

        Raises:
            QueryError: the query cannot be understood; points at the word.
            ModelError: no model is loaded. One that is still loading is not waited for.
        """
        ranking = ranking or self._settings_now().ranking
        parsed, strict = self._ready_for(query, ranking), self._strictness(strictness)
        return self._explainer.explain(parsed, photo_id, strictness=strict, ranking=ranking)

    def similar(self, source: PhotoId | Path, *, limit: int = 100, projection: Path | None = None) -> SimilarResult:
        """Photos like one of the library or like an image file; those of the same content apart.

        Args:
            projection: The run of a training that learned what is alike; None: that of the settings, if there is one.

        Raises:
            QueryError: the file cannot be read.
            ModelError: there is no such projection, or it is of another model.
        """
        self._ensure_encoder()
        learned = load_projection(projection) if projection is not None else self._chosen_projection()[0]
        return self._searcher.similar(
            source, limit=limit, strictness=self._strictness(None), projection=learned
        )  # fmt: skip

    def projections(self) -> list[str]:
        """Names of the runs by whose projection photos like one photo can be ordered: see the setting `projection`.

        Raises:
            ModelError: no model can be loaded.
        """
        return self._projections.of_model(self.answering_encoder().key)

    def projection_standing(self) -> Standing:
        """What becomes of the projection of the settings, by which photos like one photo are to be ordered.

        Raises:
            ModelError: no model can be loaded.
        """
        return self._find_chosen(self._settings_now().projection)[0]

    def _projection_for(self, query: Query) -> tuple[Projection | None, str]:
        """That of the settings where it has a part in a search, and what the user should know where it cannot."""
        return self._chosen_projection() if query.is_one_picture else (None, "")

    def _chosen_projection(self) -> tuple[Projection | None, str]:
        standing, found = self._find_chosen(self._settings_now().projection)
        return found, _TROUBLES.get(standing, "")

    def _find_chosen(self, run: str) -> tuple[Standing, Projection | None]:
        if not run:
            return Standing.NONE, None
        try:
            found = self._projections.get(run)
        except ModelError:
            return Standing.LOST, None
        if found.encoder_key != self._answering().encoder.key:
            return Standing.OF_ANOTHER_MODEL, None
        return Standing.ORDERS, found

    # What the model knows of photos

    def answering_encoder(self) -> Encoder:
        """The model that answers, loaded now where nobody else does so.

        Raises:
            ModelError: none can be loaded.
        """
        return self._answering().encoder

    def vectors(self, ids: Sequence[PhotoId]) -> tuple[list[PhotoId], Vectors]:
        """Those of the photos that have a vector of the model that answers, and the vectors: (N, D) unit length.

        Raises:
            ModelError: no model can be loaded.
        """
        return self._answering().index.vectors_of(ids)

    def _answering(self) -> ActiveEncoder:
        self._ensure_encoder()
        return self._encoders.wait()

    def _ready_for(self, query: str | Query, ranking: Ranking) -> Query:
        parsed = _parsed(query)
        if parsed.terms and not (ranking == "tags" and self._tag_search.answers(parsed.terms)):
            self._ensure_encoder()
        return parsed

    def _strictness(self, wanted: float | None) -> float:
        return self._settings_now().strictness if wanted is None else wanted


def _parsed(query: str | Query) -> Query:
    return query if isinstance(query, Query) else parse(query)
