"""Which values each photo carries and how surely, as numbers: what a search by tags counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.store.remembered import Remembered
from core.tags.values import TagSource

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from numpy.typing import NDArray

    from core.store.database import Database
    from core.types import PhotoId

_PARSED = 2000  # predictions whose JSON is read at a time: some ms, after which other threads have their turn
_LABELS_SEQUENCE = "labels_sequence"  # remembered: how often labels were changed

_CHOSEN = "(SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True, eq=False)
class TagWeights:
    """(M,) each: this photo carries this value so surely. A photo has a row for each of its values."""

    photos: NDArray[np.int64]
    values: NDArray[np.int64]  # numbers in the codes that the reader was given
    weights: NDArray[np.float32]  # above 0, at most 1


SaidBy = Literal["all", "taught", "user"]
"""Whose word counts: labels and all predictions; labels and those of a trained tagger; labels alone."""

Codes = dict[tuple[str, str], int]
"""A number for each head and value. Grows while reading; what has a number keeps it."""


class TagWeightStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered = Remembered(database)

    def version(self) -> tuple[object, ...]:
        """Another one after every change of labels, predictions or live taggers, of whichever process."""
        live = self._database.read_tuples(
            "SELECT a.head, a.tagger_id, t.sequence FROM answering a JOIN taggers t ON t.id = a.tagger_id ORDER BY 1"
        )
        return self._remembered.get(_LABELS_SEQUENCE, 0), *live

    def read(self, codes: Codes, ids: Collection[PhotoId] | None = None, *, said_by: SaidBy = "all") -> TagWeights:
        """What photos carry: the user's labels for certain; a sure prediction with its probability; of an unsure one,
        each of its best labels with theirs; of a photo that is none of what the tagger knows, nothing.

        Args:
            codes: Gets numbers for the values that it does not know yet.
            ids: Only these photos; None for all.
            said_by: "taught" leaves out what was predicted without training, "user" all predictions.
        """
        chosen = None if ids is None else json.dumps(list(ids))
        labels = self._labels(codes, chosen)
        if said_by == "user":
            return labels
        zero_shot = said_by == "all"
        predicted = _joined([self._sure(codes, chosen, zero_shot), self._unsure(codes, chosen, zero_shot)])
        return _joined([labels, _without(predicted, labels, codes)])

    def _labels(self, codes: Codes, chosen: str | None) -> TagWeights:
        rows = self._database.read_tuples(
            "SELECT l.photo_id, l.head, l.value, 1.0 FROM labels l" + _where("l", chosen), _parameters(chosen)
        )
        return _weights(codes, rows)

    def _sure(self, codes: Codes, chosen: str | None, zero_shot: bool) -> TagWeights:
        index = "INDEXED BY predictions_by_label" if chosen is None else ""  # it holds all that is read
        rows = self._database.read_tuples(
            f"SELECT r.photo_id, r.head, r.label, r.probability FROM answering a CROSS JOIN predictions r {index}"
            " ON r.tagger_id = a.tagger_id AND r.head = a.head" + _where("r", chosen, "r.sure = 1", zero_shot),
            _parameters(chosen),
        )
        return _weights(codes, rows)

    def _unsure(self, codes: Codes, chosen: str | None, zero_shot: bool) -> TagWeights:
        rows = self._database.read_tuples(
            "SELECT r.photo_id, r.head, r.top FROM answering a CROSS JOIN predictions r"
            " ON r.tagger_id = a.tagger_id AND r.head = a.head"
            + _where("r", chosen, "r.sure = 0 AND r.unknown = 0", zero_shot),
            _parameters(chosen),
        )
        return _joined([_weights(codes, _ranked(rows[at : at + _PARSED])) for at in range(0, len(rows), _PARSED)])


def _where(table: str, chosen: str | None, condition: str = "1", zero_shot: bool = True) -> str:
    trained = "" if zero_shot else f" AND a.source != '{TagSource.ZERO_SHOT.value}'"
    return f" WHERE {condition}{trained}" + (f" AND {table}.photo_id IN {_CHOSEN}" if chosen is not None else "")


def _parameters(chosen: str | None) -> list[object]:
    return [] if chosen is None else [chosen]


def _ranked(rows: list[tuple[int, str, str]]) -> Iterator[tuple[int, str, str, float]]:
    """Each of the best labels of unsure predictions. All of the JSON in one go: a call for each costs more than it."""
    tops: list[list[tuple[str, float]]] = json.loads(f"[{','.join(top for _, _, top in rows)}]")
    for (photo_id, head, _), top in zip(rows, tops, strict=True):
        for label, probability in top:
            yield photo_id, head, label, probability


def _weights(codes: Codes, rows: Iterable[tuple[int, str, str, float]]) -> TagWeights:
    numbered = [
        (photo_id, codes.setdefault((head, value), len(codes)), weight) for photo_id, head, value, weight in rows
    ]
    table = np.fromiter(chain.from_iterable(numbered), np.float64, 3 * len(numbered)).reshape(-1, 3)
    present = table[table[:, 2] > 0]
    return TagWeights(
        present[:, 0].astype(np.int64), present[:, 1].astype(np.int64), present[:, 2].clip(max=1).astype(np.float32)
    )


def _joined(parts: list[TagWeights]) -> TagWeights:
    if not parts:
        return TagWeights(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    return TagWeights(
        np.concatenate([part.photos for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.weights for part in parts]),
    )


def _without(predicted: TagWeights, labels: TagWeights, codes: Codes) -> TagWeights:
    """No prediction of a head where the user has said something of that."""
    if not len(labels.photos) or not len(predicted.photos):
        return predicted
    heads = {head: number for number, head in enumerate({head for head, _ in codes})}
    head_of = np.array([heads[head] for head, _ in codes])  # in the order of the numbers
    taken = labels.photos * len(heads) + head_of[labels.values]
    kept = ~np.isin(predicted.photos * len(heads) + head_of[predicted.values], taken)
    return TagWeights(predicted.photos[kept], predicted.values[kept], predicted.weights[kept])
