"""What was searched for lately, kept in the database: all windows of a library share it, and restarts keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.query.parser import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.store.remembered import Remembered

KEY = "searches"  # remembered: canonical texts, the newest first
KEPT = 200  # months of searches for most people, and a few kB


class SearchHistory:
    """Safe to use from any thread and from several processes at once."""

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered

    def recent(self, limit: int = 50) -> list[str]:
        """The newest first."""
        return self._remembered.get(KEY, [])[:limit]

    def add(self, text: str) -> None:
        """Remember a search in its canonical text; one that is known already moves to the front.

        Raises:
            QueryError: it cannot be understood, so nobody will want it again.
        """
        search = str(parse(text))
        if search:
            self._change(lambda known: [search, *_without(known, search)][:KEPT])

    def forget(self, text: str) -> None:
        """Forget one search, written as `recent` returned it."""
        self._change(lambda known: _without(known, text))

    def clear(self) -> None:
        self._change(lambda _: [])

    def _change(self, change: Callable[[list[str]], list[str]]) -> None:
        self._remembered.change(KEY, change, [])


def _without(searches: list[str], search: str) -> list[str]:
    return [each for each in searches if each != search]
