"""Pictures for the cells: made in workers, what is in view first, QPixmap on the GUI thread, a bounded cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QPixmap

from core.errors import RecollectError
from desktop.grid.cell_picture import CellPicture, Wish, make_cell_picture
from desktop.tasks import Lane

if TYPE_CHECKING:
    from core.library import Library
    from core.types import PhotoId
    from desktop.tasks import Tasks

CACHE_BYTES = 192 * 1024 * 1024  # some 1,600 pictures of 170 px: dozens of full screens back and forth
IN_FLIGHT = 2 * Lane.THUMBNAILS.threads  # enough that no worker waits; the rest can still be dropped
LARGER_EDGES_PX = (512, 1024)  # beside the one that the library keeps of every photo; these are made when wanted
STRETCHABLE = 1.25  # a picture that is enlarged by no more than this looks as sharp as its neighbours
SETTLED_MS = 150  # while the window is being resized, pictures are stretched; then they are made anew


@dataclass(slots=True)
class _Entry:
    pixmap: QPixmap
    wish: Wish  # what it was made for
    aspect: float
    stale: bool = False  # the file has changed: shown until its new picture comes


class Thumbnails(QObject):
    """Gives squares that are there at once and fetches the others. What is in view goes first, the last wanted before
    the others; then sharper versions of what is in view; then what the user is likely to scroll to."""

    arrived = Signal(object)
    """PhotoId: its picture, a better one, or the knowledge that there is none, is there now."""

    def __init__(
        self, library: Library, tasks: Tasks, parent: QObject | None = None, *, budget_bytes: int = CACHE_BYTES
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._budget_bytes = budget_bytes
        self._used_bytes = 0
        self._side_px, self._radius_px = 170, 8
        self._entries: OrderedDict[PhotoId, _Entry] = OrderedDict()  # oldest use first
        self._unreadable: set[PhotoId] = set()
        self._waiting: OrderedDict[PhotoId, None] = OrderedDict()  # nothing to show yet; the last one is fetched next
        self._improvable: OrderedDict[PhotoId, None] = OrderedDict()  # of another size, or of an older file
        self._ahead: OrderedDict[PhotoId, None] = OrderedDict()  # not in view; the first one is fetched next
        self._in_flight: dict[PhotoId, bool] = {}  # whether the file has changed meanwhile
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self._fetch)

    @property
    def used_bytes(self) -> int:
        return self._used_bytes

    @property
    def budget_bytes(self) -> int:
        return self._budget_bytes

    @property
    def waiting(self) -> int:
        """How many photos have nothing to show yet."""
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Everything that is wanted is there, as sharp as it can be."""
        return not (self._waiting or self._improvable or self._ahead or self._in_flight)

    def fit(self, side_px: int, radius_px: int) -> None:
        """Pixels of the screen: what the cells show from now on. Pictures of another size are shown until new ones
        have come."""
        if (side_px, radius_px) != (self._side_px, self._radius_px):
            self._side_px, self._radius_px = side_px, radius_px
            self._settled.start()

    def get(self, photo_id: PhotoId) -> QPixmap | None:
        """The picture if it is there; otherwise it is fetched and `arrived` tells when it has come."""
        entry = self._entries.get(photo_id)
        if entry is not None:
            self._entries.move_to_end(photo_id)
            if photo_id not in self._in_flight and self._is_improvable(entry):
                self._want(self._improvable, photo_id)
            return entry.pixmap
        if photo_id not in self._unreadable and photo_id not in self._in_flight:
            self._want(self._waiting, photo_id)
        return None

    def is_unreadable(self, photo_id: PhotoId) -> bool:
        return photo_id in self._unreadable

    def keep_only(self, wanted: Collection[PhotoId], ahead: Sequence[PhotoId] = ()) -> None:
        """Drop the requests of photos that were scrolled away.

        Args:
            ahead: What to fetch when nothing else is wanted, the nearest first.
        """
        self._waiting = OrderedDict((photo_id, None) for photo_id in self._waiting if photo_id in wanted)
        self._improvable = OrderedDict((photo_id, None) for photo_id in self._improvable if photo_id in wanted)
        known = (self._entries, self._unreadable, self._in_flight)
        self._ahead = OrderedDict((id, None) for id in ahead if not any(id in each for each in known))
        self._fetch()

    def forget(self, ids: Collection[PhotoId]) -> None:
        """The files have changed: fetch their pictures anew when they are next wanted. Empty: all of them."""
        for photo_id in list(ids) or [*self._entries, *self._unreadable, *self._in_flight]:
            self._unreadable.discard(photo_id)
            if photo_id in self._entries:
                self._entries[photo_id].stale = True
            if photo_id in self._in_flight:
                self._in_flight[photo_id] = True

    def _wish(self, aspect: float | None) -> Wish:
        """Of a photo that was never seen the thumbnail that is kept: it comes at once, and then the aspect is known."""
        edge_px = kept_px = self._library.settings.thumbnail_edge_px
        if aspect is not None:
            steps = (kept_px, *(step for step in LARGER_EDGES_PX if step > kept_px))
            edge_px = next((step for step in steps if step * STRETCHABLE >= self._side_px * aspect), steps[-1])
        return Wish(self._side_px, self._radius_px, edge_px)

    def _is_improvable(self, entry: _Entry) -> bool:
        return entry.stale or entry.wish != self._wish(entry.aspect)

    def _want(self, queue: OrderedDict[PhotoId, None], photo_id: PhotoId) -> None:
        queue[photo_id] = None
        queue.move_to_end(photo_id)
        self._ahead.pop(photo_id, None)
        self._fetch()

    def _fetch(self) -> None:
        while len(self._in_flight) < IN_FLIGHT:
            if self._waiting:
                photo_id, _ = self._waiting.popitem(last=True)
            elif self._improvable and not self._settled.isActive():
                photo_id, _ = self._improvable.popitem(last=True)
            elif self._ahead:
                photo_id, _ = self._ahead.popitem(last=False)
            else:
                return
            entry = self._entries.get(photo_id)
            wish = self._wish(None if entry is None else entry.aspect)
            self._in_flight[photo_id] = False
            self._tasks.run(
                partial(make_cell_picture, self._library, photo_id, wish),
                partial(self._keep, photo_id, wish),
                partial(self._give_up, photo_id, wish),
                Lane.THUMBNAILS,
            )

    def _keep(self, photo_id: PhotoId, wish: Wish, made: CellPicture) -> None:
        changed = self._in_flight.pop(photo_id)
        before = self._drop(photo_id)
        # Measured once: thumbnails are of whole pixels, and a slightly other aspect could ask for yet another edge.
        aspect = made.aspect if before is None or before.stale else before.aspect
        entry = _Entry(QPixmap.fromImage(made.image), wish, aspect, stale=changed)
        self._entries[photo_id] = entry
        self._used_bytes += _size(entry.pixmap)
        while self._used_bytes > self._budget_bytes and len(self._entries) > 1:
            self._drop(next(iter(self._entries)))
        self.arrived.emit(photo_id)
        self._fetch()

    def _give_up(self, photo_id: PhotoId, wish: Wish, error: RecollectError) -> None:
        """The reason stands under Problems; the cell shows a mark, or goes on showing what it has."""
        del self._in_flight[photo_id]
        entry = self._entries.get(photo_id)
        if entry is None:
            self._unreadable.add(photo_id)
        else:
            entry.wish, entry.stale = wish, False  # not asked for again
        self.arrived.emit(photo_id)
        self._fetch()

    def _drop(self, photo_id: PhotoId) -> _Entry | None:
        entry = self._entries.pop(photo_id, None)
        if entry is not None:
            self._used_bytes -= _size(entry.pixmap)
        return entry


def _size(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
