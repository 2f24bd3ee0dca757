"""Tells the process that indexes what other processes of Recollect have done to photos.

It hears of all that it finds by itself. What the user does in another window, a favourite, a photo that goes to the
trash, it would not: in the database, what another process writes looks like what its own threads write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.events import Event, EventBus, FoldersChanged, PhotosChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.store.remembered import Remembered

SEQUENCE_KEY = "deeds_sequence"  # remembered: how often a process that does not index has changed photos


class DeedsOfOthers:
    """One a process. Safe to use from any thread."""

    def __init__(self, remembered: Remembered, bus: EventBus, is_indexer: Callable[[], bool]) -> None:
        self._remembered, self._bus, self._is_indexer = remembered, bus, is_indexer
        self._seen = self._sequence()
        bus.subscribe(self._note)

    def follow(self) -> None:
        """Publish what others have done since the last time. One that does not index reads all anew anyway."""
        sequence = self._sequence()
        if sequence != self._seen:
            self._seen = sequence
            if self._is_indexer():
                self._bus.publish(PhotosChanged(()))
                self._bus.publish(FoldersChanged())

    def _note(self, event: Event) -> None:
        """Photos that are named are those that this process has changed itself."""
        if isinstance(event, PhotosChanged) and event.ids and not self._is_indexer():
            self._remembered.change(SEQUENCE_KEY, lambda sequence: sequence + 1, 0)

    def _sequence(self) -> int:
        return self._remembered.get(SEQUENCE_KEY, 0)
