"""Pictures for the eye: thumbnails of photos, and pictures that were pasted in to search by."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import PhotoError
from core.files.decode import decode, decode_whole, open_image, read_content
from core.files.exposure import read_exposure
from core.files.thumbs import ThumbnailStore, make_thumbnail
from core.models.disk import disk_errors, write_whole
from core.query.query import Term

if TYPE_CHECKING:
    from core.store.photos import PhotoStore
    from core.types import Exposure, Photo, PhotoId, Pixels

PASTED_EDGE_PX = 1024  # more than any model looks at, less than a screenshot of a large screen


class Pictures:
    def __init__(self, photos: PhotoStore, thumbnails: ThumbnailStore, pasted: Path, *, kept_edge_px: int) -> None:
        """
        Args:
            pasted: Directory for pictures that were pasted in.
            kept_edge_px: Longer edge of the thumbnails that the indexer makes.
        """
        self._photos = photos
        self._thumbnails = thumbnails
        self._pasted = pasted
        self._kept_edge_px = kept_edge_px

    def thumbnail(self, photo_id: PhotoId, edge_px: int) -> bytes:
        """A JPEG whose longer edge is at least `edge_px`, where the original has that. Made and kept if need be.

        Raises:
            PhotoError: the photo is gone or cannot be read.
        """
        photo = self._photo(photo_id)
        edge_px = max(edge_px, self._kept_edge_px)
        kept = self._thumbnails.get(photo.content_hash, edge_px) if photo.content_hash else None
        if kept is not None:
            return kept
        content, content_hash = read_content(photo.path)
        made = make_thumbnail(decode(content, edge_px=edge_px, name=photo.path.name), edge_px)
        self._thumbnails.put(content_hash, edge_px, made)
        return made

    def image(self, photo_id: PhotoId, edge_px: int | None = None) -> Pixels:
        """(H, W, 3) upright: whole, or with at least `edge_px` at the longer edge, where the original has that.

        Raises:
            PhotoError: the photo is gone or cannot be read.
        """
        photo = self._photo(photo_id)
        content, _ = read_content(photo.path)
        return np.asarray(decode_whole(content, edge_px=edge_px, name=str(photo.path)))

    def exposure(self, photo_id: PhotoId) -> Exposure:
        """Read from the file.

        Raises:
            PhotoError: the photo is gone or cannot be read.
        """
        photo = self._photo(photo_id)
        content, _ = read_content(photo.path)
        return read_exposure(content, name=str(photo.path))

    def term(self, picture: bytes | Path) -> str:
        """The text of a term that searches by a picture: a photo of the library, a file, or one that was pasted.

        Raises:
            PhotoError: what was pasted is not a picture. A file is not looked at before it is searched by.
            MachineError: what was pasted cannot be kept: the disk is full, say.
        """
        if isinstance(picture, Path):
            known = self._photos.at_path(picture.absolute())
            return str(Term("image", f"photo:{known}" if known is not None else str(picture.absolute())))
        image = open_image(picture, edge_px=PASTED_EDGE_PX)
        target = self._pasted / f"{hashlib.sha256(picture).hexdigest()[:16]}.png"
        with disk_errors(target, if_full="Free some space, then paste it again."):
            write_whole(target, lambda part: image.save(part, "PNG"))
        return str(Term("image", str(target)))

    def _photo(self, photo_id: PhotoId) -> Photo:
        photo = next(iter(self._photos.get([photo_id])), None)
        if photo is None:
            raise PhotoError("The photo is no longer in the library.")
        return photo
