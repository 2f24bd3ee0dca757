"""Where a model runs."""

from __future__ import annotations

import platform
from pathlib import Path

import psutil
import torch

from core.errors import ModelError


def available_devices() -> list[str]:
    """Values of the setting `device` that work here, besides `auto`; the one that `auto` means comes first."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [name for name, there in available.items() if there]


def choose_device(setting: str) -> torch.device:
    """`auto`: the graphics card where there is one, else the processor.

    Raises:
        ModelError: the device that was asked for is not there.
    """
    available = available_devices()
    if setting == "auto":
        return torch.device(available[0])
    if setting not in available:
        raise ModelError(
            f"The settings ask for the device {setting!r}, which this computer or this build of torch does not have.",
            remedy='Set device = "auto" in the settings.',
        )
    return torch.device(setting)


def describe_device(device: torch.device) -> str:
    """What distinguishes this device from others as far as speed goes: "cpu, Intel(R) Xeon(R), 2 threads"."""
    if device.type == "cuda":
        return f"cuda, {torch.cuda.get_device_name(device)}"
    if device.type == "mps":
        return f"mps, {platform.machine()}"
    return f"cpu, {_processor_name()}, {torch.get_num_threads()} threads"


def is_busy() -> bool:
    """Whether all cores were occupied for the last minute: nothing that is measured now would hold later."""
    return psutil.getloadavg()[0] > (psutil.cpu_count() or 1)


def _processor_name() -> str:
    """The model name; Linux tells it only in /proc."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
