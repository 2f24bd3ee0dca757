"""A search by tags alone, without CLIP: the words of a query against the words of labels and predictions.

TF-IDF (Salton and Buckley, "Term-weighting approaches in automatic text retrieval", 1988). A photo is a document of the
words of its values. How often a word stands in it is its probability: 1 where the user says so, 0.4 where the tagger is
as sure as that. Why so, and how well it does: docs/decisions/0062-search-by-tags.md.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.store.tag_weights import TagWeights
from core.words import tag_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from core.store.tag_weights import Codes, SaidBy, TagWeightStore
    from core.tags.tfidf import TfIdf
    from core.types import PhotoId

# Past a quarter of the photos, reading all of them costs no more than reading those and sorting the others out.
_MANY = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class TagScores:
    """How well photos answer some words by their tags alone."""

    ids: NDArray[np.int64]  # (N,) ascending: every photo that has tags
    scores: NDArray[np.float64]  # (N,) 0..1: 1 where a photo has all of the words for certain
    denied: NDArray[np.float64]  # (N,) 0..1: the share of the words where a head says something else of the photo
    coverage: float  # 0..1: how much of the query the tags know at all, the rarer words counting more
    known: tuple[str, ...]  # the words that are values of any photo


@dataclass(frozen=True, slots=True, eq=False)
class _Index:
    version: tuple[object, ...]
    codes: Codes
    rows: TagWeights
    ids: NDArray[np.int64]  # (N,) ascending
    tfidf: TfIdf | None  # None: there are no tags


class TagRanking:
    """Made when it is first asked and again when tags have changed. Safe to use from any thread."""

    def __init__(self, store: TagWeightStore, said_by: SaidBy = "all") -> None:
        self._store = store
        self._said_by: SaidBy = said_by
        self._lock = threading.Lock()  # held while it is made: the next search waits for it instead of making it too
        self._changed: set[PhotoId] = set()
        self._unnamed = False  # photos changed that nobody has named
        self._changed_lock = threading.Lock()
        self._index: _Index | None = None

    def note_changes(self, ids: Iterable[PhotoId]) -> None:
        """The tags of these photos are others now: the next search reads those anew instead of all. Without any it is
        so many that all are read.
        """
        named = tuple(ids)
        with self._changed_lock:
            self._changed.update(named)
            self._unnamed = self._unnamed or not named

    def refresh(self) -> None:
        """Bring it up to date now instead of with the next search."""
        self._current()

    def scores(self, text: str) -> TagScores:
        """How well each photo that has tags answers the words of a text."""
        index = self._current()
        words = tag_words(text)
        if index.tfidf is None:
            return TagScores(index.ids, np.zeros(0), np.zeros(0), 0.0, ())
        scores, coverage = index.tfidf.scores(words)
        known = tuple(word for word in words if word in index.tfidf.columns)
        return TagScores(index.ids, scores, index.tfidf.denied(words), coverage, known)

    def _current(self) -> _Index:
        with self._lock:
            version = self._store.version()
            if self._index is None or self._index.version != version:
                with self._changed_lock:
                    changed, self._changed = self._changed, set()
                    unnamed, self._unnamed = self._unnamed, False
                self._index = self._made(version, None if unnamed else self._index, changed)
            return self._index

    def _made(self, version: tuple[object, ...], last: _Index | None, changed: set[PhotoId]) -> _Index:
        same_taggers = last is not None and _taggers(last.version) == _taggers(version)
        if last is None or not same_taggers or not 0 < len(changed) < _MANY * len(last.ids):
            codes: Codes = {}
            return _index(version, codes, self._store.read(codes, said_by=self._said_by))
        fresh = self._store.read(last.codes, changed, said_by=self._said_by)
        kept = ~np.isin(last.rows.photos, np.fromiter(changed, np.int64, len(changed)))
        rows = TagWeights(
            np.concatenate([last.rows.photos[kept], fresh.photos]),
            np.concatenate([last.rows.values[kept], fresh.values]),
            np.concatenate([last.rows.weights[kept], fresh.weights]),
        )
        return _index(version, last.codes, rows)


def _taggers(version: tuple[object, ...]) -> list[object]:
    """Which tagger answers for which head, without how often it has spoken."""
    return [live[:2] for live in version[1:] if isinstance(live, tuple)]


def _index(version: tuple[object, ...], codes: Codes, rows: TagWeights) -> _Index:
    ids, documents = np.unique(rows.photos, return_inverse=True)
    if not len(ids):
        return _Index(version, codes, rows, ids, None)
    from core.tags.tfidf import TfIdf  # scikit-learn: a second, which only the first search by tags has to wait

    words, heads = [tag_words(value) for _, value in codes], [head for head, _ in codes]
    tfidf = TfIdf(documents, rows.values, rows.weights, words, heads, photos=len(ids))
    return _Index(version, codes, rows, ids, tfidf)
