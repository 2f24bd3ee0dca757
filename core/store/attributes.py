"""Attributes in the database: what photos can be labelled with, in the user's order. The labels lie in `labels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.query.filters import fold
from core.tags.values import Attribute

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.store.database import Database


class AttributeStore:
    """There are some dozens of attributes: each call reads them all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Attribute]:
        """In the user's order."""
        names = self._database.read_column("SELECT name FROM attributes ORDER BY position, name")
        values: dict[str, list[str]] = {name: [] for name in names}
        keys: dict[str, dict[str, str]] = {name: {} for name in names}
        for name, value, key in self._database.read_tuples(
            "SELECT attribute, value, key FROM attribute_values ORDER BY attribute, position, value"
        ):
            values[name].append(value)
            if key is not None:
                keys[name][value] = key
        return [Attribute(name, tuple(values[name]), keys[name]) for name in names]

    def find(self, name: str) -> Attribute | None:
        """By its name in small or capital letters."""
        return next((each for each in self.all() if fold(each.name) == fold(name)), None)

    def put(self, attribute: Attribute) -> None:
        """Make an attribute, behind the others, or give it other values. A key moves to the value that has it now."""
        with self._database.write() as db:
            db.execute(
                "INSERT INTO attributes (name, position)"
                " VALUES (?, (SELECT COALESCE(MAX(position), 0) + 1 FROM attributes)) ON CONFLICT (name) DO NOTHING",
                (attribute.name,),
            )
            db.execute("DELETE FROM attribute_values WHERE attribute = ?", (attribute.name,))
            db.executemany(
                "UPDATE attribute_values SET key = NULL WHERE key = ?", [(key,) for key in attribute.keys.values()]
            )
            db.executemany(
                "INSERT INTO attribute_values (attribute, value, position, key) VALUES (?, ?, ?, ?)",
                [
                    (attribute.name, value, position, attribute.keys.get(value))
                    for position, value in enumerate(attribute.values, start=1)
                ],
            )

    def rename(self, old: str, new: str) -> None:
        """The values come along."""
        with self._database.write() as db:
            db.execute("UPDATE attributes SET name = ? WHERE name = ?", (new, old))

    def delete(self, name: str) -> None:
        with self._database.write() as db:
            db.execute("DELETE FROM attributes WHERE name = ?", (name,))

    def order(self, names: Sequence[str]) -> None:
        """Those that are not named stay behind the others."""
        rest = [each.name for each in self.all() if each.name not in set(names)]
        with self._database.write() as db:
            db.executemany(
                "UPDATE attributes SET position = ? WHERE name = ?",
                [(position, name) for position, name in enumerate((*names, *rest), start=1)],
            )

    def add(self, head: str, values: Iterable[str]) -> list[tuple[str, str | None]]:
        """Make sure that there is an attribute with these values. Returns what was new: attribute and value, and the
        attribute with None where it was new itself.
        """
        with self._database.write():
            known = self.find(head)
            attribute = known or Attribute(head, (), {})
            folded = {fold(value) for value in attribute.values}
            fresh = [value for value in dict.fromkeys(values) if fold(value) not in folded]
            if known is None or fresh:
                self.put(Attribute(attribute.name, (*attribute.values, *fresh), attribute.keys))
        return [*([] if known else [(attribute.name, None)]), *((attribute.name, value) for value in fresh)]

    def discard_value(self, name: str, value: str) -> None:
        with self._database.write() as db:
            db.execute("DELETE FROM attribute_values WHERE attribute = ? AND value = ?", (name, value))
