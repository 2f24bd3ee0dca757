"""Documents of words that are true with a probability, weighted by how much each word tells. Imported lazily."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse  # pyright: ignore[reportMissingTypeStubs] - it has none
import sklearn.feature_extraction.text as text  # pyright: ignore[reportMissingTypeStubs] - it has none

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_sparse: Any = scipy.sparse
_text: Any = text


class TfIdf:
    """The photos as documents. `columns` are the words that are known."""

    def __init__(
        self,
        documents: NDArray[np.intp],
        values: NDArray[np.int64],
        weights: NDArray[np.float32],
        words: Sequence[Sequence[str]],
        heads: Sequence[str],
        *,
        photos: int,
    ) -> None:
        """
        Args:
            documents: (M,) rows of photos, which carry
            values: (M,) these values,
            weights: (M,) so probably.
            words: (V,) the words of each value,
            heads: (V,) and the head that it is one of.
            photos: How many there are.
        """
        self.columns: dict[str, int] = {}
        pairs = [
            (number, self.columns.setdefault(word, len(self.columns)))
            for number, value in enumerate(words)
            for word in value
        ]
        at = np.array(pairs, np.int64).reshape(-1, 2).T
        shape = (len(words), len(self.columns))
        words_of = _sparse.csr_array((np.ones(at.shape[1], np.float32), (at[0], at[1])), shape=shape)
        carried = _sparse.csr_array((weights, (documents, values)), shape=(photos, len(words)))
        self._photos = photos
        names = {head: number for number, head in enumerate(dict.fromkeys(heads))}
        head_of = np.array([names[head] for head in heads], np.intp)
        self._answered = np.zeros((photos, len(names)), bool)  # which heads say something of a photo
        self._answered[documents, head_of[values]] = True
        self._heads_of: dict[int, set[int]] = {}  # by column: the heads that have a value with this word
        for number, column in pairs:
            self._heads_of.setdefault(column, set()).add(int(head_of[number]))
        self._tfidf, self._idf = _weighted(carried @ words_of)
        # A word that no photo has counts as much as most: as the rarest of all it would drown those that are known.
        self._unknown = float(self._idf.mean()) if self.columns else 1.0

    def scores(self, words: Sequence[str]) -> tuple[NDArray[np.float64], float]:
        """(N,) 0..1, 1 where a photo has all the words for certain; and how much of them is known at all, 0..1."""
        columns = self._columns_of(words)
        if not columns:
            return np.zeros(self._photos), 0.0
        idf = self._idf[columns]
        known, whole = float(idf @ idf), self._whole(words, columns)
        found: NDArray[np.float64] = np.asarray(self._tfidf[:, columns] @ idf, np.float64)
        return (found / whole).clip(0.0, 1.0), known / whole

    def denied(self, words: Sequence[str]) -> NDArray[np.float64]:
        """(N,) 0..1: the share of the words that are values of a head which says something else of the photo."""
        columns = self._columns_of(words)
        share = np.zeros(self._photos)
        for column in columns:
            carried = self._tfidf[:, [column]].toarray().ravel() > 0
            answered = self._answered[:, list(self._heads_of[column])].any(axis=1)
            share += np.where(answered & ~carried, self._idf[column] ** 2, 0.0)
        return share / self._whole(words, columns) if columns else share

    def _columns_of(self, words: Sequence[str]) -> list[int]:
        return [self.columns[word] for word in words if word in self.columns]

    def _whole(self, words: Sequence[str], columns: Sequence[int]) -> float:
        """What a photo would have that has all the words for certain."""
        idf = self._idf[columns]
        return float(idf @ idf) + (len(words) - len(columns)) * self._unknown**2


def _weighted(counts: Any) -> tuple[Any, NDArray[np.float64]]:
    """(N, W) by column, and the weight of each word. Not brought to unit length: many attributes make none worse."""
    if not all(counts.shape):
        return counts.tocsc(), np.ones(int(counts.shape[1]))
    counts.data = counts.data.clip(max=1.0)  # values of one head exclude each other, but two heads may share a word
    transformer: Any = _text.TfidfTransformer(norm=None, smooth_idf=True)
    tfidf: Any = transformer.fit_transform(counts)
    idf: NDArray[np.float64] = np.asarray(transformer.idf_, np.float64)
    return tfidf.tocsc(), idf
