"""Photos in a few parts, each of which is held out once: by class, and never one thing in two parts."""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from core.errors import TrainingError
from core.tags.values import CLASS, Split
from trainer.data.examples import Dataset, Example
from trainer.data.splits import Rows, grouped


def divide(dataset: Dataset, count: int, seed: int, near: Iterable[Rows] | None = None) -> list[Dataset]:
    """The dataset once for each fold: a part of its photos is held out as validation, the others are trained on.

    Each photo is held out exactly once, but for photos of the test, which stay what they are in every fold. Photos of
    one thing, one burst or one picture stay together, as in `trainer.data.splits`. Depends on contents, labels and the
    seed, not on paths or order.

    Args:
        near: Groups of rows that show one picture; None: looked for now, which opens every photo.

    Raises:
        TrainingError: there are too few photos, or too few things, for so many folds.
    """
    examples = dataset.examples
    if near is None:
        from trainer.data.near import near_duplicates

        near = near_duplicates(examples)
    groups = grouped(examples, near).of
    pool = [row for row, each in enumerate(examples) if each.split is not Split.TEST]
    pool.sort(key=lambda row: (examples[row].content_hash, sorted(examples[row].labels.items())))
    places = {group: place for place, group in enumerate(dict.fromkeys(groups[row] for row in pool))}
    things = len(places)
    if things < count:
        raise TrainingError(
            f"{things} photos that differ are too few for {count} folds.",
            remedy=f"Take fewer folds, or label more photos: {count} of each kind at the very least.",
        )
    head = CLASS if CLASS in dataset.heads else next(iter(dataset.heads))
    held_out = _held_out(
        [examples[row].labels.get(head, "") for row in pool], [places[groups[row]] for row in pool], count, seed
    )
    warned = _rare(examples, pool, groups, head, count)
    return [
        dataset.with_examples(
            (replace(each, split=_split(each, row in rows)) for row, each in enumerate(examples)), *warned
        )
        for rows in ({pool[place] for place in fold} for fold in held_out)
    ]


def _held_out(labels: Sequence[str], groups: Sequence[int], count: int, seed: int) -> list[list[int]]:
    """Places of each fold."""
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of rare labels: we say which they are
        try:
            found = [places.tolist() for _, places in folds.split(np.zeros(len(labels)), labels, groups)]
        except ValueError as error:
            raise TrainingError(
                f"No label has {count} photos: they cannot be divided into {count} folds.",
                remedy=f"Take {max(Counter(labels).values())} folds or fewer, or label more photos.",
            ) from error
    if not all(found):
        raise TrainingError(
            f"{count} folds leave one of them without a photo: too many photos belong together.",
            remedy="Take fewer folds, or label more photos.",
        )
    return found


def _split(example: Example, is_held_out: bool) -> Split:
    if example.split is Split.TEST:
        return Split.TEST
    return Split.VALIDATION if is_held_out else Split.TRAIN


def _rare(examples: Sequence[Example], pool: Rows, groups: Sequence[int], head: str, count: int) -> list[str]:
    """Labels of so few things that some folds hold out none of them."""
    things: defaultdict[str, set[int]] = defaultdict(set)
    for row in pool:
        if head in examples[row].labels:
            things[examples[row].labels[head]].add(groups[row])
    rare = [f"{label} ({len(found)})" for label, found in sorted(things.items()) if len(found) < count]
    more = f" and {len(rare) - 8} more" if len(rare) > 8 else ""
    return [f"Not every fold holds out photos of {', '.join(rare[:8])}{more}."] if rare else []
