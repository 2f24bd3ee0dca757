"""Rows of photos (path, date, camera) on demand: what is wanted while one read goes on is read together by the next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import RecollectError

if TYPE_CHECKING:
    from core.library import Library
    from core.types import Photo, PhotoId
    from desktop.tasks import Tasks

CAPACITY = 5_000  # a row takes about 1 KB; some 50 screens
AT_ONCE = 500  # more than a screen shows: what was wanted before that has been scrolled away


class PhotoCache(QObject):
    """Gives rows that are there at once and fetches the others."""

    arrived = Signal(object)
    """list of PhotoId whose rows are there now."""
    forgotten = Signal(object)
    """list of PhotoId whose rows are out of date: whoever shows them should ask for them again."""

    def __init__(self, library: Library, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._photos: OrderedDict[PhotoId, Photo] = OrderedDict()  # oldest use first
        self._outdated: set[PhotoId] = set()
        self._wanted: dict[PhotoId, None] = {}
        self._reading = False
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._read)

    def get(self, photo_id: PhotoId) -> Photo | None:
        """The row if it is there; otherwise it is fetched and `arrived` tells when it has come. Of a photo that has
        changed, the old row is given until the new one comes."""
        photo = self._photos.get(photo_id)
        if photo is None or photo_id in self._outdated:
            self._want(photo_id)
        else:
            self._photos.move_to_end(photo_id)
        return photo

    def fetch(self, ids: Sequence[PhotoId], done: Callable[[list[Photo]], None]) -> None:
        """All of these, in their order; at once where they are there. Those that no longer exist are left out."""
        known = [self._photos.get(photo_id) for photo_id in ids]
        if all(known) and self._outdated.isdisjoint(ids):
            done([photo for photo in known if photo is not None])
        else:
            self._tasks.run(partial(self._library.photos, list(ids)), done)

    def forget(self, ids: Collection[PhotoId]) -> None:
        """The photos have changed. Empty: all of them."""
        outdated = [photo_id for photo_id in ids or self._photos if photo_id in self._photos]
        self._outdated.update(outdated)
        self.forgotten.emit(outdated)

    def _want(self, photo_id: PhotoId) -> None:
        self._wanted[photo_id] = None
        if not self._reading and not self._timer.isActive():
            self._timer.start()

    def _read(self) -> None:
        ids = list(self._wanted)[-AT_ONCE:]
        self._wanted.clear()
        self._outdated.difference_update(ids)  # before the read: what changes during it is outdated again
        self._reading = True
        self._tasks.run(partial(self._library.photos, ids), self._keep, self._give_up)

    def _keep(self, photos: Sequence[Photo]) -> None:
        for photo in photos:
            self._photos[photo.id] = photo
            self._photos.move_to_end(photo.id)
        while len(self._photos) > CAPACITY:
            dropped, _ = self._photos.popitem(last=False)
            self._outdated.discard(dropped)
        self._go_on()
        self.arrived.emit([photo.id for photo in photos])

    def _give_up(self, error: RecollectError) -> None:
        self._go_on()
        self._tasks.failed.emit(error)

    def _go_on(self) -> None:
        self._reading = False
        if self._wanted:
            self._timer.start()
