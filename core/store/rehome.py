"""After a library was moved: paths in its database that lead into its old home are made to lead into the new one.

Two kinds of files lie in the home itself and are known by their path: photos of the sample library, and pictures that
were pasted to search by them.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import QueryError
from core.history import KEY as SEARCHES
from core.query.parser import parse
from core.store.path_text import as_stored, as_typed, below, path_to_text

if TYPE_CHECKING:
    from core.query.query import Term


def rehome(connection: sqlite3.Connection, old: Path, new: Path) -> None:
    """Part of the caller's transaction."""
    _move_rows(connection, old, new)
    for album_id, query in connection.execute("SELECT id, query FROM albums WHERE query IS NOT NULL").fetchall():
        moved = as_stored(_moved(as_typed(query), old, new))
        connection.execute("UPDATE albums SET query = ? WHERE id = ?", (moved, album_id))
    found = connection.execute("SELECT value FROM remembered WHERE key = ?", (SEARCHES,)).fetchone()
    if found is not None:
        searches: list[Any] = [_moved(text, old, new) for text in json.loads(found[0])]
        connection.execute("UPDATE remembered SET value = ? WHERE key = ?", (json.dumps(searches), SEARCHES))


def _move_rows(connection: sqlite3.Connection, old: Path, new: Path) -> None:
    low, high = below(old)
    head = path_to_text(new) + low[-1]
    for table in ("folders", "photos"):
        connection.execute(
            f"UPDATE {table} SET path = ? || substr(path, ?) WHERE path >= ? AND path < ?",
            (head, len(low) + 1, low, high),
        )


def _moved(query: str, old: Path, new: Path) -> str:
    """The text of a query whose pictures have moved."""
    try:
        parsed = parse(query)
    except QueryError:  # of a newer Recollect, perhaps: it is not for us to mend
        return query
    terms = tuple(_moved_term(term, old, new) for term in parsed.terms)
    return query if terms == parsed.terms else str(replace(parsed, terms=terms))


def _moved_term(term: Term, old: Path, new: Path) -> Term:
    path = Path(term.value)
    if term.kind != "image" or term.photo_id is not None or not path.is_relative_to(old):
        return term
    return replace(term, value=str(new / path.relative_to(old)))
