"""Albums in the database: names, saved searches, and the photos that were put in, in their order.

A photo's row outlives moves, renames and unplugged drives, so albums do too. Each change raises a number by which
another process notices it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import AlbumError
from core.query.filters import fold
from core.store.database import Database, Row, chunks, marks
from core.store.folders import now_utc
from core.store.path_text import as_stored, as_typed
from core.store.photos import VISIBLE
from core.store.remembered import Remembered
from core.types import Album, AlbumContents, PhotoId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SEQUENCE_KEY = "albums_sequence"  # remembered: how often albums were changed

# Of several rows of a group, SQLite takes the columns that are not aggregated from the one with the MIN.
_ALBUMS = f"""
    WITH shown AS (
        SELECT ap.album_id, COUNT(*) AS count, MIN(ap.position), p.id AS cover
        FROM album_photos ap JOIN photos p ON p.id = ap.photo_id
        WHERE {VISIBLE} AND {{which_photos}} GROUP BY ap.album_id
    )
    SELECT a.id, a.name, a.query, COALESCE(shown.count, 0) AS count, shown.cover
    FROM albums a LEFT JOIN shown ON shown.album_id = a.id
    WHERE {{which}} ORDER BY casefold(a.name)
"""
_ALL = _ALBUMS.format(which="1", which_photos="1")
_ONE = _ALBUMS.format(which="a.id = ?1", which_photos="ap.album_id = ?1")


class AlbumStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered = Remembered(database)

    def all(self) -> list[Album]:
        """By name."""
        return [_album(row) for row in self._database.read(_ALL)]

    def names(self) -> list[str]:
        """Of the albums that photos can be put into, by name."""
        return self._database.read_column("SELECT name FROM albums WHERE query IS NULL ORDER BY casefold(name)")

    def get(self, album_id: int) -> Album:
        """Raises AlbumError when there is none of that id."""
        rows = self._database.read(_ONE, (album_id,))
        if not rows:
            raise _missing()
        return _album(rows[0])

    def photo_ids(self, album_id: int) -> list[PhotoId]:
        """The visible photos that were put in, in that order."""
        self._row(album_id)
        return self._database.read_column(
            "SELECT p.id FROM album_photos ap JOIN photos p ON p.id = ap.photo_id"
            f" WHERE ap.album_id = ? AND {VISIBLE} ORDER BY ap.position, ap.photo_id",
            (album_id,),
        )

    def holding(self, photo_id: PhotoId) -> list[str]:
        """Names of the albums into which a photo was put, by name."""
        return self._database.read_column(
            "SELECT a.name FROM album_photos ap JOIN albums a ON a.id = ap.album_id"
            " WHERE ap.photo_id = ? ORDER BY casefold(a.name)",
            (photo_id,),
        )

    def contents(self, album_id: int) -> AlbumContents:
        """All that has to be known to have the album again as it is."""
        return AlbumContents(self.get(album_id), tuple(self._held(album_id)))

    def sequence(self) -> int:
        """Raised by every change, of whichever process."""
        return self._remembered.get(SEQUENCE_KEY, 0)

    def create(self, name: str, query: str | None, ids: Iterable[PhotoId]) -> int:
        """Make an album. Returns its id.

        Raises:
            AlbumError: the name is taken.
        """
        with self._database.write() as db:
            self._refuse_taken(name)
            album_id = db.execute(
                "INSERT INTO albums (name, query, created_at) VALUES (?, ?, ?)", (name, _stored(query), now_utc())
            ).lastrowid
            assert album_id is not None  # it is only after statements other than INSERT
            self._append(album_id, ids)
            self._raise_sequence()
        return album_id

    def rename(self, album_id: int, name: str, rewrite: Callable[[str, str], str]) -> None:
        """Give an album another name.

        Args:
            rewrite: Called with each saved search and the old name; what it returns is saved instead.
        """
        with self._database.write() as db:
            old = self._row(album_id)["name"]
            self._refuse_taken(name, but=album_id)
            db.execute("UPDATE albums SET name = ? WHERE id = ?", (name, album_id))
            for row in self._database.read("SELECT id, query FROM albums WHERE query IS NOT NULL"):
                rewritten = rewrite(as_typed(row["query"]), old)
                db.execute("UPDATE albums SET query = ? WHERE id = ?", (as_stored(rewritten), row["id"]))
            self._raise_sequence()

    def rewrite_searches(self, rewrite: Callable[[int, str], str]) -> tuple[tuple[int, str, str], ...]:
        """Save what `rewrite` makes of each saved search, by the album's id. Returns those that it has changed: id,
        before and after.
        """
        with self._database.write() as db:
            changed: list[tuple[int, str, str]] = []
            for row in self._database.read("SELECT id, query FROM albums WHERE query IS NOT NULL ORDER BY id"):
                before = as_typed(row["query"])
                after = rewrite(row["id"], before)
                if after != before:
                    changed.append((row["id"], before, after))
                    db.execute("UPDATE albums SET query = ? WHERE id = ?", (as_stored(after), row["id"]))
            if changed:
                self._raise_sequence()
        return tuple(changed)

    def change_query(self, album_id: int, query: str) -> None:
        """Raises AlbumError when there is no saved search of that id."""
        with self._database.write() as db:
            if self._row(album_id)["query"] is None:
                raise _missing()
            db.execute("UPDATE albums SET query = ? WHERE id = ?", (as_stored(query), album_id))
            self._raise_sequence()

    def delete(self, album_id: int) -> AlbumContents:
        """Returns what `restore` needs. The photos stay."""
        with self._database.write() as db:
            contents = self.contents(album_id)
            db.execute("DELETE FROM albums WHERE id = ?", (album_id,))
            self._raise_sequence()
        return contents

    def restore(self, contents: AlbumContents) -> None:
        """Undo a deletion or a removal: the album exists, under its id, and holds its photos in their order. What was
        put in since stands behind them; photos that were forgotten meanwhile are left out.
        """
        album = contents.album
        with self._database.write() as db:
            if not self._database.read_column("SELECT 1 FROM albums WHERE id = ?", (album.id,)):
                self._refuse_taken(album.name)
                db.execute(
                    "INSERT INTO albums (id, name, query, created_at) VALUES (?, ?, ?, ?)",
                    (album.id, album.name, _stored(album.query), now_utc()),
                )
            put_in_since = self._held(album.id)
            db.execute("DELETE FROM album_photos WHERE album_id = ?", (album.id,))
            self._append(album.id, (*contents.photo_ids, *put_in_since))
            self._raise_sequence()

    def add(self, album_id: int, ids: Iterable[PhotoId]) -> list[PhotoId]:
        """Put photos behind those that the album holds. Returns those that it did not hold yet.

        Raises:
            AlbumError: there is no such album, or it is a saved search.
        """
        with self._database.write():
            album = self._row(album_id)
            if album["query"] is not None:
                raise AlbumError(
                    f"\u201c{album['name']}\u201d is a saved search: it finds its photos by itself.",
                    remedy="Choose another album, or make a new one.",
                )
            added = self._append(album_id, ids)
            if added:
                self._raise_sequence()
        return added

    def remove(self, album_id: int, ids: Iterable[PhotoId]) -> AlbumContents:
        """Returns the album as it was before."""
        with self._database.write() as db:
            contents = self.contents(album_id)
            for chunk in chunks(ids):
                db.execute(
                    f"DELETE FROM album_photos WHERE album_id = ? AND photo_id IN ({marks(chunk)})", (album_id, *chunk)
                )
            self._raise_sequence()
        return contents

    def _held(self, album_id: int) -> list[PhotoId]:
        """In their order, also those that are not visible."""
        return self._database.read_column(
            "SELECT photo_id FROM album_photos WHERE album_id = ? ORDER BY position, photo_id", (album_id,)
        )

    def _append(self, album_id: int, ids: Iterable[PhotoId]) -> list[PhotoId]:
        wanted = list(dict.fromkeys(ids))
        known = {
            photo_id
            for chunk in chunks(wanted)
            for photo_id in self._database.read_column(f"SELECT id FROM photos WHERE id IN ({marks(chunk)})", chunk)
        }
        fresh = known.difference(self._held(album_id))
        added = [photo_id for photo_id in wanted if photo_id in fresh]
        with self._database.write() as db:
            last: int = self._database.read_column(
                "SELECT COALESCE(MAX(position), 0) FROM album_photos WHERE album_id = ?", (album_id,)
            )[0]
            db.executemany(
                "INSERT INTO album_photos (album_id, photo_id, added_at, position) VALUES (?, ?, ?, ?)",
                [(album_id, photo_id, now_utc(), position) for position, photo_id in enumerate(added, last + 1)],
            )
        return added

    def _row(self, album_id: int) -> Row:
        rows: Sequence[Row] = self._database.read("SELECT name, query FROM albums WHERE id = ?", (album_id,))
        if not rows:
            raise _missing()
        return rows[0]

    def _refuse_taken(self, name: str, but: int | None = None) -> None:
        """Names are compared as filters compare them: small and capital letters are the same."""
        taken = self._database.read_column(
            "SELECT name FROM albums WHERE casefold(name) = ? AND id IS NOT ?", (fold(name), but)
        )
        if taken:
            raise AlbumError(f"There is an album \u201c{taken[0]}\u201d already.", remedy="Choose another name.")

    def _raise_sequence(self) -> None:
        self._remembered.change(SEQUENCE_KEY, lambda sequence: sequence + 1, 0)


def _missing() -> AlbumError:
    return AlbumError("This album no longer exists.", remedy="Choose another one.")


def _stored(query: str | None) -> str | None:
    return None if query is None else as_stored(query)


def _album(row: Row) -> Album:
    query = None if row["query"] is None else as_typed(row["query"])
    return Album(id=row["id"], name=row["name"], query=query, count=row["count"], cover=row["cover"])
