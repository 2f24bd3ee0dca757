"""From a source of labels to the photos that a run trains on: read, heads chosen, split, checked before any work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import TrainingError
from core.tags.values import Split
from trainer.config import TrainConfig
from trainer.data.examples import Dataset
from trainer.data.sources import read_examples
from trainer.data.splits import split_dataset

if TYPE_CHECKING:
    from core.library import Library

_FEW = 5  # photos of a label: below that, what is learned of it is hardly more than those photos


def prepare(
    config: TrainConfig, data: str | Path, home: Path, library: Library | None = None, encoding: str | None = None
) -> Dataset:
    """Photos with labels and splits, as `data.json` keeps them.

    Args:
        encoding: Of a table of labels, as Python calls it; None: found out.

    Raises:
        TrainingError: there is nothing that could be learned from it.
        LabelFileError: the labels cannot be read.
    """
    dataset = read_examples(data, library=library, home=home, encoding=encoding)
    dataset = _with_chosen_heads(dataset, config.heads)
    _refuse_unknown_weights(config, dataset)
    dataset = split_dataset(dataset, validation=config.validation_fraction, test=config.test_fraction, seed=config.seed)
    return learnable(dataset)


def _with_chosen_heads(dataset: Dataset, wanted: tuple[str, ...]) -> Dataset:
    """Those heads of a recipe that the labels have; all, where the recipe does not say."""
    if not dataset.heads:
        raise TrainingError(
            "There are no labelled photos.",
            remedy="Label some photos, or choose a folder with a folder for each class.",
        )
    present = [head for head in wanted if head in dataset.heads]
    if wanted and not present:
        raise TrainingError(
            f"The recipe trains {_listed(wanted)}, and the labels have {_listed(dataset.heads)}.",
            remedy="Choose others with `--set heads=[]`, which takes all.",
        )
    return dataset.only_heads(present) if present else dataset


def _refuse_unknown_weights(config: TrainConfig, dataset: Dataset) -> None:
    """A weight of a head that is not there would do nothing, and nobody would notice."""
    unknown = [head for head in config.loss.head_weights if head not in dataset.heads]
    if unknown:
        raise TrainingError(
            f"There is no head {_listed(unknown)} to weigh: the labels have {_listed(dataset.heads)}.",
            remedy="Name one of them: `--set loss.head_weights.color=1`.".replace("color", next(iter(dataset.heads))),
        )


def learnable(dataset: Dataset) -> Dataset:
    """The same without heads that have fewer than two labels among the photos to train on; warns of rare labels.

    Raises:
        TrainingError: no head is left, or no photo to train on or to validate with.
    """
    train, validation = dataset.of(Split.TRAIN), dataset.of(Split.VALIDATION)
    counts = {head: Counter(each.labels[head] for each in train if head in each.labels) for head in dataset.heads}
    kept = [head for head, values in counts.items() if len(values) > 1]
    if not kept:
        raise TrainingError(
            "All photos to train on have the same label: there is nothing to tell apart.",
            remedy="Label photos of at least two kinds.",
        )
    if not train or not validation:
        raise TrainingError(
            f"There are {len(train)} photos to train on and {len(validation)} to validate with.",
            remedy="Label more photos: two of each kind at the very least, ten to be of use.",
        )
    dropped = [head for head in counts if head not in kept]
    warnings = (
        [f"{_listed(dropped)} is left out: it has a single label among the photos to train on."] if dropped else []
    )
    warnings += _contradictions(dataset)
    warnings += [text for head in kept if (text := _rare(head, counts[head], dataset.heads[head]))]
    left = dataset.only_heads(kept) if dropped else dataset
    return left.with_examples(left.examples, *warnings)


def _contradictions(dataset: Dataset) -> list[str]:
    """Copies of one photo that have different labels: no network can learn both."""
    found: list[str] = []
    for head in dataset.heads:
        said: dict[str, dict[str, str]] = {}  # content hash, label, name of the first photo with it
        for each in dataset.examples:
            if head in each.labels:
                said.setdefault(each.content_hash, {}).setdefault(each.labels[head], each.path.name)
        found += [
            " and ".join(f"{name} ({label})" for label, name in names.items())
            for names in said.values()
            if len(names) > 1
        ]
    return [f"Copies of a photo have different labels: {_listed(found, 3)}."] if found else []


def _rare(head: str, counts: Mapping[str, int], labels: tuple[str, ...]) -> str:
    rare = [f"{label} ({counts.get(label, 0)})" for label in labels if counts.get(label, 0) < _FEW]
    return f"Few photos to train on in {head}: {_listed(rare)}." if rare else ""


def _listed(names: Any, most: int = 8) -> str:
    given = [str(name) for name in names]
    more = f" and {len(given) - most} more" if len(given) > most else ""
    return ", ".join(given[:most]) + more


def data_summary(dataset: Dataset) -> dict[str, Any]:
    """What a person wants to see before the start: photos of each split, labels of each head, how many photos each."""
    return {
        "name": dataset.name,
        "hash": dataset.hash,
        "photos": len(dataset.examples),
        "splits": {split.value: len(dataset.of(split)) for split in Split},
        "heads": {
            head: dict(Counter(each.labels[head] for each in dataset.examples if head in each.labels).most_common())
            for head in dataset.heads
        },
        "warnings": list(dataset.warnings),
    }
