"""The processes that train together: one on most machines, one for each GPU where there are several.

A thin face on accelerate. With one process nothing of accelerate is loaded, and nothing it does can change the result.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import torch

from core.models.device import choose_device

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer


class Workers:
    """One process: this one."""

    rank = 0
    count = 1

    def __init__(self, device: torch.device) -> None:
        self.device = device

    @property
    def is_main(self) -> bool:
        """The process that validates, writes files and tells events."""
        return self.rank == 0

    def wrap(self, network: nn.Module, optimizer: Optimizer) -> tuple[Any, Any]:
        """Network and optimizer as the loop calls them; the bare network stays what it is."""
        return network, optimizer

    def backward(self, loss: Tensor) -> None:
        loss.backward()

    def any(self, *values: bool) -> tuple[bool, ...]:
        """Does one of the processes say yes? For each value."""
        return values

    def broadcast(self, value: Any) -> Any:
        """What the main process has."""
        return value

    def close(self) -> None:
        """Before the process ends."""


class AccelerateWorkers(Workers):
    """Several processes, started by `--processes N` or by `accelerate launch`."""

    def __init__(self) -> None:
        from accelerate import Accelerator
        from accelerate.utils import DistributedDataParallelKwargs

        on_cpu = not torch.cuda.is_available()
        # A step may leave a head without a label on one process: its parameters then still take part, with 0.
        self._accelerator = Accelerator(cpu=on_cpu, kwargs_handlers=[DistributedDataParallelKwargs()])
        super().__init__(self._accelerator.device)
        self.rank = self._accelerator.process_index
        self.count = self._accelerator.num_processes

    def wrap(self, network: nn.Module, optimizer: Optimizer) -> tuple[Any, Any]:
        self._accelerator.free_memory()  # what the phase before was wrapped in
        return self._accelerator.prepare(network, optimizer)

    def backward(self, loss: Tensor) -> None:
        self._accelerator.backward(loss)

    def any(self, *values: bool) -> tuple[bool, ...]:
        flags = self._accelerator.reduce(torch.tensor(values, dtype=torch.float32, device=self.device), reduction="sum")
        return tuple(flag > 0 for flag in flags.tolist())  # pyright: ignore[reportAttributeAccessIssue]

    def broadcast(self, value: Any) -> Any:
        from accelerate.utils import broadcast_object_list

        return broadcast_object_list([value], from_process=0)[0]

    def close(self) -> None:
        self._accelerator.end_training()


def new_workers(device: str = "auto") -> Workers:
    """As many as this process was started with.

    Args:
        device: auto, cpu, cuda or mps; where there are several processes, each takes the GPU of its number.

    Raises:
        ModelError: the device is not there.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        return AccelerateWorkers()
    return Workers(choose_device(device))
