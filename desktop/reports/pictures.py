"""Small pictures of the photos of a report: from the library where it has them, else from their files."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap

from core.errors import PhotoError, RecollectError
from desktop.decoding import file_image, thumbnail_image
from desktop.tasks import Lane

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from core.library import Library
    from core.types import PhotoId
    from desktop.tasks import Tasks

EDGE_PX = 256  # of the screen; what stands in a report is never drawn larger than 128 pixels at 200 %
KEPT = 400  # pictures: at most 100 MB
IN_FLIGHT = 2 * Lane.THUMBNAILS.threads  # enough that no worker waits; the rest can still be dropped


@dataclass(frozen=True, slots=True)
class Shown:
    """One photo of a report, and what is said of it."""

    id: str  # content hash
    path: str  # where it was when the run began
    lines: tuple[str, ...] = ()
    right: bool | None = None  # None: nothing is claimed


class ReportPictures(QObject):
    """Gives pictures that are there at once and fetches the others, the last wanted first."""

    arrived = Signal(str)
    """Content hash: its picture is there, or it is known that there is none."""

    def __init__(self, library: Library, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._known: dict[str, PhotoId] = {}
        self._pictures: OrderedDict[str, QPixmap | None] = OrderedDict()  # oldest use first; None: cannot be read
        self._waiting: OrderedDict[str, str] = OrderedDict()  # hash: path; the last one is fetched next
        self._in_flight: set[str] = set()

    @property
    def is_idle(self) -> bool:
        return not (self._waiting or self._in_flight)

    def know(self, photos: Mapping[str, PhotoId]) -> None:
        """Which photos of the library have which content."""
        self._known.update(photos)

    def photo_id(self, content_hash: str) -> PhotoId | None:
        return self._known.get(content_hash)

    def ids_of(self, shown: Collection[Shown]) -> list[PhotoId]:
        """Those that are in the library."""
        ids = (self._known.get(each.id) for each in shown)
        return list(dict.fromkeys(photo_id for photo_id in ids if photo_id is not None))

    def get(self, shown: Shown) -> QPixmap | None:
        if shown.id in self._pictures:
            self._pictures.move_to_end(shown.id)
            return self._pictures[shown.id]
        if shown.id not in self._in_flight:
            self._waiting[shown.id] = shown.path
            self._waiting.move_to_end(shown.id)
            self._fetch()
        return None

    def is_unreadable(self, content_hash: str) -> bool:
        return content_hash in self._pictures and self._pictures[content_hash] is None

    def drop(self, keys: Collection[str]) -> None:
        """These were scrolled away: what has not begun need not be read."""
        for key in keys:
            self._waiting.pop(key, None)

    def _fetch(self) -> None:
        while self._waiting and len(self._in_flight) < IN_FLIGHT:
            key, path = self._waiting.popitem(last=True)
            self._in_flight.add(key)
            self._tasks.run(
                partial(_picture, self._library, self._known.get(key), path),
                partial(self._keep, key),
                partial(self._give_up, key),
                Lane.THUMBNAILS,
            )

    def _keep(self, key: str, image: QImage) -> None:
        self._end(key, QPixmap.fromImage(image))

    def _give_up(self, key: str, error: RecollectError) -> None:
        self._end(key, None)

    def _end(self, key: str, picture: QPixmap | None) -> None:
        self._in_flight.discard(key)
        self._pictures[key] = picture
        while len(self._pictures) > KEPT:
            self._pictures.popitem(last=False)
        self.arrived.emit(key)
        self._fetch()


def _picture(library: Library, photo_id: PhotoId | None, path: str) -> QImage:
    """On a worker.

    Raises:
        PhotoError: it is gone or cannot be read.
    """
    known = None if photo_id is None else library.thumbnail(photo_id, EDGE_PX)
    image = file_image(Path(path), 2 * EDGE_PX) if known is None else thumbnail_image(known)
    if image.isNull():
        raise PhotoError("This picture cannot be shown.", path=Path(path))
    size = QSize(EDGE_PX, EDGE_PX)
    return image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
