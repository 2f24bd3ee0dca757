"""Which dtype and batch size are fastest for one model on this machine: measured once, then remembered.

By measurement and not by name: bfloat16 is five times as fast on a processor with matrix units, and slower on one
without.
"""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, TypeVar, cast

import numpy as np
import torch
from PIL import Image

from core.errors import ModelError
from core.models.device import is_busy
from core.models.json_cache import read_object, write_object

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Vectors

log = logging.getLogger(__name__)

# What a narrow dtype may change. The same photo a pixel further differs more; ranks stay the same.
MIN_COSINE = 0.99
# A narrow dtype must be clearly faster: a measurement on a busy machine is off by about this much.
_MIN_GAIN = 1.1
# One batch at most, so that pausing and committing stay prompt.
_MAX_BATCH_S = 0.5
# Time for one measurement, beside what a single batch takes.
_MEASURE_S = 0.1
# Time for all batch sizes together: on a busy machine, rather a rough answer than a late one.
_BATCHES_S = 1.5
_PROBES = 16
_MIN_PROBES = 4  # a single picture says little about a batch
_ROUNDS = 2
_BATCH_SIZES = {"cpu": (4, 8, 16, 32, 64), "mps": (8, 16, 32, 64), "cuda": (16, 32, 64, 128, 256)}
_NARROW = {"cpu": (torch.bfloat16,), "mps": (torch.float16,), "cuda": (torch.bfloat16, torch.float16)}
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class Runnable(Protocol):
    """A network that looks at pixels: an encoder's image tower, or a tagger."""

    dtype: torch.dtype

    @property
    def device(self) -> torch.device: ...
    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(H, W, 3) of the pixels."""
        ...

    def converted(self, dtype: torch.dtype) -> Self: ...
    def encode(self, pixels: NDArray[np.uint8]) -> Vectors:
        """(N, H, W, 3) -> (N, D) unit length: by them two dtypes are compared."""
        ...


AnyRunnable = TypeVar("AnyRunnable", bound=Runnable)


@dataclass(frozen=True, slots=True)
class Plan:
    """How to run a network."""

    dtype: str  # a name of torch's
    batch_size: int
    images_per_s: float  # as measured; for people to read

    @property
    def torch_dtype(self) -> torch.dtype:
        return _DTYPES[self.dtype]


def calibrate(tower: AnyRunnable, min_cosine: float = MIN_COSINE) -> tuple[Plan, AnyRunnable]:
    """Try the dtypes, then the batch sizes. Takes some 0.3 to 3 s.

    `tower` is in float32; the tower that comes back is in the dtype of the plan.

    Args:
        min_cosine: between what a narrow dtype answers and what float32 does.
    """
    probes = probe_pixels(tower.input_shape, _PROBES)
    wide_s = _seconds_per_image(tower, probes[:1])
    probes = probes[: int(np.clip(_MEASURE_S / wide_s, _MIN_PROBES, _PROBES))]
    narrow = [tower.converted(dtype) for dtype in _NARROW[tower.device.type]]
    candidates = [tower, *(candidate for candidate in narrow if _agrees(tower, candidate, probes, min_cosine))]
    # In turns, best of several: what else the machine does then slows all of them alike, not one.
    rounds = [[_seconds_per_image(candidate, probes) for candidate in candidates] for _ in range(_ROUNDS)]
    wide_s, *narrow_s = (min(seconds) for seconds in zip(*rounds, strict=True))
    best, best_s = tower, wide_s
    for candidate, seconds in zip(candidates[1:], narrow_s, strict=True):
        if seconds * _MIN_GAIN < best_s:
            best, best_s = candidate, seconds
    batch_size, rate = _best_batch(best, 1.0 / best_s)
    name = next(name for name, dtype in _DTYPES.items() if dtype == best.dtype)
    return Plan(dtype=name, batch_size=batch_size, images_per_s=round(rate, 1)), best


def probe_pixels(shape: tuple[int, int, int], count: int) -> NDArray[np.uint8]:
    """(count, H, W, 3): soft coloured patches, different ones; noise would not look like a photo to any model."""
    random = np.random.default_rng(0)
    height, width, channels = shape
    patches = random.integers(0, 256, size=(count, 6, 6, channels), dtype=np.uint8)
    return np.stack(
        [np.asarray(Image.fromarray(patch).resize((width, height), Image.Resampling.BICUBIC)) for patch in patches]
    )


def _agrees(wide: Runnable, narrow: Runnable, pixels: NDArray[np.uint8], min_cosine: float) -> bool:
    try:
        cosines = (wide.encode(pixels) * narrow.encode(pixels)).sum(axis=1)
    except ModelError:  # numbers that the narrow dtype cannot hold
        return False
    return bool(cosines.min() >= min_cosine)


def _seconds_per_image(tower: Runnable, pixels: NDArray[np.uint8]) -> float:
    """Best of some runs, after one that pays for what is set up once for each shape."""
    tower.encode(pixels)
    best, spent = float("inf"), 0.0
    while spent < _MEASURE_S:
        started = time.perf_counter()
        tower.encode(pixels)
        elapsed = time.perf_counter() - started
        best, spent = min(best, elapsed), spent + elapsed
    return best / len(pixels)


def _best_batch(tower: Runnable, rate: float) -> tuple[int, float]:
    """The smallest batch size within 5% of the best rate, and the rate in images/s."""
    sizes = [size for size in _BATCH_SIZES[tower.device.type] if size / rate <= _MAX_BATCH_S]
    if not sizes:  # a large model, or a machine that is busy just now
        return _BATCH_SIZES[tower.device.type][0], rate
    probes = probe_pixels(tower.input_shape, sizes[-1])
    rates: dict[int, float] = {}
    deadline = time.perf_counter() + _BATCHES_S
    for size in sizes:
        rates[size] = 1.0 / _seconds_per_image(tower, probes[:size])
        if time.perf_counter() > deadline:
            break
    enough = 0.95 * max(rates.values())
    size = min(size for size, measured in rates.items() if measured >= enough)
    return size, rates[size]


class Plans:
    """The plans that were measured on this machine, in a JSON file that others may keep sections of their own in."""

    _SECTION = "plans"

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def get(self, key: str) -> Plan | None:
        match self._section().get(key):
            case {"dtype": str(dtype), "batch_size": int(size), "images_per_s": float(rate)} if (
                dtype in _DTYPES and size > 0
            ):
                return Plan(dtype, size, rate)
            case _:
                return None

    def put(self, key: str, plan: Plan) -> None:
        if self._path is not None:
            section = {**self._section(), key: asdict(plan)}
            write_object(self._path, {**read_object(self._path), self._SECTION: section})

    def _section(self) -> dict[str, object]:
        section = read_object(self._path).get(self._SECTION) if self._path is not None else None
        return cast("dict[str, object]", section) if isinstance(section, dict) else {}


def planned(
    tower: AnyRunnable, machine_key: str, plans: Plans, min_cosine: float = MIN_COSINE
) -> tuple[Plan, AnyRunnable]:
    """The plan that is remembered, else one that is measured now; and the tower in its dtype.

    Args:
        machine_key: names network and device.
    """
    plan = plans.get(machine_key)
    if plan is None:
        busy = is_busy()
        plan, tower = calibrate(tower, min_cosine)
        if not busy:  # else it serves for now, and the next start measures again
            plans.put(machine_key, plan)
        log.info("Model %s: %s, batches of %d", machine_key, plan.dtype, plan.batch_size)
        return plan, tower
    return plan, tower if plan.torch_dtype == tower.dtype else tower.converted(plan.torch_dtype)
