"""From the terms of a query to vectors: words through the text tower, pictures through the image tower or the index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import PhotoError, QueryError
from core.files.decode import open_image
from core.prompts import embed_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.encoders import ActiveEncoder
    from core.query.query import Term
    from core.store.photos import PhotoStore
    from core.types import PhotoId, Vector, Vectors


class TermVectors:
    def __init__(self, photos: PhotoStore) -> None:
        self._photos = photos

    def of(self, terms: Sequence[Term], active: ActiveEncoder) -> Vectors:
        """(T, D) unit length, in the order of the terms. All words are embedded in one batch.

        Raises:
            QueryError: a picture among them cannot be read; points at the term.
        """
        texts = [term.value for term in terms if term.kind == "text"]
        words = iter(embed_texts(active.encoder, texts, active.encoder.templates))
        return np.stack([next(words) if term.kind == "text" else self._picture(term, active) for term in terms])

    def _picture(self, term: Term, active: ActiveEncoder) -> Vector:
        if term.photo_id is None:
            return _file(term, Path(term.value), active)
        return self._photo(term, term.photo_id, active)

    def _photo(self, term: Term, photo_id: PhotoId, active: ActiveEncoder) -> Vector:
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
        return _file(term, paths[photo_id], active)


def _file(term: Term, path: Path, active: ActiveEncoder) -> Vector:
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
