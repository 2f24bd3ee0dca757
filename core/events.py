"""What the library tells its listeners. Listeners are called on background threads and must return at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from core.errors import RecollectError
    from core.types import PhotoId, Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PhotosChanged:
    """Photos that came, changed or went. Empty means: so many that the listener should read everything anew."""

    ids: tuple[PhotoId, ...]


@dataclass(frozen=True, slots=True)
class FoldersChanged:
    """A folder was added, removed, went offline or came back."""


@dataclass(frozen=True, slots=True)
class AlbumsChanged:
    """An album was made, renamed or deleted, or holds other photos now."""


@dataclass(frozen=True, slots=True)
class TagsChanged:
    """Labels or predictions of these photos are others now. Empty means: of so many that all should be read anew."""

    ids: tuple[PhotoId, ...] = ()


@dataclass(frozen=True, slots=True)
class TaggerChanged:
    """Another tagger is live, or there is one more or one less to choose from."""


@dataclass(frozen=True, slots=True)
class ProgressChanged:
    progress: Progress


@dataclass(frozen=True, slots=True)
class EncoderChanged:
    """Another encoder answers now, or the first one has finished loading."""

    name: str


@dataclass(frozen=True, slots=True)
class WordsMeasured:
    """How well the model that answers knows the words of a query can be told from now on."""


@dataclass(frozen=True, slots=True)
class EndedUnexpectedly:
    """The last process that indexed did not come to its end: a crash, a power cut, a kill. Nothing is lost by it."""

    reading: tuple[Path, ...] = ()  # photos that it was about to read then; the ones that were so most often first


@dataclass(frozen=True, slots=True)
class ErrorRaised:
    """A whole-application error from the background, to be shown to the user."""

    error: RecollectError


Event = (
    PhotosChanged
    | FoldersChanged
    | AlbumsChanged
    | TagsChanged
    | TaggerChanged
    | ProgressChanged
    | EncoderChanged
    | WordsMeasured
    | EndedUnexpectedly
    | ErrorRaised
)
Listener = Callable[[Event], None]


class EventBus:
    """Hands each event to all listeners. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Add a listener; call what is returned to remove it."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def publish(self, event: Event) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(event)
            except Exception:
                log.exception("A listener failed on %s", type(event).__name__)
