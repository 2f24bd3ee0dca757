"""The deeds that mark photos: favourite or not, hidden or shown. They touch the library alone, never a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from desktop.organise.undo import Outcome, Tell
from desktop.organise.wording import are, photos

if TYPE_CHECKING:
    from core.library import Library
    from core.types import Photo, PhotoId


class Mark(Enum):
    FAVORITE = "favorite"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Marks:
    """What all photos of a selection have in common."""

    favorite: bool = False
    hidden: bool = False

    def __getitem__(self, mark: Mark) -> bool:
        return self.favorite if mark is Mark.FAVORITE else self.hidden


@dataclass
class SetMark:
    """The deed: photos get a mark or lose it. Undone, exactly those change that had changed."""

    library: Library
    ids: Sequence[PhotoId]
    mark: Mark
    wanted: bool | None = None  # None: lose it if all have it, get it otherwise
    _changed: list[PhotoId] = field(default_factory=list, init=False)

    @property
    def text(self) -> str:
        some = photos(len(self.ids))
        if self.mark is Mark.FAVORITE:
            return f"remove {some} from the favourites" if self.wanted is False else f"make {some} favourite"
        return f"show {some} again" if self.wanted is False else f"hide {some}"

    def do(self, tell: Tell) -> Outcome:
        known = self.library.photos(self.ids)
        if self.wanted is None:
            self.wanted = not common_marks(known)[self.mark]
        self._changed = [photo.id for photo in known if _has(photo, self.mark) is not self.wanted]
        self._set(self.wanted)
        return Outcome(self._message(), changed=len(self._changed))

    def undo(self, tell: Tell) -> Outcome:
        self._set(not self.wanted)
        return Outcome(changed=len(self._changed))

    def _set(self, value: bool) -> None:
        if self._changed:
            change = self.library.set_favorite if self.mark is Mark.FAVORITE else self.library.set_hidden
            change(self._changed, value)

    def _message(self) -> str:
        """One heart that fills says enough; many photos, or one that vanishes, want a word."""
        some, is_or_are = photos(len(self._changed)), are(len(self._changed))
        if not self._changed:
            return ""
        if self.mark is Mark.HIDDEN:
            return f"{some} hidden" if self.wanted else f"{some} {is_or_are} shown again"
        if len(self._changed) == 1:
            return ""
        return f"{some} {is_or_are} favourites now" if self.wanted else f"{some} removed from the favourites"


def common_marks(known: Sequence[Photo]) -> Marks:
    return Marks(*(bool(known) and all(_has(photo, mark) for photo in known) for mark in Mark))


def _has(photo: Photo, mark: Mark) -> bool:
    return photo.favorite if mark is Mark.FAVORITE else photo.hidden
