"""What the program remembers by itself, apart from what the user chose (settings) and what it knows of photos."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.store.database import Database


class Remembered:
    """Small JSON values by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, default: Any = None) -> Any:
        found = self._database.read_column("SELECT value FROM remembered WHERE key = ?", (key,))
        return json.loads(found[0]) if found else default

    def set(self, key: str, value: Any) -> None:
        with self._database.write() as db:
            db.execute("INSERT OR REPLACE INTO remembered (key, value) VALUES (?, ?)", (key, json.dumps(value)))

    def change(self, key: str, change: Callable[[Any], Any], default: Any = None) -> None:
        """Put what `change` makes of a value in its place. No other thread or process comes between the two."""
        with self._database.write():
            self.set(key, change(self.get(key, default)))
