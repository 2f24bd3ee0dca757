"""Which photos are for training, for validation and for the test: by class, and never one thing on two sides.

Photos of one instance, of one burst, exact copies and near duplicates form a group, and a group stays together: the
test would otherwise ask for what was shown. Parts that the data name themselves are kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from core.tags.values import CLASS, Split
from trainer.data.examples import Dataset, Example

BURST_S = 3
"""Between one photo and the next of a burst, in one folder."""

Rows = Sequence[int]
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Groups:
    """What belongs together, as rows of a dataset."""

    of: tuple[int, ...]  # (N,) the group of each row
    same_picture: tuple[tuple[int, ...], ...]  # exact copies and near duplicates alone


def split_dataset(
    dataset: Dataset,
    *,
    validation: float = 0.15,
    test: float = 0.15,
    seed: int = 0,
    leave_out_leaks: bool = True,
    near: Iterable[Rows] | None = None,
    record_file: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Dataset:
    """The same examples, each with a split. Depends on contents, labels and the seed, not on paths or order.

    Where some photos have a split already, the others are divided by the fractions. Data with a training and a
    validation part get no test part; those without a validation part get one out of what was to train on.

    Args:
        validation: Part of the photos that were not in a split.
        test: The same; 0: none.
        leave_out_leaks: Leave out photos to train on that show the very same picture as one that is held out; said in a
            warning. False: they stay, and the warning says that.
        near: Groups of rows that show one picture; None: looked for now, which opens every photo.
        record_file: Of `trainer.data.near`.
    """
    if near is None:
        from trainer.data.near import near_duplicates

        near = near_duplicates(dataset.examples, record_file=record_file, on_progress=on_progress)
    groups = grouped(dataset.examples, near)
    given = {each.split for each in dataset.examples} - {None}
    warnings: list[str] = []
    splits = _with_their_groups([each.split for each in dataset.examples], groups)
    if given and Split.TRAIN in given and Split.VALIDATION not in given:
        warnings.append("The data have no validation part: some photos to train on became one.")
        splits = [None if split is Split.TRAIN else split for split in splits]
    shares = _shares(given, validation, test)
    rows = [row for row, split in enumerate(splits) if split is None]
    for row, split in _Division(dataset.examples, groups, rows, shares, seed).splits().items():
        splits[row] = split
    examples = [replace(each, split=split) for each, split in zip(dataset.examples, splits, strict=True)]
    leaked = leaks(examples, groups.same_picture)
    if leaked and leave_out_leaks:
        examples = [each for row, each in enumerate(examples) if row not in leaked]
    if leaked:
        done = "and were left out" if leave_out_leaks else "and stay there, so that the figures flatter"
        count = "1 photo" if len(leaked) == 1 else f"{len(leaked)} photos"
        warnings.append(f"{count} to train on show the same picture as one that is held out, {done}.")
    return dataset.with_examples(examples, *warnings)


def grouped(examples: Sequence[Example], near: Iterable[Rows] = ()) -> Groups:
    """Join what belongs together."""
    copies = _by(examples, lambda each: each.content_hash)
    pictures = _Union(len(examples))
    for rows in (*copies, *near):
        pictures.join(rows)
    everything = _Union(len(examples))
    for rows in (*pictures.groups(), *_by(examples, lambda each: each.instance), *_bursts(examples)):
        everything.join(rows)
    same_picture = tuple(tuple(rows) for rows in pictures.groups() if len(rows) > 1)
    return Groups(tuple(everything.root(row) for row in range(len(examples))), same_picture)


def leaks(examples: Sequence[Example], same_picture: Iterable[Rows]) -> set[int]:
    """Rows to train on whose picture is held out elsewhere. The test is kept first, then validation."""
    found: set[int] = set()
    for rows in same_picture:
        held_out = [row for row in rows if examples[row].split in (Split.VALIDATION, Split.TEST)]
        if held_out:
            found.update(row for row in rows if examples[row].split is Split.TRAIN)
    return found


def _shares(given: set[Split | None], validation: float, test: float) -> dict[Split, float]:
    """Which part of what is not in a split yet goes where."""
    if given == {Split.TRAIN, Split.VALIDATION} or (Split.TEST in given and Split.VALIDATION not in given):
        test = 0.0  # it was not wanted, or is there
    total = min(0.9, validation + test)
    scale = total / (validation + test) if validation + test else 0.0
    return {Split.TRAIN: 1 - total, Split.VALIDATION: validation * scale, Split.TEST: test * scale}


def _with_their_groups(splits: Sequence[Split | None], groups: Groups) -> list[Split | None]:
    """A photo without a split joins those of its group that have one, most of them."""
    known: defaultdict[int, Counter[Split]] = defaultdict(Counter)
    for group, split in zip(groups.of, splits, strict=True):
        if split is not None:
            known[group][split] += 1
    joined: list[Split | None] = []
    for group, split in zip(groups.of, splits, strict=True):
        joined.append(known[group].most_common(1)[0][0] if split is None and group in known else split)
    return joined


class _Division:
    """Divides rows by groups, the largest first, each to where its labels are missing most."""

    def __init__(
        self, examples: Sequence[Example], groups: Groups, rows: Rows, shares: dict[Split, float], seed: int
    ) -> None:
        self._random = np.random.default_rng(seed)
        self._shares = shares
        head = CLASS if any(CLASS in each.labels for each in examples) else min(_heads(examples), default="")
        members: defaultdict[int, list[int]] = defaultdict(list)
        for row in rows:
            members[groups.of[row]].append(row)
        # By content, so that the same photos are divided in the same way in other folders and in another order.
        ordered = sorted(members.values(), key=lambda each: min(examples[row].content_hash for row in each))
        self._groups = [ordered[place] for place in self._random.permutation(len(ordered))]
        self._groups.sort(key=len, reverse=True)
        self._labels = [Counter(examples[row].labels.get(head, "") for row in each) for each in self._groups]
        totals = sum(self._labels, Counter[str]())
        self._missing = {split: {label: share * totals[label] for label in totals} for split, share in shares.items()}
        self._places: list[Split] = []

    def splits(self) -> dict[int, Split]:
        for labels in self._labels:
            self._put(labels)
        self._mend()
        return {row: split for rows, split in zip(self._groups, self._places, strict=True) for row in rows}

    def _put(self, labels: Counter[str]) -> None:
        def wanted(split: Split) -> float:
            return sum(count * self._missing[split][label] for label, count in labels.items())

        best = max((split for split in self._shares if self._shares[split] > 0), key=wanted)  # the first one of equals
        for label, count in labels.items():
            self._missing[best][label] -= count
        self._places.append(best)

    def _mend(self) -> None:
        """Every label is trained on, and validated where there are two groups of it."""
        for label in sorted({label for labels in self._labels for label in labels}):
            having = [place for place, labels in enumerate(self._labels) if label in labels]
            self._ensure(having, Split.TRAIN, keep=None)
            if len(having) > 1 and self._shares[Split.VALIDATION] > 0:
                self._ensure(having, Split.VALIDATION, keep=Split.TRAIN)

    def _ensure(self, having: list[int], split: Split, keep: Split | None) -> None:
        """Move the smallest group of a label to a split that has none, but not the last one of `keep`."""
        if any(self._places[place] is split for place in having):
            return
        kept = sum(self._places[place] is keep for place in having)
        movable = [place for place in having if self._places[place] is not keep or kept > 1]
        if movable:
            # From the test before the training, and what carries no other label before what does.
            smallest = min(
                movable, key=lambda p: (self._places[p] is Split.TRAIN, len(self._labels[p]), len(self._groups[p]))
            )
            self._places[smallest] = split


class _Union:
    """Union-find over rows (Tarjan 1975), with the least row as root."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def root(self, row: int) -> int:
        while self._parents[row] != row:
            self._parents[row] = self._parents[self._parents[row]]
            row = self._parents[row]
        return row

    def join(self, rows: Rows) -> None:
        for row in rows[1:]:
            low, high = sorted((self.root(rows[0]), self.root(row)))
            self._parents[high] = low

    def groups(self) -> list[list[int]]:
        members: defaultdict[int, list[int]] = defaultdict(list)
        for row in range(len(self._parents)):
            members[self.root(row)].append(row)
        return list(members.values())


def _by(examples: Sequence[Example], key: Callable[[Example], str | None]) -> list[list[int]]:
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, example in enumerate(examples):
        if value := key(example):
            rows[value].append(row)
    return [each for each in rows.values() if len(each) > 1]


def _bursts(examples: Sequence[Example]) -> list[list[int]]:
    """Neighbours in time, two by two."""
    folders: defaultdict[Path, list[tuple[int, int]]] = defaultdict(list)
    for row, example in enumerate(examples):
        if example.taken_at is not None:
            folders[example.path.parent].append((example.moment, row))
    pairs: list[list[int]] = []
    for photos in folders.values():
        photos.sort()
        pairs += [[row, next_] for (at, row), (then, next_) in pairwise(photos) if then - at <= BURST_S]
    return pairs


def _heads(examples: Sequence[Example]) -> set[str]:
    return {head for example in examples for head in example.labels}
