"""A row of the sidebar and a part of it, as plain values: what a row is, and so what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from desktop.organise.wording import photos

if TYPE_CHECKING:
    from core.types import Album, Folder


class Kind(Enum):
    """What a row is, and so what can be done with it."""

    HEADING = auto()
    SEARCH = auto()  # shows photos: all, favourites, hidden
    FAVORITES = auto()  # the same, and photos can be dropped on it
    DUPLICATES = auto()
    TRAINING = auto()
    LABELS = auto()
    TAG = auto()  # the photos that have a value; photos that are dropped on it get it as their label
    UNSURE = auto()  # photos of which a tagger is unsure: shown, or gone through
    UNKNOWN = auto()  # photos that are none of what a tagger knows: in groups, to be named
    ALL_VALUES = auto()  # shows all values of a head, or only the first again
    ALBUM = auto()
    SMART_ALBUM = auto()
    SAVE_SEARCH = auto()
    NEW_ALBUM = auto()
    FOLDER = auto()
    ADD_FOLDER = auto()
    RECENT = auto()


COMMANDS = (
    Kind.SAVE_SEARCH,
    Kind.NEW_ALBUM,
    Kind.ADD_FOLDER,
    Kind.ALL_VALUES,
)  # they do something instead of showing something
RENAMED = (Kind.ALBUM, Kind.SMART_ALBUM)
TAKE_PHOTOS = (Kind.FAVORITES, Kind.ALBUM, Kind.NEW_ALBUM, Kind.TAG)


@dataclass(frozen=True, slots=True)
class Row:
    """One row, or the heading of several."""

    key: str  # tells it from all others, and stays the same when its words change
    kind: Kind
    text: str
    icon: str = ""
    count: int | None = None  # photos
    query: str | None = None  # what it shows, in canonical text
    hint: str = ""  # tool tip
    warning: bool = False
    faded: bool = False  # nothing can be seen there now
    album: Album | None = None
    folder: Folder | None = None
    head: str = ""  # of a tag
    value: str = ""  # of a tag: its text is only how that is read

    @property
    def spoken(self) -> str:
        """What a screen reader says."""
        parts = [self.text]
        if self.count is not None:
            parts.append(photos(self.count))
        if self.kind is Kind.SMART_ALBUM:
            parts.append("smart album")
        if self.warning or self.faded:
            parts.append(self.hint)
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with its rows. Without rows it is not shown."""

    heading: Row
    rows: tuple[Row, ...]
    folded: bool = False  # until the user unfolds it
