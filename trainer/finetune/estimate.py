"""How long a training will take, and in which numbers it is faster: a few steps measured on this machine.

What was measured is remembered in `calibration.json`, unless the machine was busy with something else.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Self

import torch

from core.models.device import describe_device, is_busy
from core.models.json_cache import read_object, write_object
from trainer.finetune.task import Autocast, BatchT, Task
from trainer.loop_config import LoopConfig, LoopPhase

_SECTION = "training"
_STEP = 2  # another number when a step becomes faster or slower: what was measured before counts no more
_TIMED_STEPS = 2  # after one that pays for what is set up once
_PROBE_EXAMPLES = 8  # of a batch, for the choice of numbers: enough to tell twice as fast from as fast
_MIN_GAIN = 1.1  # bfloat16 must be clearly faster, as in `core.models.calibration`
ENDING_S = 15.0  # outputs, figures and page: hardly depends on the network
_SMOOTHING = 0.05  # of the running mean over steps: about the last twenty count
_STEP_S = "_step_s"  # follows the kind of a phase in what is remembered


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of one step, by the `cost_kind` of its phase, and of a look at one example."""

    by_kind: Mapping[str, float]
    look_s: float

    def step_s(self, phase: LoopPhase) -> float:
        return self.by_kind[phase.cost_kind]


@dataclass
class Clock:
    """Time left: what was measured before, corrected by what the steps of this run take."""

    config: LoopConfig
    steps_per_epoch: Sequence[int]  # by phase
    measured: Measured
    validation_examples: int
    _running: dict[int, float] = field(default_factory=dict)  # seconds of a step, by phase
    _mark: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, task: Task[BatchT], measured: Measured) -> Self:
        steps = [task.steps_per_epoch(phase) for phase in range(len(task.config.phases))]
        return cls(task.config, steps, measured, task.validation_examples)

    def resume(self) -> None:
        """What follows counts; what was before (a pause, a validation) does not."""
        self._mark = time.monotonic()

    def step_done(self, phase: int) -> float:
        """Seconds since the step before."""
        elapsed = time.monotonic() - self._mark
        self._mark = time.monotonic()
        before = self._running.get(phase)
        self._running[phase] = elapsed if before is None else before + _SMOOTHING * (elapsed - before)
        return elapsed

    def step_s(self, phase: int) -> float:
        return max(1e-6, self._running.get(phase) or self.measured.step_s(self.config.phases[phase]))

    def steps_before(self, phase: int) -> int:
        """Steps of the phases before this one, were none of them to end early."""
        phases = self.config.phases[:phase]
        return sum(each.epochs * steps for each, steps in zip(phases, self.steps_per_epoch, strict=False))

    def left_s(self, phase: int, step_of_phase: int) -> float:
        """From a step of a phase to the report."""
        total = ENDING_S
        for number, each in enumerate(self.config.phases[phase:], start=phase):
            per_epoch = self.steps_per_epoch[number]
            steps = each.epochs * per_epoch - (step_of_phase if number == phase else 0)
            validations = steps / per_epoch if per_epoch else 0.0
            total += steps * self.step_s(number) + validations * self.validation_examples * self.measured.look_s
        return total


def autocast_of(precision: str, device: torch.device) -> Autocast:
    if precision != "bfloat16":
        return nullcontext
    return lambda: torch.autocast(device.type, dtype=torch.bfloat16)


def measure(task: Task[BatchT], device: torch.device, memory: Path, *, remember: bool = True) -> tuple[str, Measured]:
    """The precision to train in, and what steps take in it. The task's network stays as it is.

    Args:
        memory: `calibration.json`.
    """
    key = "; ".join((task.cost_key, describe_device(device), f"torch {torch.__version__}", f"step {_STEP}"))
    if (known := _remembered(memory, key, task.config)) is not None:
        return known
    random_state = torch.get_rng_state()
    trial = task.trial()
    phases = trial.config.phases
    read = [_read(trial, phase) for phase in range(len(phases))]
    last_batch, _ = read[-1]
    precision = _choose_precision(task, len(phases) - 1, last_batch, device)
    autocast = autocast_of(precision, device)
    by_kind: dict[str, float] = {}
    for number, (phase, (batch, reading_s)) in enumerate(zip(phases, read, strict=True)):
        rest_s = reading_s if device.type == "cpu" else 0.0  # the cores that augment are the cores that learn
        by_kind[phase.cost_kind] = _step_s(task, number, batch, autocast) + rest_s
    trial.begin_phase(len(phases) - 1)
    measured = Measured(by_kind, _look_s(trial, last_batch, autocast))
    torch.set_rng_state(random_state)
    if remember and not (device.type == "cpu" and is_busy()):
        _remember(memory, key, precision, measured)
    return precision, measured


def _read(task: Task[BatchT], phase: int) -> tuple[BatchT, float]:
    """A batch, and the seconds that one takes to read."""
    with closing(task.batches(phase, 0)) as batches:
        started = time.perf_counter()
        taken = list(islice(batches, 2))
        return taken[-1], (time.perf_counter() - started) / len(taken)


def _choose_precision(task: Task[BatchT], phase: int, batch: BatchT, device: torch.device) -> str:
    if task.config.precision != "auto":
        return task.config.precision
    if device.type == "mps":
        return "float32"
    few = task.first(batch, _PROBE_EXAMPLES)
    wide_s, narrow_s = (_step_s(task, phase, few, autocast_of(name, device)) for name in ("float32", "bfloat16"))
    return "bfloat16" if narrow_s * _MIN_GAIN < wide_s else "float32"


def _step_s(task: Task[BatchT], phase: int, batch: BatchT, autocast: Autocast) -> float:
    """Best of a few steps of a copy of the task."""
    trial = task.trial()
    trial.begin_phase(phase)
    optimizer = trial.new_optimizer(phase)
    seconds: list[float] = []
    for _ in range(1 + _TIMED_STEPS):
        started = time.perf_counter()
        with autocast():
            loss, _ = trial.loss(trial.network, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        loss.item()  # a graphics card is done only now
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


@torch.inference_mode()
def _look_s(trial: Task[BatchT], batch: BatchT, autocast: Autocast) -> float:
    """Seconds for an example that nothing is learned from."""
    trial.network.eval()
    started = time.perf_counter()
    with autocast():
        loss, _ = trial.loss(trial.network, batch)
    loss.item()
    return (time.perf_counter() - started) / len(batch)


def _remember(memory: Path, key: str, precision: str, measured: Measured) -> None:
    entry = {
        "precision": precision,
        **{f"{kind}{_STEP_S}": seconds for kind, seconds in measured.by_kind.items()},
        "look_s": measured.look_s,
    }
    document = read_object(memory)
    section = document.get(_SECTION)
    write_object(memory, {**document, _SECTION: {**(section if isinstance(section, dict) else {}), key: entry}})


def _remembered(memory: Path, key: str, config: LoopConfig) -> tuple[str, Measured] | None:
    """Where it was measured for every kind of phase that the configuration has."""
    section = read_object(memory).get(_SECTION)
    match section.get(key) if isinstance(section, dict) else None:
        case {"precision": ("float32" | "bfloat16") as precision, "look_s": float(look), **rest} if (
            config.precision in ("auto", precision)
        ):
            by_kind = {
                name.removesuffix(_STEP_S): seconds
                for name, seconds in rest.items()
                if isinstance(seconds, float) and name.endswith(_STEP_S)
            }
            if {phase.cost_kind for phase in config.phases} <= by_kind.keys():
                return precision, Measured(by_kind, look)
    return None
