"""A training as people watch it in a terminal: what it begins with, a bar, a line for each epoch, how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from core.tags.values import CLASS
from trainer.events import (
    BestFound,
    Cancelled,
    EpochDone,
    Evaluating,
    Event,
    Finished,
    Note,
    PhaseStarted,
    Prepared,
    StepDone,
    Warned,
)

if TYPE_CHECKING:
    from trainer.finetune.rehearsal import Rehearsal

_LABELS_SHOWN = 12  # of a head


class Display:
    """Everything goes to standard error; standard output is for what other programs read."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[detail]}"),
            console=self._console,
            transient=True,
        )
        self._bar: TaskID | None = None
        self._epoch_line = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def show(self, event: Event) -> None:
        match event:
            case Prepared():
                self._prepared(event)
            case PhaseStarted():
                frozen = ", backbone frozen" if event.frozen else ""
                self._say(f"Phase {event.name}: {event.epochs} epochs{frozen}", style="bold")
            case StepDone():
                self._step(event)
            case EpochDone():
                self._epoch_line = _epoch_line(event)
                self._say(self._epoch_line)
            case BestFound():
                self._say(f"  best so far: {event.rule} {abs(event.score):.4f}", style="green")
            case Evaluating():
                self._stop()
                self._say(f"Looking at {event.photos} photos that were held out")
            case Warned():
                self._say(f"{event.message} {event.remedy}".strip(), style="yellow")
            case Note():
                self._say(event.message, style="dim")
            case Finished() | Cancelled():
                self._ended(event)
            case _:
                pass  # a failure is shown by whoever catches its error

    def _prepared(self, event: Prepared) -> None:
        self._say(event.run, style="dim")
        self._say(summary_text(event.data))
        self._say(f"{event.parameters / 1e6:.1f} million parameters, {event.device}, {event.precision}")
        if event.estimate_s is not None:
            self._say(f"It will take about {duration(event.estimate_s)}.")

    def _step(self, event: StepDone) -> None:
        if self._bar is None:
            self._progress.start()
            self._bar = self._progress.add_task("training", total=event.total, detail="")
        left = "" if event.eta_s is None else f", {duration(event.eta_s)} left"
        detail = f"loss {event.loss:.3f}, {event.images_per_s:.0f} photos/s{left}"
        self._progress.update(self._bar, completed=event.step, total=event.total, detail=detail)

    def _ended(self, event: Finished | Cancelled) -> None:
        self._stop()
        if isinstance(event, Cancelled):
            kept = "the best so far is kept" if event.has_checkpoint else "there was nothing to keep yet"
            self._say(f"Cancelled: {kept}.", style="yellow")
        for name, value in event.metrics.items():
            self._say(f"  {name}: {value:.4f}")
        self._say(event.run, style="dim")

    def _stop(self) -> None:
        self._progress.stop()

    def _say(self, text: str, style: str = "") -> None:
        self._console.print(text, style=style or None, markup=False)


def _epoch_line(event: EpochDone) -> str:
    loss, begin = event.train.get("loss", float("nan")), f"  epoch {event.epoch + 1}/{event.epochs}: loss "
    head = CLASS if CLASS in event.validation else next(iter(event.validation), "")
    seen = event.validation.get(head, {})
    if "accuracy" not in seen:  # no tagger: what its kind of training measures
        parts = event.validation.items()
        figures = [f", {part} {name} {value:.3f}" for part, values in parts for name, value in values.items()]
        return f"{begin}{loss:.3f}{''.join(figures)}, {event.seconds:.1f} s"
    rest = "".join(f", {name} {values['accuracy']:.3f}" for name, values in event.validation.items() if name != head)
    return (
        f"{begin}{loss:.3f}, validation {seen.get('loss', float('nan')):.3f}, "
        f"{head} {seen.get('accuracy', 0.0):.3f} (F1 {seen.get('weighted f1', 0.0):.3f}){rest}, {event.seconds:.1f} s"
    )


def summary_text(data: Mapping[str, Any]) -> str:
    """The data in a few lines: photos of each split, labels of each head."""
    splits = ", ".join(f"{count} {name}" for name, count in data["splits"].items())
    lines = [f"{data['name']}: {data['photos']} photos ({splits})"]
    for head, counts in data.get("heads", {}).items():
        shown = ", ".join(f"{label} {count}" for label, count in list(counts.items())[:_LABELS_SHOWN])
        more = f" and {len(counts) - _LABELS_SHOWN} more" if len(counts) > _LABELS_SHOWN else ""
        lines.append(f"  {head}: {shown}{more}")
    return "\n".join(lines)


def show_rehearsal(found: Rehearsal) -> None:
    """The configuration on standard output, the rest beside it."""
    console = Console(stderr=True, highlight=False)
    Console(highlight=False, soft_wrap=True).print(
        json.dumps(found.config.model_dump(mode="json"), indent=1, ensure_ascii=False), markup=False
    )
    console.print(summary_text(found.data), markup=False)
    for warning in found.data.get("warnings", ()):
        console.print(warning, style="yellow", markup=False)
    console.print(
        f"{found.parameters / 1e6:.1f} million parameters, {found.device}, {found.precision}. "
        f"All of it ran on a handful of photos; the training will take about {duration(found.estimate_s)}.",
        markup=False,
    )


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
