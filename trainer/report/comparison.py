"""Two runs on the same photos: which is better, by how much, how sure that is, and which photos tell them apart.

Only photos that both runs kept back are compared, known by their content. Labels are compared by name, so a run that
knows a class more can stand beside one that does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.models.disk import disk_errors
from core.tags.values import CLASS, Split
from trainer.report.ensemble import shared_rows
from trainer.report.head_report import SCORES, photo_outcomes
from trainer.report.intervals import Interval, McNemar, bootstrap, bootstrap_differences, mcnemar
from trainer.report.outputs import Outputs, ReportError
from trainer.report.report_data import read_outputs
from trainer.report.texts import points, readable, short
from trainer.report.values import PhotoOutcome
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHANCE = 0.05  # a p above it is said to be explained by chance as well


@dataclass(frozen=True, slots=True)
class ChangedPhoto:
    """A photo that only one of the two got right."""

    id: str
    path: str
    true: str
    first: PhotoOutcome
    second: PhotoOutcome


@dataclass(frozen=True, slots=True, eq=False)
class HeadComparison:
    """One head on the shared photos that have a label for it."""

    name: str
    count: int
    right: tuple[int, int]  # of the first and of the second
    first: Mapping[str, Interval]  # by score
    second: Mapping[str, Interval]
    difference: Mapping[str, Interval]  # the second less the first, paired
    test: McNemar
    gained: tuple[ChangedPhoto, ...]  # only the second is right; its most confident first
    lost: tuple[ChangedPhoto, ...]  # only the first is right


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The second run against the first."""

    names: tuple[str, str]
    split: str
    photos: int  # that both kept back
    only: tuple[int, int]  # photos that only the first, only the second kept back
    heads: Mapping[str, HeadComparison]  # those that both have and that have labelled photos
    left_out: tuple[str, ...]  # heads that only one has
    relabelled: int  # photos with another label in the second run; its labels count
    page: Path | None = None

    @property
    def main(self) -> HeadComparison | None:
        return self.heads.get(CLASS) or next(iter(self.heads.values()), None)

    @property
    def is_partial(self) -> bool:
        return any(self.only)

    @property
    def summary(self) -> str:
        """In plain words."""
        head = self.main
        if head is None:
            return f"The {self.photos} shared photos have no labels that both runs know."
        sides = zip(self.names, head.right, strict=True)
        rights = " and ".join(f"{short(name)} {right}" for name, right in sides)
        return (
            f"Of {head.count} {self.split} photos that both kept back, {rights} are right in {readable(head.name)}: "
            f"{points(head.difference['accuracy'])} points. {_verdict(head)}"
        )


def compare_runs(first: Path, second: Path, out_dir: Path | None = None) -> Comparison:
    """The second run against the first, on the test photos of both, else on the validation photos of both.

    Args:
        out_dir: Where `comparison.html` is written; None: nowhere.

    Raises:
        ReportError: they have no held-out photos in common.
        MachineError: the page cannot be written.
    """
    folders = (RunFolder(first), RunFolder(second))
    notes: list[str] = []
    found = [read_outputs(folder, notes) for folder in folders]
    names = [status.name if (status := folder.status) else folder.path.name for folder in folders]
    for split in (Split.TEST.value, Split.VALIDATION.value):
        if all(split in each for each in found):
            pair = (found[0][split], found[1][split])
            if len(shared_rows(pair)[0]):
                comparison = compare_outputs(*pair, names=(names[0], names[1]), split=split)
                return comparison if out_dir is None else _with_page(comparison, out_dir)
    raise ReportError(
        f"{readable(names[0])} and {readable(names[1])} kept back no photos in common. {' '.join(notes)}".strip(),
        remedy="Train both on the same data with the same seed.",
    )


def compare_outputs(
    first: Outputs, second: Outputs, *, names: tuple[str, str] = ("first", "second"), split: str = Split.TEST.value
) -> Comparison:
    """The same for outputs that are at hand, of an ensemble for example."""
    rows = shared_rows((first, second))
    pair = (first.rows(rows[0]), second.rows(rows[1]))
    both = [head for head in second.heads if head in first.heads]
    heads = {head: each for head in both if (each := _compare_head(*pair, head)) is not None}
    shared = len(pair[0])
    return Comparison(
        names=names,
        split=split,
        photos=shared,
        only=(len(set(first.ids)) - shared, len(set(second.ids)) - shared),
        heads=heads,
        left_out=tuple(sorted(set(first.heads) ^ set(second.heads))),
        relabelled=_relabelled(*pair, both),
    )


def _compare_head(first: Outputs, second: Outputs, head: str) -> HeadComparison | None:
    """None where no photo has a label, or one of the two has nothing to say."""
    known = second.heads[head].known
    if not known.any() or not first.heads[head].labels:
        return None
    outcomes = [photo_outcomes(each, head) for each in (first, second)]
    labels = sorted({*first.heads[head].labels, *second.heads[head].labels})
    targets, before, after = _numbered(labels, outcomes)
    right = (before == targets)[known], (after == targets)[known]
    changed = [
        ChangedPhoto(new.id, new.path, new.true, old, new)
        for old, new in zip(*outcomes, strict=True)
        if new.true is not None and (old.predicted == new.true) != (new.predicted == new.true)
    ]
    gained = [each for each in changed if each.second.predicted == each.true]
    lost = [each for each in changed if each.first.predicted == each.true]
    return HeadComparison(
        name=head,
        count=int(known.sum()),
        right=(int(right[0].sum()), int(right[1].sum())),
        first=bootstrap(targets, before, len(labels)),
        second=bootstrap(targets, after, len(labels)),
        difference=bootstrap_differences(targets, before, after, len(labels)),
        test=mcnemar(*right),
        gained=tuple(sorted(gained, key=lambda each: -each.second.probability)),
        lost=tuple(sorted(lost, key=lambda each: -each.second.probability)),
    )


def _numbered(labels: Sequence[str], outcomes: Sequence[Sequence[PhotoOutcome]]) -> list[NDArray[np.int64]]:
    """Targets of the second, predictions of the first and of the second, as rows of the labels of both."""
    rows = {label: row for row, label in enumerate(labels)}
    first, second = outcomes
    targets = [-1 if each.true is None else rows[each.true] for each in second]
    return [
        np.array(column, dtype=np.int64)
        for column in (targets, [rows[each.predicted] for each in first], [rows[each.predicted] for each in second])
    ]


def _relabelled(first: Outputs, second: Outputs, heads: Sequence[str]) -> int:
    changed = np.zeros(len(first), dtype=bool)
    for head in heads:
        before, after = ([_label(each, head, row) for row in range(len(each))] for each in (first, second))
        changed |= np.array([old != new for old, new in zip(before, after, strict=True)], dtype=bool)
    return int(changed.sum())


def _label(outputs: Outputs, head: str, row: int) -> str | None:
    target = int(outputs.heads[head].targets[row])
    return outputs.heads[head].labels[target] if target >= 0 else None


def _verdict(head: HeadComparison) -> str:
    test = head.test
    torn = test.only_first + test.only_second
    if not torn:
        return "They are right and wrong on the very same photos."
    says = "chance alone could explain it" if test.exact_p > CHANCE else "chance alone hardly explains it"
    return f"They part on {torn} photos (McNemar's exact p = {test.exact_p:.3f}): {says}."


def _with_page(comparison: Comparison, out_dir: Path) -> Comparison:
    from trainer.report.page import environment, write_page
    from trainer.report.thumbnails import Thumbnails

    file = out_dir / "comparison.html"
    text = (
        environment()
        .get_template("comparison.html")
        .render(comparison=comparison, picture=Thumbnails(), score_keys=SCORES, notes=_notes(comparison))
    )
    with disk_errors(file):
        out_dir.mkdir(parents=True, exist_ok=True)
    write_page(file, text)
    return replace(comparison, page=file)


def _notes(comparison: Comparison) -> list[str]:
    """What a reader has to know before the numbers."""
    notes = []
    if comparison.is_partial:
        first, second = comparison.only
        notes.append(
            f"Not all photos count: {first} were kept back by the first run alone, {second} by the second alone."
        )
    if comparison.relabelled:
        notes.append(f"{comparison.relabelled} photos got other labels in between; those of the second run count.")
    if comparison.left_out:
        notes.append(f"Only one of the two knows {', '.join(short(head) for head in comparison.left_out)}.")
    return notes
