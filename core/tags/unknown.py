"""Photos that are none of what the tagger knows: how many there are, and groups of those that look alike, to be named.

Nothing is set here: a group is named by labelling its photos. What a group may be called, the words say that need no
training, where most of its photos agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.events import EventBus, TagsChanged
from core.query.folding import fold_tag
from core.store.unknown import UnknownStore
from core.tags.grouping import Group, group, spread_of

if TYPE_CHECKING:
    from core.store.database import Database
    from core.types import PhotoId, Vectors

CLEAR_FROM = 0.3  # of a suggested name: the mean of what its photos are said to be, "none of these" being an answer too
MOST_EXAMPLES = 1000  # photos that tell how alike photos of one class are
MOST_NAMED = 1000  # photos in an event; of more, listeners read everything anew

Guesses = Sequence[tuple[str, float]]
"""Words with their probabilities, best first."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a group may be called."""

    name: str
    probability: float  # the mean over its photos


@dataclass(frozen=True, slots=True)
class UnknownGroup:
    """Unknown photos that look alike."""

    ids: tuple[PhotoId, ...]  # those nearest to its middle first
    tightness: float  # mean cosine of its photos to its middle
    suggestion: Suggestion | None

    @property
    def representative(self) -> PhotoId:
        return self.ids[0]


@dataclass(frozen=True, slots=True)
class UnknownPhotos:
    """One look at all of them."""

    trained: bool  # a trained tagger answers for the class
    tells: bool  # and can tell what it does not know
    groups: tuple[UnknownGroup, ...] = ()  # the largest and tightest first
    alone: tuple[PhotoId, ...] = ()  # photos that look like no other
    aside: int = 0  # photos that the user has put aside


class Unknown:
    """Safe to use from any thread. `look` takes seconds where there are thousands of photos."""

    def __init__(
        self, database: Database, bus: EventBus, vectors: Callable[[Sequence[PhotoId]], tuple[list[PhotoId], Vectors]]
    ) -> None:
        """
        Args:
            vectors: Those of the photos that have a vector of the encoder that answers, and the vectors (N, D).
        """
        self._database = database
        self._store = UnknownStore(database)
        self._bus = bus
        self._vectors = vectors

    def ids(self) -> list[PhotoId]:
        """All visible photos that are unknown, and not put aside."""
        return self._store.ids()

    def aside(self) -> list[PhotoId]:
        """Those that were put aside."""
        return self._store.ids(aside=True)

    def look(self) -> UnknownPhotos:
        """Group all photos that are unknown now. The same photos give the same groups.

        Raises:
            ModelError: no model can be loaded whose vectors could be compared.
        """
        trained, tells, known = self._store.answering()
        ids = self._store.ids()
        found, vectors = self._vectors(ids) if ids else ([], None)
        made = group(vectors, self._spread()) if vectors is not None and len(found) else []
        guesses = self._store.guesses(found)
        words = {fold_tag(name) for name in known}
        groups = tuple(_named([found[row] for row in each.rows], each, guesses, words) for each in made)
        grouped = {photo_id for each in groups for photo_id in each.ids}
        alone = tuple(photo_id for photo_id in ids if photo_id not in grouped)
        return UnknownPhotos(trained, tells, groups, alone, len(self.aside()))

    def put_aside(self, ids: Iterable[PhotoId]) -> list[PhotoId]:
        """They are not interesting, and are left out from now on. Returns those that were not aside yet."""
        new = self._store.put_aside(ids)
        self._tell(new)
        return new

    def bring_back(self, ids: Sequence[PhotoId]) -> None:
        """They are looked at again."""
        self._store.bring_back(ids)
        self._tell(ids)

    def _spread(self) -> float:
        """How far photos of one class are from each other, as the user or the tagger says surely."""
        said = self._store.surely(MOST_EXAMPLES)
        found, vectors = self._vectors(list(said))
        return spread_of(vectors, [said[photo_id] for photo_id in found])

    def _tell(self, ids: Sequence[PhotoId]) -> None:
        if ids:
            self._bus.publish(TagsChanged(() if len(ids) > MOST_NAMED else tuple(ids)))


def _named(
    ids: Sequence[PhotoId], made: Group, guesses: dict[PhotoId, tuple[tuple[str, float], ...]], known: set[str]
) -> UnknownGroup:
    return UnknownGroup(tuple(ids), made.tightness, suggest([guesses.get(each, ()) for each in ids], known))


def suggest(guesses: Sequence[Guesses], known: set[str]) -> Suggestion | None:
    """The word that the photos of a group are most probably called by, where that is clear enough.

    Args:
        guesses: Of each photo.
        known: Classes of the tagger, folded: it has said that the photos are none of them.
    """
    shares: dict[str, float] = {}
    for of_photo in guesses:
        for word, probability in of_photo:
            shares[word] = shares.get(word, 0.0) + probability / len(guesses)
    offered = {word: share for word, share in shares.items() if fold_tag(word) not in known}
    best = max(offered, key=lambda word: (offered[word], word), default=None)
    return None if best is None or offered[best] < CLEAR_FROM else Suggestion(best, offered[best])
