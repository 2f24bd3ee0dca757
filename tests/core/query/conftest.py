"""The example library of docs/search.md, as a real database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import date

import pytest
from sqlite_utils import Database

from core.query import compile_filters, parse, register_functions, wants_hidden
from core.store.migrations import migrations
from tests.core.query.manual import PhotoRow, example_albums, example_library, example_tags, example_unknown

TODAY = date(2024, 6, 12)  # what docs/search.md calls today

Finder = Callable[[str], list[int]]
TagRow = tuple[int, str, str, str, float | None, bool]
AddTags = Callable[[Sequence[TagRow]], None]


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """An empty library."""
    connection = sqlite3.connect(":memory:")
    migrations.apply(Database(connection))
    register_functions(connection)
    connection.execute("INSERT INTO folders (id, path, added_at) VALUES (1, '/', '2024-01-01')")
    yield connection
    connection.close()


@pytest.fixture
def add_photo(connection: sqlite3.Connection) -> Callable[[PhotoRow], None]:
    def add(row: PhotoRow) -> None:
        full = {"folder_id": 1, "status": "ready", "mtime_ns": 0, "added_at": "2024-01-01", **row}
        columns, marks = ", ".join(full), ", ".join("?" * len(full))
        connection.execute(f"INSERT INTO photos ({columns}) VALUES ({marks})", list(full.values()))

    return add


@pytest.fixture
def add_album(connection: sqlite3.Connection) -> Callable[[str, list[int]], None]:
    def add(name: str, photos: list[int]) -> None:
        album = connection.execute("INSERT INTO albums (name, created_at) VALUES (?, '2024-01-01')", (name,)).lastrowid
        connection.executemany(
            "INSERT INTO album_photos (album_id, photo_id, added_at) VALUES (?, ?, '2024-01-01')",
            [(album, photo) for photo in photos],
        )

    return add


@pytest.fixture
def add_tags(connection: sqlite3.Connection) -> AddTags:
    """What a live tagger predicts and what a person says: photo, who, head, value, probability, sure."""

    def add(rows: Sequence[TagRow]) -> None:
        said = [row for row in rows if row[1] == "tagger"]
        heads = {head: sorted({row[3] for row in said if row[2] == head}) for head in {row[2] for row in said}}
        connection.execute(
            "INSERT INTO taggers (id, key, name, source, heads, live, created_at)"
            " VALUES (1, 'a', 'A', 'model', ?, 1, '2024-01-01')",
            [json.dumps(heads)],
        )
        for photo, who, head, value, probability, sure in rows:
            if who == "tagger":
                connection.execute(
                    "INSERT INTO predictions (tagger_id, photo_id, head, label, probability, top, sure)"
                    " VALUES (1, ?, ?, ?, ?, ?, ?)",
                    [photo, head, value, probability, json.dumps([[value, probability]]), sure],
                )
            else:
                connection.execute("INSERT INTO labels VALUES (?, ?, ?, '2024-01-01')", [photo, head, value])

    return add


@pytest.fixture
def find(connection: sqlite3.Connection) -> Finder:
    """The numbers of the photos that the filters of a line let through, hidden ones left out as the library does."""

    def found(line: str) -> list[int]:
        filters = parse(line).filters
        condition, parameters = compile_filters(filters, today=TODAY)
        visible = "1" if wants_hidden(filters) else "NOT p.hidden"
        statement = f"SELECT p.id FROM photos p WHERE {visible} AND {condition} ORDER BY p.id"
        return [number for (number,) in connection.execute(statement, parameters)]

    return found


@pytest.fixture
def find_example(
    connection: sqlite3.Connection,
    find: Finder,
    add_photo: Callable[[PhotoRow], None],
    add_album: Callable[[str, list[int]], None],
    add_tags: AddTags,
) -> Finder:
    """`find` in the library that docs/search.md describes."""
    for row in example_library():
        add_photo(row)
    for name, photos in example_albums().items():
        add_album(name, photos)
    add_tags(example_tags())
    connection.executemany(
        "UPDATE predictions SET unknown = 1 WHERE photo_id = ?", [(id_,) for id_ in example_unknown()]
    )
    return find
