"""All numbers of one run on one split, head by head, ready for JSON.

Photos without a label in a head count nowhere in it. A number that no photo supports is None. Decision 0066 says why
precision, recall and F1 are counted here and only checked against scikit-learn.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.report.calibration import ece, negative_log_likelihood, reliability
from trainer.report.intervals import bootstrap, scores
from trainer.report.outputs import HeadOutputs, Outputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOP = (1, 3, 5)  # "is the right label among the first k?", where a head has more than k labels
FORMAT = 1


def classification_metrics(outputs: Outputs, *, intervals: bool = True) -> dict[str, Any]:
    """By head: counts, accuracies, F1, per-class figures, confusion matrix, calibration before and after temperature.

    Confusion rows are true labels, columns predicted ones. `intervals` adds 95 % bootstrap intervals.
    """
    return {
        "format": FORMAT,
        "photos": len(outputs),
        "heads": {
            name: head_metrics(
                head, outputs.temperature(name), threshold=outputs.thresholds.get(name), intervals=intervals
            )
            for name, head in outputs.heads.items()
        },
    }


def head_metrics(
    head: HeadOutputs, temperature: float = 1.0, *, threshold: float | None = None, intervals: bool = True
) -> dict[str, Any]:
    """The same for one head."""
    known = head.known
    counts = confusion(head.targets, head.predicted, len(head.labels))
    return {
        "labels": list(head.labels),
        "n": int(known.sum()),
        "right": int(np.trace(counts)),
        **summary_scores(counts),
        "intervals": _intervals(head) if intervals else {},
        "top_k": top_k_accuracy(head),
        "per_class": per_class(counts, head.labels),
        "confusion": counts.tolist(),
        **_calibration(head, temperature),
        **_sureness(head, temperature, threshold),
    }


def summary_scores(counts: NDArray[np.integer]) -> dict[str, float | None]:
    """Accuracy, balanced accuracy, weighted and macro F1 of a confusion matrix (C, C)."""
    true, predicted, hits = (part.astype(np.float64) for part in _margins(counts))
    found = scores(true, predicted, hits)
    return {name: float(value) if counts.sum() else None for name, value in found.items()}


def confusion(targets: NDArray[np.integer], predicted: NDArray[np.integer], classes: int) -> NDArray[np.int64]:
    """(C, C) counts: rows are true labels, columns predicted ones; targets of -1 are left out."""
    known = targets >= 0
    cells = targets[known] * classes + predicted[known]
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes).astype(np.int64)


def per_class(counts: NDArray[np.integer], labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """Precision is None for a class that is never predicted, recall and F1 for one that has no photo."""
    true, predicted, hits = _margins(counts)
    return [
        {
            "label": label,
            "precision": _share(hits[row], predicted[row]),
            "recall": _share(hits[row], true[row]),
            "f1": _share(2 * hits[row], true[row] + predicted[row]) if true[row] else None,
            "support": int(true[row]),
            "predicted": int(predicted[row]),
        }
        for row, label in enumerate(labels)
    ]


def top_k_accuracy(head: HeadOutputs) -> dict[str, float | None]:
    """By k as text, as JSON has it. Ties count against: a network that answers all alike knows nothing."""
    targets, logits = head.targets[head.known], head.logits[head.known]
    own = np.take_along_axis(logits, targets[:, None], axis=1) if len(targets) else np.zeros((0, 1))
    ranks = (logits >= own).sum(axis=1)
    return {str(k): _share(int((ranks <= k).sum()), len(ranks)) for k in TOP if k == 1 or k < len(head.labels)}


def _calibration(head: HeadOutputs, temperature: float) -> dict[str, Any]:
    raw, calibrated = head.probabilities(), head.probabilities(temperature)
    figures = {
        "nll": negative_log_likelihood(head.logits, head.targets, 1.0),
        "nll_calibrated": negative_log_likelihood(head.logits, head.targets, temperature),
        "ece": ece(raw, head.targets),
        "ece_calibrated": ece(calibrated, head.targets),
        "adaptive_ece": ece(raw, head.targets, adaptive=True),
        "adaptive_ece_calibrated": ece(calibrated, head.targets, adaptive=True),
    }
    return {
        "temperature": temperature,
        **{name: None if math.isnan(value) else value for name, value in figures.items()},
        "reliability": [asdict(each) for each in reliability(raw, head.targets)],
        "reliability_calibrated": [asdict(each) for each in reliability(calibrated, head.targets)],
    }


def _sureness(head: HeadOutputs, temperature: float, threshold: float | None) -> dict[str, Any]:
    """How many predictions are called sure, and how many of those are right."""
    if threshold is None:
        return {"threshold": None, "sure_share": None, "sure_accuracy": None}
    known = head.known
    sure = head.probabilities(temperature)[known].max(axis=1, initial=0) >= threshold
    right = (head.predicted == head.targets)[known]
    return {
        "threshold": threshold,
        "sure_share": _share(int(sure.sum()), len(sure)),
        "sure_accuracy": _share(int(right[sure].sum()), int(sure.sum())),
    }


def _intervals(head: HeadOutputs) -> dict[str, list[float]]:
    found = bootstrap(head.targets, head.predicted, len(head.labels))
    return {name: [each.low, each.high] for name, each in found.items()}


def _margins(counts: NDArray[np.integer]) -> tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]]:
    """True, predicted and right ones of each class, all (C,)."""
    return counts.sum(axis=1), counts.sum(axis=0), counts.diagonal()


def _share(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None
