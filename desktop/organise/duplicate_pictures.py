"""Small pictures of the photos on a page of duplicates: whole, not cropped, for what differs may stand at the edge."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from core.errors import PhotoError, RecollectError
from desktop.decoding import thumbnail_image
from desktop.tasks import Lane

if TYPE_CHECKING:
    from core.library import Library
    from core.types import PhotoId
    from desktop.tasks import Tasks


class PagePictures(QObject):
    """Holds what is wanted now, and nothing else."""

    arrived = Signal(object)
    """PhotoId: its picture is there, or it is known that there is none."""

    def __init__(self, library: Library, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._pictures: dict[PhotoId, QPixmap | None] = {}  # None: it cannot be read
        self._waiting: list[PhotoId] = []
        self._in_flight: set[PhotoId] = set()

    def get(self, photo_id: PhotoId) -> QPixmap | None:
        return self._pictures.get(photo_id)

    def is_unreadable(self, photo_id: PhotoId) -> bool:
        return photo_id in self._pictures and self._pictures[photo_id] is None

    def want(self, ids: Sequence[PhotoId]) -> None:
        """Read these, the first one first; let go of all others."""
        kept = set(ids)
        self._pictures = {photo_id: picture for photo_id, picture in self._pictures.items() if photo_id in kept}
        self._waiting = [photo_id for photo_id in ids if photo_id not in self._pictures]
        self._fetch()

    def _fetch(self) -> None:
        while self._waiting and len(self._in_flight) < Lane.THUMBNAILS.threads:
            photo_id = self._waiting.pop(0)
            if photo_id in self._in_flight:
                continue
            self._in_flight.add(photo_id)
            self._tasks.run(
                partial(_picture, self._library, photo_id),
                partial(self._keep, photo_id),
                partial(self._give_up, photo_id),
                Lane.THUMBNAILS,
            )

    def _keep(self, photo_id: PhotoId, image: QImage) -> None:
        self._end(photo_id, QPixmap.fromImage(image))

    def _give_up(self, photo_id: PhotoId, error: RecollectError) -> None:
        """The reason stands under Problems."""
        self._end(photo_id, None)

    def _end(self, photo_id: PhotoId, picture: QPixmap | None) -> None:
        self._in_flight.discard(photo_id)
        self._pictures[photo_id] = picture
        self.arrived.emit(photo_id)
        self._fetch()


def _picture(library: Library, photo_id: PhotoId) -> QImage:
    """On a worker."""
    image = thumbnail_image(library.thumbnail(photo_id, library.settings.thumbnail_edge_px))
    if image.isNull():
        raise PhotoError("Its thumbnail cannot be shown.")
    return image
