"""A tagger that was taken into use has to look at all photos first: how far it is, and whether it gets there.

Until then the one before answers. It may take hours on a large library, wait because the work is paused, or fail.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.errors import ModelError, RecollectError
from core.types import Activity
from desktop.status_line import duration

if TYPE_CHECKING:
    from core.library import Library
    from core.tags.values import TaggerId, TaggerInfo
    from core.types import Progress
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks

WAITS = "It tags your photos as soon as it has looked at them."
PAUSED = "It waits: looking at photos is paused. The status line below has the button to go on."


class Arrival(QObject):
    """Of one tagger at a time."""

    said = Signal(str)
    """How far it is, in a sentence."""
    arrived = Signal()
    lost = Signal(object)
    """RecollectError: it cannot do its work."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._awaited: TaggerId | None = None
        self._error: RecollectError | None = None  # the newest from the background
        bridge.tagger_changed.connect(self._look)
        bridge.progress_changed.connect(self._tell)
        bridge.error_raised.connect(self._note_error)

    def wait_for(self, info: TaggerInfo) -> None:
        """It was promoted, and is not live yet."""
        self._awaited, self._error = info.id, None
        self._look()  # it may have become so meanwhile

    def forget(self) -> None:
        self._awaited = None

    def _look(self) -> None:
        if self._awaited is not None:
            work = partial(_find, self._library, self._awaited)
            self._tasks.run(work, partial(self._take, self._awaited), lambda _error: None)

    def _take(self, awaited: TaggerId, found: TaggerInfo | None) -> None:
        if awaited != self._awaited:
            return
        if found is None:
            self._awaited = None
            self.lost.emit(self._error or _unexplained())
        elif found.live:
            self._awaited = None
            self.arrived.emit()

    def _tell(self, progress: Progress) -> None:
        if self._awaited is not None and (words := _said(progress)):
            self.said.emit(words)

    def _note_error(self, error: RecollectError) -> None:
        self._error = error


def _find(library: Library, tagger_id: TaggerId) -> TaggerInfo | None:
    """On a worker: it, where it answers or will; None where neither is so."""
    coming = library.tags.on_its_way()
    if coming is not None and coming.id == tagger_id:
        return coming
    return next((each for each in library.tags.taggers() if each.id == tagger_id and each.live), None)


def _said(progress: Progress) -> str:
    if progress.activity is Activity.PAUSED:
        return PAUSED
    if progress.activity is Activity.STOPPED:
        return f"It waits, for the work on your photos has stopped: {progress.detail}".rstrip(": ")
    if progress.activity is not Activity.TAGGING or not progress.total:
        return ""
    left = f", {duration(progress.eta_s)} left" if progress.eta_s is not None else ""
    return f"It has looked at {progress.done:,} of {progress.total:,} photos{left}, and tags them when it has seen all."


def _unexplained() -> ModelError:
    return ModelError(
        "It does not look at your photos any more.",
        remedy="Use it again, from Runs.",
        title="The new tagger is not in use",
    )
