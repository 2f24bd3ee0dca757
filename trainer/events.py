"""What a training tells while it runs: frozen values, and the same as JSON lines.

The window reads the lines of another process, so a reader must live with a line that is only half written and with
types of a newer version. Nothing here loads torch.
"""

from __future__ import annotations

import dataclasses
import json
import math
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

HeadMetrics = Mapping[str, Mapping[str, float]]
"""Of a tagger by head: accuracy, weighted f1, macro f1, loss, photos (those that have a label for it). Other kinds of
training name their own parts and figures."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The data is read and checked, and training is about to begin."""

    run: str  # path of the run folder; empty for a dry run
    config: Mapping[str, Any]
    data: Mapping[str, Any]  # name, photos, splits, heads: see `trainer.preparation.data_summary`
    estimate_s: float | None
    device: str = "cpu"
    precision: str = "float32"
    parameters: int = 0


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    name: str
    index: int
    epochs: int
    first_epoch: int  # of the whole training, from 0
    frozen: bool


@dataclass(frozen=True, slots=True)
class StepDone:
    """Sent twice a second at most."""

    step: int  # steps done of the whole training
    total: int
    epoch: int
    loss: float  # running mean
    lr: float  # of the optimizer's first group: of a tagger, the heads
    images_per_s: float
    eta_s: float | None


@dataclass(frozen=True, slots=True)
class EpochDone:
    phase: str
    epoch: int  # of the whole training, from 0
    epochs: int
    train: Mapping[str, float]  # loss, and "NAME loss" of each of its parts
    validation: HeadMetrics
    score: float  # what the checkpoint rule looks at: higher is better
    seconds: float


@dataclass(frozen=True, slots=True)
class BestFound:
    epoch: int
    score: float
    rule: str


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    path: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Evaluating:
    """Training is over; the best network looks at what was held out."""

    photos: int


@dataclass(frozen=True, slots=True)
class Note:
    message: str


@dataclass(frozen=True, slots=True)
class Warned:
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    run: str
    metrics: Mapping[str, float]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Cancelled:
    run: str
    metrics: Mapping[str, float]
    has_checkpoint: bool


@dataclass(frozen=True, slots=True)
class Failed:
    title: str
    message: str
    remedy: str = ""


Event = (
    Prepared | PhaseStarted | StepDone | EpochDone | BestFound | CheckpointSaved | Evaluating | Note | Warned
    | Finished | Cancelled | Failed
)  # fmt: skip
Listener = Callable[[Event], None]

_TYPES: dict[str, type[Any]] = {kind.__name__: kind for kind in typing.get_args(Event)}


def to_line(event: Event) -> str:
    """One line of JSON without its line break. Numbers that JSON does not know become null."""
    return json.dumps({"type": type(event).__name__, **_finite(dataclasses.asdict(event))}, ensure_ascii=True)


def from_line(line: str) -> Event | None:
    """The event of a line; None for half a line, an unknown type or anything else that is not an event."""
    try:
        document = json.loads(line)
    except ValueError:
        return None
    kind = _TYPES.get(str(document.get("type"))) if isinstance(document, dict) else None
    if kind is None:
        return None
    names = {entry.name for entry in dataclasses.fields(kind)}
    try:
        return kind(**{name: value for name, value in document.items() if name in names})
    except TypeError:  # a field is missing
        return None


@dataclass(slots=True)
class LineReader:
    """Turns text that comes in pieces into events. A line that is not finished waits for its rest."""

    _rest: str = field(default="", init=False)

    def feed(self, text: str) -> Iterator[Event]:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if (event := from_line(line)) is not None:
                yield event


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
