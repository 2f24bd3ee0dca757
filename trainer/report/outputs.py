"""What a network said of the photos of one split, kept so that every number of a report can be worked out again.

A file `outputs-SPLIT.npz` holds plain arrays; texts lie in it as JSON. Nothing in it is pickled.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import RecollectError
from core.models.disk import disk_errors, write_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNLABELLED = -1  # the target of a photo that has no label in a head: it counts nowhere
_FORMAT = 1


class ReportError(RecollectError):
    title = "The report cannot be made"


@dataclass(frozen=True, slots=True, eq=False)
class HeadOutputs:
    """One head on N photos.

    Raises:
        ReportError: the shapes do not fit together, a target is no label, or a logit is not finite.
    """

    labels: tuple[str, ...]
    logits: NDArray[np.float32]  # (N, C) before temperature
    targets: NDArray[np.int64]  # (N,) rows of `labels`; UNLABELLED where nobody knows

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(self.labels))
        object.__setattr__(self, "logits", np.asarray(self.logits, dtype=np.float32))
        object.__setattr__(self, "targets", np.asarray(self.targets, dtype=np.int64))
        if self.logits.shape != (len(self.targets), len(self.labels)):
            raise ReportError(
                f"{len(self.targets)} targets and {len(self.labels)} labels do not fit logits of {self.logits.shape}."
            )
        if self.targets.size and not -1 <= self.targets.min() <= self.targets.max() < len(self.labels):
            raise ReportError("A target names a label that the head does not have.")
        if not np.isfinite(self.logits).all():
            raise ReportError(
                "The network answered with numbers that are not finite.",
                remedy="Train again with a smaller learning rate.",
            )

    @property
    def known(self) -> NDArray[np.bool_]:
        """(N,) which photos have a label."""
        return self.targets != UNLABELLED

    @property
    def predicted(self) -> NDArray[np.int64]:
        """(N,) rows of `labels`."""
        return self.logits.argmax(axis=1) if self.labels else np.full(len(self.targets), UNLABELLED)

    def probabilities(self, temperature: float = 1.0) -> NDArray[np.float64]:
        """(N, C) softmax of logits / temperature."""
        scaled = self.logits.astype(np.float64) / temperature
        if scaled.size:
            scaled -= scaled.max(axis=1, keepdims=True)
        np.exp(scaled, out=scaled)
        return scaled / scaled.sum(axis=1, keepdims=True)

    def rows(self, rows: NDArray[np.intp]) -> HeadOutputs:
        """The same head on some of the photos."""
        return HeadOutputs(self.labels, self.logits[rows], self.targets[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """All heads on the same N photos, in the same order.

    Raises:
        ReportError: a part speaks of another number of photos.
    """

    ids: Sequence[str]  # content hashes
    paths: Sequence[str]
    heads: Mapping[str, HeadOutputs]  # "class" first, where there is one
    features: NDArray[np.float32]  # (N, F) what the heads read; F may be 0
    temperatures: Mapping[str, float] = field(default_factory=dict)  # by head; 1 where it is absent
    thresholds: Mapping[str, float] = field(default_factory=dict)  # by head: below it a prediction is unsure

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", np.asarray(self.features, dtype=np.float32))
        counts = {len(self.ids), len(self.paths), len(self.features), *(len(h.targets) for h in self.heads.values())}
        if counts != {len(self.ids)} or self.features.ndim != 2:
            raise ReportError(f"Parts of the outputs speak of different numbers of photos: {sorted(counts)}.")

    def __len__(self) -> int:
        return len(self.ids)

    def temperature(self, head: str) -> float:
        """What the logits of a head are divided by."""
        return float(self.temperatures.get(head, 1.0))

    def probabilities(self, head: str) -> NDArray[np.float64]:
        """(N, C) calibrated."""
        return self.heads[head].probabilities(self.temperature(head))

    def rows(self, rows: NDArray[np.intp]) -> Outputs:
        """The same on some of the photos."""
        return Outputs(
            [self.ids[int(row)] for row in rows],
            [self.paths[int(row)] for row in rows],
            {name: head.rows(rows) for name, head in self.heads.items()},
            self.features[rows],
            self.temperatures,
            self.thresholds,
        )


def save_outputs(outputs: Outputs, file: Path) -> None:
    """Write them whole or not at all.

    Raises:
        MachineError: the disk does not take the file.
    """
    heads = list(outputs.heads.items())
    words = {
        "format": _FORMAT,
        "ids": list(outputs.ids),
        "paths": [str(path) for path in outputs.paths],
        "heads": [{"name": name, "labels": head.labels} for name, head in heads],
        "temperatures": {name: float(value) for name, value in outputs.temperatures.items()},
        "thresholds": {name: float(value) for name, value in outputs.thresholds.items()},
    }
    arrays: dict[str, NDArray[np.generic]] = {
        "words": np.frombuffer(json.dumps(words).encode(), dtype=np.uint8),
        "features": outputs.features,
        # By number: the name of a head may be anything, the name of a member of a zip file may not.
        **{f"logits_{number}": head.logits for number, (_, head) in enumerate(heads)},
        **{f"targets_{number}": head.targets for number, (_, head) in enumerate(heads)},
    }
    with disk_errors(file):
        write_whole(file, lambda part: _write_arrays(part, arrays))


def _write_arrays(part: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    with part.open("wb") as stream:  # a stream: numpy would change the name of a file
        np.savez_compressed(stream, allow_pickle=False, **arrays)


def load_outputs(file: Path) -> Outputs:
    """Read what `save_outputs` wrote.

    Raises:
        ReportError: the file is absent, damaged, or of a later format.
    """
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            words = json.loads(arrays["words"].tobytes())
            if words["format"] != _FORMAT:
                raise ReportError(f"{file} was written by another version of Recollect.", path=file)
            heads = {
                head["name"]: HeadOutputs(tuple(head["labels"]), arrays[f"logits_{row}"], arrays[f"targets_{row}"])
                for row, head in enumerate(words["heads"])
            }
            return Outputs(
                words["ids"], words["paths"], heads, arrays["features"], words["temperatures"], words["thresholds"]
            )
    except FileNotFoundError as error:
        raise ReportError(f"{file} is not there.", remedy="The run did not get as far.", path=file) from error
    except (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise ReportError(f"{file} is damaged: {error}.", remedy="Train again.", path=file) from error
