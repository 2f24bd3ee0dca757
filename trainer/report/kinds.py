"""The same answers by coarse kind: a wrong class of the right kind is half a mistake, and a matrix of kinds can be read
where one of two hundred classes cannot.

A class without a kind is a kind of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from core.tags.values import CLASS
from trainer.report.intervals import bootstrap
from trainer.report.metrics import classification_metrics, confusion
from trainer.report.outputs import HeadOutputs, Outputs
from trainer.report.values import KindReport, KindScore


def kind_report(head: HeadOutputs, kinds: Mapping[str, str]) -> KindReport | None:
    """What a head is worth by kind; None where no kind has two classes of the head, or no photo is labelled.

    Args:
        kinds: The kind of each class that has one.
    """
    names = tuple(sorted({kinds.get(label, label) for label in head.labels}))
    if len(names) == len(head.labels) or not head.known.any():
        return None
    kind_of = np.array([names.index(kinds.get(label, label)) for label in head.labels])
    targets = np.where(head.known, kind_of[head.targets], -1)
    predicted = kind_of[head.predicted]
    counts = confusion(targets, predicted, len(names))
    right_class = (head.predicted == head.targets) & head.known
    scores = tuple(
        KindScore(
            kind=name,
            classes=int((kind_of == row).sum()),
            photos=int(counts[row].sum()),
            right_class=int((right_class & (targets == row)).sum()),
            right_kind=int(counts[row, row]),
        )
        for row, name in enumerate(names)
    )
    return KindReport(
        kind_of={label: names[row] for label, row in zip(head.labels, kind_of.tolist(), strict=True)},
        accuracy=bootstrap(targets, predicted, len(names))["accuracy"],
        near_misses=int(np.trace(counts) - right_class.sum()),
        kinds=scores,
        confusion=tuple(tuple(row) for row in counts.tolist()),
    )


def metrics_with_kinds(outputs: Outputs, kinds: Mapping[str, str]) -> dict[str, Any]:
    """`metrics.classification_metrics`, and by kind what the class is worth, where there are kinds."""
    found = classification_metrics(outputs)
    report = kind_report(outputs.heads[CLASS], kinds) if CLASS in outputs.heads else None
    if report is not None:
        found["heads"][CLASS]["kinds"] = {
            "accuracy": report.accuracy.value,
            "interval": [report.accuracy.low, report.accuracy.high],
            "near_misses": report.near_misses,
            "per_kind": [asdict(each) for each in report.kinds],
        }
    return found
