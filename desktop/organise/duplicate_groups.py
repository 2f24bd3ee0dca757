"""Groups of photos of which one is enough: what is known of them, what is kept, and what may go.

No widgets here. Reading takes the library, and belongs on a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.types import DuplicateGroup, Photo, PhotoId, PhotoStatus

if TYPE_CHECKING:
    from core.library import Library


@dataclass(frozen=True, slots=True)
class Copies:
    """Two photos or more."""

    photos: tuple[Photo, ...]  # the suggestion first
    best: PhotoId
    reason: str  # why it is the best: stands behind "Keep: "; empty where nothing speaks for it
    keep: PhotoId  # what the user wants to keep: the best, unless another one was chosen

    @property
    def surplus(self) -> tuple[Photo, ...]:
        """What goes to the trash."""
        return tuple(photo for photo in self.photos if photo.id != self.keep)

    @property
    def ids(self) -> tuple[PhotoId, ...]:
        return tuple(photo.id for photo in self.photos)


def read_groups(library: Library, groups: Sequence[DuplicateGroup]) -> list[Copies]:
    """The groups with their photos; those of which only one is left are left out."""
    wanted = [photo_id for group in groups for photo_id in group.photo_ids]
    photos = {photo.id: photo for photo in library.photos(wanted)}
    copies = (_copies(group, photos) for group in groups)
    return [each for each in copies if each is not None]


def read_exact(library: Library) -> list[Copies]:
    return read_groups(library, library.duplicates.exact())


def keeping(before: Sequence[Copies], now: Sequence[Copies]) -> list[Copies]:
    """The groups of now, with what the user had chosen to keep."""
    chosen = {each.keep for each in before if each.keep != each.best}
    return [replace(each, keep=next((id for id in each.ids if id in chosen), each.best)) for each in now]


def surplus(groups: Sequence[Copies]) -> tuple[list[PhotoId], int]:
    """Of all groups: the photos that go to the trash, and their bytes."""
    photos = {photo.id: photo for group in groups for photo in group.surplus}
    return list(photos), sum(photo.size_bytes for photo in photos.values())


def _copies(group: DuplicateGroup, photos: dict[PhotoId, Photo]) -> Copies | None:
    there = [photos[id] for id in group.photo_ids if id in photos]
    there = [photo for photo in there if photo.status is not PhotoStatus.GONE and not photo.hidden]
    if len(there) < 2:
        return None
    if there[0].id == group.best:
        return Copies(tuple(there), group.best, group.reason, group.best)
    return Copies(tuple(there), there[0].id, "", there[0].id)  # the best one has gone: the next one in its order
