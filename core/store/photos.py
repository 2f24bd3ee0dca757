"""The photos: what the window reads of them. How they come and change lies in `intake`, their vectors in `vectors`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from core.store.database import Database, Row, chunks, marks
from core.store.order import arrangement, order_by, selected
from core.store.path_text import path_to_text, text_to_path
from core.types import Arrangement, Metadata, Photo, PhotoId, PhotoStatus, Problem, Sort

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.query.filters import Condition

PRESENT = "p.status != 'gone' AND p.folder_id IN (SELECT id FROM folders WHERE online = 1 AND removed_at IS NULL)"
"""On disk, and its drive plugged in. For a query `FROM photos p`."""

VISIBLE = f"{PRESENT} AND p.hidden = 0"
"""What the user sees."""

SEARCHABLE = f"{VISIBLE} AND p.status != 'failed'"

# As one parameter: with some hundred of them SQLite takes a folder's index and reads all photos, 20 ms at 100,000.
_CHOSEN = "p.id IN (SELECT value FROM json_each(?))"


class PhotoStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, ids: Sequence[PhotoId]) -> list[Photo]:
        """The photos in the order asked for; those that no longer exist are left out."""
        rows = {row["id"]: row for row in self._rows(ids)}
        return [_photo(rows[photo_id]) for photo_id in ids if photo_id in rows]

    def arranged(
        self,
        sort: Sort,
        condition: str = "1",
        parameters: Sequence[object] = (),
        *,
        hidden: bool = False,
        failed: bool = True,
    ) -> Arrangement:
        """The photos that the user sees and for which a condition over `photos p` holds, in an order.

        Args:
            hidden: Hidden ones among them.
            failed: Those that could not be read among them.
        """
        seen = PRESENT if hidden else VISIBLE
        read = "1" if failed else "p.status != 'failed'"
        sql = f"SELECT {selected(sort)} FROM photos p WHERE {seen} AND {read} AND ({condition})"
        return arrangement(self._database.read_tuples(f"{sql} ORDER BY {order_by(sort)}", parameters), sort)

    def in_order(self, ids: Sequence[PhotoId], sort: Sort) -> Arrangement:
        """These photos, hidden ones too, in an order; those that are no longer there are left out."""
        return self.arranged(sort, _CHOSEN, [json.dumps(ids)], hidden=True)

    def matching(
        self, condition: str = "1", parameters: Sequence[object] = (), *, hidden: bool = False
    ) -> NDArray[np.int64]:
        """(N,) photos that can be found and for which a condition over `photos p` holds, in no particular order.

        Args:
            hidden: Hidden ones among them.
        """
        can_be_found = f"{PRESENT} AND p.status != 'failed'" if hidden else SEARCHABLE
        sql = f"SELECT p.id FROM photos p WHERE {can_be_found} AND ({condition})"
        return np.array(self._database.read_column(sql, parameters), dtype=np.int64)

    def meets(self, photo_id: PhotoId, conditions: Sequence[Condition]) -> list[bool]:
        """Which of the conditions over `photos p` hold for this photo; none does for one that is not there."""
        columns = ", ".join(f"({sql})" for sql, _ in conditions)
        parameters = [value for _, values in conditions for value in values]
        rows = self._database.read_tuples(
            f"SELECT {columns or 1} FROM photos p WHERE p.id = ?", [*parameters, photo_id]
        )
        return [bool(met) for met in rows[0][: len(conditions)]] if rows else [False] * len(conditions)

    def paths(self, ids: Sequence[PhotoId], *, hidden: bool = False) -> dict[PhotoId, Path]:
        """Those of the photos that can be found, and where they are."""
        can_be_found = f"{PRESENT} AND p.status != 'failed'" if hidden else SEARCHABLE
        rows = self._database.read_tuples(
            f"SELECT p.id, p.path FROM photos p WHERE {_CHOSEN} AND {can_be_found}", [json.dumps(ids)]
        )
        return {photo_id: text_to_path(text) for photo_id, text in rows}

    def count(self) -> int:
        return self._database.read_column(f"SELECT COUNT(*) FROM photos p WHERE {VISIBLE}")[0]

    def at_path(self, path: Path) -> PhotoId | None:
        ids = self._database.read_column("SELECT id FROM photos WHERE path = ?", (path_to_text(path),))
        return ids[0] if ids else None

    def same_content(self, content_hash: str) -> list[PhotoId]:
        """Visible photos whose files have this hash."""
        return self._database.read_column(
            f"SELECT p.id FROM photos p WHERE p.content_hash = ? AND p.status = 'ready' AND {VISIBLE} ORDER BY p.id",
            (content_hash,),
        )

    def with_content(self, hashes: Collection[str]) -> dict[str, PhotoId]:
        """One photo on disk, hidden ones too, for each of these contents; the visible and oldest one of several."""
        found: dict[str, PhotoId] = {}
        for chunk in chunks(hashes):
            rows = self._database.read_tuples(
                f"SELECT p.content_hash, p.id FROM photos p WHERE p.content_hash IN ({marks(chunk)}) AND {PRESENT}"
                " ORDER BY p.hidden DESC, p.id DESC",
                chunk,
            )
            found.update(rows)  # the last one wins
        return found

    def set_flag(self, flag: str, ids: Collection[PhotoId], value: bool) -> None:
        """Set `favorite` or `hidden`."""
        if flag not in ("favorite", "hidden"):
            raise ValueError(flag)
        with self._database.write() as db:
            for chunk in chunks(ids):
                db.execute(f"UPDATE photos SET {flag} = ? WHERE id IN ({marks(chunk)})", (value, *chunk))

    def distinct(self, column: str) -> list[str]:
        """The values of a column among visible photos, most frequent first; for completion."""
        if column not in ("camera", "lens", "format"):
            raise ValueError(column)
        return self._database.read_column(
            f"SELECT p.{column} FROM photos p WHERE p.{column} IS NOT NULL AND {VISIBLE}"
            f" GROUP BY p.{column} ORDER BY COUNT(*) DESC"
        )

    def problems(self) -> list[Problem]:
        """Files that could not be read, the latest first."""
        rows = self._database.read(
            f"""
            SELECT p.id, p.path, f.reason, f.failed_at FROM failures f JOIN photos p ON p.id = f.photo_id
            WHERE {VISIBLE} ORDER BY f.failed_at DESC, p.path
            """
        )
        return [
            Problem(row["id"], text_to_path(row["path"]), row["reason"], datetime.fromisoformat(row["failed_at"]))
            for row in rows
        ]

    def _rows(self, ids: Sequence[PhotoId]) -> Iterator[Row]:
        for chunk in chunks(ids):
            yield from self._database.read(f"SELECT * FROM photos WHERE id IN ({marks(chunk)})", chunk)


def _photo(row: Row) -> Photo:
    return Photo(
        id=row["id"],
        path=text_to_path(row["path"]),
        folder_id=row["folder_id"],
        status=PhotoStatus(row["status"]),
        size_bytes=row["size_bytes"],
        mtime_ns=row["mtime_ns"],
        content_hash=row["content_hash"],
        metadata=_metadata(row),
        favorite=bool(row["favorite"]),
        hidden=bool(row["hidden"]),
    )


def _metadata(row: Row) -> Metadata | None:
    if row["format"] is None:
        return None
    return Metadata(
        format=row["format"],
        width=row["width"],
        height=row["height"],
        taken_at=datetime.fromisoformat(row["taken_at"]) if row["taken_at"] else None,
        taken_offset_min=row["taken_offset_min"],
        camera=row["camera"],
        lens=row["lens"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        altitude_m=row["altitude_m"],
    )
