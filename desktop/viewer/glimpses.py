"""What can be shown of a photo at once: its row and its thumbnail, read ahead for the photos beside the one that is
looked at. The large pictures are in `pictures`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Signal

from core.errors import PhotoError, RecollectError
from core.types import Photo, PhotoId, PhotoStatus
from desktop.decoding import thumbnail_image
from desktop.tasks import Lane

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from core.library import Library
    from desktop.tasks import Tasks

CAPACITY = 100  # some 20 MB of thumbnails


@dataclass(frozen=True, slots=True)
class Glimpse:
    photo: Photo | None  # None: it is gone
    thumbnail: QImage | None  # None: it cannot be read

    @property
    def size(self) -> QSize | None:
        """Pixels of the original, where they are known."""
        metadata = self.photo.metadata if self.photo is not None else None
        return QSize(metadata.width, metadata.height) if metadata is not None else None


class Glimpses(QObject):
    """Gives what is there and reads the rest."""

    arrived = Signal(object)
    """PhotoId: it is there now, or anew."""

    def __init__(self, library: Library, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._glimpses: OrderedDict[PhotoId, Glimpse] = OrderedDict()  # oldest use first
        self._outdated: set[PhotoId] = set()
        self._wanted: tuple[PhotoId, ...] = ()
        self._in_flight: set[PhotoId] = set()

    def get(self, photo_id: PhotoId) -> Glimpse | None:
        if photo_id in self._glimpses:
            self._glimpses.move_to_end(photo_id)
        return self._glimpses.get(photo_id)

    def want(self, ids: Sequence[PhotoId]) -> None:
        """Read these, the first one first; what was wanted before and has not begun is dropped."""
        self._wanted = tuple(ids)
        self._read()

    def forget(self, ids: Collection[PhotoId]) -> None:
        """The photos have changed: they are read anew when they are wanted. Empty: all of them."""
        self._outdated.update(ids or (*self._glimpses, *self._in_flight))
        self._read()

    def _read(self) -> None:
        for photo_id in self._wanted:
            if len(self._in_flight) >= Lane.THUMBNAILS.threads:
                return
            if photo_id in self._in_flight or (photo_id in self._glimpses and photo_id not in self._outdated):
                continue
            self._in_flight.add(photo_id)
            self._outdated.discard(photo_id)
            self._tasks.run(
                partial(_glimpse, self._library, photo_id),
                partial(self._keep, photo_id),
                partial(self._give_up, photo_id),
                Lane.THUMBNAILS,
            )

    def _keep(self, photo_id: PhotoId, glimpse: Glimpse) -> None:
        self._in_flight.discard(photo_id)
        self._glimpses[photo_id] = glimpse
        self._glimpses.move_to_end(photo_id)
        while len(self._glimpses) > CAPACITY:
            dropped, _ = self._glimpses.popitem(last=False)
            self._outdated.discard(dropped)
        self.arrived.emit(photo_id)
        self._read()

    def _give_up(self, photo_id: PhotoId, error: RecollectError) -> None:
        """The library itself does not answer: that concerns more than one photo."""
        self._in_flight.discard(photo_id)
        self._wanted = tuple(wanted for wanted in self._wanted if wanted != photo_id)
        self._tasks.failed.emit(error)


def _glimpse(library: Library, photo_id: PhotoId) -> Glimpse:
    """On a worker."""
    photo = next(iter(library.photos([photo_id])), None)
    if photo is None or photo.status is PhotoStatus.GONE:
        return Glimpse(None, None)
    try:
        thumbnail = thumbnail_image(library.thumbnail(photo_id, library.settings.thumbnail_edge_px))
    except PhotoError:
        return Glimpse(photo, None)  # the large picture will say why
    return Glimpse(photo, None if thumbnail.isNull() else thumbnail)
