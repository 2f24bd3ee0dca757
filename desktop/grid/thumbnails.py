"""Pictures for the visible cells: bytes and QImage in workers, QPixmap on the GUI thread, a bounded cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from core.errors import PhotoError, RecollectError
from desktop.tasks import Lane

if TYPE_CHECKING:
    from core.library import Library
    from core.types import PhotoId
    from desktop.tasks import Tasks

CACHE_BYTES = 192 * 1024 * 1024  # some 1,000 thumbnails of 256 px: about ten full screens back and forth
IN_FLIGHT = 2 * Lane.THUMBNAILS.threads  # enough that no worker waits; the rest can still be dropped


class Thumbnails(QObject):
    """Gives pixmaps that are there at once and fetches the others, the last wanted first."""

    arrived = Signal(object)
    """PhotoId: its picture, or the knowledge that there is none, is there now."""

    def __init__(
        self, library: Library, tasks: Tasks, parent: QObject | None = None, *, budget_bytes: int = CACHE_BYTES
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._budget_bytes = budget_bytes
        self._used_bytes = 0
        self._pixmaps: OrderedDict[PhotoId, QPixmap] = OrderedDict()  # oldest use first
        self._unreadable: set[PhotoId] = set()
        self._waiting: OrderedDict[PhotoId, None] = OrderedDict()  # the last one is fetched next
        self._in_flight: set[PhotoId] = set()

    @property
    def used_bytes(self) -> int:
        return self._used_bytes

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def get(self, photo_id: PhotoId) -> QPixmap | None:
        """The picture if it is there; otherwise it is fetched and `arrived` tells when it has come."""
        pixmap = self._pixmaps.get(photo_id)
        if pixmap is not None:
            self._pixmaps.move_to_end(photo_id)
        elif photo_id not in self._unreadable and photo_id not in self._in_flight:
            self._waiting[photo_id] = None
            self._waiting.move_to_end(photo_id)
            self._fetch()
        return pixmap

    def is_unreadable(self, photo_id: PhotoId) -> bool:
        return photo_id in self._unreadable

    def keep_only(self, wanted: Collection[PhotoId]) -> None:
        """Drop the requests of photos that were scrolled away."""
        self._waiting = OrderedDict((photo_id, None) for photo_id in self._waiting if photo_id in wanted)

    def forget(self, ids: Collection[PhotoId]) -> None:
        """The files have changed: fetch their pictures anew when they are next wanted. Empty: all of them."""
        for photo_id in list(ids) or [*self._pixmaps, *self._unreadable]:
            self._unreadable.discard(photo_id)
            pixmap = self._pixmaps.pop(photo_id, None)
            if pixmap is not None:
                self._used_bytes -= _size(pixmap)

    def _fetch(self) -> None:
        while self._waiting and len(self._in_flight) < IN_FLIGHT:
            photo_id, _ = self._waiting.popitem(last=True)
            self._in_flight.add(photo_id)
            self._tasks.run(
                partial(_picture, self._library, photo_id),
                partial(self._keep, photo_id),
                partial(self._give_up, photo_id),
                Lane.THUMBNAILS,
            )

    def _keep(self, photo_id: PhotoId, image: QImage) -> None:
        self._in_flight.discard(photo_id)
        pixmap = QPixmap.fromImage(image)
        self._pixmaps[photo_id] = pixmap
        self._used_bytes += _size(pixmap)
        while self._used_bytes > self._budget_bytes and len(self._pixmaps) > 1:
            _, oldest = self._pixmaps.popitem(last=False)
            self._used_bytes -= _size(oldest)
        self.arrived.emit(photo_id)
        self._fetch()

    def _give_up(self, photo_id: PhotoId, error: RecollectError) -> None:
        """The reason stands under Problems; the cell shows a mark."""
        self._in_flight.discard(photo_id)
        self._unreadable.add(photo_id)
        self.arrived.emit(photo_id)
        self._fetch()


def _picture(library: Library, photo_id: PhotoId) -> QImage:
    """On a worker. Asks for the size that is kept on disk: another one would have to be made from the original."""
    image = QImage.fromData(library.thumbnail(photo_id, library.settings.thumbnail_edge_px))
    if image.isNull():
        raise PhotoError("Its thumbnail cannot be shown.")
    return image.convertToFormat(QImage.Format.Format_RGB32)  # what the screen takes: painting need not convert


def _size(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
