"""All heads of tier 1, "teach": vectors and labels in, linear heads and figures out, and those as a checkpoint.

Nothing here knows photos, runs or libraries: `trainer.teach.lesson_runs` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from core.errors import TrainingError
from core.models.taggers.checkpoint import save_checkpoint
from core.models.taggers.config import CheckpointConfig, EncoderBackbone, HeadConfig, TrainedConfig
from core.models.taggers.network import TaggerNetwork
from core.tags.values import CLASS
from trainer.metric.known_classes import known_classes, known_classes_of
from trainer.report.metrics import classification_metrics
from trainer.report.outputs import UNLABELLED, HeadOutputs, Outputs
from trainer.teach.heads import Cancelled, LinearHead, teach_head
from trainer.teach.solver import one_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Vectors

Labels = Mapping[str, Sequence[str | None]]
"""By head, one for each photo; None: not labelled, which says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class TeachResult:
    """Heads, and how right they are on photos that were held out in turn."""

    heads: Mapping[str, LinearHead]  # "class" first, where there is one
    held_out: Mapping[str, HeadOutputs]  # (N,) all photos; no target: it has no label, or no head could answer for it
    metrics: Mapping[str, float]  # "class accuracy", "class weighted F1", "class macro F1" and so on
    warnings: tuple[str, ...] = ()

    def outputs(self, vectors: Vectors, targets: Mapping[str, NDArray[np.int64]]) -> dict[str, HeadOutputs]:
        """What the heads say of other photos (N, D), whose targets (N,) are by head."""
        return {
            name: HeadOutputs(head.labels, head.logits(vectors), targets[name]) for name, head in self.heads.items()
        }

    def with_threshold_of(self, vectors: Vectors, targets: NDArray[np.int64]) -> TeachResult:
        """What the class knows reaches as far as photos (N, D) of known classes lie, none of which was taught, instead
        of as far as the taught ones do; targets (N,). Of too few photos nothing changes.
        """
        head = self.heads.get(CLASS)
        known = None if head is None or head.known is None else known_classes(
            head.known.middles, vectors[targets != UNLABELLED]
        )  # fmt: skip
        if head is None or known is None:
            return self
        return replace(self, heads={**self.heads, CLASS: replace(head, known=known)})

    @property
    def temperatures(self) -> dict[str, float]:
        return {name: head.temperature for name, head in self.heads.items()}

    @property
    def thresholds(self) -> dict[str, float]:
        return {name: head.threshold for name, head in self.heads.items()}


@dataclass(frozen=True, slots=True)
class Source:
    """The encoder that the vectors are from."""

    key: str
    name: str
    dim: int


def teach(
    vectors: Vectors,
    labels: Labels,
    groups: Sequence[int] | NDArray[np.int64] | None = None,
    *,
    start: Mapping[str, LinearHead] | None = None,
    seed: int = 0,
    cancelled: Cancelled = lambda: False,
) -> TeachResult:
    """Fit one head for each attribute that has two values at least; one photo of each will do.

    Args:
        vectors: (N, D) finite.
        groups: (N,) photos of one group, such as a burst, are held out together; None: each on its own.
        start: heads of an earlier result, to go on from: the answer is the same, and comes sooner.

    Raises:
        TrainingError: no head has two values, or a vector is not finite.
        CancelledError: it was cancelled.
    """
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if not np.isfinite(vectors).all():
        raise TrainingError("A vector holds numbers that are not finite.", remedy="Index the photos anew.")
    names = np.arange(len(vectors)) if groups is None else np.asarray(groups, np.int64)
    warnings: list[str] = []
    heads: dict[str, LinearHead] = {}
    held_out: dict[str, HeadOutputs] = {}
    for name in sorted(labels, key=lambda head: (head != CLASS, head)):
        known = tuple(sorted({label for label in labels[name] if label is not None}))
        if len(known) < 2:
            warnings += _too_few(name, known)
            continue
        with one_thread():
            taught = teach_head(
                vectors, _targets(labels[name], known), known, names,
                rare_count=name == CLASS, start=(start or {}).get(name), seed=seed, cancelled=cancelled,
            )  # fmt: skip
        heads[name], held_out[name] = taught.head, taught.held_out
        if name == CLASS:
            found = known_classes_of(vectors, _targets(labels[name], known), len(known), names)
            heads[name] = replace(taught.head, known=found)
    if not heads:
        raise TrainingError(
            "There is nothing to tell apart: no attribute has two different labels.",
            remedy="Label photos of at least two kinds; one photo of each is enough to begin with.",
        )
    return TeachResult(heads, held_out, figures(held_out), tuple(warnings))


def figures(heads: Mapping[str, HeadOutputs]) -> dict[str, float]:
    """The numbers that stand beside a tagger; of heads that were asked for no photo there are none.

    "class majority" is what always giving the most frequent answer would get: an accuracy says nothing without it.
    """
    names = {"accuracy": "accuracy", "weighted_f1": "weighted F1", "macro_f1": "macro F1"}
    some = next(iter(heads.values()))
    outputs = Outputs(
        [""] * len(some.targets), [""] * len(some.targets), heads, np.zeros((len(some.targets), 0), np.float32)
    )
    measured = classification_metrics(outputs, intervals=False)["heads"]
    found: dict[str, float] = {}
    for head, each in heads.items():
        if each.known.any():
            found |= {f"{head} {title}": round(float(measured[head][name]), 4) for name, title in names.items()}
            found[f"{head} majority"] = round(majority_accuracy(each), 4)
    return found


def majority_accuracy(head: HeadOutputs) -> float:
    """The share of the most frequent label among the photos that have one."""
    return float(np.bincount(head.targets[head.known]).max() / head.known.sum())


def write_checkpoint(
    directory: Path,
    heads: Mapping[str, LinearHead],
    source: Source,
    *,
    name: str,
    metrics: Mapping[str, float],
    trained: TrainedConfig,
) -> None:
    """A tagger that reads the vectors of `source`.

    Raises:
        MachineError: the disk does not take it.
    """
    config = CheckpointConfig(
        name=name,
        backbone=EncoderBackbone(encoder_key=source.key, encoder_name=source.name, dim=source.dim),
        heads={
            head: HeadConfig(
                labels=each.labels,
                temperature=each.temperature,
                threshold=each.threshold,
                known_from=None if each.known is None else each.known.least,
            )
            for head, each in heads.items()
        },
        metrics=dict(metrics),
        trained=trained,
    )
    network = TaggerNetwork(config)
    with torch.no_grad():
        for head, each in heads.items():
            linear = next(part for part in network.heads[head].modules() if isinstance(part, nn.Linear))
            linear.weight.copy_(torch.as_tensor(each.weights))
            linear.bias.copy_(torch.as_tensor(each.bias))
    network.middles = {
        head: torch.as_tensor(each.known.middles) for head, each in heads.items() if each.known is not None
    }
    save_checkpoint(directory, network, config)


def _targets(labels: Sequence[str | None], known: Sequence[str]) -> NDArray[np.int64]:
    places = {label: place for place, label in enumerate(known)}
    return np.array([UNLABELLED if label is None else places[label] for label in labels], np.int64)


def _too_few(head: str, known: Sequence[str]) -> list[str]:
    return [f"{head} is left out: all photos that are labelled have the same, {known[0]}."] if known else []
