"""How long a training will take, and in which numbers it is faster: a few steps measured on this machine.

What was measured is remembered in `calibration.json`, unless the machine was busy with something else.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from core.models.device import describe_device, is_busy
from core.models.json_cache import read_object, write_object
from trainer.config import Phase, TrainConfig
from trainer.finetune.loss import MultiTaskLoss
from trainer.finetune.optimizer import freeze_backbone, new_optimizer

if TYPE_CHECKING:
    from core.models.taggers.network import TaggerNetwork
    from trainer.finetune.photos import Batch, TrainingPhotos

_SECTION = "training"
_STEP = 2  # another number when a step becomes faster or slower: what was measured before counts no more
_TIMED_STEPS = 2  # after one that pays for what is set up once
_PROBE_PHOTOS = 8  # of a batch, for the choice of numbers: enough to tell twice as fast from as fast
_MIN_GAIN = 1.1  # bfloat16 must be clearly faster, as in `core.models.calibration`
ENDING_S = 15.0  # outputs, figures and page: hardly depends on the network
_SMOOTHING = 0.05  # of the running mean over steps: about the last twenty count

Autocast = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of one step, by whether the backbone is frozen, and of a look at one photo."""

    frozen_step_s: float
    full_step_s: float
    look_s: float

    def step_s(self, phase: Phase) -> float:
        return self.frozen_step_s if phase.is_frozen else self.full_step_s


@dataclass
class Clock:
    """Time left: what was measured before, corrected by what the steps of this run take."""

    config: TrainConfig
    steps_per_epoch: int
    measured: Measured
    validation_photos: int
    _running: dict[int, float] = field(default_factory=dict)  # seconds of a step, by phase
    _mark: float = field(default_factory=time.monotonic)

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

    def left_s(self, phase: int, step_of_phase: int) -> float:
        """From a step of a phase to the report."""
        total = ENDING_S
        for number, each in enumerate(self.config.phases[phase:], start=phase):
            steps = each.epochs * self.steps_per_epoch - (step_of_phase if number == phase else 0)
            validations = steps / self.steps_per_epoch if self.steps_per_epoch else 0.0
            total += steps * self.step_s(number) + validations * self.validation_photos * self.measured.look_s
        return total


def autocast_of(precision: str, device: torch.device) -> Autocast:
    if precision != "bfloat16":
        return nullcontext
    return lambda: torch.autocast(device.type, dtype=torch.bfloat16)


def measure(
    network: TaggerNetwork,
    config: TrainConfig,
    photos: TrainingPhotos,
    device: torch.device,
    memory: Path,
    *,
    remember: bool = True,
) -> tuple[str, Measured]:
    """The precision to train in, and what steps take in it. The network stays as it is.

    Args:
        memory: `calibration.json`.
    """
    key = _key(config, device)
    if (known := _remembered(memory, key, config)) is not None:
        return known
    with closing(photos.training(0)) as batches:
        started = time.perf_counter()
        taken = list(islice(batches, 2))
        reading_s = (time.perf_counter() - started) / len(taken)
    random_state = torch.get_rng_state()
    precision = _choose_precision(network, config, taken[0], device)
    autocast = autocast_of(precision, device)
    rest_s = reading_s if device.type == "cpu" else 0.0  # the cores that augment are the cores that learn
    steps = [_step_s(network, config, phase, taken[-1], autocast) + rest_s for phase in _two_kinds(config)]
    measured = Measured(*steps, look_s=_look_s(network, taken[-1], autocast))
    torch.set_rng_state(random_state)
    if remember and not (device.type == "cpu" and is_busy()):
        entry = {"precision": precision, "frozen_step_s": steps[0], "full_step_s": steps[1], "look_s": measured.look_s}
        document = read_object(memory)
        section = document.get(_SECTION)
        write_object(memory, {**document, _SECTION: {**(section if isinstance(section, dict) else {}), key: entry}})
    return precision, measured


def _two_kinds(config: TrainConfig) -> tuple[Phase, Phase]:
    """A phase with a frozen backbone and one without, whatever the recipe has: both are cheap to measure."""
    base = config.phases[0]
    return base.model_copy(update={"backbone_lr": 0.0}), base.model_copy(update={"backbone_lr": 1e-5})


def _choose_precision(network: TaggerNetwork, config: TrainConfig, batch: Batch, device: torch.device) -> str:
    if config.precision != "auto":
        return config.precision
    if device.type == "mps":
        return "float32"
    few = _first(batch, _PROBE_PHOTOS)
    phase = _two_kinds(config)[1]
    wide_s, narrow_s = (
        _step_s(network, config, phase, few, autocast_of(name, device)) for name in ("float32", "bfloat16")
    )
    return "bfloat16" if narrow_s * _MIN_GAIN < wide_s else "float32"


def _first(batch: Batch, count: int) -> Batch:
    targets: Mapping[str, torch.Tensor] = {head: values[:count] for head, values in batch.targets.items()}
    return type(batch)(batch.pixels[:count], dict(targets), None)


def _step_s(network: TaggerNetwork, config: TrainConfig, phase: Phase, batch: Batch, autocast: Autocast) -> float:
    """Best of a few steps of a copy of the network."""
    trained = copy.deepcopy(network)
    freeze_backbone(trained, phase.is_frozen)
    optimizer, loss = new_optimizer(trained, phase, config), MultiTaskLoss(config.loss)
    seconds: list[float] = []
    for _ in range(1 + _TIMED_STEPS):
        started = time.perf_counter()
        with autocast():
            total, _ = loss(trained(batch.pixels), batch.targets)
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        optimizer.step()
        total.item()  # a graphics card is done only now
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


@torch.inference_mode()
def _look_s(network: TaggerNetwork, batch: Batch, autocast: Autocast) -> float:
    """Seconds for one photo."""
    network = copy.deepcopy(network).eval()
    started = time.perf_counter()
    with autocast():
        network.features(batch.pixels).float().sum().item()
    return (time.perf_counter() - started) / len(batch.pixels)


def _key(config: TrainConfig, device: torch.device) -> str:
    parts = (config.backbone, config.weights, config.image_px, config.batch_size, config.augmentation.model_dump_json())
    return "; ".join(
        (*(str(part) for part in parts), describe_device(device), f"torch {torch.__version__}", f"step {_STEP}")
    )


def _remembered(memory: Path, key: str, config: TrainConfig) -> tuple[str, Measured] | None:
    section = read_object(memory).get(_SECTION)
    match section.get(key) if isinstance(section, dict) else None:
        case {
            "precision": ("float32" | "bfloat16") as precision,
            "frozen_step_s": float(frozen),
            "full_step_s": float(full),
            "look_s": float(look),
        } if config.precision in ("auto", precision):
            return precision, Measured(frozen, full, look)
        case _:
            return None
