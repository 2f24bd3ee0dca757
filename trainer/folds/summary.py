"""What all folds together say: mean and standard deviation of every figure, and of every curve at each epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from core.tags.values import CLASS, Split
from trainer.data.examples import Dataset
from trainer.events import BestFound, EpochDone
from trainer.folds.folds_folder import CLASSES, FoldsFolder
from trainer.report.report_data import read_cost
from trainer.runs.run_folder import RunFolder

_COUNTED = "photos"  # a figure of an epoch that counts instead of judging


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure over the folds. The deviation is that of a sample (n - 1); None with a single value."""

    values: tuple[float | None, ...]  # by fold; None where a fold has none

    @property
    def known(self) -> list[float]:
        return [value for value in self.values if value is not None]

    @property
    def mean(self) -> float:
        return float(np.mean(self.known))

    @property
    def deviation(self) -> float | None:
        return float(np.std(self.known, ddof=1)) if len(self.known) > 1 else None


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve over the epochs of all folds. Folds may end early: later means are of those that go on."""

    folds: tuple[Mapping[int, float], ...]  # by fold: by epoch, from 0

    @property
    def epochs(self) -> list[int]:
        return sorted({epoch for fold in self.folds for epoch in fold})

    def at(self, epoch: int) -> Spread:
        return Spread(tuple(fold.get(epoch) for fold in self.folds))


@dataclass(frozen=True, slots=True)
class Summary:
    """All of it."""

    name: str
    recipe: str
    data: str
    holds_out: str  # photos, or classes
    photos: tuple[int, ...]  # held out, by fold
    test_photos: int  # in no fold
    figures: dict[str, Spread]
    curves: dict[str, Curve]  # "loss", "class loss" of training; "validation class loss" and so on
    best_epochs: tuple[int | None, ...]  # from 0
    seconds: tuple[float, ...]
    warnings: tuple[str, ...]

    @property
    def means(self) -> dict[str, float]:
        return {name: round(spread.mean, 4) for name, spread in self.figures.items()}

    def document(self) -> dict[str, Any]:
        """As `folds.json` keeps it."""
        figures = {
            name: {"mean": each.mean, "deviation": each.deviation, "values": list(each.values)}
            for name, each in self.figures.items()
        }
        curves = {name: _document(curve) for name, curve in self.curves.items()}
        return {
            "photos": list(self.photos),
            "test_photos": self.test_photos,
            "figures": figures,
            "best_epochs": list(self.best_epochs),
            "seconds": list(self.seconds),
            "curves": curves,
        }


def read_summary(folder: FoldsFolder) -> Summary:
    """
    Raises:
        TrainingError: a file of it cannot be read.
    """
    folds = folder.folds()
    happened = [_epochs(fold) for fold in folds]
    best = [_best_epoch(fold) for fold in folds]
    figures = [
        {**_of_best(epochs, at), **dict(fold.status.metrics if fold.status else {})}
        for fold, epochs, at in zip(folds, happened, best, strict=True)
    ]
    lines = [{epoch: _points(done) for epoch, done in epochs.items()} for epochs in happened]
    datasets = [Dataset.read(fold.data) for fold in folds]
    holds_out = folder.plan().holds_out
    judged_by = Split.TEST if holds_out == CLASSES else Split.VALIDATION
    status = folder.run.status
    return Summary(
        name=status.name if status else folder.run.path.name,
        recipe=_recipe(folder.run),
        data=datasets[0].name,
        holds_out=holds_out,
        photos=tuple(len(dataset.of(judged_by)) for dataset in datasets),
        test_photos=0 if holds_out == CLASSES else len(datasets[0].of(Split.TEST)),
        figures={name: Spread(tuple(each.get(name) for each in figures)) for name in _names(figures)},
        curves={
            name: Curve(tuple({epoch: at[name] for epoch, at in each.items() if name in at} for each in lines))
            for name in _names([at for each in lines for at in each.values()])
        },
        best_epochs=tuple(best),
        seconds=tuple(_seconds(fold) for fold in folds),
        warnings=tuple(dict.fromkeys(warning for dataset in datasets for warning in dataset.warnings)),
    )


def _names(entries: Sequence[Mapping[str, float]]) -> list[str]:
    """In the order in which they come first; those of the class before the others."""
    names = dict.fromkeys(name for each in entries for name in each)
    return sorted(names, key=lambda name: CLASS not in name.split())


def _epochs(fold: RunFolder) -> dict[int, EpochDone]:
    """After a resume an epoch may stand there twice: what came later is what the network went through."""
    return {event.epoch: event for event in fold.events() if isinstance(event, EpochDone)}


def _best_epoch(fold: RunFolder) -> int | None:
    found = [event.epoch for event in fold.events() if isinstance(event, BestFound)]
    return found[-1] if found else None


def _of_best(epochs: Mapping[int, EpochDone], best: int | None) -> dict[str, float]:
    """The figures of the epoch that was kept which the run's own figures do not have: its losses, usually."""
    if best is None or best not in epochs:
        return {}
    found = {name.removeprefix("validation "): value for name, value in _points(epochs[best]).items()}
    own = {f"{part} {name}" for part, values in epochs[best].validation.items() for name in values}
    return {name: value for name, value in found.items() if name in own and not _is_told_anyway(name)}


def _is_told_anyway(name: str) -> bool:
    """Accuracy and F1 stand in the run's figures, with their own names."""
    return name.endswith((" accuracy", " weighted f1", " macro f1"))


def _points(done: EpochDone) -> dict[str, float]:
    validation = {
        f"validation {part} {name}": value
        for part, values in done.validation.items()
        for name, value in values.items()
        if name != _COUNTED
    }
    return {name: float(value) for name, value in {**done.train, **validation}.items() if value is not None}


def _seconds(fold: RunFolder) -> float:
    measured = read_cost(fold).seconds
    status = fold.status
    if measured is not None or status is None or status.ended_at is None:
        return measured or 0.0
    return (datetime.fromisoformat(status.ended_at) - datetime.fromisoformat(status.started_at)).total_seconds()


def _recipe(run: RunFolder) -> str:
    from core.models.json_cache import read_object

    return str(read_object(run.config).get("recipe") or "")


def _document(curve: Curve) -> dict[str, Any]:
    epochs = curve.epochs
    spreads = [curve.at(epoch) for epoch in epochs]
    return {
        "epochs": [epoch + 1 for epoch in epochs],
        "mean": [each.mean for each in spreads],
        "deviation": [each.deviation for each in spreads],
        "folds": [len(each.known) for each in spreads],
    }
