"""Large pictures for the viewer: decoded in workers at the size that is looked at, kept within a bound of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal

from core.errors import PhotoError, RecollectError
from core.types import PhotoId
from desktop.tasks import Lane
from desktop.viewer.picture import Picture, levels_of

if TYPE_CHECKING:
    from core.library import Library
    from core.types import Metadata
    from desktop.tasks import Tasks

MOST_PIXELS = 64_000_000
"""256 MB, and a third more for the smaller levels: what a computer with 8 GB has to spare. Photos of more
are shown at half or a quarter of their edges, which JPEG decodes at once without ever holding the whole."""

LONGEST_PX = 32_000  # Qt paints with 16-bit coordinates
EDGE_WITHOUT_SIZE_PX = 8_000  # of a photo that was not indexed yet: a square one has MOST_PIXELS

BUDGET_BYTES = 384 * 1024 * 1024  # the largest picture, or some six at the size of a large screen


class Wanted(NamedTuple):
    """A photo whose larger edge should have at least so many pixels; None for all there are."""

    photo_id: PhotoId
    edge_px: int | None


class Pictures(QObject):
    """Gives pictures that are there and fetches those that are wanted, the most important first."""

    arrived = Signal(object)
    """PhotoId: a better picture of it, or the knowledge that there is none, is there now."""

    def __init__(
        self, library: Library, tasks: Tasks, parent: QObject | None = None, *, budget_bytes: int = BUDGET_BYTES
    ) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._budget_bytes = budget_bytes
        self._pictures: OrderedDict[PhotoId, Picture] = OrderedDict()  # oldest use first
        self._errors: dict[PhotoId, RecollectError] = {}
        self._now: tuple[Wanted, ...] = ()
        self._later: tuple[Wanted, ...] = ()
        self._in_flight: dict[PhotoId, bool] = {}  # True where the picture that is there is of a file that has changed
        self._outdated: set[PhotoId] = set()  # the file has changed since it was last read

    @property
    def used_bytes(self) -> int:
        return sum(picture.bytes for picture in self._pictures.values())

    def get(self, photo_id: PhotoId) -> Picture | None:
        """The best picture that is there."""
        if photo_id in self._pictures:
            self._pictures.move_to_end(photo_id)
        return self._pictures.get(photo_id)

    def error(self, photo_id: PhotoId) -> RecollectError | None:
        """Why there is no picture of it."""
        return self._errors.get(photo_id)

    def want(self, now: Sequence[Wanted], later: Sequence[Wanted] = ()) -> None:
        """Fetch these and nothing else: what was wanted before and has not begun is dropped.

        Args:
            now: What is looked at.
            later: What may be looked at next: fetched when nothing else is to be done.
        """
        self._now, self._later = tuple(now), tuple(later)
        self._make_room()
        self._fetch()

    def forget(self, ids: Collection[PhotoId]) -> None:
        """The files have changed: they are read anew when they are wanted, and shown as they were until then."""
        for photo_id in ids:
            self._errors.pop(photo_id, None)
            if photo_id in self._pictures or photo_id in self._in_flight:
                self._outdated.add(photo_id)
        self._fetch()

    def retry(self) -> None:
        """Read again what could not be read."""
        self._errors.clear()
        self._fetch()

    def clear(self) -> None:
        """Give all memory back."""
        self._now = self._later = ()
        self._pictures.clear()
        self._errors.clear()
        self._outdated &= self._in_flight.keys()

    def _fetch(self) -> None:
        for wanted in self._now:
            if len(self._in_flight) < Lane.VIEWER.threads:
                self._start(wanted)
        for wanted in self._later:
            if not self._in_flight:  # a thread stays free for what is looked at next
                self._start(wanted)

    def _start(self, wanted: Wanted) -> None:
        if wanted.photo_id in self._in_flight or self._is_there(wanted):
            return
        self._in_flight[wanted.photo_id] = wanted.photo_id in self._outdated
        self._outdated.discard(wanted.photo_id)
        self._tasks.run(
            partial(_load, self._library, wanted),
            partial(self._keep, wanted.photo_id),
            partial(self._give_up, wanted.photo_id),
            Lane.VIEWER,
        )

    def _is_there(self, wanted: Wanted) -> bool:
        picture = self._pictures.get(wanted.photo_id)
        if picture is None or wanted.photo_id in self._outdated:
            return wanted.photo_id in self._errors
        return picture.complete or (wanted.edge_px is not None and picture.longer_edge_px >= wanted.edge_px)

    def _keep(self, photo_id: PhotoId, picture: Picture) -> None:
        del self._in_flight[photo_id]
        if self._now and photo_id not in self._outdated:  # otherwise nobody looks, or it is fetched once more
            self._pictures[photo_id] = picture
            self._pictures.move_to_end(photo_id)
            self._make_room()
            self.arrived.emit(photo_id)
        self._fetch()

    def _give_up(self, photo_id: PhotoId, error: RecollectError) -> None:
        has_changed = self._in_flight.pop(photo_id)
        shown = self._pictures.get(photo_id)
        if self._now and photo_id not in self._outdated:
            if shown is not None and not has_changed:  # a larger one cannot be had: this is the best
                self._pictures[photo_id] = replace(shown, complete=True)
            else:
                self._pictures.pop(photo_id, None)
                self._errors[photo_id] = error
            self.arrived.emit(photo_id)
        self._fetch()

    def _make_room(self) -> None:
        """What is wanted always has room: were it dropped, it would be fetched again at once."""
        used_bytes = self.used_bytes
        wanted = {wanted.photo_id: wanted.edge_px for wanted in (*self._later, *self._now)}
        for photo_id in [photo_id for photo_id in self._pictures if photo_id not in wanted]:
            if used_bytes <= self._budget_bytes:
                return
            used_bytes -= self._pictures.pop(photo_id).bytes
        if used_bytes > self._budget_bytes:
            for photo_id in self._pictures:
                self._pictures[photo_id] = self._pictures[photo_id].trimmed(wanted[photo_id])


def _load(library: Library, wanted: Wanted) -> Picture:
    """On a worker.

    Raises:
        PhotoError: the photo is gone or cannot be read.
    """
    photo = next(iter(library.photos([wanted.photo_id])), None)
    if photo is None:
        raise PhotoError("It is no longer in the library.", title="This photo is gone")
    pixels = library.image(wanted.photo_id, affordable_edge(photo.metadata, wanted.edge_px))
    height, width, _ = pixels.shape
    levels = levels_of(pixels, edge_px=wanted.edge_px, most_pixels=MOST_PIXELS, longest_px=LONGEST_PX)
    size = _original_size(photo.metadata, width, height)
    longer = max(levels[0].width, levels[0].height)
    complete = longer >= max(size) or wanted.edge_px is None or longer < wanted.edge_px
    return Picture(levels, *size, complete=complete, mtime_ns=photo.mtime_ns)


def affordable_edge(metadata: Metadata | None, edge_px: int | None) -> int | None:
    """The longer edge to ask for: None for the whole picture, where memory has room for it."""
    if metadata is None:
        return edge_px or EDGE_WITHOUT_SIZE_PX
    longer, pixels, divisor = max(metadata.width, metadata.height), metadata.width * metadata.height, 1
    while pixels > MOST_PIXELS * divisor**2 or longer > LONGEST_PX * divisor:
        divisor *= 2
    if edge_px is not None and edge_px < longer / divisor:
        return edge_px
    return None if divisor == 1 else longer // divisor


def _original_size(metadata: Metadata | None, width: int, height: int) -> tuple[int, int]:
    """What the metadata states, unless the picture is of another shape: then the file has changed meanwhile."""
    if metadata is None or metadata.width < width or metadata.height < height:
        return width, height
    off = metadata.width * height / (metadata.height * width)
    return (metadata.width, metadata.height) if 0.97 < off < 1.03 else (width, height)
