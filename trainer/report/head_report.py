"""One head of one split as plain values: its numbers, and which photos stand behind each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.report.calibration import Bin
from trainer.report.intervals import Interval
from trainer.report.kinds import kind_report
from trainer.report.metrics import head_metrics
from trainer.report.outputs import Outputs
from trainer.report.values import (
    CalibrationReport,
    ClassScore,
    ConfusedPair,
    HeadReport,
    PhotoOutcome,
    UnknownReport,
)

if TYPE_CHECKING:
    from core.models.taggers.known_classes import KnownClasses

_TOP = 3  # labels that are told of each photo
_NO_KINDS: Mapping[str, str] = MappingProxyType({})
SCORES = ("accuracy", "balanced_accuracy", "weighted_f1", "macro_f1")


def head_report(
    outputs: Outputs, name: str, kinds: Mapping[str, str] = _NO_KINDS, known: KnownClasses | None = None
) -> HeadReport:
    """The numbers of `metrics.head_metrics`, and the photos of each cell of the confusion matrix.

    Args:
        kinds: The coarse kind of each label that has one.
        known: What the head knows, where it can tell what it does not.
    """
    head = outputs.heads[name]
    found = head_metrics(head, outputs.temperature(name), threshold=outputs.thresholds.get(name))
    photos = photo_outcomes(outputs, name)
    return HeadReport(
        name=name,
        labels=head.labels,
        count=found["n"],
        right=found["right"],
        scores={score: Interval(found[score], *found["intervals"][score]) for score in SCORES if found["intervals"]},
        top_k={int(k): share for k, share in found["top_k"].items() if share is not None},
        classes=tuple(ClassScore(**each) for each in found["per_class"]),
        confusion=tuple(tuple(row) for row in found["confusion"]),
        photos=photos,
        cells=_cells(photos),
        pairs=_pairs(head.labels, found["confusion"]),
        calibration=_calibration(found),
        threshold=found["threshold"],
        sure_share=found["sure_share"],
        sure_accuracy=found["sure_accuracy"],
        kinds=kind_report(head, kinds) if kinds else None,
        unknown=_unknown(outputs, name, known) if known is not None else None,
    )


def _unknown(outputs: Outputs, name: str, known: KnownClasses) -> UnknownReport | None:
    """None without labelled photos, and where the features are not those that the middles are of."""
    features = outputs.features[outputs.heads[name].known]
    if not len(features) or features.shape[1] != known.middles.shape[1]:
        return None
    return UnknownReport(known.least, int(known.unknown(features).sum()), len(features))


def photo_outcomes(outputs: Outputs, name: str) -> tuple[PhotoOutcome, ...]:
    """What a head says of each photo, in the order of the outputs."""
    head = outputs.heads[name]
    if not head.labels:
        return ()
    probabilities = outputs.probabilities(name)
    threshold = outputs.thresholds.get(name, 0.0)
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :_TOP]
    return tuple(
        PhotoOutcome(
            id=outputs.ids[row],
            path=str(outputs.paths[row]),
            true=head.labels[target] if target >= 0 else None,
            predicted=head.labels[best[row, 0]],
            probability=float(own[best[row, 0]]),
            sure=bool(own[best[row, 0]] >= threshold),
            top=tuple((head.labels[place], float(own[place])) for place in best[row]),
            true_probability=float(own[target]) if target >= 0 else None,
        )
        for row, (target, own) in enumerate(zip(head.targets, probabilities, strict=True))
    )


def _cells(photos: Sequence[PhotoOutcome]) -> dict[tuple[str, str], tuple[PhotoOutcome, ...]]:
    cells: dict[tuple[str, str], list[PhotoOutcome]] = {}
    for photo in sorted(photos, key=lambda photo: -photo.probability):
        if photo.true is not None:
            cells.setdefault((photo.true, photo.predicted), []).append(photo)
    return {cell: tuple(members) for cell, members in cells.items()}


def _pairs(labels: Sequence[str], confusion: Sequence[Sequence[int]]) -> tuple[ConfusedPair, ...]:
    pairs = [
        ConfusedPair(labels[true], labels[predicted], count, sum(row))
        for true, row in enumerate(confusion)
        for predicted, count in enumerate(row)
        if count and true != predicted
    ]
    return tuple(sorted(pairs, key=lambda pair: (-pair.count, -pair.count / pair.of)))


def _calibration(found: dict[str, Any]) -> CalibrationReport:
    return CalibrationReport(
        found["temperature"],
        found["ece"],
        found["ece_calibrated"],
        found["adaptive_ece"],
        found["adaptive_ece_calibrated"],
        found["nll"],
        found["nll_calibrated"],
        tuple(Bin(**each) for each in found["reliability"]),
        tuple(Bin(**each) for each in found["reliability_calibrated"]),
    )
