"""Visible photos by the content of their files: what tells which of several files of one picture should stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.store.path_text import text_to_path
from core.store.photos import VISIBLE
from core.types import PhotoId

if TYPE_CHECKING:
    from pathlib import Path

    from core.store.database import Database, Row

_COMPARABLE = f"{VISIBLE} AND p.status = 'ready' AND p.content_hash IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Content:
    """One file."""

    photo_id: PhotoId
    path: Path
    content_hash: str
    pixels: int
    size_bytes: int
    taken_at: str | None  # ISO 8601
    favorite: bool
    in_album: bool  # in one that photos are put into by hand


class ContentStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Content]:
        """Photos that were read and whose files have not changed since."""
        return self._read("1")

    def shared(self) -> list[Content]:
        """Those of them whose files are the same as others, byte for byte."""
        return self._read(
            f"p.content_hash IN (SELECT p.content_hash FROM photos p WHERE {_COMPARABLE}"
            " GROUP BY p.content_hash HAVING COUNT(*) > 1)"
        )

    def _read(self, condition: str) -> list[Content]:
        rows = self._database.read(
            f"""
            SELECT p.id, p.path, p.content_hash, p.width * p.height AS pixels, p.size_bytes, p.taken_at, p.favorite,
                   EXISTS (SELECT 1 FROM album_photos ap WHERE ap.photo_id = p.id) AS in_album
            FROM photos p WHERE {_COMPARABLE} AND {condition} ORDER BY p.id
            """
        )
        return [_content(row) for row in rows]


def _content(row: Row) -> Content:
    return Content(
        photo_id=row["id"],
        path=text_to_path(row["path"]),
        content_hash=row["content_hash"],
        pixels=row["pixels"] or 0,
        size_bytes=row["size_bytes"],
        taken_at=row["taken_at"],
        favorite=bool(row["favorite"]),
        in_album=bool(row["in_album"]),
    )
