"""A whole copy of a library's home, made while it may be in use, and checked."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import DiskFullError, LibraryError
from core.models.disk import disk_errors, put_in_place
from core.paths import LibraryPaths
from core.store.rehome import rehome

PIECE_BYTES = 4 << 20  # between two looks at "cancel"
PIECE_PAGES = 1024  # of a database, 4 MB

CHECK_DISKS = "Check both disks, and that there is a backup of the library."

LEFT_BEHIND = (".lock", ".tmp", "-wal", "-shm", "-journal")
"""Ends of names: what belongs to running processes, and what SQLite keeps beside a database and copies itself."""


class CopyCancelledError(Exception):
    """The user has changed their mind."""


@dataclass
class HomeCopy:
    """One copying. Files that are replaced meanwhile are copied as they were or as they are, never half and half."""

    source: LibraryPaths
    target: LibraryPaths
    on_progress: Callable[[int, int], None] = lambda done, total: None
    cancelled: Callable[[], bool] = lambda: False
    copied_bytes: int = 0

    def __post_init__(self) -> None:
        self._databases = (self.source.database, self.source.thumbnails)
        self._expected = 0
        self._made: list[Path] = []

    def size(self) -> int:
        """Bytes that will be needed."""
        files = sum(path.stat().st_size for path in self._files())
        logs = [path.with_name(f"{path.name}-wal") for path in self._databases]
        return files + sum(path.stat().st_size for path in (*self._databases, *logs) if path.exists())

    def run(self) -> None:
        """Copy everything.

        Raises:
            CopyCancelledError: `cancelled` said so.
            LibraryError: the copy is not what it should be.
            DiskFullError, PermissionDeniedError, MachineError: the disk does not take it.
        """
        self._expected = self.size()
        for directory in self._directories():
            self._make_directory(self._in_target(directory))
        for file in self._files():
            self._copy_file(file)
        if self.source.thumbnails.exists():
            self._copy_thumbnails()
        self._copy_database()  # last: what is half there is no library

    def refresh(self) -> None:
        """Bring over what has changed in the source since it was copied: all but caches."""
        self._copy_database()
        for file in self._files():
            target = self._in_target(file)
            if not file.is_relative_to(self.source.index) and not _same_stamp(file, target):
                self._make_directory(target.parent)
                self._copy_file(file)

    def undo(self) -> None:
        """Remove what was made in the target."""
        for path in reversed(self._made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)

    def _copy_database(self) -> None:
        """The truth: copied by SQLite, checked by SQLite, and put in its place when it is complete."""
        target = self.target.database
        part = target.with_suffix(".part")
        self._back_up(self.source.database, part)
        with _database_errors(self.source.database), closing(sqlite3.connect(part)) as copy:
            with copy:
                rehome(copy, self.source.home, self.target.home)
            finding = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if finding != "ok":
            raise LibraryError(f"The copy of the library is damaged: {finding}.", remedy=CHECK_DISKS, path=target)
        self._made.append(target)
        put_in_place(part, target)

    def _copy_thumbnails(self) -> None:
        """They are left behind if they are damaged: they can be made anew."""
        try:
            self._back_up(self.source.thumbnails, self.target.thumbnails)
        except LibraryError:
            self.target.thumbnails.unlink(missing_ok=True)

    def _back_up(self, database: Path, target: Path) -> None:
        """A whole copy of a database that others may be writing to."""
        target.unlink(missing_ok=True)
        self._made.append(target)
        with (
            _database_errors(database),
            closing(sqlite3.connect(database)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            piece_bytes: int = PIECE_PAGES * source.execute("PRAGMA page_size").fetchone()[0]

            def advance(_status: int, _left: int, _total: int) -> None:
                self._advance(piece_bytes)

            # Within one reading transaction: else the copy begins anew each time that somebody writes.
            source.execute("BEGIN")
            source.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            source.backup(copy, pages=PIECE_PAGES, progress=advance)

    def _copy_file(self, file: Path) -> None:
        target = self._in_target(file)
        self._made.append(target)
        with disk_errors(target):
            if file.is_symlink():
                target.unlink(missing_ok=True)
                target.symlink_to(file.resolve())
                return
            copied = 0
            with file.open("rb") as reading, target.open("wb") as writing:
                while piece := reading.read(PIECE_BYTES):
                    writing.write(piece)
                    copied += len(piece)
                    self._advance(len(piece))
                writing.flush()
                os.fsync(writing.fileno())
            shutil.copystat(file, target)
            size_bytes = target.stat().st_size
        if size_bytes != copied:
            raise LibraryError(
                f"{target} has {size_bytes:,} bytes instead of {copied:,}.", remedy=CHECK_DISKS, path=target
            )

    def _advance(self, count: int) -> None:
        if self.cancelled():
            raise CopyCancelledError
        self.copied_bytes += count
        self.on_progress(min(self.copied_bytes, self._expected), self._expected)

    def _make_directory(self, directory: Path) -> None:
        if not directory.is_dir():
            with disk_errors(directory):
                directory.mkdir(parents=True)
            self._made.append(directory)

    def _in_target(self, path: Path) -> Path:
        return self.target.home / path.relative_to(self.source.home)

    def _directories(self) -> Iterator[Path]:
        for folder, _, _ in self._walk():
            yield Path(folder)

    def _files(self) -> Iterator[Path]:
        """All but the two databases and what belongs to running processes."""
        not_ours = {*self._databases, self.source.log, self.source.run_mark, self.source.moved_from}
        for folder, directories, names in self._walk():
            links = [name for name in directories if Path(folder, name).is_symlink()]
            for name in (*names, *links):
                path = Path(folder, name)
                if path not in not_ours and not name.endswith(LEFT_BEHIND) and path.exists():
                    yield path

    def _walk(self) -> Iterator[tuple[str, list[str], list[str]]]:
        """All folders but that of photos prepared for training, which are large and are made again in no time."""
        for folder, directories, names in os.walk(self.source.home):
            if Path(folder) == self.source.home:
                directories[:] = [name for name in directories if name != self.source.training_cache.name]
            yield folder, directories, names


def _same_stamp(file: Path, target: Path) -> bool:
    if not target.exists():
        return False
    one, other = file.stat(), target.stat()
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


@contextmanager
def _database_errors(database: Path) -> Generator[None]:
    """Translate what goes wrong while a database is copied."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_FULL"):
            raise DiskFullError(
                f"The disk became full while {database.name} was copied.",
                remedy="Free some space, or choose another disk.",
                path=database,
            ) from error
        raise LibraryError(f"{database} cannot be copied: {error}.", remedy=CHECK_DISKS, path=database) from error
