"""What can be done with photos, as a table: words, icon, key, and for how many photos. `actions` does it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from desktop.organise.marks import Marks
from desktop.organise.wording import photos

OPEN_AT_ONCE = 10  # a thousand photos selected must not start a thousand programs
COMPARED = (2, 4)  # as many as fit side by side


class Act(Enum):
    OPEN = auto()
    OPEN_OUTSIDE = auto()
    SHOW_IN_FOLDER = auto()
    FAVORITE = auto()
    HIDE = auto()
    LABEL = auto()
    ACCEPT_TAGS = auto()
    ADD_TO_ALBUM = auto()
    REMOVE_FROM_ALBUM = auto()
    SIMILAR = auto()
    COMPARE = auto()
    COPY = auto()
    COPY_PATHS = auto()
    COPY_IMAGE = auto()
    EXPORT = auto()
    TRASH = auto()


@dataclass(frozen=True, slots=True)
class Entry:
    text: Callable[[int, Marks], str]
    """Of the number of photos and what they have in common."""
    icon: str
    key: str = ""
    letter: str = ""  # in the viewer, where no letters are typed
    least: int = 1  # photos
    most: int = sys.maxsize  # photos


def _always(text: str) -> Callable[[int, Marks], str]:
    return lambda _count, _marks: text


def _counted(one: str, many: str) -> Callable[[int, Marks], str]:
    """`many` has a place for the photos, as in "Export {}…"."""
    return lambda count, _marks: one if count <= 1 else many.format(photos(count))


ACTS: dict[Act, Entry] = {
    Act.OPEN: Entry(_counted("Open", "Open {}"), "image", key="Enter"),
    Act.OPEN_OUTSIDE: Entry(
        _counted("Open with another program", "Open {} with another program"), "open-outside", most=OPEN_AT_ONCE
    ),
    Act.SHOW_IN_FOLDER: Entry(_always("Show in folder"), "folder", most=1),
    Act.FAVORITE: Entry(
        lambda _count, marks: "Remove from favourites" if marks.favorite else "Favourite",
        "heart",
        key="Ctrl+D",
        letter="F",
    ),
    Act.HIDE: Entry(lambda _count, marks: "Show again" if marks.hidden else "Hide", "eye-off", key="Ctrl+H"),
    Act.LABEL: Entry(_counted("Label…", "Label {}…"), "label", key="Ctrl+L", letter="L"),
    # Ctrl+Enter opens photos outside.
    Act.ACCEPT_TAGS: Entry(_counted("Accept tags", "Accept the tags of {}"), "accept", "Ctrl+Shift+Return", "A"),
    Act.ADD_TO_ALBUM: Entry(_always("Add to album"), "album-add"),
    Act.REMOVE_FROM_ALBUM: Entry(_always("Remove from album"), "minus"),
    Act.SIMILAR: Entry(_always("Find similar"), "similar", most=1),
    Act.COMPARE: Entry(_counted("Compare", "Compare {}"), "compare", least=COMPARED[0], most=COMPARED[1]),
    Act.COPY: Entry(_counted("Copy", "Copy {}"), "copy", key="Ctrl+C"),
    Act.COPY_PATHS: Entry(
        lambda count, _marks: "Copy path" if count <= 1 else f"Copy {count:,} paths", "copy", key="Ctrl+Shift+C"
    ),
    Act.COPY_IMAGE: Entry(_always("Copy image"), "image", most=1),
    Act.EXPORT: Entry(_counted("Export…", "Export {}…"), "export", key="Ctrl+E"),
    Act.TRASH: Entry(_counted("Move to the trash", "Move {} to the trash"), "trash", key="Del"),
}

MENU: tuple[Act | None, ...] = (
    Act.OPEN,
    Act.OPEN_OUTSIDE,
    Act.SHOW_IN_FOLDER,
    None,
    Act.SIMILAR,
    Act.COMPARE,
    None,
    Act.FAVORITE,
    Act.ADD_TO_ALBUM,
    Act.REMOVE_FROM_ALBUM,
    Act.HIDE,
    None,
    Act.LABEL,
    Act.ACCEPT_TAGS,
    None,
    Act.COPY,
    Act.COPY_PATHS,
    Act.COPY_IMAGE,
    Act.EXPORT,
    None,
    Act.TRASH,
)
"""The context menu; None is a line between groups."""
