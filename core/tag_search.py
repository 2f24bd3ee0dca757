"""What labels and predictions say of the terms of a query: as a ranking of its own, and as a word in that of CLIP.

Why so, and how well it does: docs/decisions/0062-search-by-tags.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.events import Event, EventBus, TagsChanged
from core.store.tag_weights import TagWeightStore
from core.store.tags import TagStore
from core.tags.ranking import TagRanking, TagScores
from core.tags.values import TagSource
from core.types import TagMatch
from core.words import tag_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.query.query import Term
    from core.store.database import Database
    from core.tags.values import Tag
    from core.types import PhotoId

# In log-odds: what it tells that a photo carries all the words for certain, or none of them. Chosen on validation
# photos with a tagger taught on others; the penalty is small: a photo may well show what no head has a label for.
_CARRIES = 2.0
_CARRIES_NOT = -1.0
_USER_SAYS_SO = 9.0  # on top of it, for all of the words: more than CLIP ever says against a photo
# Where the user's label is another value of the head that a word belongs to: a red cap is no "red backpack". No more
# than that, because a beagle is a dog although somebody has called other photos "dog".
_USER_SAYS_ELSE = -2.5
_CERTAIN = 1e-9  # strengths stay this far from 0 and 1, where log-odds have no end


@dataclass(frozen=True, slots=True, eq=False)
class PhotoValues:
    """A number for each of some photos."""

    ids: NDArray[np.int64]  # (N,) ascending
    values: NDArray[np.float64]  # (N,)

    def of(self, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """(M,) those of these photos; 0 where one is not among them."""
        if not len(self.ids):
            return np.zeros(len(ids))
        at = np.searchsorted(self.ids, ids).clip(max=len(self.ids) - 1)
        return np.where(self.ids[at] == ids, self.values[at], 0.0)


class TagSearch:
    """Safe to use from any thread."""

    def __init__(self, database: Database, bus: EventBus) -> None:
        weights = TagWeightStore(database)
        self._tags = TagStore(database)
        self._all = TagRanking(weights)
        # Zero-shot tags come from the vectors that CLIP ranks by: beside that ranking they would say the same twice.
        self._taught = TagRanking(weights, "taught")
        self._labels = TagRanking(weights, "user")
        bus.subscribe(self._note)

    def refresh(self) -> None:
        """Bring up to date now what a search by words reads, so that the next one does not wait for it. Costs nothing
        while nothing was labelled or trained.
        """
        for ranking in (self._taught, self._labels):
            ranking.refresh()

    def answers(self, terms: Sequence[Term]) -> bool:
        """Whether tags alone can rank photos for these terms: all are words, and a tag knows one of them."""
        if not terms or any(term.kind != "text" for term in terms):
            return False
        return any(self._all.scores(term.value).known for term in terms)

    def has(self, word: str) -> bool:
        """Whether a label, or what a taught tagger says, has this word, so that it counts in a search beside CLIP."""
        return any(ranking.scores(word).known for ranking in (self._taught, self._labels))

    def strengths(self, terms: Sequence[Term]) -> PhotoValues:
        """0..1 by tags alone: how much of what is wanted a photo carries, and that it carries nothing unwanted."""
        ids: NDArray[np.int64] = np.empty(0, np.int64)
        wanted, weight, unwanted = np.zeros(1), 0.0, np.ones(1)
        for term in terms:
            found = self._all.scores(term.value)
            ids = found.ids
            if term.weight > 0:
                wanted, weight = wanted + term.weight * found.scores, weight + term.weight
            else:
                unwanted = unwanted * (1 - found.scores) ** min(1.0, -term.weight)
        return PhotoValues(ids, np.broadcast_to((wanted / weight if weight else 1.0) * unwanted, len(ids)))

    def evidence(self, terms: Sequence[Term]) -> PhotoValues:
        """What tags say for or against each photo, in log-odds, beside what CLIP says; 0 where they say nothing.

        Each term counts by its share of all weights, and by how much of it the tags know.
        """
        whole = sum(abs(term.weight) for term in terms)
        values, ids = np.zeros(1), np.empty(0, np.int64)
        for term in terms:
            if term.kind == "text":
                found, labels = self._taught.scores(term.value), self._labels.scores(term.value)
                said = (_CARRIES - _CARRIES_NOT) * found.scores + _CARRIES_NOT * found.coverage
                said = said + PhotoValues(labels.ids, _said_by_user(labels)).of(found.ids)
                ids, values = found.ids, values + term.weight / whole * said
        return PhotoValues(ids, np.broadcast_to(values, len(ids)))

    def matches(self, terms: Sequence[Term], photo_id: PhotoId) -> tuple[TagMatch, ...]:
        """The tags of a photo that have a word of the terms, the class first."""
        wanted = {word: term.weight > 0 for term in terms if term.kind == "text" for word in tag_words(term.value)}
        tags = self._tags.of([photo_id]).get(photo_id, {})
        return tuple(
            TagMatch(tag.head, tag.value, _probability(tag), tag.source.value, wanted=wanted[words[0]])
            for tag in tags.values()
            if not tag.is_unknown  # its value is but the nearest
            if (words := [word for word in tag_words(tag.value) if word in wanted])
        )

    def _note(self, event: Event) -> None:
        if isinstance(event, TagsChanged):
            self._all.note_changes(event.ids)
            self._taught.note_changes(event.ids)
            self._labels.note_changes(event.ids)


def blended(strengths: NDArray[np.float64], evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) 0..1: strengths of CLIP as probabilities that each photo is wanted, with what tags say added in log-odds.

    As naive Bayes does, with weights that are fitted: where tags say nothing, a strength stays what it is.
    """
    odds = 2 * np.arctanh((2 * strengths - 1).clip(-1 + _CERTAIN, 1 - _CERTAIN))
    return np.where(evidence == 0, strengths, 0.5 + 0.5 * np.tanh((odds + evidence) / 2))


def _said_by_user(labels: TagScores) -> NDArray[np.float64]:
    """(N,) log-odds. Half of the words are much less than half of the proof: "red" alone says little of a red bag."""
    return np.where(labels.denied > 0, _USER_SAYS_ELSE * labels.denied, _USER_SAYS_SO * labels.scores**2)


def _probability(tag: Tag) -> float:
    return 1.0 if tag.source is TagSource.USER or tag.prediction is None else tag.prediction.probability
