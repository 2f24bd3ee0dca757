"""What stands in the sidebar: made of what is known of the library, without any widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.query import Filter, Query
from desktop.organise.albums import query_for
from desktop.organise.sidebar_parts import Kind, Part, Row
from desktop.organise.sidebar_tags import tag_parts
from desktop.tagging.tag_facts import Tagged

if TYPE_CHECKING:
    from core.types import Album, Folder

RECENT_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sidebar knows of the library."""

    photos: int | None = None  # None: not read yet
    favorites: int | None = None
    folders: Sequence[Folder] = ()
    recent: Sequence[str] = ()
    albums: Sequence[Album] = field(default=())
    tagged: Tagged = field(default_factory=Tagged)
    whole: frozenset[str] = frozenset()  # heads of which all values are shown
    query: str = ""  # what is shown now, in canonical text


def parts(facts: Facts) -> tuple[Part, ...]:
    return (
        Part(_heading("library", "Library"), _library(facts)),
        *tag_parts(facts.tagged, facts.whole),
        Part(_heading("albums", "Albums"), _albums(facts)),
        Part(_heading("folders", "Folders"), _folders(facts)),
        Part(_heading("recent", "Recent searches"), _recent(facts)),
    )


def _heading(key: str, text: str) -> Row:
    return Row(key, Kind.HEADING, text)


def _library(facts: Facts) -> tuple[Row, ...]:
    favorites, hidden = (str(Query(filters=(Filter("is", value),))) for value in ("favorite", "hidden"))
    return (
        Row("all", Kind.SEARCH, "All photos", "photos", facts.photos, ""),
        Row("favorites", Kind.FAVORITES, "Favourites", "heart", facts.favorites, favorites),
        Row("hidden", Kind.SEARCH, "Hidden", "eye-off", None, hidden, "Photos that no other view shows"),
        Row("duplicates", Kind.DUPLICATES, "Duplicates", "duplicates", hint="Photos that you have more than once"),
        Row("labels", Kind.LABELS, "Labels…", "label", hint="What photos can be labelled with"),
        Row("training", Kind.TRAINING, "Training", "training", hint="Teach Recollect what is on your photos"),
    )


def _albums(facts: Facts) -> tuple[Row, ...]:
    rows = [_album(album) for album in facts.albums]
    shown = {row.query for row in (*rows, *_library(facts))}
    if facts.query and facts.query not in shown:
        rows.append(
            Row(
                "save search",
                Kind.SAVE_SEARCH,
                "Save this search…",
                "star",
                hint="Keep it as a smart album, which holds whatever the search finds",
            )
        )
    return (*rows, Row("new album", Kind.NEW_ALBUM, "New album…", "plus", hint="Photos can be dropped here, too"))


def _album(album: Album) -> Row:
    key, query = f"album {album.id}", query_for(album)
    if album.query is not None:
        return Row(key, Kind.SMART_ALBUM, album.name, "star", None, query, f"Search: {query}", album=album)
    return Row(key, Kind.ALBUM, album.name, "album", album.count, query, album=album)


def _folders(facts: Facts) -> tuple[Row, ...]:
    rows = [_folder(folder) for folder in facts.folders]
    return (*rows, Row("add folder", Kind.ADD_FOLDER, "Add a folder…", "plus"))


def _folder(folder: Folder) -> Row:
    state = state_of(folder)
    return Row(
        f"folder {folder.id}",
        Kind.FOLDER,
        folder.path.name or str(folder.path),
        "folder" if folder.online else "unplugged",
        folder.photos,
        str(Query(filters=(Filter("folder", folder.path.as_posix()),))),
        hint="\n".join([str(folder.path), *([state] if state else [])]),
        warning=folder.failed > 0,
        faded=not folder.online,
        folder=folder,
    )


def state_of(folder: Folder) -> str:
    """What is not as usual with a folder; empty if nothing is."""
    said = []
    if not folder.online:
        said.append("Not connected: its photos come back with it")
    if folder.queued:
        said.append(f"{folder.queued:,} to be indexed")
    if folder.failed:
        said.append("1 file cannot be read" if folder.failed == 1 else f"{folder.failed:,} files cannot be read")
    return ", ".join(said)


def _recent(facts: Facts) -> tuple[Row, ...]:
    return tuple(
        Row(f"recent {text}", Kind.RECENT, text, "clock", query=text, hint=text) for text in facts.recent[:RECENT_SHOWN]
    )
