"""The deed that puts unknown photos aside, which nobody wants to name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from desktop.organise.undo import Outcome, Tell
from desktop.organise.wording import photos

if TYPE_CHECKING:
    from core.library import Library
    from core.types import PhotoId


class PutAside:
    """They are left out of the groups from now on."""

    def __init__(self, library: Library, ids: Sequence[PhotoId]) -> None:
        self._library, self._ids = library, tuple(ids)
        self._put: list[PhotoId] = []  # those that were not aside before
        self.text = f"put {photos(len(self._ids))} aside"

    def do(self, tell: Tell) -> Outcome:
        self._put = self._library.unknown.put_aside(self._ids)
        return Outcome(f"Put {photos(len(self._put))} aside", changed=len(self._put))

    def undo(self, tell: Tell) -> Outcome:
        self._library.unknown.bring_back(self._put)
        return Outcome(f"Brought {photos(len(self._put))} back", changed=len(self._put))


class BringBack:
    """All that was put aside is looked at again."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._ids: list[PhotoId] = []
        self.text = "bring back what was put aside"

    def do(self, tell: Tell) -> Outcome:
        self._ids = self._library.unknown.aside()
        self._library.unknown.bring_back(self._ids)
        return Outcome(f"Brought {photos(len(self._ids))} back", changed=len(self._ids))

    def undo(self, tell: Tell) -> Outcome:
        self._library.unknown.put_aside(self._ids)
        return Outcome(f"Put {photos(len(self._ids))} aside again", changed=len(self._ids))
