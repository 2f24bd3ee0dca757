"""How photos come, change and go: what a look at the disk and a pass of the indexer write.

A photo keeps its row as long as its content can be recognised. A file that vanishes is `gone` for a while; when a new
file with the same content turns up, the gone row takes over the new path, with its vectors and everything the user
did to it, and the new row disappears.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from core.files.scan import is_missing
from core.store.database import Database, Row, chunks, marks
from core.store.folders import MARK_GONE, now_utc
from core.store.natural_order import name_key
from core.store.path_text import below, path_to_text, text_to_path
from core.types import Metadata, PhotoId, PhotoStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from core.files.scan import FoundFile

Place = tuple[PhotoId, str]
"""A photo and the text of the path at which it was seen, or missed."""

KEEP_GONE = timedelta(days=30)  # long enough for a drive that travels; the same as most systems' trash


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the library remembers of a path."""

    photo_id: PhotoId
    size_bytes: int
    mtime_ns: int
    status: PhotoStatus


@dataclass(frozen=True, slots=True)
class Claim:
    """A photo that the indexer is about to read, and what was known of the file then."""

    photo_id: PhotoId
    path: Path
    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Indexed:
    """One photo after reading: what the file says about itself."""

    claim: Claim
    file: FoundFile  # as it was when it was read
    content_hash: str
    metadata: Metadata


class Intake:
    def __init__(self, database: Database) -> None:
        self._database = database

    # What a look at the disk finds

    def known(self, directory: Path) -> dict[str, KnownFile]:
        """Every path below a directory that has a row, gone ones included; keys are path texts."""
        rows = self._database.read(
            "SELECT id, path, size_bytes, mtime_ns, status FROM photos WHERE path >= ? AND path < ?", below(directory)
        )
        return {
            row["path"]: KnownFile(row["id"], row["size_bytes"], row["mtime_ns"], PhotoStatus(row["status"]))
            for row in rows
        }

    def known_at(self, path: Path) -> KnownFile | None:
        rows = self._database.read(
            "SELECT id, size_bytes, mtime_ns, status FROM photos WHERE path = ?", (path_to_text(path),)
        )
        return next((KnownFile(r["id"], r["size_bytes"], r["mtime_ns"], PhotoStatus(r["status"])) for r in rows), None)

    def queue(self, folder_id: int, files: Iterable[FoundFile]) -> None:
        """Files that are new, changed or back: they wait for the indexer. Old vectors answer until then."""
        with self._database.write() as db:
            for file in files:
                db.execute(
                    """
                    INSERT INTO photos
                        (folder_id, path, name, name_key, status, size_bytes, mtime_ns, dated_at, added_at)
                    VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?)
                    ON CONFLICT (path) DO UPDATE SET folder_id = excluded.folder_id, status = 'queued', gone_at = NULL,
                        size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns
                    """,
                    (
                        folder_id,
                        path_to_text(file.path),
                        *_name(file.path),
                        file.size_bytes,
                        file.mtime_ns,
                        _local_time(file.mtime_ns),
                        now_utc(),
                    ),
                )

    def restore(self, folder_id: int, photos: Iterable[Place]) -> None:
        """Files that were gone and are back unchanged since they were read: ready at once."""
        with self._database.write() as db:
            db.executemany(
                "UPDATE photos SET gone_at = NULL, folder_id = ?, status = 'ready'"
                " WHERE id = ? AND path = ? AND status = 'gone' AND indexed_at IS NOT NULL",
                [(folder_id, *place) for place in photos],
            )

    def mark_gone(self, photos: Iterable[Place]) -> None:
        """These photos are no longer where they were; those that have moved on meanwhile are left alone."""
        with self._database.write() as db:
            db.executemany(f"{MARK_GONE} WHERE id = ? AND path = ?", [(now_utc(), *place) for place in photos])

    def gone_below(self, path: Path) -> list[PhotoId]:
        """A file or a whole directory has vanished. Returns the photos that are gone with it."""
        low, high = below(path)
        with self._database.write():
            rows = self._database.read(
                "SELECT id, path FROM photos WHERE (path = ? OR (path >= ? AND path < ?)) AND status != 'gone'",
                (path_to_text(path), low, high),
            )
            self.mark_gone((row["id"], row["path"]) for row in rows)
        return [row["id"] for row in rows]

    def move(self, old: Path, new: Path, folder_id: int) -> list[PhotoId]:
        """A file or a whole directory was renamed or moved within the watched folders: rows keep everything.

        A row that stood at a target path, of a file that was overwritten, becomes gone and gives up its path.
        """
        low, high = below(old)
        with self._database.write() as db:
            rows = self._database.read(
                "SELECT id, path FROM photos WHERE (path = ? OR (path >= ? AND path < ?)) AND status != 'gone'",
                (path_to_text(old), low, high),
            )
            for row in rows:
                target = new / text_to_path(row["path"]).relative_to(old)
                self._vacate(path_to_text(target), row["id"])
                db.execute(
                    "UPDATE photos SET path = ?, name = ?, name_key = ?, folder_id = ? WHERE id = ?",
                    (path_to_text(target), *_name(target), folder_id, row["id"]),
                )
        return [row["id"] for row in rows]

    # What the indexer asks and writes

    def waiting(self, limit: int) -> list[Claim]:
        """Photos that were not read yet, newest first."""
        return self._claims(_WAITING, (limit,))

    def without_vector(self, encoder_id: int, limit: int) -> list[Claim]:
        """Photos that were read, and lack a vector of this encoder, newest first."""
        return self._claims(_WITHOUT_VECTOR, (encoder_id, limit))

    def count_waiting(self) -> int:
        return self._database.read_column(f"SELECT COUNT(*) {_WAITING}")[0]

    def count_without_vector(self, encoder_id: int) -> int:
        return self._database.read_column(f"SELECT COUNT(*) {_WITHOUT_VECTOR}", (encoder_id,))[0]

    def finish(self, photo: Indexed) -> PhotoId | None:
        """Write what a file says about itself; the photo is ready. Part of the caller's transaction.

        Returns:
            The id under which the photo is known: that of an older row when the file turns out to have been moved.
            None if the row has changed since it was claimed: the file was touched while it was read, and waits again.
        """
        claim = photo.claim
        with self._database.write() as db:
            row = self._unchanged(claim)
            if row is None:
                return None
            photo_id = claim.photo_id
            if row["indexed_at"] is None and (moved_from := self._moved_from(photo)) is not None:
                self._adopt(moved_from, claim.photo_id)
                photo_id = moved_from
            for table in ("vectors", "predictions"):
                db.execute(
                    f"DELETE FROM {table} WHERE photo_id = ?"
                    " AND (SELECT content_hash FROM photos WHERE id = ?) IS NOT ?",
                    (photo_id, photo_id, photo.content_hash),
                )
            db.execute(_FINISH, (*_values(photo), photo_id))
            db.execute("DELETE FROM failures WHERE photo_id = ?", (photo_id,))
        return photo_id

    def is_new(self, photo_id: PhotoId) -> bool:
        """Nobody has read this photo yet."""
        return bool(self._database.read_column("SELECT 1 FROM photos WHERE id = ? AND indexed_at IS NULL", (photo_id,)))

    def fail(self, claim: Claim, file: FoundFile, reason: str) -> None:
        """A file that cannot be read: a row under Problems, tried again when it changes or the user asks."""
        with self._database.write() as db:
            if self._unchanged(claim) is None:
                return
            db.execute(
                "UPDATE photos SET size_bytes = ?, mtime_ns = ?,"
                " status = CASE status WHEN 'gone' THEN 'gone' ELSE 'failed' END WHERE id = ?",
                (file.size_bytes, file.mtime_ns, claim.photo_id),
            )
            db.execute(
                "INSERT OR REPLACE INTO failures (photo_id, reason, failed_at) VALUES (?, ?, ?)",
                (claim.photo_id, reason, now_utc()),
            )

    def retry(self, ids: Sequence[PhotoId] | None = None) -> int:
        """Queue failed photos again: those given, or all. Returns how many."""
        with self._database.write() as db:
            if ids is None:
                return db.execute("UPDATE photos SET status = 'queued' WHERE status = 'failed'").rowcount
            return sum(
                db.execute(
                    f"UPDATE photos SET status = 'queued' WHERE status = 'failed' AND id IN ({marks(chunk)})", chunk
                ).rowcount
                for chunk in chunks(ids)
            )

    def purge_gone(self) -> list[PhotoId]:
        """Forget photos that have been gone for `KEEP_GONE`, and removed folders without any."""
        limit = (datetime.now(UTC) - KEEP_GONE).isoformat(timespec="seconds")
        with self._database.write() as db:
            ids = self._database.read_column("SELECT id FROM photos WHERE status = 'gone' AND gone_at < ?", (limit,))
            for chunk in chunks(ids):
                db.execute(f"DELETE FROM photos WHERE id IN ({marks(chunk)})", chunk)
            db.execute(
                "DELETE FROM folders WHERE removed_at < ? AND id NOT IN (SELECT folder_id FROM photos)", (limit,)
            )
        return ids

    # Files that may bring the program down

    def take_off(self, ids: Collection[PhotoId]) -> list[PhotoId]:
        """Note that these files are about to be read. Those that were so when the program ended, twice, come back:
        one of them may be what ended it.
        """
        suspects: list[PhotoId] = []
        with self._database.write() as db:
            for chunk in chunks(ids):
                db.execute(
                    f"INSERT INTO in_flight (photo_id) SELECT id FROM photos WHERE id IN ({marks(chunk)})"
                    " ON CONFLICT (photo_id) DO UPDATE SET attempts = attempts + 1",
                    chunk,
                )
                suspects += self._database.read_column(
                    f"SELECT photo_id FROM in_flight WHERE attempts > 2 AND photo_id IN ({marks(chunk)})", chunk
                )
        return suspects

    def in_flight(self) -> list[Path]:
        """Files that were about to be read when the program ended; those that were so most often first."""
        sql = "SELECT p.path FROM in_flight f JOIN photos p ON p.id = f.photo_id ORDER BY f.attempts DESC, p.path"
        return [text_to_path(text) for text in self._database.read_column(sql)]

    def land(self, ids: Collection[PhotoId]) -> None:
        """These files were read, or will not be read for now."""
        with self._database.write() as db:
            for chunk in chunks(ids):
                db.execute(f"DELETE FROM in_flight WHERE photo_id IN ({marks(chunk)})", chunk)

    def _claims(self, source: str, parameters: Sequence[object]) -> list[Claim]:
        rows = self._database.read(
            f"SELECT p.id, p.path, p.size_bytes, p.mtime_ns {source} ORDER BY p.mtime_ns DESC LIMIT ?", parameters
        )
        return [Claim(row["id"], text_to_path(row["path"]), row["size_bytes"], row["mtime_ns"]) for row in rows]

    def _unchanged(self, claim: Claim) -> Row | None:
        """The row of a claim, unless the file was seen to change since."""
        rows = self._database.read(
            "SELECT indexed_at FROM photos WHERE id = ? AND size_bytes = ? AND mtime_ns = ?",
            (claim.photo_id, claim.size_bytes, claim.mtime_ns),
        )
        return rows[0] if rows else None

    def _moved_from(self, photo: Indexed) -> PhotoId | None:
        """The row of the file that this one was before it was moved, if there is one."""
        rows = self._database.read(
            """
            SELECT id, path, status FROM photos
            WHERE content_hash = ? AND id != ? AND indexed_at IS NOT NULL
              AND folder_id IN (SELECT id FROM folders WHERE online = 1 OR removed_at IS NOT NULL)
            ORDER BY status = 'gone' DESC, gone_at DESC
            """,
            (photo.content_hash, photo.claim.photo_id),
        )
        # The news that the old path is empty may come later than the news of the new one: look.
        return next((r["id"] for r in rows if r["status"] == "gone" or is_missing(text_to_path(r["path"]))), None)

    def _adopt(self, old: PhotoId, newcomer: PhotoId) -> None:
        """The old row takes over the newcomer's place on disk, and what the user has done to it while it waited."""
        with self._database.write() as db:
            row = self._database.read("SELECT * FROM photos WHERE id = ?", (newcomer,))[0]
            db.execute("UPDATE OR IGNORE album_photos SET photo_id = ? WHERE photo_id = ?", (old, newcomer))
            db.execute("UPDATE OR REPLACE labels SET photo_id = ? WHERE photo_id = ?", (old, newcomer))
            for table in ("labels", "label_origins"):  # what was said last holds
                db.execute(f"UPDATE OR REPLACE {table} SET photo_id = ? WHERE photo_id = ?", (old, newcomer))
            db.execute("DELETE FROM photos WHERE id = ?", (newcomer,))
            db.execute(
                "UPDATE photos SET folder_id = ?, path = ?, name = ?, name_key = ?, status = ?, gone_at = NULL,"
                " favorite = favorite OR ?, hidden = hidden OR ? WHERE id = ?",
                (*(row[column] for column in _TAKEN_OVER), row["favorite"], row["hidden"], old),
            )

    def _vacate(self, path_text: str, mover: PhotoId) -> None:
        """The file at this path was overwritten by another. Its row stays, for its content may turn up elsewhere."""
        with self._database.write() as db:
            db.execute(
                f"{MARK_GONE}, path = path || ? WHERE path = ? AND id != ?",
                (now_utc(), f"\x1foverwritten by {mover} {now_utc()}", path_text, mover),
            )


_WAITING = """
    FROM photos p
    WHERE p.status = 'queued' AND p.folder_id IN (SELECT id FROM folders WHERE online = 1 AND removed_at IS NULL)
"""

_WITHOUT_VECTOR = """
    FROM photos p
    WHERE p.status = 'ready' AND p.folder_id IN (SELECT id FROM folders WHERE online = 1 AND removed_at IS NULL)
      AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.encoder_id = ? AND v.photo_id = p.id)
"""

_TAKEN_OVER = ("folder_id", "path", "name", "name_key", "status")

# A photo that went while it was read stays gone, with all that was learnt of it.
_FINISH = """
    UPDATE photos SET status = CASE status WHEN 'gone' THEN 'gone' ELSE 'ready' END,
        content_hash = ?, size_bytes = ?, mtime_ns = ?, format = ?, width = ?, height = ?,
        taken_at = ?, taken_offset_min = ?, dated_at = ?, camera = ?, lens = ?,
        latitude = ?, longitude = ?, altitude_m = ?, indexed_at = ?
    WHERE id = ?
"""


def _values(photo: Indexed) -> tuple[object, ...]:
    """In the order of `_FINISH`."""
    metadata = photo.metadata
    taken_at = metadata.taken_at.isoformat(timespec="seconds") if metadata.taken_at else None
    return (
        photo.content_hash,
        photo.file.size_bytes,
        photo.file.mtime_ns,
        metadata.format,
        metadata.width,
        metadata.height,
        taken_at,
        metadata.taken_offset_min,
        taken_at or _local_time(photo.file.mtime_ns),
        metadata.camera,
        metadata.lens,
        metadata.latitude,
        metadata.longitude,
        metadata.altitude_m,
        now_utc(),
    )


def _name(path: Path) -> tuple[str, str]:
    """The columns `name` and `name_key`."""
    name = path_to_text(Path(path.name))
    return name, name_key(name)


def _local_time(mtime_ns: int) -> str:
    try:
        return datetime.fromtimestamp(mtime_ns / 1e9).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):  # file systems hold dates that calendars do not
        return "1970-01-01T00:00:00"
