"""The SQLite file: connections, transactions, migrations. What the tables mean lies in the modules beside this one.

WAL mode, one connection a thread, one writer at a time: within the process by a lock, between processes by
SQLite's own lock and a busy timeout. sqlite3's errors are translated here and nowhere else.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import sqlite_utils

from core.errors import (
    DiskFullError,
    LibraryBusyError,
    LibraryError,
    MachineError,
    NewerLibraryError,
    PermissionDeniedError,
    RecollectError,
)
from core.query.filters import register_functions
from core.store.migrations import migrations

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence, Sized
    from pathlib import Path

BUSY_TIMEOUT_S = 15.0  # an indexer's batch commits in milliseconds; longer waits mean a hung process

BUSY_AGAIN_S = 0.01  # where SQLite itself does not wait: another process is done within milliseconds

MOST_PARAMETERS = 500  # SQLite takes 32,766 on current builds, 999 on old ones

Row = dict[str, Any]
T = TypeVar("T")


def chunks(values: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """The values in tuples that one statement can take as parameters."""
    iterator = iter(values)
    while chunk := tuple(islice(iterator, MOST_PARAMETERS)):
        yield chunk


def marks(values: Sized) -> str:
    """`?,?,?`: a placeholder for each value of an IN clause."""
    return ",".join("?" * len(values))


class Database:
    """One library's SQLite file. Safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        """Open and migrate.

        Raises:
            NewerLibraryError: it was made by a newer Recollect.
            LibraryError: it is damaged or is no library.
        """
        self.path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._connections_lock = threading.Lock()
        self._writer = threading.RLock()
        with self._translated():
            self._migrate()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection

    def read(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query."""
        with self._translated():
            cursor = self.connection.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def read_column(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The first column of a query, without the cost of a dict for each row."""
        with self._translated():
            return [row[0] for row in self.connection.execute(sql, parameters)]

    def read_tuples(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query without the names of their columns, for results of many rows."""
        with self._translated():
            return self.connection.execute(sql, parameters).fetchall()

    @contextmanager
    def write(self) -> Generator[sqlite3.Connection]:
        """A transaction: all of it or nothing. Nested use joins the outer one."""
        with self._writer, self._translated():
            connection = self.connection
            if connection.in_transaction:
                yield connection
                return
            # IMMEDIATE takes the write lock at once: a deferred one that has read before fails without waiting.
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()
                raise

    def damage(self) -> str | None:
        """The first thing that SQLite's own check finds wrong; None if nothing is."""
        finding: str = self.read_column("PRAGMA quick_check(1)")[0]
        return None if finding == "ok" else finding

    def close(self) -> None:
        with self._connections_lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    def _connect(self) -> sqlite3.Connection:
        # One thread uses it; `close` alone may come from another. Transactions begin where `write` says so.
        connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, check_same_thread=False, isolation_level=None)
        with self._connections_lock:
            self._connections.append(connection)
        _use_write_ahead_log(connection)
        connection.execute("PRAGMA synchronous = NORMAL")  # safe against a killed process; a power cut may cost seconds
        connection.execute("PRAGMA foreign_keys = ON")
        register_functions(connection)
        return connection

    def _migrate(self) -> None:
        database = sqlite_utils.Database(self.connection, execute_plugins=False)
        if not self._pending(database):
            return
        with self.write():  # another process may just have come to the same conclusion
            pending = self._pending(database)
            if pending and migrations.applied(database):
                self._back_up(f"before-{min(pending)}")
            migrations.apply(database)

    def _pending(self, database: sqlite_utils.Database) -> set[str]:
        """Names of the migrations that the library still has to go through."""
        if {migration.name for migration in migrations.applied(database)} - _ours():
            raise NewerLibraryError(
                f"The library in {self.path.parent} was changed by a newer Recollect, which this one cannot read.",
                remedy="Install the newer version, or choose another library with --home.",
                path=self.path,
            )
        return {migration.name for migration in migrations.pending(database)}

    def _back_up(self, label: str) -> None:
        """Keep a copy of the library as it was before a migration.

        Read by a connection of its own: SQLite copies nothing out of one that is about to write.
        """
        source = sqlite3.connect(self.path)
        copy = sqlite3.connect(self.path.with_name(f"{self.path.stem}-{label}.db"))
        try:
            source.backup(copy)
        finally:
            copy.close()
            source.close()

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._translate(error) from error

    def _translate(self, error: sqlite3.DatabaseError) -> Exception:
        name: str = getattr(error, "sqlite_errorname", None) or ""
        kind = next((kind for prefixes, kind in _TRANSLATIONS.items() if name.startswith(prefixes)), None)
        if kind is None:
            return error
        error_type, message, remedy = kind
        return error_type(message.format(path=self.path), remedy=remedy, path=self.path)


_TRANSLATIONS: dict[tuple[str, ...], tuple[type[RecollectError], str, str]] = {
    ("SQLITE_FULL",): (
        DiskFullError,
        "The library {path} cannot grow. What was indexed so far is kept.",
        "Free some space on that disk, then resume.",
    ),
    ("SQLITE_BUSY", "SQLITE_LOCKED"): (
        LibraryBusyError,
        "Another program has been holding the library {path} for a long time.",
        "Close other windows of Recollect, then try again.",
    ),
    ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM"): (
        PermissionDeniedError,
        "The library {path} cannot be opened for writing.",
        "Check the permissions of that folder, or choose another library with --home.",
    ),
    ("SQLITE_CORRUPT", "SQLITE_NOTADB"): (
        LibraryError,
        "The file {path} is damaged or is not a library of Recollect.",
        "Restore it from a backup, or move it away: your photos are untouched and can be indexed again.",
    ),
    ("SQLITE_IOERR",): (
        MachineError,
        "The disk reported an error while the library {path} was used.",
        "Check that the disk is connected and has free space, then resume.",
    ),
}
"""sqlite3's own names of errors, and what the user hears."""


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Waits for other processes that make the same new library at this moment, which SQLite does not do here."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(BUSY_AGAIN_S)


def _ours() -> set[str]:
    """The names of all migrations that this version knows."""
    memory = sqlite_utils.Database(memory=True)
    try:
        return {migration.name for migration in migrations.pending(memory)}
    finally:
        memory.close()
