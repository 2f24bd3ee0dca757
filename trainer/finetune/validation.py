"""What a network says of photos that it does not learn from: metrics of each epoch, and outputs for reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.tags.values import CLASS
from trainer.config import CheckpointRule
from trainer.report.calibration import negative_log_likelihood
from trainer.report.metrics import confusion, summary_scores
from trainer.report.outputs import HeadOutputs

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray
    from torch import Tensor

    from core.models.taggers.network import TaggerNetwork


@torch.inference_mode()
def look_at(
    network: TaggerNetwork,
    batches: Iterable[tuple[Tensor, Mapping[str, NDArray[np.int64]]]],
    autocast: Callable[[], AbstractContextManager[object]],
) -> tuple[dict[str, HeadOutputs], NDArray[np.float32]]:
    """Logits and targets by head, and the features (N, F), of all photos in the order of the batches.

    The network is left as it was: training or not.
    """
    training = {module: module.training for module in network.modules()}
    network.eval()
    features: list[NDArray[np.float32]] = []
    logits: dict[str, list[NDArray[np.float32]]] = {}
    targets: dict[str, list[NDArray[np.int64]]] = {}
    for pixels, wanted in batches:
        with autocast():
            seen = network.features(pixels)
            answers = network.from_features(seen)
        features.append(seen.float().cpu().numpy())
        for head, scores in answers.items():
            logits.setdefault(head, []).append(scores.float().cpu().numpy())
            targets.setdefault(head, []).append(wanted[head])
    for module, was_training in training.items():
        module.training = was_training
    labels = network.config.labels
    heads = {
        head: HeadOutputs(labels[head], np.concatenate(parts), np.concatenate(targets[head]))
        for head, parts in logits.items()
    }
    return heads, np.concatenate(features)


def head_metrics(heads: Mapping[str, HeadOutputs]) -> dict[str, dict[str, float]]:
    """By head: accuracy, weighted f1, macro f1, loss and number of labelled photos; heads without any are left out."""
    metrics: dict[str, dict[str, float]] = {}
    for name, head in heads.items():
        photos = int(head.known.sum())
        if photos == 0:
            continue
        scores = summary_scores(confusion(head.targets, head.predicted, len(head.labels)))
        metrics[name] = {
            "accuracy": scores["accuracy"] or 0.0,
            "weighted f1": scores["weighted_f1"] or 0.0,
            "macro f1": scores["macro_f1"] or 0.0,
            "loss": negative_log_likelihood(head.logits, head.targets, 1.0),
            "photos": float(photos),
        }
    return metrics


def score(metrics: Mapping[str, Mapping[str, float]], rule: CheckpointRule) -> float:
    """What decides which epoch is kept, higher is better: of the class where there is one, else the mean of all heads.

    A network whose numbers are not finite is worse than any other.
    """
    heads = [metrics[CLASS]] if CLASS in metrics else list(metrics.values())
    value = float(np.mean([head[rule] for head in heads])) if heads else float("-inf")
    value = -value if rule == "loss" else value
    return value if np.isfinite(value) else float("-inf")
