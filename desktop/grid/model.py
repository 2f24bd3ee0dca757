"""The grid's model: it holds ids; pictures and rows of photos come on demand from their caches."""

from __future__ import annotations

from collections.abc import Collection
from itertools import compress, count
from operator import ne
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.grid.listing import Listing
from desktop.grid.months import month_name
from desktop.organise import wording

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QPixmap

    from core.types import Photo, PhotoId
    from desktop.grid.photo_cache import PhotoCache
    from desktop.grid.thumbnails import Thumbnails

CHUNK = 4_096  # ids that are compared at once: a hundred times as fast as one by one


class Cell(NamedTuple):
    """What is painted of one photo."""

    pixmap: QPixmap | None  # None while it is on its way
    unreadable: bool
    strength: float | None  # 0..1; None where nothing was compared
    weak: bool
    name: str  # of its file; empty while it is on its way
    favorite: bool
    hidden: bool


class GridModel(QAbstractListModel):
    """Rows of a Listing."""

    def __init__(self, thumbnails: Thumbnails, photos: PhotoCache, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.thumbnails = thumbnails
        self.photos = photos
        self.listing = Listing()
        self._numbers: NDArray[np.int64] | None = None  # (N,) the ids once more, made when a row is looked for
        self._rows_on_screen: range = range(0)
        self._on_screen: dict[PhotoId, int] = {}
        thumbnails.arrived.connect(lambda photo_id: self._repaint([photo_id]))
        photos.arrived.connect(self._repaint)
        photos.forgotten.connect(self._repaint)

    def show_listing(self, listing: Listing) -> None:
        """Show other photos. Rows that stay at the beginning and at the end are kept, and the selection with them."""
        old, new = self.listing.ids, listing.ids
        start = _common_start(old, new)
        tail = _common_end(old, new, min(len(old), len(new)) - start)
        if len(old) != len(new) or start < len(new):
            self._numbers = None
        if len(old) - tail > start:
            self.beginRemoveRows(QModelIndex(), start, len(old) - tail - 1)
            self.listing = Listing(ids=old[:start] + old[len(old) - tail :])
            self.endRemoveRows()
        if len(new) - tail > start:
            self.beginInsertRows(QModelIndex(), start, len(new) - tail - 1)
            self.listing = listing
            self.endInsertRows()
        self.listing = listing
        self._rows_on_screen = range(0)
        self._on_screen = {}
        if new:
            self.dataChanged.emit(self.index(0), self.index(len(new) - 1))

    def set_rows_on_screen(self, rows: range, ahead: range) -> None:
        """What the view shows now: nothing else is repainted, and pictures of other rows are not waited for.

        Args:
            ahead: Rows that are likely to be scrolled to, the next one first.
        """
        if rows == self._rows_on_screen:
            return
        self._rows_on_screen = rows
        ids = self.listing.ids
        self._on_screen = {ids[row]: row for row in rows}
        self.thumbnails.keep_only(self._on_screen.keys(), [ids[row] for row in ahead])

    def photo_id(self, row: int) -> PhotoId:
        return self.listing.ids[row]

    def photo(self, row: int) -> Photo | None:
        """The photo's row if it is there already; it is on its way otherwise."""
        return self.photos.get(self.listing.ids[row])

    @property
    def numbers(self) -> NDArray[np.int64]:
        """(N,) the ids once more, to be searched quickly."""
        if self._numbers is None:
            self._numbers = np.fromiter(self.listing.ids, np.int64, len(self.listing.ids))
        return self._numbers

    def row_of(self, photo_id: PhotoId) -> int | None:
        found = np.flatnonzero(self.numbers == photo_id)
        return int(found[0]) if len(found) else None

    def rows_of(self, ids: Collection[PhotoId]) -> list[int]:
        """Those of the photos that are shown, in the order of the grid."""
        wanted = np.fromiter(ids, np.int64, len(ids))
        return np.flatnonzero(np.isin(self.numbers, wanted)).tolist()

    def cell(self, row: int) -> Cell:
        photo_id = self.listing.ids[row]
        pixmap = self.thumbnails.get(photo_id)
        photo = self.photos.get(photo_id)
        strengths = self.listing.strengths
        return Cell(
            pixmap=pixmap,
            unreadable=pixmap is None and self.thumbnails.is_unreadable(photo_id),
            strength=None if strengths is None else strengths[row],
            weak=row >= self.listing.strong,
            name="" if photo is None else photo.path.name,
            favorite=photo is not None and photo.favorite,
            hidden=photo is not None and photo.hidden,
        )

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.listing.ids)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words only: what is painted comes from `cell`."""
        row = index.row()
        if not index.isValid() or row >= len(self.listing.ids):
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(self._facts(row))
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.DisplayRole):
            return ", ".join(self._facts(row))
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return self._section_that_begins(row)
        return None

    def _facts(self, row: int) -> list[str]:
        photo = self.photo(row)
        facts = [f"Photo {row + 1:,} of {len(self.listing.ids):,}" if photo is None else photo.path.name]
        if photo is not None and photo.metadata is not None:
            taken = photo.metadata.taken_at
            facts += [f"{taken.day} {month_name(taken)}, {taken:%H:%M}"] if taken else []
            facts.append(f"{photo.metadata.width} \N{MULTIPLICATION SIGN} {photo.metadata.height}")
        if self.listing.strengths is not None:
            facts.append(f"{self.listing.strengths[row]:.0%} match")
        if photo is not None:
            facts += ["Favorite"] if photo.favorite else []
            facts += ["Hidden"] if photo.hidden else []
        return facts

    def _section_that_begins(self, row: int) -> str:
        """For people who do not see the headings: the first photo of a month tells of it."""
        first = 0
        for section in self.listing.sections:
            if first == row:
                return f"{month_name(section.month)}, {wording.photos(section.count)}"
            first += section.count
        return ""

    def _repaint(self, ids: Collection[PhotoId]) -> None:
        count = len(self.listing.ids)
        rows = sorted(row for id in ids if (row := self._on_screen.get(id, count)) < count)
        if rows:
            self.dataChanged.emit(self.index(rows[0]), self.index(rows[-1]))


def _common_start(old: tuple[PhotoId, ...], new: tuple[PhotoId, ...]) -> int:
    """How many of the first ids are equal."""
    shorter = min(len(old), len(new))
    for start in range(0, shorter, CHUNK):
        one, other = old[start : start + CHUNK], new[start : start + CHUNK]
        if one != other:
            return min(start + next(compress(count(), map(ne, one, other)), CHUNK), shorter)
    return shorter


def _common_end(old: tuple[PhotoId, ...], new: tuple[PhotoId, ...], at_most: int) -> int:
    """How many of the last ids are equal."""
    for done in range(0, at_most, CHUNK):
        size = min(CHUNK, at_most - done)
        one = old[len(old) - done - size : len(old) - done]
        other = new[len(new) - done - size : len(new) - done]
        if one != other:
            return done + next(compress(count(), map(ne, reversed(one), reversed(other))))
    return at_most
