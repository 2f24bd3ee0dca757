"""The watched folders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.store.path_text import path_to_text, text_to_path
from core.types import Folder, PhotoId

if TYPE_CHECKING:
    from pathlib import Path

    from core.store.database import Database, Row


# What was not read yet, or not in its present form, must not pass for known when it comes back.
MARK_GONE = """
    UPDATE photos SET status = 'gone', gone_at = ?, mtime_ns = CASE status WHEN 'ready' THEN mtime_ns ELSE -1 END
"""


def now_utc() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class FolderStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, path: Path) -> Folder:
        """Watch a folder from now on. A folder that is watched already, by itself or inside another, is left as it is;
        one that contains watched folders takes over their photos. One that was removed before comes back with all that
        was known of its photos.
        """
        with self._database.write() as db:
            covering = next((root for _, root, _ in self.roots() if path.is_relative_to(root)), None)
            if covering is None:
                db.execute(
                    "INSERT INTO folders (path, added_at) VALUES (?, ?)"
                    " ON CONFLICT (path) DO UPDATE SET removed_at = NULL, online = 1, scanned_at = NULL",
                    (path_to_text(path), now_utc()),
                )
                self._absorb_inner_folders(path)
        return next(folder for folder in self.all() if folder.path == (covering or path))

    def remove(self, folder_id: int) -> list[PhotoId]:
        """Watch a folder no longer; the files stay, and so does for a while what is known of them.

        Returns:
            The photos that are gone from the library with it.
        """
        with self._database.write() as db:
            ids = self._database.read_column(
                "SELECT id FROM photos WHERE folder_id = ? AND status != 'gone'", (folder_id,)
            )
            db.execute(f"{MARK_GONE} WHERE folder_id = ? AND status != 'gone'", (now_utc(), folder_id))
            db.execute("UPDATE folders SET removed_at = ? WHERE id = ?", (now_utc(), folder_id))
        return ids

    def remove_late(self, folder_id: int) -> None:
        """What a scan has taken in after its folder was removed goes too, unless the folder is back."""
        with self._database.write() as db:
            db.execute(
                f"{MARK_GONE} WHERE folder_id = ? AND status != 'gone'"
                " AND folder_id IN (SELECT id FROM folders WHERE removed_at IS NOT NULL)",
                (now_utc(), folder_id),
            )

    def all(self) -> list[Folder]:
        rows = self._database.read(
            """
            SELECT f.id, f.path, f.online, f.polled,
                   COUNT(p.id) FILTER (WHERE p.status != 'gone') AS photos,
                   COUNT(p.id) FILTER (WHERE p.status = 'queued') AS queued,
                   COUNT(p.id) FILTER (WHERE p.status = 'failed') AS failed
            FROM folders f LEFT JOIN photos p ON p.folder_id = f.id
            WHERE f.removed_at IS NULL
            GROUP BY f.id ORDER BY f.id
            """
        )
        return [_folder(row) for row in rows]

    def roots(self) -> list[tuple[int, Path, bool]]:
        """Id, path and whether it is online of every folder, without counting photos."""
        rows = self._database.read("SELECT id, path, online FROM folders WHERE removed_at IS NULL ORDER BY id")
        return [(row["id"], text_to_path(row["path"]), bool(row["online"])) for row in rows]

    def set_online(self, folder_id: int, online: bool) -> bool:
        """Hide or show a folder's photos. Returns whether that changed anything."""
        with self._database.write() as db:
            changed = db.execute(
                "UPDATE folders SET online = ? WHERE id = ? AND online != ?", (online, folder_id, online)
            ).rowcount
        return bool(changed)

    def set_polled(self, folder_id: int, polled: bool) -> None:
        with self._database.write() as db:
            db.execute("UPDATE folders SET polled = ? WHERE id = ?", (polled, folder_id))

    def request_scan(self, folder_id: int | None = None) -> None:
        """Let the process that indexes compare a folder, or all, with the disk."""
        with self._database.write() as db:
            db.execute("UPDATE folders SET scanned_at = NULL WHERE id = ? OR ? IS NULL", (folder_id, folder_id))

    def begin_scan(self, folder_id: int) -> None:
        with self._database.write() as db:
            db.execute("UPDATE folders SET scanned_at = '' WHERE id = ?", (folder_id,))

    def end_scan(self, folder_id: int) -> None:
        """The scan is complete; unless another one was requested meanwhile, the folder is up to date."""
        with self._database.write() as db:
            db.execute("UPDATE folders SET scanned_at = ? WHERE id = ? AND scanned_at = ''", (now_utc(), folder_id))

    def due(self, older_than_s: float | None = None) -> list[tuple[int, Path]]:
        """Folders for which a scan was requested or is under way, and those whose last one is this long ago."""
        sql = (
            "SELECT id, path FROM folders"
            " WHERE removed_at IS NULL AND (scanned_at IS NULL OR scanned_at = '' OR scanned_at < ?)"
        )
        limit = "" if older_than_s is None else datetime.now(UTC) - timedelta(seconds=older_than_s)
        rows = self._database.read(sql, (limit and limit.isoformat(timespec="seconds"),))
        return [(row["id"], text_to_path(row["path"])) for row in rows]

    def _absorb_inner_folders(self, outer: Path) -> None:
        inner = [(id_, root) for id_, root, _ in self.roots() if root != outer and root.is_relative_to(outer)]
        with self._database.write() as db:
            for folder_id, _ in inner:
                db.execute(
                    "UPDATE photos SET folder_id = (SELECT id FROM folders WHERE path = ?) WHERE folder_id = ?",
                    (path_to_text(outer), folder_id),
                )
                db.execute("DELETE FROM folders WHERE id = ?", (folder_id,))


def _folder(row: Row) -> Folder:
    return Folder(
        id=row["id"],
        path=text_to_path(row["path"]),
        online=bool(row["online"]),
        polled=bool(row["polled"]),
        photos=row["photos"],
        queued=row["queued"],
        failed=row["failed"],
    )
