"""What the loop needs of that which is trained: a network, its batches, its loss, and what makes an epoch a good one.

`Training` knows nothing else, so that taggers (`.tagging`), encoders and metric learners are trained by the same loop.
All that follows the same seed to the same result has to hold here too: batches depend on phase, epoch and step alone,
and random numbers of a step come from torch's generator, which the loop seeds before each one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sized
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from trainer.loop_config import LoopConfig

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

    from trainer.finetune.checkpoint import Position

BatchT = TypeVar("BatchT", bound=Sized)  # its length: examples in it

Autocast = Callable[[], AbstractContextManager[Any]]
Metrics = dict[str, dict[str, float]]
"""By part (a tagger's heads, a retriever's directions), then by name."""


class Task(Protocol[BatchT]):
    """One network on its way to being good at something. Phases are named by their place in the configuration."""

    @property
    def config(self) -> LoopConfig: ...

    @property
    def network(self) -> nn.Module:
        """All that learns, on its device. The state that is saved and the running mean are of its `state_dict`."""
        ...

    @property
    def validation_examples(self) -> int:
        """How many a validation looks at, for estimates."""
        ...

    @property
    def cost_key(self) -> str:
        """What the time of a step depends on, apart from the machine: under it, measured times are remembered."""
        ...

    def steps_per_epoch(self, phase: int) -> int:
        """At least 1, and the number of batches that `batches` gives from step 0."""
        ...

    def batch_size(self, phase: int) -> int:
        """Examples of a step, over all processes together."""
        ...

    def begin_phase(self, phase: int) -> None:
        """Put the network into training mode, and freeze what the phase freezes: without gradients, which the clipping
        would count.
        """
        ...

    def new_optimizer(self, phase: int) -> Optimizer:
        """For the parameters that the phase trains. Each group keeps its full rate as `full_lr`, which the schedule
        scales; the first group is the one whose rate is told. See `trainer.finetune.optimizer.decay_groups`.
        """
        ...

    def batches(self, phase: int, epoch: int, first_step: int = 0) -> Generator[BatchT]:
        """One epoch's batches on the network's device, this process' share of them. The loop closes it.

        Args:
            epoch: Of the whole training, from 0: another one, another order.
            first_step: Where a resumed training goes on; the batches are those that an undisturbed one would see.
        """
        ...

    def loss(self, model: Callable[..., Any], batch: BatchT) -> tuple[Tensor, dict[str, Tensor]]:
        """What is followed, a scalar with gradients, and named parts of it for the curves, scalars without.

        Args:
            model: The network as the workers have wrapped it: call this one, once, and not `network`.
        """
        ...

    def validate(self, autocast: Autocast) -> Metrics:
        """Look at what is not learned from. Network and its modes (training, frozen) are left as they were."""
        ...

    def score(self, metrics: Metrics) -> float:
        """What `config.checkpoint_rule` says of an epoch: higher is better, -inf where it is no number."""
        ...

    def keep(self, position: Position, metrics: Metrics) -> Path:
        """Write the network as it is now: the best so far. Returns where it lies."""
        ...

    def trial(self) -> Self:
        """A copy to measure with: its network is a deep copy, and it has a phase of each `cost_kind` that its
        configuration may have. The last one decides about the precision. Nothing done with it reaches this task.
        """
        ...

    def first(self, batch: BatchT, count: int) -> BatchT:
        """The first examples of a batch: a smaller one, which is enough to compare precisions with."""
        ...
