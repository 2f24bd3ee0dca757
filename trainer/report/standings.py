"""Many runs in one table, on the photos that all of them kept back. Several runs asked together are a row too, and so
are encoders that were trained for none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from core.errors import RecollectError
from core.models.json_cache import read_object
from core.tags.values import CLASS, Split
from trainer.evaluate.tables import Cell, Table
from trainer.report.ensemble import average_outputs, shared_rows
from trainer.report.intervals import bootstrap
from trainer.report.outputs import Outputs, ReportError
from trainer.report.report_data import read_curves, read_data_summary, read_outputs, said_of_kept
from trainer.report.standing_costs import COSTS, costs_of_runs, figures_of
from trainer.report.texts import readable
from trainer.report.values import Cost, DataSummary
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS = ("R@1", "R@5", "R@10", "MAP@R", "mAP")
"""Columns of "more like this": photos of one class among the nearest of each photo."""

USUAL = "always the most frequent label"
_ROUND_FROM = 10.0  # images/s: above, a measurement is not sure of the first decimal


@dataclass(frozen=True, slots=True)
class Contender:
    """One row: a run, or several whose calibrated probabilities are averaged."""

    name: str
    members: tuple[RunFolder, ...]


class Guest(Protocol):
    """One row of what was not trained on these photos."""

    @property
    def name(self) -> str: ...

    @property
    def cost(self) -> Cost: ...

    def outputs(self, photos: Outputs, labels: Sequence[str]) -> Outputs:
        """What it says of the same photos: a head `class` of these labels, and its vectors as features.

        Raises:
            RecollectError: it cannot be asked.
        """
        ...


class Asked(Protocol):
    """Asks runs that are no taggers of photos that taggers kept back: see `trainer.evaluate.other_kinds`."""

    def outputs(self, folder: RunFolder, photos: Outputs, labels: Sequence[str]) -> Outputs:
        """As `Guest.outputs`; without heads where the run knows no names."""
        ...


@dataclass(frozen=True)
class Standings:
    """The table, and what a reader has to know beside it."""

    table: Table
    notes: tuple[str, ...]
    paths: tuple[str, ...]  # of the photos that it is about

    def with_pace(self, images_per_s: Mapping[str, float]) -> Standings:
        """With what was measured now in place of what each run says of its own day, and its ratio to the first row.

        Args:
            images_per_s: By name of the row; rows that have none stay empty.
        """
        place = self.table.head.index(COSTS[2])
        first = next((images_per_s[str(row[0])] for row in self.table.rows if row[0] in images_per_s), None)

        def cells(name: str) -> tuple[Cell, Cell]:
            found = images_per_s.get(name)
            if found is None or not first:
                return "", ""
            return round(found) if found >= _ROUND_FROM else round(found, 1), round(found / first, 2)

        rows = [(*row[:place], *cells(str(row[0])), *row[place + 1 :]) for row in self.table.rows]
        head = (*self.table.head[:place], "images/s now", "times the first", *self.table.head[place + 1 :])
        return replace(self, table=replace(self.table, head=head, rows=rows))


def standings(
    contenders: Sequence[Contender], part: Split, guests: Sequence[Guest] = (), asked: Asked | None = None
) -> Standings:
    """Accuracy of every head, weighted and macro F1 of the class, what the features find as neighbours, all with 95 %
    bootstrap intervals; and what each row costs.

    The last row always answers the label that is most frequent among the training photos of the first run. Where the
    runs were told different labels for a photo, the first run's count. Runs of other kinds are asked of these photos
    now, unless they have learned from some of them: then they have their costs and a note.

    Args:
        asked: None: runs of other kinds have their costs and a note.

    Raises:
        ReportError: a tagger's run has no outputs of that part, the runs have no photos or no heads in common, or runs
            of different kinds are to answer together.
    """
    found = {place: _outputs(each, part) for place, each in enumerate(contenders)}
    judged, rows = _with_photos_in_common(contenders, {row: each for row, each in found.items() if each}, part)
    shared = {place: outputs.rows(own) for (place, outputs), own in zip(judged.items(), rows, strict=True)}
    heads = _heads_in_common(list(shared.values()))
    truth = {head: _truth([each for each in shared.values() if each.heads], head) for head in heads}
    labels = _labels_of(shared.values())
    notes: list[str] = []
    for place, each in enumerate(contenders):
        if place in judged:
            kept = [said for folder in each.members for said in said_of_kept(read_curves(folder))]
            notes += [f"{readable(each.name)}: {said}" for said in kept]
        else:
            said, note = _ask(each, shared, labels, asked)
            shared |= {place: said} if said is not None else {}
            notes += [note] if note else []
    lines: list[tuple[Cell, ...]] = [
        (each.name, *_scores(shared.get(place), truth), *_neighbours(shared.get(place), truth, each), *costs_of(each))
        for place, each in enumerate(contenders)
    ]
    if guests and CLASS not in truth:
        raise ReportError("There are no classes to name.", remedy="Leave out --zero-shot, or name runs of taggers.")
    for guest in guests:
        said = guest.outputs(next(iter(shared.values())), labels)
        lines.append((guest.name, *_scores(said, truth), *_neighbours(said, truth), *costs_of(guest)))
    if truth:
        first = next(each for place, each in enumerate(contenders) if place in judged and shared[place].heads)
        lines.append(_usual(first, truth))
    about = readable(_data_name(contenders[min(judged, default=0)]))
    about = f"{about}: {len(rows[0])} {part.value} photos" if rows else about
    paths = tuple(next(iter(shared.values())).paths) if shared else ()
    return Standings(Table(about, _columns(heads), lines), tuple(notes), paths)


def costs_of(row: Contender | Guest) -> list[Cell]:
    if isinstance(row, Contender):
        return costs_of_runs(row.members)
    return figures_of([row.cost])


def _ask(
    contender: Contender, shared: Mapping[int, Outputs], labels: Sequence[str], asked: Asked | None
) -> tuple[Outputs | None, str]:
    """What a run of another kind makes of the photos of the others, or a note of why it does not."""
    if asked is None or not labels:
        return None, _note(contender)
    try:
        return asked.outputs(contender.members[0], next(iter(shared.values())), labels), ""
    except RecollectError as error:
        return None, _note(contender, error.message)


def _outputs(contender: Contender, part: Split) -> Outputs | None:
    """None of a run of another kind, which has figures of its own in their place."""
    if len(contender.members) > 1 and any(_headline(folder) for folder in contender.members):
        raise ReportError(
            f"{contender.name} cannot answer together: one of them is no tagger.",
            remedy="Name them apart, or put taggers alone together.",
        )
    parts = []
    for folder in contender.members:
        notes: list[str] = []
        found = read_outputs(folder, notes).get(part.value)
        if found is None and _headline(folder):
            return None
        if found is None:
            raise ReportError(
                f"The run {folder.path.name} was not asked for {part.value} photos. {' '.join(notes)}".strip(),
                remedy="Compare on its other part with --part, or train it to its end with such photos.",
                path=folder.path,
            )
        parts.append(found)
    return parts[0] if len(parts) == 1 else average_outputs(parts)


def _with_photos_in_common(
    contenders: Sequence[Contender], found: dict[int, Outputs], part: Split
) -> tuple[dict[int, Outputs], list[NDArray[np.intp]]]:
    """Those to be judged, by place, and the rows that they share. Runs of other kinds that share none are left out."""
    rows = shared_rows(list(found.values())) if found else []
    if rows and not len(rows[0]):
        found = {row: each for row, each in found.items() if not _headline(contenders[row].members[0])}
        rows = shared_rows(list(found.values())) if found else []
    if rows and not len(rows[0]):
        raise ReportError(
            f"The runs have no {part.value} photos in common.", remedy="Compare runs on the same data and split."
        )
    return found, rows


def _heads_in_common(shared: Sequence[Outputs]) -> list[str]:
    """Of those that have heads: a network that was trained for neighbours alone has none."""
    speaking = [each for each in shared if each.heads]
    heads = [head for head in speaking[0].heads if all(head in each.heads for each in speaking)] if speaking else []
    if speaking and not heads:
        raise ReportError("The runs have no heads in common.", remedy="Compare runs that learned the same heads.")
    return heads


def _labels_of(shared: Iterable[Outputs]) -> tuple[str, ...]:
    """All classes that one of the runs knows."""
    return tuple(sorted({label for each in shared if CLASS in each.heads for label in each.heads[CLASS].labels}))


def _columns(heads: Sequence[str]) -> tuple[str, ...]:
    scores = [title for head in heads for title in _titles(head)]
    return ("run", *scores, *(NEIGHBOURS if CLASS in heads else ()), *COSTS)


def _titles(head: str) -> tuple[str, ...]:
    return (head, f"{head} weighted F1", f"{head} macro F1") if head == CLASS else (head,)


def _scores(outputs: Outputs | None, truth: Mapping[str, NDArray[np.str_]]) -> list[Cell]:
    """Empty for heads that it does not have."""
    cells: list[Cell] = []
    for head, labels in truth.items():
        said = _answers(outputs, head) if outputs is not None and head in outputs.heads else None
        cells += [""] * len(_titles(head)) if said is None else _scored(head, labels, said)
    return cells


def _scored(head: str, labels: NDArray[np.str_], said: NDArray[np.str_]) -> list[Cell]:
    known = labels != ""
    names, codes = np.unique(np.concatenate([labels[known], said[known]]), return_inverse=True)
    targets, predicted = np.split(codes, 2)
    found = bootstrap(targets, predicted, len(names))
    wanted = ("accuracy", "weighted_f1", "macro_f1") if head == CLASS else ("accuracy",)
    return [found[name] if found else "" for name in wanted]


def _neighbours(
    outputs: Outputs | None, truth: Mapping[str, NDArray[np.str_]], contender: Contender | None = None
) -> list[Cell]:
    """What a photo finds among the features of all others. Several runs together have no features of their own."""
    if CLASS not in truth:
        return []
    nothing: list[Cell] = [""] * len(NEIGHBOURS)
    if outputs is None or (contender is not None and len(contender.members) > 1):
        return nothing
    known = truth[CLASS] != ""
    vectors, classes = outputs.features[known], truth[CLASS][known]
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    _, codes, counts = np.unique(classes, return_inverse=True, return_counts=True)
    if vectors.shape[1] < 2 or not norms.all() or counts.max(initial=0) < 2:
        return nothing
    from trainer.metric.neighbours import neighbours

    found = neighbours(vectors / norms, codes)
    return [*(found.recall[depth] for depth in (1, 5, 10)), found.map_at_r, found.mean_average_precision]


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


def _usual(contender: Contender, truth: Mapping[str, NDArray[np.str_]]) -> tuple[Cell, ...]:
    usual = _most_frequent(read_data_summary(contender.members[0]))
    scores: list[Cell] = []
    for head, labels in truth.items():
        scores += _scored(head, labels, np.full(len(labels), usual.get(head, "")))
    return (USUAL, *scores, *([""] * len(NEIGHBOURS) if CLASS in truth else ()), *([""] * len(COSTS)))


def _most_frequent(data: DataSummary) -> dict[str, str]:
    """By head. What is learned counts, not what is asked for."""
    counts = {
        head: {label: splits.get(Split.TRAIN.value, 0) for label, splits in labels.items()}
        for head, labels in data.labels.items()
    }
    return {head: max(labels, key=labels.__getitem__) for head, labels in counts.items() if labels}


def _headline(folder: RunFolder) -> Mapping[str, object]:
    """The figures of a run that is no tagger's."""
    found = read_object(folder.metrics).get("headline")
    return found if isinstance(found, dict) else {}


def _note(contender: Contender, why: str = "") -> str:
    """What a run of another kind has to say, in its own figures.

    Args:
        why: A sentence: it cannot be asked of these photos.
    """
    said = _headline(contender.members[0]).items()
    figures = ", ".join(f"{name} {value:.3f}" for name, value in said if isinstance(value, int | float))
    name = readable(contender.name)
    because = f" {why}" if why else ""
    return f"{name} is of another kind and is not judged by these photos.{because} Its own figures: {figures}."


def _data_name(contender: Contender) -> str:
    return read_data_summary(contender.members[0]).name or "photos"
