"""Many runs in one table, on the photos that all of them kept back. Several runs asked together are a row too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.tags.values import CLASS, Split
from trainer.evaluate.tables import Cell, Table
from trainer.report.ensemble import average_outputs, shared_rows
from trainer.report.intervals import bootstrap
from trainer.report.outputs import Outputs, ReportError
from trainer.report.report_data import read_cost, read_data_summary, read_outputs
from trainer.report.texts import readable
from trainer.report.values import Cost, DataSummary
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MEGA = 1e6
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Contender:
    """One row: a run, or several whose calibrated probabilities are averaged."""

    name: str
    members: tuple[RunFolder, ...]


def standings(contenders: Sequence[Contender], part: Split) -> Table:
    """Accuracy of every head and weighted F1 of the class with 95 % bootstrap intervals, and what each row costs.

    The last row always answers the label that is most frequent among the training photos of the first run. Where the
    runs were told different labels for a photo, the first run's count.

    Raises:
        ReportError: a run has no outputs of that part, or the runs have no photos or no heads in common.
    """
    outputs = [_outputs(each, part) for each in contenders]
    rows = shared_rows(outputs)
    if not len(rows[0]):
        raise ReportError(
            f"The runs have no {part.value} photos in common.", remedy="Compare runs on the same data and split."
        )
    shared = [each.rows(own) for each, own in zip(outputs, rows, strict=True)]
    heads = [head for head in shared[0].heads if all(head in each.heads for each in shared)]
    if not heads:
        raise ReportError("The runs have no heads in common.", remedy="Compare runs that learned the same heads.")
    truth = {head: _truth(shared, head) for head in heads}
    table = [
        (each.name, *_scores(truth, {head: _answers(own, head) for head in heads}), *_costs(each))
        for each, own in zip(contenders, shared, strict=True)
    ]
    usual = _most_frequent(read_data_summary(contenders[0].members[0]))
    answers = {head: np.full(len(truth[head]), usual.get(head, "")) for head in heads}
    table.append(("always the most frequent label", *_scores(truth, answers), "", "", "", ""))
    return Table(f"{readable(_data_name(contenders[0]))}: {len(rows[0])} {part.value} photos", _columns(heads), table)


def _outputs(contender: Contender, part: Split) -> Outputs:
    parts = []
    for folder in contender.members:
        notes: list[str] = []
        found = read_outputs(folder, notes).get(part.value)
        if found is None:
            raise ReportError(
                f"The run {folder.path.name} was not asked for {part.value} photos. {' '.join(notes)}".strip(),
                remedy="Compare on its other part with --part, or train it to its end with such photos.",
                path=folder.path,
            )
        parts.append(found)
    return parts[0] if len(parts) == 1 else average_outputs(parts)


def _columns(heads: Sequence[str]) -> tuple[str, ...]:
    scores = [title for head in heads for title in _titles(head)]
    return ("run", *scores, "million parameters", "MB", "tags images/s", "trained min")


def _titles(head: str) -> tuple[str, ...]:
    return (f"{head}", f"{head} weighted F1") if head == CLASS else (head,)


def _scores(truth: Mapping[str, NDArray[np.str_]], said: Mapping[str, NDArray[np.str_]]) -> list[Cell]:
    cells: list[Cell] = []
    for head, labels in truth.items():
        known = labels != ""
        names, codes = np.unique(np.concatenate([labels[known], said[head][known]]), return_inverse=True)
        targets, predicted = np.split(codes, 2)
        found = bootstrap(targets, predicted, len(names))
        wanted = ("accuracy", "weighted_f1") if head == CLASS else ("accuracy",)
        cells += [found[name] if found else "" for name in wanted]
    return cells


def _truth(shared: Sequence[Outputs], head: str) -> NDArray[np.str_]:
    """(N,) the true labels, those too that only some of the runs know; empty where nobody knows."""
    found = np.full(len(shared[0]), "")
    for own in (outputs.heads[head] for outputs in shared):
        found = np.where(found == "", np.array(["", *own.labels])[own.targets + 1], found)
    return found


def _answers(outputs: Outputs, head: str) -> NDArray[np.str_]:
    """(N,) the labels that were answered."""
    own = outputs.heads[head]
    return np.array(["", *own.labels])[own.predicted + 1]


def _costs(contender: Contender) -> list[Cell]:
    """An ensemble asks its members one after the other."""
    costs = [read_cost(folder) for folder in contender.members]
    pace = _sum(costs, lambda cost: 1.0 / cost.tagging_images_per_s if cost.tagging_images_per_s else None)
    return [
        _rounded(_sum(costs, lambda cost: cost.parameters), _MEGA),
        _rounded(_sum(costs, lambda cost: cost.checkpoint_bytes), _MEGA),
        round(1.0 / pace) if pace else "",
        _rounded(_sum(costs, lambda cost: cost.seconds), _MINUTE_S),
    ]


def _sum(costs: Sequence[Cost], of: Callable[[Cost], float | None]) -> float | None:
    """None where one of them does not say."""
    numbers = [of(cost) for cost in costs]
    return None if any(number is None for number in numbers) else sum(number or 0 for number in numbers)


def _rounded(number: float | None, unit: float) -> Cell:
    return "" if number is None else f"{number / unit:.1f}"


def _most_frequent(data: DataSummary) -> dict[str, str]:
    """By head. What is learned counts, not what is asked for."""
    counts = {
        head: {label: splits.get(Split.TRAIN.value, 0) for label, splits in labels.items()}
        for head, labels in data.labels.items()
    }
    return {head: max(labels, key=labels.__getitem__) for head, labels in counts.items() if labels}


def _data_name(contender: Contender) -> str:
    return read_data_summary(contender.members[0]).name or "photos"
