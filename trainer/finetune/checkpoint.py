"""The state of a training that can go on after a kill at any moment: one safetensors file, its JSON in the header.

One file, replaced as a whole: tensors and position can never be of two different moments, as two files could. Nothing
is pickled. What tags photos later is a checkpoint directory and is written by `core.models.taggers.checkpoint`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from core.errors import TrainingError
from core.models.disk import disk_errors, put_in_place

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

    from trainer.finetune.ema import Ema

FORMAT = 1
_FILE = "state.safetensors"


@dataclass
class Position:
    """Where the loop stands, and what it has to remember. Random numbers are no part of it: each step makes its own
    from seed, phase, epoch and step, so that it does not matter what was drawn before.
    """

    phase: int = 0
    epoch: int = 0  # within the phase
    step: int = 0  # within the epoch: the next one to do
    best_score: float | None = None
    best_epoch: int = -1  # of the whole training
    epochs_without_better: int = 0  # within the phase
    loss_sums: dict[str, float] = field(default_factory=dict)  # of the running epoch, for its mean
    history: list[dict[str, Any]] = field(default_factory=list)  # one entry an epoch, for curves
    seconds: float = 0.0  # of training, over all processes that worked on it one after the other
    done: bool = False  # no epoch is left


def save_state(
    folder: Path, position: Position, network: nn.Module, optimizer: Optimizer, ema: Ema | None, identity: str
) -> None:
    """Replace the state in `folder`.

    Args:
        identity: Names configuration and data: a state is never mixed with another training.

    Raises:
        MachineError: it cannot be written.
    """
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    if ema is not None:
        tensors |= {f"ema.{name}": value for name, value in ema.mean.items()}
    tensors |= _optimizer_tensors(optimizer)
    document = {
        "format": FORMAT,
        "identity": identity,
        "position": asdict(position),
        "ema_steps": ema.steps if ema is not None else 0,
    }
    plain = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    target, part = folder / _FILE, folder / f"{_FILE}.tmp"
    with disk_errors(target):
        folder.mkdir(parents=True, exist_ok=True)
        save_file(plain, part, metadata={"state": json.dumps(document)})
        put_in_place(part, target)


@dataclass(frozen=True)
class SavedState:
    """What was read; `apply` puts it into place once network and optimizer of its phase stand."""

    position: Position
    ema_steps: int
    tensors: Mapping[str, Tensor]

    def load_network(self, network: nn.Module) -> None:
        network.load_state_dict(self._below("network."))

    def load_rest(self, optimizer: Optimizer, ema: Ema | None) -> None:
        """Optimizer and running mean; both must have the shape that they had."""
        _load_optimizer(optimizer, self._below("optimizer."))
        if ema is not None:
            ema.load(self._below("ema."), self.ema_steps)

    def _below(self, prefix: str) -> dict[str, Tensor]:
        return {name[len(prefix) :]: value for name, value in self.tensors.items() if name.startswith(prefix)}


def load_state(folder: Path, identity: str) -> SavedState | None:
    """The state in `folder`; None where nothing was saved yet.

    Raises:
        TrainingError: it cannot be read, or belongs to another configuration or other photos.
    """
    path = folder / _FILE
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            document = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        known = {entry.name for entry in fields(Position)}
        position = Position(**{name: value for name, value in document["position"].items() if name in known})
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"The state of the run cannot be read: {error}.", remedy="Start the training anew.", path=path
        ) from error
    if document["format"] != FORMAT or document["identity"] != identity:
        raise TrainingError(
            "The configuration or the photos of this run have changed since it was interrupted.",
            remedy="Start the training anew.",
            path=path,
        )
    return SavedState(position, int(document["ema_steps"]), tensors)


def delete_state(folder: Path) -> None:
    """A run that has ended needs none."""
    (folder / _FILE).unlink(missing_ok=True)


def _optimizer_tensors(optimizer: Optimizer) -> dict[str, Tensor]:
    """By the place of a parameter among all groups."""
    state = optimizer.state_dict()["state"]
    return {f"optimizer.{place}.{name}": value for place, entry in state.items() for name, value in entry.items()}


def _load_optimizer(optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        place, _, name = key.partition(".")
        state.setdefault(int(place), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    for parameter, entry in optimizer.state.items():
        for name, value in entry.items():
            if value.shape == parameter.shape:
                # A fused optimizer goes through the memory of both side by side: the order there has to be the same.
                entry[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
