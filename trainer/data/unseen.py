"""Whole fine classes that are kept from training, so that retrieval can be judged on what nobody has shown the network.

Of each coarse kind some classes are held out, by the seed: a network meets their relatives, never themselves. Which
ones they are stands in the folder of the run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from core.errors import TrainingError
from core.models.disk import disk_errors, write_whole
from core.tags.label_folders import GROUP
from core.tags.values import CLASS, Split
from trainer.data.examples import Dataset
from trainer.data.hierarchy import FILE as HIERARCHY
from trainer.data.hierarchy import Hierarchy, read_hierarchy
from trainer.data.sources import LIBRARY
from trainer.data.splits import split_dataset

FORMAT = 1
NO_KIND = "everything"
"""The one kind of data that name none."""

_NAMED = 5  # classes that a warning names


@dataclass(frozen=True)
class ClassSplit:
    """The fine classes, apart: those that are learned from and those that are not."""

    hierarchy: Hierarchy
    seen: tuple[str, ...]  # in alphabetical order, as `unseen`
    unseen: tuple[str, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of all classes, in alphabetical order."""
        return tuple(sorted({self.hierarchy.kind(fine) for fine in (*self.seen, *self.unseen)}))

    def kind_places(self, classes: tuple[str, ...]) -> list[int]:
        """For each class the place of its kind among `kinds`."""
        places = {kind: place for place, kind in enumerate(self.kinds)}
        return [places[self.hierarchy.kind(fine)] for fine in classes]

    def write(self, path: Path, dataset: Dataset) -> None:
        """As JSON: the classes by kind, and how many photos each part has of them.

        Raises:
            MachineError: it cannot be written.
        """
        photos: dict[str, Counter[str]] = {"train": Counter(), "validation": Counter(), "unseen": Counter()}
        for each in dataset.examples:
            fine = each.labels[CLASS]
            photos["unseen" if fine in self.unseen else str(each.split)][fine] += 1
        kinds = {
            kind: {
                "seen": [fine for fine in self.seen if self.hierarchy.kind(fine) == kind],
                "unseen": [fine for fine in self.unseen if self.hierarchy.kind(fine) == kind],
            }
            for kind in self.kinds
        }
        document = {"format": FORMAT, "hash": dataset.hash, "kinds": kinds, "photos": photos}
        text = json.dumps(document, indent=1) + "\n"
        with disk_errors(path):
            write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))

    @classmethod
    def read(cls, path: Path) -> ClassSplit:
        """What `write` wrote.

        Raises:
            TrainingError: the file is missing or damaged.
        """
        try:
            document: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if document["format"] != FORMAT:
                raise ValueError("it was written by another version of Recollect")
            kinds = document["kinds"]
            seen, unseen = (sorted(fine for kind in kinds for fine in kinds[kind][part]) for part in ("seen", "unseen"))
            coarse_of = {fine: kind for kind, parts in kinds.items() for fine in (*parts["seen"], *parts["unseen"])}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TrainingError(
                f"The list of unseen classes {path} cannot be read: {error}.",
                remedy="Start the training anew.",
                path=path,
            ) from error
        return cls(Hierarchy(coarse_of), tuple(seen), tuple(unseen))


def coarse_kinds(dataset: Dataset, data: str | Path, head: str = "", file: Path | None = None) -> Hierarchy:
    """The kind of each fine class: from a head of the labels, else from `hierarchy.toml` beside the data, else from the
    outer ones of nested folders, else one kind for all.

    Args:
        data: Where the dataset was read from.
        head: The name of a head; empty: it is not asked for.
        file: In the place of that beside the data.

    Raises:
        TrainingError: there are no classes, or no such head.
        LabelFileError: the file of kinds cannot be read.
    """
    classes = dataset.heads.get(CLASS)
    if classes is None:
        raise TrainingError(
            "The photos have no classes.", remedy="Give each photo a class: a folder for each of them, or labels.csv."
        )
    if head and head not in dataset.heads:
        raise TrainingError(
            f"The labels have no head {head} to take the coarse kinds from.",
            remedy=f"Choose another one with `--set coarse_head=...`: they have {', '.join(dataset.heads)}.",
        )
    file = file or _beside(data)
    if not head and file is not None:
        found = read_hierarchy(file)
        return Hierarchy({fine: found.kind(fine) for fine in classes})
    if head or GROUP in dataset.heads:
        return _of_head(dataset, head or GROUP)
    return Hierarchy(dict.fromkeys(classes, NO_KIND))


def _beside(data: str | Path) -> Path | None:
    if str(data) == LIBRARY:
        return None
    path = Path(data).expanduser()
    file = (path if path.is_dir() else path.parent) / HIERARCHY
    return file if file.is_file() else None


def _of_head(dataset: Dataset, head: str) -> Hierarchy:
    """What most photos of a class have; a class without any is a kind of its own."""
    counts: dict[str, Counter[str]] = {fine: Counter() for fine in dataset.heads[CLASS]}
    for each in dataset.examples:
        if CLASS in each.labels and head in each.labels:
            counts[each.labels[CLASS]][each.labels[head]] += 1
    return Hierarchy(
        {
            fine: min(values, key=lambda value: (-values[value], value)) if values else fine
            for fine, values in counts.items()
        }
    )


def hold_out_classes(dataset: Dataset, hierarchy: Hierarchy, *, share: float, seed: int) -> ClassSplit:
    """Hold out a share of the fine classes of each kind that has at least two with two photos: at least one class of
    it, and never all. A class with a single photo stays with those that are learned from: it could not be asked for.

    The choice in one kind depends on its own classes and the seed alone.

    Raises:
        TrainingError: no kind has two such classes, or a single class is left to learn from.
    """
    counts = Counter(each.labels[CLASS] for each in dataset.examples if CLASS in each.labels)
    unseen: set[str] = set()
    for kind in sorted({hierarchy.kind(fine) for fine in counts}):
        classes = sorted(fine for fine in counts if hierarchy.kind(fine) == kind)
        candidates = [fine for fine in classes if counts[fine] > 1]
        wanted = min(max(1, round(share * len(classes))), len(candidates) - 1)
        random = np.random.default_rng((seed, xxhash.xxh32_intdigest(kind.encode())))
        unseen.update(random.permutation(candidates)[: max(0, wanted)].tolist())
    seen = sorted(counts.keys() - unseen)
    if not unseen:
        raise TrainingError(
            "No class can be held out: no coarse kind has two classes with two photos each.",
            remedy="Add classes, or put related ones into one kind with a hierarchy.toml beside the photos.",
        )
    if len(seen) < 2:
        raise TrainingError(
            "A single class is left to learn from when others are held out: there is nothing to tell apart.",
            remedy="Add photos of more classes.",
        )
    return ClassSplit(hierarchy, tuple(seen), tuple(sorted(unseen)))


def fold_classes(dataset: Dataset, hierarchy: Hierarchy, count: int, seed: int) -> list[ClassSplit]:
    """Splits of which each holds out other classes: every class that has relatives of its kind, and two photos or more,
    is held out exactly once. The classes of a kind are dealt to the folds by turns, in an order that the seed makes.

    Raises:
        TrainingError: there are fewer such classes than folds, or a single class is left to learn from in one of them.
    """
    counts = Counter(each.labels[CLASS] for each in dataset.examples if CLASS in each.labels)
    dealt: list[str] = []
    for kind in sorted({hierarchy.kind(fine) for fine in counts}):
        candidates = sorted(fine for fine in counts if hierarchy.kind(fine) == kind and counts[fine] > 1)
        random = np.random.default_rng((seed, xxhash.xxh32_intdigest(kind.encode())))
        dealt += random.permutation(candidates).tolist() if len(candidates) > 1 else []
    if len(dealt) < count:
        raise TrainingError(
            f"{len(dealt)} classes have relatives of their kind and two photos each: too few for {count} folds.",
            remedy=f"Take at most {len(dealt)} folds." if len(dealt) > 1 else "Add classes, or leave out --folds.",
        )
    folds = [frozenset(dealt[number::count]) for number in range(count)]
    if min(len(counts) - len(unseen) for unseen in folds) < 2:
        raise TrainingError(
            "A single class is left to learn from when others are held out: there is nothing to tell apart.",
            remedy="Take more folds, or add photos of more classes.",
        )
    return [ClassSplit(hierarchy, tuple(sorted(counts.keys() - each)), tuple(sorted(each))) for each in folds]


def divide(
    dataset: Dataset,
    classes: ClassSplit,
    *,
    validation: float,
    seed: int,
    only_held_out: bool = False,
    record_file: Path | None = None,
) -> tuple[Dataset, ClassSplit]:
    """The photos with their parts: training and validation of seen classes, test for all photos of unseen ones. Photos
    of other heads than the class are left out, and photos of seen classes that the data keep for a test.

    Returns the division with the classes that are left, too: a seen class without photos to train on is not seen.

    Args:
        validation: Part of the photos of seen classes, where the data has no such part.
        only_held_out: Leave out photos of unseen classes that the data mean to be trained on.
        record_file: Of `trainer.data.near`.

    Raises:
        TrainingError: there is nothing to learn from, or no two photos of one class to validate with.
    """
    fine = dataset.only_heads([CLASS])
    if only_held_out:
        fine = fine.with_examples(
            each for each in fine.examples if each.split is not Split.TRAIN or not _is(each, classes.unseen)
        )
    marked = [replace(each, split=Split.TEST if _is(each, classes.unseen) else each.split) for each in fine.examples]
    divided = split_dataset(
        fine.with_examples(marked), validation=validation, test=0.0, seed=seed, record_file=record_file
    )
    trained = {each.labels[CLASS] for each in divided.of(Split.TRAIN)}
    kept = [
        each
        for each in divided.examples
        if _is(each, classes.unseen) or (each.split is not Split.TEST and _is(each, trained))
    ]
    if not any(_is(each, classes.unseen) for each in kept):
        raise TrainingError(
            "The data keep no photo of an unseen class for validation or test.",
            remedy="Take all of their photos: `--set unseen_photos=all`, or another --seed.",
        )
    warnings: list[str] = []
    kept_for_test = sum(each.split is Split.TEST and not _is(each, classes.unseen) for each in divided.examples)
    if kept_for_test:
        warnings.append(f"{kept_for_test} photos of seen classes are kept for a test by the data, and were left out.")
    lost = [name for name in classes.seen if name not in trained]
    if lost:
        more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
        warnings.append(f"Left out, because no photo of them is to train on: {', '.join(lost[:_NAMED])}{more}.")
    result = divided.with_examples(kept, *warnings)
    left = ClassSplit(classes.hierarchy, tuple(sorted(trained)), classes.unseen)
    return judgeable(result), left


def _is(example: Any, classes: Any) -> bool:
    return example.labels[CLASS] in classes


def judgeable(dataset: Dataset) -> Dataset:
    """The same dataset, if it can be learned from and an epoch can be chosen.

    Raises:
        TrainingError: it cannot.
    """
    train = {each.labels[CLASS] for each in dataset.of(Split.TRAIN)}
    validation = Counter(each.labels[CLASS] for each in dataset.of(Split.VALIDATION))
    if len(train) < 2:
        raise TrainingError(
            "The photos to train on are all of one class: there is nothing to tell apart.",
            remedy="Label photos of more classes.",
        )
    if max(validation.values(), default=0) < 2:
        raise TrainingError(
            "No class has two photos to validate with: nothing could choose the best epoch.",
            remedy="Add photos, or hold more of them back: `--set validation_fraction=0.3`.",
        )
    return dataset
