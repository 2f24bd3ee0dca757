"""The SQLite file: migrations, transactions, and errors that the user can do something about."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from pathlib import Path

import pytest
import sqlite_utils

from core.errors import DiskFullError, LibraryError, NewerLibraryError, PermissionDeniedError
from core.store.database import Database
from core.store.migrations import migrations
from core.store.remembered import Remembered


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


def test_a_transaction_is_all_or_nothing(path: Path) -> None:
    database = Database(path)
    remembered = Remembered(database)
    remembered.set("kept", 1)

    def interrupted() -> None:
        with database.write():
            remembered.set("kept", 2)
            remembered.set("lost", 1 / 0)

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert remembered.get("kept") == 1
    assert remembered.get("lost") is None
    database.close()


def test_opening_again_changes_nothing(path: Path) -> None:
    first = Database(path)
    Remembered(first).set("a", [1, "two"])
    first.close()
    second = Database(path)
    assert Remembered(second).get("a") == [1, "two"]
    second.close()
    assert list(path.parent.glob("library-before-*")) == []


def test_a_library_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    Database(path).close()
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('recollect', 'm999_later', '')"
    )
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NewerLibraryError) as caught:
        Database(path)
    assert "newer version" in caught.value.remedy
    assert path.read_bytes() == before


def test_a_migration_leaves_a_copy_of_the_library_as_it_was(path: Path) -> None:
    """A library of which a migration is not applied yet: the first one, in a database that already has another."""
    connection = sqlite3.connect(path)
    database = sqlite_utils.Database(connection)
    migrations.ensure_migrations_table(database)
    migrations.apply(database)
    names = [migration.name for migration in migrations.applied(database)]
    database.execute("INSERT INTO remembered (key, value) VALUES ('mine', '1')")
    connection.close()

    later = type(migrations)("recollect")
    for name in names:
        later(name=name)(lambda db: None)
    later(name="m998_later")(lambda db: db["later"].create({"id": int}))
    patched = pytest.MonkeyPatch()
    patched.setattr("core.store.database.migrations", later)
    try:
        Database(path).close()
    finally:
        patched.undo()
    copy = sqlite3.connect(path.parent / "library-before-m998_later.db")
    assert copy.execute("SELECT value FROM remembered").fetchall() == [("1",)]
    assert copy.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (0,)
    copy.close()


def _open_at(path: Path, moment: float) -> None:
    while time.time() < moment:
        pass
    Database(path).close()


@pytest.mark.parametrize("from_before", [False, True], ids=["new", "of an older version"])
def test_several_processes_may_open_a_library_for_the_first_time_at_once(path: Path, from_before: bool) -> None:
    if from_before:
        first = sqlite_utils.Database(path)
        migrations.apply(first, stop_before="m002_order_of_albums")
        first.execute("INSERT INTO remembered (key, value) VALUES ('mine', '1')")
        first.close()
    spawn = multiprocessing.get_context("spawn")
    together = time.time() + 2
    processes = [spawn.Process(target=_open_at, args=(path, together)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    database = Database(path)
    assert Remembered(database).get("mine") == (1 if from_before else None)
    database.close()
    copies = [copy.name for copy in path.parent.glob("library-before-*.db")]
    assert copies == (["library-before-m002_order_of_albums.db"] if from_before else [])


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be looked at" * 20, b"\0" * 5000])
def test_a_damaged_file_is_reported_with_a_remedy(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(LibraryError) as caught:
        Database(path)
    assert "backup" in caught.value.remedy


def test_damage_in_the_middle_is_found(path: Path) -> None:
    database = Database(path)
    remembered = Remembered(database)
    for number in range(2000):
        remembered.set(f"key {number}", "x" * 100)
    assert database.damage() is None
    database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    with path.open("r+b") as file:
        file.seek(40 * 4096)
        file.write(b"\xff" * 4096)
    damaged = Database(path)
    try:
        found = damaged.damage()
    except LibraryError as error:
        found = str(error)
    assert found
    damaged.close()


def test_a_full_disk_is_the_machines_fault_and_loses_nothing(path: Path) -> None:
    database = Database(path)
    remembered = Remembered(database)
    remembered.set("before", 1)
    pages = database.connection.execute("PRAGMA page_count").fetchone()[0]
    database.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskFullError) as caught:
        remembered.set("big", "x" * 1_000_000)
    assert "space" in caught.value.remedy
    assert remembered.get("before") == 1
    database.connection.execute("PRAGMA max_page_count = 1000000")
    remembered.set("big", "fits now")
    database.close()


def test_a_place_that_cannot_be_written_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        Database(tmp_path / "absent" / "library.db")
    assert "--home" in caught.value.remedy


def _count_up(path: Path, times: int) -> None:
    database = Database(path)
    remembered = Remembered(database)
    for _ in range(times):
        with database.write():
            remembered.set("count", remembered.get("count", 0) + 1)
    database.close()


def test_two_processes_write_without_losing_anything(path: Path) -> None:
    Database(path).close()
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_count_up, args=(path, 40)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    database = Database(path)
    assert Remembered(database).get("count") == 80
    database.close()
