"""A tagger that was taken into use has to look at all photos first: how far it is, and whether it gets there.

Until then the one before answers. It may take hours on a large library, wait because the work is paused, or fail. Or
another one is chosen meanwhile: then nobody waits for it any more, and nothing is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.errors import ModelError
from core.tags.values import TagSource
from core.types import Activity
from desktop.status_line import duration

if TYPE_CHECKING:
    from core.errors import RecollectError
    from core.library import Library
    from core.tags.values import TaggerId, TaggerInfo
    from core.types import Progress
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks

WAITS = "It tags your photos as soon as it has looked at them."
UNTIL_IT_CAN = {
    True: "Until it can, the tagger before answers.",
    False: "Until it can, your photos have the tags that need no training.",
}
"""Whether a trained tagger is live."""
PAUSED = "It waits: looking at photos is paused. The status line below has the button to go on."


class Arrival(QObject):
    """Of one tagger at a time."""

    said = Signal(str)
    """How far it is, in a sentence."""
    arrived = Signal()
    lost = Signal(object, str)
    """ModelError: it cannot do its work. And what tags the photos until it can, in a sentence."""
    replaced = Signal()
    """Another one was chosen."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._awaited: TaggerInfo | None = None
        self._error: ModelError | None = None  # the newest from the background: what comes with a loss is its reason
        bridge.tagger_changed.connect(self._look)
        bridge.progress_changed.connect(self._tell)
        bridge.error_raised.connect(self._note_error)

    def expect(self) -> None:
        """One is being promoted: it may fail before anybody knows which it is."""
        self._awaited, self._error = None, None

    def wait_for(self, info: TaggerInfo) -> None:
        """It was promoted, and is not live yet."""
        self._awaited = info
        self._look()  # it may have become so meanwhile

    def forget(self) -> None:
        self._awaited = None

    def _look(self) -> None:
        if self._awaited is not None:
            work = partial(_find, self._library, self._awaited.id)
            self._tasks.run(work, partial(self._take, self._awaited), lambda _error: None)

    def _take(self, awaited: TaggerInfo, found: _Found) -> None:
        if awaited is not self._awaited or found.is_coming:
            return
        self._awaited = None
        if found.tagger is not None and found.tagger.live:
            self.arrived.emit()
        elif found.tagger is not None and found.tagger.stalled:
            self.lost.emit(self._error or _unexplained(), UNTIL_IT_CAN[found.another_answers])
        else:
            self.replaced.emit()

    def _tell(self, progress: Progress) -> None:
        if self._awaited is not None and (words := _said(progress, self._awaited.name)):
            self.said.emit(words)

    def _note_error(self, error: RecollectError) -> None:
        if isinstance(error, ModelError):
            self._error = error


@dataclass(frozen=True, slots=True)
class _Found:
    """What has become of a tagger."""

    tagger: TaggerInfo | None  # None: it was deleted
    is_coming: bool
    another_answers: bool  # a trained one


def _find(library: Library, tagger_id: TaggerId) -> _Found:
    """On a worker."""
    coming = library.tags.on_its_way()
    taggers = library.tags.taggers()
    tagger = next((each for each in taggers if each.id == tagger_id), None)
    others = [each for each in taggers if each.id != tagger_id and each.source is TagSource.MODEL]
    return _Found(tagger, coming is not None and coming.id == tagger_id, any(each.live for each in others))


def _said(progress: Progress, name: str) -> str:
    """How far the tagger of that name is; nothing where another one is at work."""
    if progress.activity is Activity.PAUSED:
        return PAUSED
    if progress.activity is Activity.STOPPED:
        return f"It waits, for the work on your photos has stopped: {progress.detail}".rstrip(": ")
    if progress.activity is not Activity.TAGGING or progress.detail != name or not progress.total:
        return ""
    left = f", {duration(progress.eta_s)} left" if progress.eta_s is not None else ""
    return f"It has looked at {progress.done:,} of {progress.total:,} photos{left}, and tags them when it has seen all."


def _unexplained() -> ModelError:
    return ModelError(
        "It does not look at your photos any more.",
        remedy="Use it again, from Runs.",
        title="The new tagger is not in use",
    )
