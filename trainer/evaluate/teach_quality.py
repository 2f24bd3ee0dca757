"""How right "teach" is after so many labels of each class, on photos that were not among them.

Photos to learn from are drawn several times; intervals are over photos, each with its answers in all draws. The bundled
starter has learned from the labels of the train parts of `products` and `clothing` itself, so that their vectors lie
better than those of a user's photos will; the photos that are asked about are new to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.tags.values import Split
from trainer.data.examples import Dataset, Example
from trainer.data.features import vectors_of
from trainer.data.sources import read_examples
from trainer.data.splits import grouped
from trainer.evaluate.retrieval import estimate
from trainer.evaluate.tables import Cell, Table
from trainer.report.metrics import confusion, summary_scores
from trainer.teach.result import teach

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.protocols import Encoder
    from core.types import Vectors

COUNTS = (1, 2, 4, 8, 16, None)  # labelled photos of each class; None: all
SEEDS = 10  # draws; all photos are drawn once
SOURCES = {"products": "products/labels.csv", "clothing": "clothing"}


@dataclass(frozen=True, slots=True, eq=False)
class _Head:
    """One head of one source: vectors (N, D), labels (N,) and groups (N,) to learn from; (M, D) and (M,) to ask for."""

    vectors: Vectors
    labels: NDArray[np.str_]
    groups: NDArray[np.int64]
    asked: Vectors
    truth: NDArray[np.str_]


def teach_tables(encoder: Encoder, data: Path, *, test: bool = False, seeds: int = SEEDS) -> list[Table]:
    """One table for each source.

    Args:
        test: ask for the test part instead of the validation part, and learn from both others; products alone has one.
    """
    asked = Split.TEST if test else Split.VALIDATION
    return [
        _table(f"Teach: {name}, {asked.value} part", encoder, _read(data / place), asked, seeds)
        for name, place in SOURCES.items()
        if not test or name == "products"
    ]


def _read(source: Path) -> Dataset:
    return read_examples(source)


def _table(title: str, encoder: Encoder, dataset: Dataset, asked: Split, seeds: int) -> Table:
    learned = {Split.TRAIN} if asked is Split.VALIDATION else {Split.TRAIN, Split.VALIDATION}
    examples = [each for each in dataset.examples if each.split is asked or each.split in learned]
    vectors = vectors_of(examples, encoder)
    rows: list[tuple[Cell, ...]] = []
    for name in dataset.heads:
        head = _head(name, examples, vectors, asked)
        rows += [_row(name, head, count, seeds) for count in COUNTS if _can_give(head, count)]
    columns = (
        "head, photos of each label",
        "labelled",
        "asked",
        "draws",
        "accuracy",
        "most frequent label",
        "macro F1",
        "sure",
        "sure and right",
    )
    return Table(title, columns, rows)


def _head(name: str, examples: Sequence[Example], vectors: Vectors, asked: Split) -> _Head:
    labelled = np.array([name in each.labels for each in examples])
    is_asked = np.array([each.split is asked for each in examples])
    labels = np.array([each.labels.get(name, "") for each in examples])
    groups = np.array(grouped(examples).of, np.int64)
    learn, ask = labelled & ~is_asked, labelled & is_asked
    return _Head(vectors[learn], labels[learn], groups[learn], vectors[ask], labels[ask])


def _can_give(head: _Head, count: int | None) -> bool:
    """Half of the labels have so many photos; of the others all are taken."""
    if count is None:
        return True
    _, sizes = np.unique(head.labels, return_counts=True)
    return float(np.median(sizes)) >= count


def _row(name: str, head: _Head, count: int | None, seeds: int) -> tuple[Cell, ...]:
    draws = 1 if count is None else seeds
    right, sure, f1 = [], [], []
    for seed in range(draws):
        rows = _drawn(head.labels, count, seed)
        taught = teach(head.vectors[rows], {name: head.labels[rows].tolist()}, head.groups[rows], seed=seed).heads[name]
        probabilities = taught.probabilities(head.asked)
        said = np.array(taught.labels)[probabilities.argmax(axis=1)]
        right.append(said == head.truth)
        sure.append(probabilities.max(axis=1) >= taught.threshold)
        f1.append(_macro_f1(head.truth, said))
    # A photo is one unit of chance in all draws: it is drawn with all its answers.
    photos = np.tile(np.arange(len(head.truth)), draws)
    all_right, all_sure = np.concatenate(right), np.concatenate(sure)
    precision: Cell = estimate(all_right[all_sure].astype(float), photos[all_sure]) if all_sure.any() else ""
    labels = len(np.unique(head.labels))
    return (
        f"{name} ({labels}), {'all' if count is None else count}",
        len(_drawn(head.labels, count, 0)),
        len(head.truth),
        draws,
        estimate(all_right.astype(float), photos),
        float((head.truth == _most_frequent(head.labels)).mean()),
        float(np.mean(f1)),
        float(all_sure.mean()),
        precision,
    )


def _drawn(labels: NDArray[np.str_], count: int | None, seed: int) -> NDArray[np.intp]:
    """Rows: `count` of each label, or as many as there are."""
    if count is None:
        return np.arange(len(labels))
    chance = np.random.default_rng(seed)
    of_each = [chance.permutation(np.flatnonzero(labels == label))[:count] for label in np.unique(labels)]
    return np.sort(np.concatenate(of_each))


def _most_frequent(labels: NDArray[np.str_]) -> str:
    """What a tagger that has not looked would answer."""
    names, sizes = np.unique(labels, return_counts=True)
    return str(names[sizes.argmax()])


def _macro_f1(truth: NDArray[np.str_], said: NDArray[np.str_]) -> float:
    names, codes = np.unique(np.concatenate([truth, said]), return_inverse=True)
    counts = confusion(codes[: len(truth)], codes[len(truth) :], len(names))
    return float(summary_scores(counts)["macro_f1"] or 0.0)
