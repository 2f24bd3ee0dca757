"""Photos with labels, as training takes them: plain values, and their file `data.json`. Nothing here opens a photo."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash

from core.errors import TrainingError
from core.tags.values import CLASS, Split
from core.types import PhotoId

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 1  # of data.json

NOT_LABELLED = -1
"""The target of a photo that has no label of a head: it says nothing there, and is left out of the loss."""


@dataclass(frozen=True, slots=True)
class Example:
    """One photo with the labels that it has."""

    path: Path
    content_hash: str
    labels: Mapping[str, str]  # by head; a head that is absent is not labelled
    split: Split | None = None  # None: not decided yet
    instance: str | None = None  # photos of one thing stay on one side of a split
    taken_at: datetime | None = None
    photo_id: PhotoId | None = None  # where it comes from the library

    @property
    def moment(self) -> int:
        """Second in which it was taken, for comparisons; -1 where that is unknown."""
        return -1 if self.taken_at is None else int((self.taken_at - datetime(1970, 1, 1)).total_seconds())


@dataclass(frozen=True)
class Dataset:
    """Examples in a fixed order. Immutable: each change is a new one."""

    examples: tuple[Example, ...]
    name: str = ""
    warnings: tuple[str, ...] = ()  # sentences for the user: what was left out and why
    kinds: Mapping[str, str] = field(default_factory=dict)  # the coarse kind of each class that has one, for reports

    @cached_property
    def heads(self) -> dict[str, tuple[str, ...]]:
        """The labels of each head, sorted; the class first, then attributes by name."""
        values: dict[str, set[str]] = {}
        for example in self.examples:
            for head, value in example.labels.items():
                values.setdefault(head, set()).add(value)
        return {head: tuple(sorted(values[head])) for head in sorted(values, key=lambda head: (head != CLASS, head))}

    @cached_property
    def hash(self) -> str:
        """32 hexadecimal characters of contents, labels and splits: the same data have it whatever their paths and
        their order."""
        lines = sorted(
            json.dumps([each.content_hash, sorted(each.labels.items()), each.split or "", each.instance or ""])
            for each in self.examples
        )
        return xxhash.xxh3_128_hexdigest("\n".join(lines).encode())

    def of(self, split: Split) -> tuple[Example, ...]:
        return tuple(example for example in self.examples if example.split is split)

    def targets(
        self, examples: Sequence[Example], heads: Mapping[str, Sequence[str]] | None = None
    ) -> dict[str, NDArray[np.int64]]:
        """By head (N,): the place of each example's label among those of the head, or `NOT_LABELLED`.

        Args:
            heads: Of a checkpoint, say; by default those of this dataset. A label that they do not have counts as none.
        """
        heads = self.heads if heads is None else heads
        places = {head: {label: place for place, label in enumerate(labels)} for head, labels in heads.items()}
        return {
            head: np.array([known.get(each.labels.get(head, ""), NOT_LABELLED) for each in examples], np.int64)
            for head, known in places.items()
        }

    def with_examples(self, examples: Iterable[Example], *warnings: str) -> Dataset:
        return replace(self, examples=tuple(examples), warnings=(*self.warnings, *warnings))

    def only_heads(self, names: Iterable[str]) -> Dataset:
        """Without the labels of other heads, and without examples that have no label left."""
        wanted = set(names)
        kept = (
            replace(each, labels={head: value for head, value in each.labels.items() if head in wanted})
            for each in self.examples
        )
        return self.with_examples(each for each in kept if each.labels)

    def write(self, path: Path) -> None:
        """As JSON, whole or not at all.

        Raises:
            OSError: the disk does not take it.
        """
        content = {
            "format": FORMAT,
            "name": self.name,
            "hash": self.hash,
            "heads": self.heads,
            "warnings": self.warnings,
            "kinds": dict(self.kinds),
            "examples": [_written(example) for example in self.examples],
        }
        temporary = path.with_name(f"{path.name}.tmp")
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")  # ASCII alone: any path can be written
        temporary.replace(path)

    @classmethod
    def read(cls, path: Path) -> Dataset:
        """What `write` wrote.

        Raises:
            TrainingError: the file is missing, damaged, or of a newer Recollect.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] != FORMAT:
                raise ValueError("it was written by another version of Recollect")
            examples = tuple(_read(each) for each in content["examples"])
            kinds = {str(label): str(kind) for label, kind in content.get("kinds", {}).items()}
            dataset = cls(examples, str(content["name"]), tuple(content["warnings"]), kinds)
            if dataset.hash != content["hash"]:
                raise ValueError("its content does not have the hash that it states")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise TrainingError(
                f"The list of photos {path} cannot be read: {error}.", remedy="Start the training anew.", path=path
            ) from error
        return dataset


def _written(example: Example) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "path": str(example.path),
        "hash": example.content_hash,
        "labels": dict(example.labels),
        "split": example.split,
        "instance": example.instance,
        "taken_at": None if example.taken_at is None else example.taken_at.isoformat(),
        "photo_id": example.photo_id,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _read(fields: Mapping[str, Any]) -> Example:
    split, taken_at, photo_id = fields.get("split"), fields.get("taken_at"), fields.get("photo_id")
    return Example(
        path=Path(fields["path"]),
        content_hash=str(fields["hash"]),
        labels={str(head): str(value) for head, value in fields["labels"].items()},
        split=None if split is None else Split(split),
        instance=fields.get("instance"),
        taken_at=None if taken_at is None else datetime.fromisoformat(taken_at),
        photo_id=None if photo_id is None else PhotoId(int(photo_id)),
    )
