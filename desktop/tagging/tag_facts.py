"""What the window knows of all tags of the library: read off the GUI thread, kept, and read anew when it has changed.

Sidebar and labelling bar share one reading: counting 100,000 photos takes a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from core.tags.values import CLASS, Attribute, Facet
from desktop.tagging.tag_sheet import trained_heads

if TYPE_CHECKING:
    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks

READ_MS = 1_000  # while photos are tagged, the counts follow at most once a second


@dataclass(frozen=True, slots=True)
class Tagged:
    """One reading."""

    facets: tuple[Facet, ...] = ()  # of all heads, the class first, the most frequent first
    attributes: tuple[Attribute, ...] = ()  # in the user's order
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # labels of the user: head, value, photos
    trained: frozenset[str] = frozenset()  # heads that a trained tagger answers for; of all others Recollect guesses
    corrected: int = 0  # photos of which the user says something else than a trained tagger
    unknown: int = 0  # photos that are none of what a trained tagger knows, and were not put aside

    @property
    def unsure(self) -> int:
        """Photos of whose class the tagger is unsure."""
        return sum(facet.unsure for facet in self.of(CLASS))

    def of(self, head: str) -> list[Facet]:
        return [facet for facet in self.facets if facet.head == head]

    def heads(self) -> list[str]:
        """Those that photos have values of: the user's in the user's order, then what else there is."""
        used = dict.fromkeys(facet.head for facet in self.facets)
        ordered = [attribute.name for attribute in self.attributes if attribute.name in used]
        return [*ordered, *(head for head in used if head not in ordered)]


class TagFacts(QObject):
    """The newest reading. It uses the general lane: a reading is short, and two are never on their way at once."""

    changed = Signal()

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self.known = Tagged()
        self._reading, self._wanted = False, False
        self._timer = QTimer(self, singleShot=True, interval=READ_MS)
        self._timer.timeout.connect(self.refresh)
        bridge.tags_changed.connect(self._refresh_soon)
        bridge.tagger_changed.connect(self._refresh_soon)
        bridge.photos_changed.connect(self._refresh_soon)

    def refresh(self) -> None:
        """Read now, or right after the reading that is on its way."""
        self._wanted = self._reading
        if not self._reading:
            self._reading = True
            self._tasks.run(partial(read, self._library), self._take, self._give_up)

    def _refresh_soon(self, _ids: object = None) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _take(self, read: Tagged) -> None:
        self._reading = False
        if read != self.known:
            self.known = read
            self.changed.emit()
        self._go_on()

    def _give_up(self, error: Exception) -> None:
        self._reading = False
        self._tasks.failed.emit(error)
        self._go_on()

    def _go_on(self) -> None:
        if self._wanted:
            self._refresh_soon()


def read(library: Library) -> Tagged:
    """On a worker."""
    trained = trained_heads([tagger for tagger in library.tags.taggers() if tagger.live])
    labels = library.labels
    counts = labels.counts()
    return Tagged(
        facets=tuple(library.tags.facets()),
        attributes=tuple(labels.attributes()),
        counts=counts,
        trained=trained,
        # A guess that is wrong is no mistake of a model: there would be as many as there are labels.
        corrected=len(library.browse("is:corrected").ids) if counts and trained else 0,
        unknown=len(library.unknown.ids()) if trained else 0,
    )
