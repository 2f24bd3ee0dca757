"""From the library's events, which come on any thread, to Qt signals on the GUI thread. No decisions are taken here."""

from __future__ import annotations

import threading
from collections import deque
from itertools import chain
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from core.events import (
    AlbumsChanged,
    EncoderChanged,
    EndedUnexpectedly,
    ErrorRaised,
    Event,
    FoldersChanged,
    PhotosChanged,
    ProgressChanged,
    TaggerChanged,
    TagsChanged,
    WordsMeasured,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.library import Library


class Bridge(QObject):
    """Listens to a library. Events that pile up while the GUI thread is busy are handed on as one."""

    photos_changed = Signal(object)
    """tuple of PhotoId; empty means: so many that everything should be read anew."""
    folders_changed = Signal()
    albums_changed = Signal()
    tags_changed = Signal(object)
    """tuple of PhotoId: their labels or predictions; empty means: so many that everything should be read anew."""
    tagger_changed = Signal()
    """Another tagger is live, or there is one more or one less."""
    progress_changed = Signal(object)
    """Progress, the newest only."""
    encoder_changed = Signal(str)
    words_measured = Signal()
    """How well the words of a search are known can be told now."""
    ended_unexpectedly = Signal(object)
    """tuple of paths: photos that were being read then."""
    """Recollect did, the last time."""
    error_raised = Signal(object)
    """RecollectError."""

    _events_arrived = Signal()

    def __init__(self, library: Library, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._events_arrived.connect(self._drain)
        self._unsubscribe = library.subscribe(self._listen)

    def close(self) -> None:
        """Hear no more. Safe to call twice."""
        self._unsubscribe()
        with self._lock:
            self._events.clear()

    def _listen(self, event: Event) -> None:
        """On the library's threads."""
        with self._lock:
            first = not self._events
            self._events.append(event)
        if first:  # otherwise a call of _drain is already on its way
            self._events_arrived.emit()

    @Slot()
    def _drain(self) -> None:
        with self._lock:
            events = list(self._events)
            self._events.clear()
        self._tell_of_photos(events)
        for kind, happened in (
            (FoldersChanged, self.folders_changed),
            (AlbumsChanged, self.albums_changed),
            (TaggerChanged, self.tagger_changed),
            (WordsMeasured, self.words_measured),
        ):
            if any(isinstance(event, kind) for event in events):
                happened.emit()
        progress = [event.progress for event in events if isinstance(event, ProgressChanged)]
        if progress:
            self.progress_changed.emit(progress[-1])
        for event in events:
            if isinstance(event, EncoderChanged):
                self.encoder_changed.emit(event.name)
            elif isinstance(event, EndedUnexpectedly):
                self.ended_unexpectedly.emit(event.reading)
            elif isinstance(event, ErrorRaised):
                self.error_raised.emit(event.error)

    def _tell_of_photos(self, events: Sequence[Event]) -> None:
        for kind, changed in ((PhotosChanged, self.photos_changed), (TagsChanged, self.tags_changed)):
            changes = [event.ids for event in events if isinstance(event, kind)]
            if changes:
                everything = any(not ids for ids in changes)
                changed.emit(() if everything else tuple(dict.fromkeys(chain.from_iterable(changes))))
