"""A running mean of a network's weights, which is what is judged and kept (Polyak and Juditsky 1992)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

if TYPE_CHECKING:
    from torch import Tensor, nn


class Ema:
    """mean = decay * mean + (1 - decay) * weights, after each step.

    The decay rises to its value, as (1 + steps) / (10 + steps): the first weights, which know nothing, are forgotten
    fast. Buffers that are no means, such as counters, are taken as they are.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.mean = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        state = network.state_dict()
        floating = [name for name, value in state.items() if value.is_floating_point()]
        means, values = [self.mean[name] for name in floating], [state[name] for name in floating]
        get_ema_multi_avg_fn(decay)(means, values, 0)
        for name in state.keys() - floating:
            self.mean[name].copy_(state[name])

    @contextlib.contextmanager
    def applied(self, network: nn.Module) -> Iterator[None]:
        """The network has the mean inside the block, and its own weights after it."""
        own = {name: value.detach().clone() for name, value in network.state_dict().items()}
        network.load_state_dict(self.mean)
        try:
            yield
        finally:
            network.load_state_dict(own)

    def load(self, mean: Mapping[str, Tensor], steps: int) -> None:
        for name, value in mean.items():
            self.mean[name].copy_(value)
        self.steps = steps
