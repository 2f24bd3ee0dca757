"""Rows of photos (path, date, camera) on demand: what is wanted within one turn of the event loop is read together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from core.library import Library
    from core.types import Photo, PhotoId
    from desktop.tasks import Tasks

CAPACITY = 5_000  # a row takes about 1 KB; some 50 screens


class PhotoCache(QObject):
    """Gives rows that are there at once and fetches the others."""

    arrived = Signal(object)
    """list of PhotoId whose rows are there now."""

    def __init__(self, library: Library, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._photos: OrderedDict[PhotoId, Photo] = OrderedDict()
        self._wanted: dict[PhotoId, None] = {}
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._read)

    def get(self, photo_id: PhotoId) -> Photo | None:
        """The row if it is there; otherwise it is fetched and `arrived` tells when it has come."""
        photo = self._photos.get(photo_id)
        if photo is None:
            self._wanted[photo_id] = None
            self._timer.start()
        return photo

    def forget(self, ids: Collection[PhotoId]) -> None:
        """The photos have changed. Empty: all of them."""
        for photo_id in list(ids) or list(self._photos):
            self._photos.pop(photo_id, None)

    def _read(self) -> None:
        ids = list(self._wanted)
        self._wanted.clear()
        self._tasks.run(partial(self._library.photos, ids), self._keep)

    def _keep(self, photos: Sequence[Photo]) -> None:
        for photo in photos:
            self._photos[photo.id] = photo
        while len(self._photos) > CAPACITY:
            self._photos.popitem(last=False)
        self.arrived.emit([photo.id for photo in photos])
