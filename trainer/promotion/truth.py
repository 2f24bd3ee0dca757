"""What the held-out photos of a run really show: what the user says of them now, not what was said when the run began.

A run of the library is judged by the labels of today: whoever corrects labels wants a tagger that agrees with the
corrections. A run of a folder or a table is judged by its own labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import RecollectError
from core.paths import LibraryPaths, default_home
from core.store.database import Database, chunks, marks
from core.store.labels import LabelStore
from trainer.data.examples import Dataset, Example
from trainer.report.outputs import HeadOutputs, Outputs
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.tags.wording import Wording
    from core.types import PhotoId


@dataclass(frozen=True, slots=True)
class Truth:
    """Of N held-out photos."""

    labels: Mapping[str, list[str | None]]  # (N,) by head of the run; None: nobody says, or the run has no answer
    changed: int = 0  # labels that are others now than in the run
    removed: int = 0  # labels that the user has taken back since

    def known(self, head: str) -> NDArray[np.bool_]:
        """(N,)"""
        return np.array([label is not None for label in self.labels[head]], np.bool_)

    @property
    def notes(self) -> tuple[str, ...]:
        notes: list[str] = []
        if self.changed:
            what = "1 label has" if self.changed == 1 else f"{self.changed} labels have"
            notes.append(f"{what} changed since the run was made: the labels of now count.")
        if self.removed:
            what = "1 label was" if self.removed == 1 else f"{self.removed} labels were"
            notes.append(f"{what} taken back since, and left out.")
        return tuple(notes)


def truth_of(run_dir: Path, outputs: Outputs, home: Path | None, wording: Wording) -> Truth:
    """
    Args:
        home: of the library that the run is of; None: the one that the run lies in, else the default.
        wording: what the user calls the words of the run by now; the truth is told in those.

    Raises:
        LibraryError: the library cannot be opened.
    """
    examples = _examples(run_dir, outputs)
    now = _labels_of_now([each for each in examples if each is not None], home or home_of(run_dir.parent))
    labels: dict[str, list[str | None]] = {}
    changed = removed = 0
    for name, head in outputs.heads.items():
        answered = answered_by(head)
        shown = wording.head(name)
        labels[shown] = []
        for row, example in enumerate(examples):
            said = _then(head, name, row, example)
            then = None if said is None else wording.value(name, said)
            of_now = now.get(_key(example)) if example is not None else None
            label = then if of_now is None else of_now.get(shown)
            label = label if answered[row] else None
            labels[shown].append(label)
            if answered[row] and label != then:
                changed, removed = changed + (label is not None), removed + (label is None)
    return Truth(labels, changed, removed)


def answered_by(head: HeadOutputs) -> NDArray[np.bool_]:
    """(N,) photos that a head was asked for. To teach it held none of one group out, its logits are all alike."""
    return head.known | (np.ptp(head.logits, axis=1) > 0) if head.logits.size else head.known


def home_of(runs: Path) -> Path:
    """Of the library whose runs lie there, else the default."""
    return runs.parent if LibraryPaths(runs.parent).runs == runs else default_home()


def _examples(run_dir: Path, outputs: Outputs) -> list[Example | None]:
    """Of the photos of the outputs, as the run knows them; None where its list is gone."""
    try:
        dataset = Dataset.read(RunFolder(run_dir).data)
    except RecollectError:
        return [None] * len(outputs)
    exact = {(each.content_hash, str(each.path)): each for each in dataset.examples}
    by_content = {each.content_hash: each for each in dataset.examples}
    return [
        exact.get((content, path), by_content.get(content))
        for content, path in zip(outputs.ids, outputs.paths, strict=True)
    ]


def _then(head: HeadOutputs, name: str, row: int, example: Example | None) -> str | None:
    """As the run had it; a label of which the head knows nothing is one too."""
    if example is not None:
        return example.labels.get(name)
    return head.labels[int(head.targets[row])] if head.known[row] else None


_Key = tuple["PhotoId | None", str]


def _key(example: Example) -> _Key:
    return example.photo_id, example.content_hash


def _labels_of_now(examples: list[Example], home: Path) -> dict[_Key, Mapping[str, str]]:
    """Of photos of the library whose content is what it was, by head; empty where the user has taken all back."""
    ours = {each.photo_id: each for each in examples if each.photo_id is not None}
    paths = LibraryPaths(home)
    if not ours or not paths.database.is_file():
        return {}
    database = Database(paths.database)
    try:
        rows = [
            row
            for chunk in chunks(ours)
            for row in database.read_tuples(f"SELECT id, content_hash FROM photos WHERE id IN ({marks(chunk)})", chunk)
        ]
        labels = LabelStore(database).of(ours)
    finally:
        database.close()
    same = [photo_id for photo_id, content in rows if content == ours[photo_id].content_hash]
    return {_key(ours[photo_id]): labels.get(photo_id, {}) for photo_id in same}
