"""A model that was chosen has to look at all photos before it answers: how far it is, and whether it gets there.

Until then the one before answers. On the way back this is short: what a model knows of the photos is kept, and only
those that came meanwhile are looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.types import Activity
from desktop.status_line import duration

if TYPE_CHECKING:
    from core.library import Library
    from core.types import Progress
    from desktop.bridge import Bridge

PAUSED = "It waits: looking at photos is paused. The status line below has the button to go on."


class EncoderArrival(QObject):
    """Of one model at a time."""

    said = Signal(str)
    """How far it is, in a sentence."""
    arrived = Signal()
    lost = Signal(object)
    """RecollectError: it cannot be loaded, or its work has stopped."""
    replaced = Signal()
    """Another one was chosen."""

    def __init__(self, library: Library, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._awaited = ""  # name
        bridge.encoder_changed.connect(lambda _name: self._look())
        bridge.progress_changed.connect(self._tell)
        bridge.error_raised.connect(lambda _error: self._look())  # of a full disk and the like: it goes on then

    @property
    def is_waiting(self) -> bool:
        return bool(self._awaited)

    def wait_for(self, name: str) -> None:
        """It was chosen, and does not answer yet."""
        self._awaited = name
        self._look()  # it may do so meanwhile, or have failed

    def forget(self) -> None:
        self._awaited = ""

    def _look(self) -> None:
        if not self._awaited:
            return
        failure = self._library.encoder_failure
        if self._library.encoder_name == self._awaited:
            self._awaited = ""
            self.arrived.emit()
        elif self._library.settings.encoder != self._awaited:
            self._awaited = ""
            self.replaced.emit()
        elif failure is not None and failure.name == self._awaited:
            self._awaited = ""
            self.lost.emit(failure.error)

    def _tell(self, progress: Progress) -> None:
        self._look()
        if self._awaited and (words := _said(progress)):
            self.said.emit(words)


def _said(progress: Progress) -> str:
    if progress.activity is Activity.PAUSED:
        return PAUSED
    if progress.activity is Activity.STOPPED:
        return f"It waits, for the work on your photos has stopped: {progress.detail}".rstrip(": ")
    if progress.activity is not Activity.REEMBEDDING or not progress.total:
        return ""
    left = f", {duration(progress.eta_s)} left" if progress.eta_s is not None else ""
    return f"It has looked at {progress.done:,} of {progress.total:,} photos{left}, and answers when it has seen all."
