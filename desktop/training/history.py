"""What a run has told so far, as the window shows it: curves of loss and accuracy, how far it is, how long it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import mean
from typing import TYPE_CHECKING

from core.tags.values import CLASS
from desktop.adapting import adapt_curves
from desktop.status_line import duration
from desktop.tagging.tag_words import head_in_sentence
from desktop.training.curve_view import Curves, Mark, Series
from trainer.events import EpochDone, Evaluating, Event, Note, PhaseStarted, Prepared, StepDone, Warned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

LOSS, SCORE = "Loss", "Right on held-out photos"
EVALUATING = "Looking at the photos that were held out, and drawing the report…"


@dataclass
class History:
    """Fed with events; of a run that goes on, first with those of before."""

    epochs: int = 0
    phases: list[PhaseStarted] = field(default_factory=list)
    done: dict[int, EpochDone] = field(default_factory=dict)  # by epoch: a resumed run may tell one again
    step: StepDone | None = None
    estimate_s: float | None = None
    doing: str = "Starting…"
    tier: str = ""  # of the run, where it has said so

    def take(self, event: Event) -> str:
        """Returns a line for the log; empty where there is nothing to say."""
        match event:
            case Prepared():
                self.estimate_s = event.estimate_s
                self.tier = str(event.config.get("tier", ""))
                self.doing = "Beginning…"
                return self._prepared(event)
            case PhaseStarted():
                self._take_phase(event)
                what = ", the backbone stays as it is" if event.frozen else ""
                return f"Phase “{event.name}”: {event.epochs} epochs{what}"
            case StepDone():
                self.step, self.doing = event, ""
            case EpochDone():
                self.done[event.epoch] = event
                self.epochs = max(self.epochs, event.epochs)
                return self._line_of(event)
            case Evaluating():
                self.doing = adapt_curves.JUDGING.get(self._of_search, EVALUATING)
                return f"{event.photos} photos are held out"
            case Note():
                self.doing = event.message if self.step is None else self.doing
                return event.message
            case Warned():
                return f"{event.message} {event.remedy}".strip()
            case _:
                pass
        return ""

    def replay(self, events: Iterable[Event]) -> None:
        """What the run told before it was interrupted."""
        for event in events:
            if isinstance(event, PhaseStarted | EpochDone):
                self.take(event)
        self.step, self.doing = None, "Going on…"

    @property
    def share(self) -> float | None:
        """0..1 of the steps; None while that is not known."""
        return None if self.step is None or not self.step.total else self.step.step / self.step.total

    def status(self, speed: str) -> str:
        """One line: epoch, images a second, time left."""
        step = self.step
        if step is None or self.doing:
            about = f" · about {duration(self.estimate_s)}" if self.estimate_s and not self.done else ""
            return self.doing + about
        parts = [f"Epoch {min(step.epoch + 1, max(self.epochs, 1))} of {max(self.epochs, step.epoch + 1)}"]
        if speed == "paused":
            return f"{parts[0]} · paused"
        if step.images_per_s > 0:
            parts.append(f"{step.images_per_s:.0f} photos/s")
        if step.eta_s is not None:
            parts.append(f"{duration(step.eta_s)} left")
        return " · ".join([*parts, "gently"] if speed == "gentle" else parts)

    def loss_curves(self) -> Curves:
        if self._of_search:
            return adapt_curves.loss_curves(self._values, self._marks, self.epochs)
        head = self._head
        series = (
            Series("while training", self._values(lambda each: each.train.get(f"{head} loss")), "muted"),
            Series("on held-out photos", self._values(lambda each: _of(each, head, "loss")), "accent"),
        )
        return Curves(f"{LOSS} of {head_in_sentence(head)}", series, self._marks, self.epochs)

    def score_curves(self) -> Curves:
        if self._of_search:
            return adapt_curves.score_curves(self._of_search, self._values, self._marks, self.epochs)
        head = self._head
        name = head_in_sentence(head)
        series = [
            Series(f"{name}, weighted F1", self._values(lambda each: _of(each, head, "weighted f1")), "accent"),
            Series(f"{name}, accuracy", self._values(lambda each: _of(each, head, "accuracy")), "text"),
        ]
        if self.done and len(next(iter(self.done.values())).validation) > 1:
            rest = self._values(lambda each: _mean_of_others(each.validation, head))
            series.append(Series("attributes, accuracy", rest, "muted"))
        return Curves(SCORE, tuple(series), self._marks, self.epochs, as_percent=True)

    @property
    def _of_search(self) -> str:
        """The kind of training, where it is no tagger that learns but search; else empty."""
        first = next(iter(self.done.values()), None)
        return (
            (self.tier if self.tier in adapt_curves.JUDGING else "")
            if first is None
            else adapt_curves.kind_of(first.validation)
        )

    @property
    def _head(self) -> str:
        heads = list(next(iter(self.done.values())).validation) if self.done else [CLASS]
        return CLASS if CLASS in heads or not heads else heads[0]

    @property
    def _marks(self) -> tuple[Mark, ...]:
        known = {phase.first_epoch: phase.name for phase in self.phases}
        return tuple(Mark(first, name) for first, name in sorted(known.items())) if len(known) > 1 else ()

    def _values(self, value: Callable[[EpochDone], float | None]) -> tuple[float | None, ...]:
        last = max(self.done, default=-1)
        return tuple(value(self.done[epoch]) if epoch in self.done else None for epoch in range(last + 1))

    def _take_phase(self, phase: PhaseStarted) -> None:
        self.phases = [each for each in self.phases if each.index != phase.index] + [phase]
        self.epochs = max(self.epochs, phase.first_epoch + phase.epochs)
        self.doing = self.doing if self.step is None else ""

    def _prepared(self, event: Prepared) -> str:
        splits = event.data.get("splits", {})
        phases = event.config.get("phases", ())
        self.epochs = sum(phase.get("epochs", 0) for phase in phases)
        parts = ", ".join(f"{count} {name}" for name, count in splits.items())
        about = f", about {duration(event.estimate_s)}" if event.estimate_s else ""
        return f"{event.data.get('photos', 0)} photos ({parts}), on {event.device} in {event.precision}{about}"

    def _line_of(self, event: EpochDone) -> str:
        heads = ", ".join(
            f"{head} {values['accuracy']:.0%} right"
            for head, values in event.validation.items()
            if values.get("accuracy") is not None
        ) or adapt_curves.line_of(event)
        loss = event.train.get("loss")
        said = f"loss {loss:.3f}, " if loss is not None else ""
        return f"Epoch {event.epoch + 1} of {event.epochs}: {said}{heads} ({event.seconds:.0f} s)"


def _of(event: EpochDone, head: str, name: str) -> float | None:
    return event.validation.get(head, {}).get(name)


def _mean_of_others(validation: Mapping[str, Mapping[str, float]], head: str) -> float | None:
    found = [values["accuracy"] for name, values in validation.items() if name != head and values.get("accuracy")]
    return mean(found) if found else None
