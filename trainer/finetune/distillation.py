"""A teacher: trained networks whose probabilities a smaller one learns (Hinton, Vinyals and Dean 2015).

The teacher sees the very pixels that the student sees, augmented and mixed, in its own size and normalisation. It also
says something of photos that nobody labelled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from core.errors import TrainingError
from core.models.taggers.config import (
    CONFIG_FILE,
    CheckpointConfig,
    EnsembleConfig,
    PreprocessingConfig,
    read_checkpoint_config,
)
from trainer.config import LossConfig

if TYPE_CHECKING:
    from torch import Tensor

    from core.models.taggers.network import TaggerNetwork


_LUMA = (0.299, 0.587, 0.114)  # of ITU-R BT.601, as where a photo is turned grey


@dataclass(frozen=True)
class _Shared:
    """Labels that both know: their columns in teacher and student, both (S,)."""

    of_teacher: Tensor
    of_student: Tensor


class Teacher:
    """One network, or several that are averaged, as in an ensemble."""

    def __init__(
        self,
        networks: Sequence[tuple[TaggerNetwork, CheckpointConfig]],
        heads: Mapping[str, Sequence[str]],
        preprocessing: PreprocessingConfig,
        device: torch.device,
        temperature: float,
    ) -> None:
        """
        Args:
            heads: Of the student, with their labels.
            preprocessing: Of the student.

        Raises:
            TrainingError: there is no head of which both know two labels.
        """
        self._temperature = temperature
        self._student = preprocessing
        self._networks = [(network.to(device).eval().requires_grad_(False), config) for network, config in networks]
        self._shared = [_shared_heads(config, heads, device) for _, config in self._networks]
        if not any(self._shared):
            raise TrainingError(
                "The teacher knows none of the labels that are to be learned.",
                remedy="Choose a teacher that was trained on labels of the same names.",
            )

    def loss(self, pixels: Tensor, logits: Mapping[str, Tensor], weights: LossConfig) -> Tensor:
        """Kullback-Leibler divergence of the softened answers, over heads with their weights, a scalar.

        Times the square of the temperature, so that gradients keep their size whatever it is.

        Args:
            pixels: (B, 3, H, W) as the student sees them.
            logits: (B, C) by head, the student's.
        """
        total = torch.zeros((), device=pixels.device)
        for (network, config), shared in zip(self._networks, self._shared, strict=True):
            assert config.preprocessing is not None  # checked when it was loaded
            with torch.no_grad():
                answers = network(self._seen_by(config.preprocessing, pixels))
            for head, columns in shared.items():
                taught = answers[head].float()[:, columns.of_teacher] / self._temperature
                learned = logits[head].float()[:, columns.of_student] / self._temperature
                divergence = functional.kl_div(
                    functional.log_softmax(learned, dim=1),
                    functional.log_softmax(taught, dim=1),
                    log_target=True,
                    reduction="batchmean",
                )
                total = total + weights.weight(head) * divergence
        return total * self._temperature**2 / len(self._networks)

    def _seen_by(self, wanted: PreprocessingConfig, pixels: Tensor) -> Tensor:
        """The student's pixels in a teacher's size, colours and normalisation."""
        mean, std = (pixels.new_tensor(values)[:, None, None] for values in (self._student.mean, self._student.std))
        plain = pixels * std + mean
        size = (wanted.height_px, wanted.width_px)
        if plain.shape[2:] != size:
            plain = functional.interpolate(plain, size=size, mode="bilinear", align_corners=False, antialias=True)
        if wanted.grey and not self._student.grey:
            plain = (plain * pixels.new_tensor(_LUMA)[:, None, None]).sum(1, keepdim=True).expand(-1, 3, -1, -1)
        mean, std = (pixels.new_tensor(values)[:, None, None] for values in (wanted.mean, wanted.std))
        return (plain - mean) / std


def _shared_heads(
    config: CheckpointConfig, heads: Mapping[str, Sequence[str]], device: torch.device
) -> dict[str, _Shared]:
    shared: dict[str, _Shared] = {}
    for head, labels in heads.items():
        known = list(config.heads[head].labels) if head in config.heads else []
        both = [label for label in labels if label in known]
        if len(both) > 1:
            shared[head] = _Shared(
                torch.tensor([known.index(label) for label in both], device=device),
                torch.tensor([list(labels).index(label) for label in both], device=device),
            )
    return shared


def checkpoint_of(directory: Path) -> Path:
    """A run's checkpoint, or the directory itself where it is one.

    Raises:
        TrainingError: it is neither.
    """
    below = directory / "checkpoint"
    path = below if below.is_dir() else directory
    if not (path / CONFIG_FILE).is_file():
        raise TrainingError(
            f"{directory} is neither a run with a checkpoint nor a checkpoint.",
            remedy="`recollect runs list` names the runs.",
            path=directory,
        )
    return path


def load_networks(directory: Path) -> list[tuple[TaggerNetwork, CheckpointConfig]]:
    """The network of a run or checkpoint; those of all members where it is an ensemble.

    Raises:
        TrainingError: there is none, or one of them looks at vectors instead of pixels.
        ModelError: a file cannot be read.
    """
    from core.models.taggers.checkpoint import load_network

    path = checkpoint_of(directory)
    config = read_checkpoint_config(path)
    parts = [path / member for member in config.members] if isinstance(config, EnsembleConfig) else [path]
    networks = [load_network(part) for part in parts]
    if any(each.preprocessing is None for _, each in networks):
        raise TrainingError(
            "This tagger was taught on vectors of the library and looks at no pixels.",
            remedy="Choose a run of another recipe than `teach`.",
            path=directory,
        )
    return networks
