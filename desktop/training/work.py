"""What the page of training has done on a worker: pure functions, which load the trainer only when they are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.tags.values import CLASS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.library import Library
    from core.tags.values import TaggerInfo
    from core.types import PhotoId, Vectors
    from trainer.data.checks import Finding
    from trainer.data.examples import Dataset, Example
    from trainer.promotion.judge import Verdict

Cancelled = Callable[[], bool]
Progress = Callable[[int, int], None]

COMPARED = "training-pairs.npz"  # below the home of the library: labelled photos that were compared with each other


@dataclass(frozen=True, slots=True)
class LabelSummary:
    """How many labelled photos there are."""

    photos: int  # of the library
    labelled: int  # with at least one label
    heads: Mapping[str, Mapping[str, int]]  # the class first; values by how many photos have them

    @property
    def is_empty(self) -> bool:
        return self.labelled == 0

    @property
    def can_learn(self) -> bool:
        """Some head has two values to tell apart."""
        return any(len(values) > 1 for values in self.heads.values())

    def missing(self, head: str) -> int:
        """Labelled photos that have no label of this head."""
        return self.labelled - sum(self.heads[head].values())


def count_labels(library: Library) -> LabelSummary:
    counts = {
        head: dict(sorted(((value, count) for value, count in values.items() if count), key=lambda each: -each[1]))
        for head, values in library.labels.counts().items()
    }
    heads = {head: counts[head] for head in sorted(filter(counts.get, counts), key=lambda head: head != CLASS)}
    return LabelSummary(library.photo_count(), library.labels.count(), heads)


def check_labels(library: Library, progress: Progress, cancelled: Cancelled) -> list[Finding]:
    """All findings about the user's labels, what matters most first; none where it was cancelled.

    Raises:
        RecollectError: there is nothing that could be learned.
    """
    from trainer.data.checks import FindingKind, check
    from trainer.data.near import near_duplicates
    from trainer.data.sources import LIBRARY, read_examples

    dataset = read_examples(LIBRARY, library=library)
    near = near_duplicates(
        dataset.examples, record_file=library.paths.home / COMPARED, on_progress=progress, cancelled=cancelled
    )
    if cancelled():
        return []
    progress(0, 0)
    known, vectors = _with_vectors(library, dataset)
    if len(known.examples) == len(dataset.examples):
        return check(dataset, vectors=lambda _examples: vectors, near=near)
    findings = check(dataset, near=near)  # photos without a vector cannot be asked whether their labels fit
    if known.examples and not cancelled():
        findings += [
            each for each in check(known, vectors=lambda _examples: vectors) if each.kind is FindingKind.LIKELY_WRONG
        ]
    return sorted(findings, key=lambda each: -each.severity)


def _with_vectors(library: Library, dataset: Dataset) -> tuple[Dataset, Vectors]:
    """Those of the examples that have a vector, and the vectors (N, D), row by row."""
    wanted = [each.photo_id for each in dataset.examples if each.photo_id is not None]
    found, vectors = library.vectors(wanted)
    rows = {photo_id: row for row, photo_id in enumerate(found)}
    known = [each for each in dataset.examples if each.photo_id in rows]
    return dataset.with_examples(known), vectors[[rows[each.photo_id] for each in known if each.photo_id is not None]]


def ids_of(examples: Sequence[Example]) -> list[PhotoId]:
    return [each.photo_id for each in examples if each.photo_id is not None]


def teach_now(library: Library, cancelled: Cancelled) -> Path | None:
    """Heads on the vectors that the library has. Returns the folder of the run; None where it was cancelled.

    Raises:
        RecollectError: there is nothing to tell apart, or the disk does not take it.
    """
    from trainer.control import CancelledError
    from trainer.teach.lesson_runs import teach_library

    try:
        return teach_library(library, cancelled=cancelled, with_report=False).folder
    except CancelledError:
        return None


def judge(library: Library, run: Path) -> Verdict:
    """Is the tagger of a run better than the one in use, on photos that neither has learned from?

    Raises:
        RecollectError: the run, or the tagger in use, cannot be read.
    """
    from trainer.promotion.judge import judge, live_tagger

    return judge(run, live_tagger(library), encoder=library.answering_encoder(), home=library.paths.home)


def promote(library: Library, run: Path, *, anyway: bool) -> TaggerInfo:
    """
    Raises:
        TrainingError: it is not better, and that was asked for.
        ModelError: a tagger cannot be loaded.
    """
    from trainer.promotion.judge import promote

    return promote(library, run, force=anyway)


def roll_back(library: Library) -> TaggerInfo:
    """Raises ModelError when nothing was in use before."""
    from trainer.promotion.judge import roll_back

    return roll_back(library)
