"""The history of runs: what a list says of each, and how one is deleted. The window reads it too: no torch here."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from core.errors import TrainingError
from core.models.disk import disk_errors
from core.models.json_cache import read_object
from core.tags.values import CLASS, Split
from trainer.report.intervals import Interval
from trainer.runs.run_folder import RunFolder, RunState, list_runs

CHECKPOINT_CONFIG = "config.json"  # a folder without it is no checkpoint


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in a line. None where the run did not come so far."""

    path: Path
    name: str
    recipe: str
    state: RunState
    started_at: datetime | None
    message: str  # why it failed
    part: str  # of the photos that the accuracy is from: "test", "validation" or empty
    head: str  # the class, else the first one there is
    accuracy: Interval | None
    photos: int  # held out, with a label in that head
    seconds: float | None
    has_checkpoint: bool
    has_outputs: bool  # there is something to report and to compare
    tier: str = ""  # the kind of training
    headline: Mapping[str, float] = field(default_factory=dict[str, float])  # what people compare

    @property
    def key(self) -> str:
        """What a tagger says of where it comes from: `TaggerInfo.run`."""
        return self.path.name

    @property
    def can_go_on(self) -> bool:
        return self.state is RunState.INTERRUPTED


def history(runs: Path) -> list[RunSummary]:
    """All runs below a folder, newest first."""
    return [each for folder in list_runs(runs) if (each := summary_of(folder)) is not None]


def summary_of(folder: RunFolder) -> RunSummary | None:
    """None where the folder is no run. What is absent or damaged in it is left out."""
    status = folder.status
    if status is None:
        return None
    metrics = read_object(folder.metrics)
    part, head, accuracy, photos = _accuracy(metrics)
    return RunSummary(
        path=folder.path,
        name=str(status.name),
        recipe=str(read_object(folder.config).get("recipe") or ""),
        state=status.state,
        started_at=moment_of(status.started_at),
        message=status.message,
        part=part,
        head=head,
        accuracy=accuracy,
        photos=photos,
        seconds=_seconds(metrics, status.started_at, status.ended_at),
        has_checkpoint=(folder.checkpoint / CHECKPOINT_CONFIG).is_file(),
        has_outputs=any(folder.outputs(part.value).is_file() for part in (Split.TEST, Split.VALIDATION)),
        tier=tier_of(folder),
        headline=_headline(metrics),
    )


def tier_of(folder: RunFolder) -> str:
    """The kind of training that a run is, see `trainer.config.CONFIGS`; empty where it does not say."""
    return str(config_of(folder).get("tier") or "")


def config_of(folder: RunFolder) -> Mapping[str, Any]:
    """The plain values of `config.json`; empty where it cannot be read."""
    return read_object(folder.config)


def delete_run(folder: RunFolder) -> None:
    """Delete a run with all that is in its folder. Taggers that came from it stay: they are copies.

    Raises:
        TrainingError: it is running.
        MachineError: the disk does not let go of it.
    """
    status = folder.status
    if status is not None and status.state is RunState.RUNNING:
        raise TrainingError(f"The run {status.name} is still training.", remedy="Cancel it first.", path=folder.path)
    going = folder.path.with_name(f".{folder.path.name}-{uuid4().hex[:8]}.part")
    with disk_errors(folder.path):
        folder.path.rename(going)
        RunFolder(going).status_file.unlink(missing_ok=True)  # from now on it is no run, however long the rest takes
    for left in folder.path.parent.glob(".*.part"):  # an earlier one too, of which a file was open
        shutil.rmtree(left, ignore_errors=True)


def _accuracy(metrics: Mapping[str, Any]) -> tuple[str, str, Interval | None, int]:
    """Part, head, accuracy and photos. The test part says more than the validation part, which chose the network."""
    for part in (Split.TEST.value, Split.VALIDATION.value):
        with suppress(KeyError, TypeError, ValueError, AttributeError, StopIteration):
            heads = metrics[part]["heads"]
            name = CLASS if CLASS in heads else next(iter(heads))
            found = heads[name]
            low, high = found["intervals"]["accuracy"]
            return part, name, Interval(float(found["accuracy"]), float(low), float(high)), int(found["n"])
    return "", "", None, 0


def _headline(metrics: Mapping[str, Any]) -> dict[str, float]:
    found = metrics.get("headline")
    pairs = found.items() if isinstance(found, dict) else ()
    return {str(name): float(value) for name, value in pairs if isinstance(value, int | float)}


def _seconds(metrics: Mapping[str, Any], started_at: str, ended_at: str | None) -> float | None:
    cost = metrics.get("cost")
    measured = cost.get("seconds") if isinstance(cost, dict) else None
    if isinstance(measured, int | float):
        return float(measured)
    begun, ended = moment_of(started_at), moment_of(ended_at)
    return (ended - begun).total_seconds() if begun is not None and ended is not None else None


def moment_of(text: str | None) -> datetime | None:
    """A moment of a status, in the time of this place; None where it says none."""
    try:
        return datetime.fromisoformat(text or "").astimezone()
    except ValueError:
        return None


def copy_checkpoint(run_dir: Path, place: Path) -> None:
    """The run's tagger as a folder of its own, which `place` must not be yet.

    Raises:
        TrainingError: the run has none.
        MachineError: the disk does not take it.
    """
    source = RunFolder(run_dir).checkpoint
    if not (source / CHECKPOINT_CONFIG).is_file():
        raise TrainingError(f"The run {run_dir.name} has no checkpoint.", remedy="Train it first.", path=run_dir)
    part = place.with_name(f".{place.name}-{uuid4().hex[:8]}.part")
    try:
        with disk_errors(place):
            shutil.copytree(source, part)
            part.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)
