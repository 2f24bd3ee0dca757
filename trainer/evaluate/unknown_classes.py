"""How well a tagger tells what it does not know: whole classes are held out of its training, and then asked for.

Known and unknown photos are those of the validation part, or of the test part, which no draw learns from; one half of
the known ones chooses the threshold, and the other tells what it does. Photos of another folder may be asked for
besides: things of another kind, where those of the same folder are the harder case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import LabelFileError, TrainingError
from core.tags.values import CLASS, Split
from trainer.data.features import vectors_of
from trainer.data.sources import read_examples
from trainer.data.splits import grouped, split_dataset
from trainer.evaluate.retrieval import estimate
from trainer.evaluate.tables import Cell, Table
from trainer.evaluate.unknown_scores import SCORES, Asked, Learned
from trainer.metric.known_classes import known_classes, known_classes_of, middles_of
from trainer.report.detection import auroc, false_positives
from trainer.teach.heads import teach_head
from trainer.teach.solver import one_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models.taggers.known_classes import KnownClasses
    from core.protocols import Encoder
    from core.types import Vectors
    from trainer.data.examples import Dataset, Example

DRAWS = 10
HELD_OUT = 0.3  # of the classes
LEAST_KNOWN = 2  # photos asked for in each draw: one chooses the threshold, and one tells what it does
ASKED = 0.3  # of the photos, where the folder does not say which
_TITLE = "Nothing can be measured"


@dataclass(frozen=True, slots=True, eq=False)
class Photos:
    """Of one folder: vectors (N, D), classes (N,), groups (N,), and which are learned from and asked for (N,)."""

    vectors: Vectors
    classes: NDArray[np.str_]
    groups: NDArray[np.int64]
    learned: NDArray[np.bool_]
    asked: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Draw:
    """A head that has not seen some classes, and what the scores say of photos."""

    known: Mapping[str, NDArray[np.floating]]  # by score
    unknown: Mapping[str, Mapping[str, NDArray[np.floating]]]  # by where the photos come from, then by score
    kept: float  # the share of known photos that stay known
    found: Mapping[str, float]  # the share of unknown photos that are told as such, by where they come from


def unknown_tables(
    encoder: Encoder,
    source: str | Path,
    others: Sequence[str | Path] = (),
    *,
    test: bool = False,
    draws: int = DRAWS,
    home: Path | None = None,
) -> list[Table]:
    """The scores beside each other, and what the threshold that taggers keep does.

    Args:
        others: Folders whose photos are all unknown.
        test: Ask for the test part instead of the validation part, and learn from both others.
        home: Of the library that "library" means; None: the default one.

    Raises:
        TrainingError, LabelFileError: there are no labelled photos, fewer than three classes, or too few photos of the
            part that is asked for.
    """
    dataset = _divided(read_examples(source, home=home))
    names = _checked_classes(dataset, test=test)
    photos = _photos(dataset, encoder, test=test)
    beside = {_name(each): _all_of(read_examples(each, home=home), encoder, test=test) for each in others}
    found = [_draw(photos, beside, seed) for seed in range(draws)]
    title = f"Unknown classes: {dataset.name}, {_hidden(names)} of {len(names)} held out"
    return [_scores_table(title, found), _threshold_table(f"{title}: what the threshold does", found)]


def _divided(dataset: Dataset) -> Dataset:
    """With the parts that it has, else divided by chance."""
    if any(each.split is not None for each in dataset.examples):
        return dataset
    return split_dataset(dataset, validation=ASKED, test=0.0, near=())


def _checked_classes(dataset: Dataset, *, test: bool) -> set[str]:
    """Those to learn from.

    Raises:
        TrainingError: they are fewer than three.
        LabelFileError: no photo of the part is to be asked for, or too few once some classes are held out.
    """
    asked, learned = _parts(test)
    labelled = [each for each in dataset.examples if CLASS in each.labels]
    names = {each.labels[CLASS] for each in labelled if each.split in learned}
    if len(names) < 3:
        raise TrainingError(
            f"{dataset.name} has {len(names)} classes to learn from: one has to be held out, and two told apart.",
            remedy="Name a folder with three classes or more.",
            title=_TITLE,
        )
    counts = Counter(each.labels[CLASS] for each in labelled if each.split is asked and each.labels[CLASS] in names)
    fewest = sorted(counts[name] for name in names)[: len(names) - _hidden(names)]
    if sum(fewest) < LEAST_KNOWN:
        few = "too few" if counts else "no"
        raise LabelFileError(
            f"{dataset.name} has {few} {asked.value} photos to ask for.",
            remedy=f"Put photos of each class in its folder `{asked.value}`{', or leave out --test' if test else ''}.",
            title=_TITLE,
        )
    return names


def _hidden(names: Collection[str]) -> int:
    """How many classes a draw holds out."""
    return max(1, round(HELD_OUT * len(names)))


def _parts(test: bool) -> tuple[Split, tuple[Split, ...]]:
    """What is asked for, and what is learned from."""
    return (Split.TEST, (Split.TRAIN, Split.VALIDATION)) if test else (Split.VALIDATION, (Split.TRAIN,))


def _photos(dataset: Dataset, encoder: Encoder, *, test: bool) -> Photos:
    asked, learned = _parts(test)
    examples = [each for each in dataset.examples if CLASS in each.labels and each.split in (asked, *learned)]
    return Photos(
        vectors_of(examples, encoder),
        np.array([each.labels[CLASS] for each in examples]),
        np.array(grouped(examples).of, np.int64),
        np.array([each.split in learned for each in examples]),
        np.array([each.split is asked for each in examples]),
    )


def _all_of(dataset: Dataset, encoder: Encoder, *, test: bool) -> Vectors:
    """Photos of the part that is asked for, where there are parts."""
    asked = Split.TEST if test else Split.VALIDATION
    chosen: list[Example] = list(dataset.of(asked)) or [
        each for each in dataset.examples if test or each.split is not Split.TEST
    ]
    return vectors_of(chosen, encoder)


def _name(source: str | Path) -> str:
    path = Path(source)
    return path.parent.name if path.is_file() else path.name


def _draw(photos: Photos, beside: Mapping[str, Vectors], seed: int) -> _Draw:
    """Some classes are never shown, and asked for."""
    names = np.unique(photos.classes[photos.learned])
    chance = np.random.default_rng(seed)
    hidden = chance.permutation(names)[: _hidden(names)]
    unseen = np.isin(photos.classes, hidden)
    rows = np.flatnonzero(photos.learned & ~unseen)
    labels, targets = np.unique(photos.classes[rows], return_inverse=True)
    with one_thread():
        head = teach_head(
            photos.vectors[rows], targets.astype(np.int64), tuple(labels.tolist()), photos.groups[rows], seed=seed
        ).head
    learned = Learned(photos.vectors[rows], targets, len(labels), head.temperature)

    def said(vectors: Vectors) -> dict[str, NDArray[np.floating]]:
        asked = Asked(vectors, head.logits(vectors))
        return {name: score(learned, asked) for name, score in SCORES.items()}

    asked = {"held out": photos.vectors[photos.asked & unseen], **beside}
    stays = photos.vectors[photos.asked & ~unseen & np.isin(photos.classes, labels)]
    half = chance.permutation(len(stays)) % 2 == 0  # chooses the threshold, for the other half to be measured
    middles = middles_of(photos.vectors[rows], targets, len(labels))
    known = known_classes(middles, stays[half])
    if known is None:
        known = known_classes_of(photos.vectors[rows], targets, len(labels), photos.groups[rows])
    return _Draw(
        said(stays),
        {name: said(vectors) for name, vectors in asked.items() if len(vectors)},
        1.0 - _share(known, stays[~half]),
        {name: _share(known, vectors) for name, vectors in asked.items() if len(vectors)},
    )


def _share(known: KnownClasses | None, vectors: Vectors) -> float:
    """Of photos that are told to be unknown."""
    return 0.0 if known is None or not len(vectors) else float(known.unknown(vectors).mean())


def _scores_table(title: str, draws: Sequence[_Draw]) -> Table:
    kinds = list(dict.fromkeys(kind for draw in draws for kind in draw.unknown))
    head = ("score", *(f"{what}, {kind}" for kind in kinds for what in ("AUROC", "FPR at 95 % TPR")))
    rows: list[tuple[Cell, ...]] = []
    for score in SCORES:
        cells: list[Cell] = [score]
        for kind in kinds:
            pairs = [(draw.known[score], draw.unknown[kind][score]) for draw in draws if kind in draw.unknown]
            cells.append(estimate(np.array([auroc(*pair).value for pair in pairs])))
            cells.append(float(np.mean([false_positives(*pair) for pair in pairs])))
        rows.append(tuple(cells))
    return Table(title, head, rows)


def _threshold_table(title: str, draws: Sequence[_Draw]) -> Table:
    kinds = list(dict.fromkeys(kind for draw in draws for kind in draw.found))
    rows: list[tuple[Cell, ...]] = [("known, and stay known", estimate(np.array([draw.kept for draw in draws])))]
    for kind in kinds:
        shares = np.array([draw.found[kind] for draw in draws if kind in draw.found])
        rows.append((f"{kind}, and told to be unknown", estimate(shares)))
    return Table(title, ("photos", "share"), rows)
