"""Thumbnails: making them, and a cache of them in an SQLite file of its own.

They are kept by content, so a moved photo keeps its thumbnail and copies share one. The file is a cache: if it is
damaged it is started anew, and no failure of it ever reaches the caller.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import xxhash
from PIL import Image

log = logging.getLogger(__name__)

DEFAULT_EDGE_PX = 256

JPEG_QUALITY = 80
"""At 256 px some 12 kB each, and no blocks to be seen; 90 takes half as much again."""

TRIM_TO = 0.9
"""How far below the budget the cache is emptied when it is over it, so that not each new thumbnail has to make room."""

USED_PRECISION_S = 24 * 3600
"""Which thumbnails were used longest ago is known to the day: looking at the grid is not to cost a write a picture."""

BUSY_TIMEOUT_S = 2.0
"""Another process may be writing. Longer than this, and making the thumbnail again is quicker than waiting."""

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS thumbnails (
        content_hash TEXT NOT NULL,
        edge_px INTEGER NOT NULL,
        used_at INTEGER NOT NULL,      -- seconds since 1970, see USED_PRECISION_S
        checksum INTEGER NOT NULL,     -- XXH3-64 of the JPEG, signed: SQLite does not notice damage inside a blob
        jpeg BLOB NOT NULL,
        PRIMARY KEY (content_hash, edge_px)
    );
    CREATE INDEX IF NOT EXISTS thumbnails_by_use ON thumbnails(used_at);
    CREATE TABLE IF NOT EXISTS total (id INTEGER PRIMARY KEY CHECK (id = 1), bytes INTEGER NOT NULL);
    INSERT OR IGNORE INTO total VALUES (1, 0);
    CREATE TRIGGER IF NOT EXISTS count_added AFTER INSERT ON thumbnails
        BEGIN UPDATE total SET bytes = bytes + length(new.jpeg); END;
    CREATE TRIGGER IF NOT EXISTS count_removed AFTER DELETE ON thumbnails
        BEGIN UPDATE total SET bytes = bytes - length(old.jpeg); END;
"""

Answer = TypeVar("Answer")
Key = tuple[str, int]
"""Content hash and longer edge in pixels."""


def make_thumbnail(image: Image.Image, edge_px: int = DEFAULT_EDGE_PX) -> bytes:
    """A JPEG of an RGB picture whose longer edge has `edge_px`, or fewer where the picture has fewer."""
    return as_jpeg(shrink(image, edge_px))


def shrink(image: Image.Image, edge_px: int) -> Image.Image:
    """The picture with a longer edge of `edge_px`; the picture itself where it is no larger."""
    scale = edge_px / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    # Half the time of LANCZOS, a tenth of what indexing a photo costs; at this size nobody sees the difference.
    return image.resize(size, Image.Resampling.HAMMING)


def as_jpeg(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


class ThumbnailStore:
    """The cache. Safe to use from several threads and processes; the least recently used thumbnails make room."""

    def __init__(self, path: Path, *, budget_bytes: int) -> None:
        self._path = path
        self._budget_bytes = budget_bytes
        self._lock = threading.Lock()  # one connection for all threads: an answer takes some 50 µs
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self._used: set[Key] = set()

    def get(self, content_hash: str, edge_px: int) -> bytes | None:
        """The JPEG, or None if there is none or it was damaged."""
        return self._run(lambda connection: self._get(connection, (content_hash, edge_px)))

    def has(self, content_hash: str, edge_px: int) -> bool:
        """Whether there is one, sound or not: a damaged one is found, and made anew, when it is wanted."""
        sql = "SELECT 1 FROM thumbnails WHERE content_hash = ? AND edge_px = ?"
        return bool(self._run(lambda connection: connection.execute(sql, (content_hash, edge_px)).fetchone()))

    def put(self, content_hash: str, edge_px: int, jpeg: bytes) -> None:
        self.put_many([(content_hash, edge_px, jpeg)])

    def put_many(self, thumbnails: Sequence[tuple[str, int, bytes]]) -> None:
        """Content hash, longer edge and JPEG of each; one transaction."""
        self._run(lambda connection: self._put(connection, thumbnails))

    def set_budget(self, budget_bytes: int) -> None:
        """More or less room from now on."""
        if budget_bytes != self._budget_bytes:
            self._budget_bytes = budget_bytes
            self._run(self._make_room)

    def close(self) -> None:
        """Close the file. Afterwards `get` finds nothing and `put` does nothing."""
        if self._used:
            self._run(self._write_uses)
        with self._lock:
            self._closed = True
            self._disconnect()

    def _run(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer | None:
        """Do `work` in a transaction; a second time on a new file where the first shows that the file is damaged."""
        with self._lock:
            for _ in range(2):
                if self._closed:
                    return None
                try:
                    with self._connected() as connection:
                        return work(connection)
                except sqlite3.Error as error:
                    if not _is_damage(error):
                        log.info("The thumbnail cache is not available: %s", error)
                        return None
                    log.warning("The thumbnail cache is damaged and is started anew: %s", error)
                    self._start_anew()
        return None

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _start_anew(self) -> None:
        self._disconnect()
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):  # Windows refuses while another process has it open; the next try will do
                self._path.with_name(self._path.name + suffix).unlink()

    def _get(self, connection: sqlite3.Connection, key: Key) -> bytes | None:
        row = connection.execute(
            "SELECT jpeg, checksum, used_at FROM thumbnails WHERE content_hash = ? AND edge_px = ?", key
        ).fetchone()
        if row is None:
            return None
        jpeg, checksum, used_at = row
        if checksum != _checksum(jpeg):
            connection.execute("DELETE FROM thumbnails WHERE content_hash = ? AND edge_px = ?", key)
            return None
        if used_at + USED_PRECISION_S < time.time():
            self._used.add(key)
        return jpeg

    def _put(self, connection: sqlite3.Connection, thumbnails: Sequence[tuple[str, int, bytes]]) -> None:
        now = int(time.time())
        connection.executemany(
            "INSERT OR IGNORE INTO thumbnails (content_hash, edge_px, used_at, checksum, jpeg) VALUES (?, ?, ?, ?, ?)",
            [(content_hash, edge_px, now, _checksum(jpeg), jpeg) for content_hash, edge_px, jpeg in thumbnails],
        )
        self._write_uses(connection)
        self._make_room(connection)

    def _write_uses(self, connection: sqlite3.Connection) -> None:
        now = int(time.time())
        connection.executemany(
            "UPDATE thumbnails SET used_at = ? WHERE content_hash = ? AND edge_px = ?",
            [(now, *key) for key in self._used],
        )
        self._used.clear()

    def _make_room(self, connection: sqlite3.Connection) -> None:
        (total,) = connection.execute("SELECT bytes FROM total").fetchone()
        if total <= self._budget_bytes:
            return
        surplus = total - TRIM_TO * self._budget_bytes
        oldest = connection.execute("SELECT rowid, length(jpeg) FROM thumbnails ORDER BY used_at, rowid")
        doomed: list[tuple[int]] = []
        for rowid, size in oldest:
            if surplus <= 0:
                break
            doomed.append((rowid,))
            surplus -= size
        oldest.close()
        connection.executemany("DELETE FROM thumbnails WHERE rowid = ?", doomed)


def _checksum(jpeg: bytes) -> int:
    """As SQLite stores integers: signed, 64 bits."""
    return int.from_bytes(xxhash.xxh3_64_digest(jpeg), signed=True)


def _is_damage(error: sqlite3.Error) -> bool:
    """True for a damaged file; False for a full disk, a lock, a missing permission."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the lower byte is the kind, the upper ones are details
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
