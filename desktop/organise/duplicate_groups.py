"""Groups of photos that are, or look, the same: what is known of them, what may go, and why one of them is the best.

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
    """Two photos or more of which one is enough."""

    photos: tuple[Photo, ...]  # the suggestion first
    best: PhotoId
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


def why_best(copies: Copies) -> str:
    """In two words; empty where the files differ in nothing that one could name."""
    best = next(photo for photo in copies.photos if photo.id == copies.best)
    others = [photo for photo in copies.photos if photo.id != copies.best]
    if best.favorite and not any(photo.favorite for photo in others):
        return "a favourite"
    if _pixels(best) > max(_pixels(photo) for photo in others):
        return "most pixels"
    if best.size_bytes > max(photo.size_bytes for photo in others):
        return "largest file"
    if best.mtime_ns < min(photo.mtime_ns for photo in others):
        return "oldest file"
    return ""


def _copies(group: DuplicateGroup, photos: dict[PhotoId, Photo]) -> Copies | None:
    there = [photos[id] for id in group.photo_ids if id in photos]
    there = [photo for photo in there if photo.status is not PhotoStatus.GONE and not photo.hidden]
    if len(there) < 2:
        return None
    best = group.best if any(photo.id == group.best for photo in there) else there[0].id
    return Copies(tuple(sorted(there, key=lambda photo: photo.id != best)), best, best)


def _pixels(photo: Photo) -> int:
    return photo.metadata.width * photo.metadata.height if photo.metadata is not None else 0
