"""The grid's model: it holds ids; pictures and rows of photos come on demand from their caches."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.grid.listing import Listing

if TYPE_CHECKING:
    from core.types import Photo, PhotoId
    from desktop.grid.photo_cache import PhotoCache
    from desktop.grid.thumbnails import Thumbnails


class Role(IntEnum):
    """What the delegate asks for, besides the picture (DecorationRole)."""

    STRENGTH = Qt.ItemDataRole.UserRole  # 0..1; None where nothing was compared
    WEAK = Qt.ItemDataRole.UserRole + 1
    UNREADABLE = Qt.ItemDataRole.UserRole + 2


class GridModel(QAbstractListModel):
    """Rows of a Listing."""

    def __init__(self, thumbnails: Thumbnails, photos: PhotoCache, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._photos = photos
        self._rows_on_screen: range = range(0)
        self.listing = Listing()
        thumbnails.arrived.connect(lambda photo_id: self._repaint({photo_id}))
        photos.arrived.connect(lambda ids: self._repaint(set(ids)))

    def show_listing(self, listing: Listing) -> None:
        """Show other photos. Rows that stay at the beginning and at the end are kept, and the selection with them."""
        old, new = self.listing, listing
        start = _common(zip(old.ids, new.ids, strict=False))
        rest = min(len(old.ids), len(new.ids)) - start
        tail = min(rest, _common(zip(reversed(old.ids), reversed(new.ids), strict=False)))
        if len(old.ids) - tail > start:
            self.beginRemoveRows(QModelIndex(), start, len(old.ids) - tail - 1)
            self.listing = Listing(ids=old.ids[:start] + old.ids[len(old.ids) - tail :])
            self.endRemoveRows()
        if len(new.ids) - tail > start:
            self.beginInsertRows(QModelIndex(), start, len(new.ids) - tail - 1)
            self.listing = new
            self.endInsertRows()
        self.listing = new
        if new.ids:
            self.dataChanged.emit(self.index(0), self.index(len(new.ids) - 1))

    def set_rows_on_screen(self, rows: range) -> None:
        """What the view shows now: nothing else is repainted, and pictures of other rows are not waited for."""
        if rows == self._rows_on_screen:
            return
        self._rows_on_screen = rows
        self._thumbnails.keep_only(set(self.listing.ids[rows.start : rows.stop]))

    def photo_id(self, row: int) -> PhotoId:
        return self.listing.ids[row]

    def photo(self, row: int) -> Photo | None:
        """The photo's row if it is there already; it is on its way otherwise."""
        return self._photos.get(self.listing.ids[row])

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.listing.ids)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = index.row()
        if not index.isValid() or row >= len(self.listing.ids):
            return None
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.get(self.listing.ids[row])
        if role == Role.STRENGTH:
            return None if self.listing.strengths is None else self.listing.strengths[row]
        if role == Role.WEAK:
            return row >= self.listing.strong
        if role == Role.UNREADABLE:
            return self._thumbnails.is_unreadable(self.listing.ids[row])
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.DisplayRole):
            return self._describe(row)
        return None

    def _describe(self, row: int) -> str:
        photo = self.photo(row)
        if photo is None:
            return "…"
        lines = [photo.path.name]
        if photo.metadata is not None:
            taken = photo.metadata.taken_at
            lines += [f"{taken:%d %B %Y, %H:%M}"] if taken else []
            lines.append(f"{photo.metadata.width} \N{MULTIPLICATION SIGN} {photo.metadata.height}")
        if self.listing.strengths is not None:
            lines.append(f"{self.listing.strengths[row]:.0%} match")
        return "\n".join(lines)

    def _repaint(self, ids: set[PhotoId]) -> None:
        rows = [row for row in self._rows_on_screen if row < len(self.listing.ids) and self.listing.ids[row] in ids]
        if rows:
            self.dataChanged.emit(self.index(rows[0]), self.index(rows[-1]))


def _common(pairs: Iterable[tuple[PhotoId, PhotoId]]) -> int:
    """How many of the first pairs are equal."""
    count = 0
    for one, other in pairs:
        if one != other:
            break
        count += 1
    return count
