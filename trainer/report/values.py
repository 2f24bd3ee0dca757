"""What a report says, as plain values: the page is made from them, and the window draws them natively.

Reading a run into them is `trainer.report.report_data`. Nothing here, and nothing there, loads torch, scikit-learn or
matplotlib.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.tags.values import CLASS
from trainer.report.calibration import Bin
from trainer.report.intervals import Interval


@dataclass(frozen=True, slots=True)
class PhotoOutcome:
    """One photo and what one head says of it."""

    id: str  # content hash
    path: str
    true: str | None  # None: not labelled
    predicted: str
    probability: float  # calibrated, of the predicted label
    sure: bool
    top: tuple[tuple[str, float], ...]  # the most probable labels, best first
    true_probability: float | None  # what the right label got

    @property
    def is_right(self) -> bool:
        return self.true == self.predicted


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One label of a head. None where no photo supports the number."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int  # photos that have it
    predicted: int  # photos that are said to have it


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """Photos of one label that were taken for another."""

    true: str
    predicted: str
    count: int
    of: int  # photos of the true label


@dataclass(frozen=True, slots=True)
class KindScore:
    """One coarse kind."""

    kind: str
    classes: int  # of it
    photos: int  # that are of it
    right_class: int  # of these photos
    right_kind: int


@dataclass(frozen=True, slots=True)
class KindReport:
    """The classes by coarse kind; a class that has none is one of its own."""

    kind_of: Mapping[str, str]  # by class
    accuracy: Interval  # the right kind, whatever the class
    near_misses: int  # photos that got a wrong class of the right kind
    kinds: tuple[KindScore, ...]  # by name
    confusion: tuple[tuple[int, ...], ...]  # [true][predicted], in the order of `kinds`

    @property
    def proper(self) -> tuple[KindScore, ...]:
        """Those of two classes at least that have photos, the most frequent first."""
        return tuple(sorted((each for each in self.kinds if each.classes > 1 and each.photos), key=lambda k: -k.photos))


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """Confidence against accuracy; "before" and "after" temperature. None where no photo is labelled."""

    temperature: float
    ece_before: float | None
    ece_after: float | None
    adaptive_ece_before: float | None
    adaptive_ece_after: float | None
    nll_before: float | None
    nll_after: float | None
    before: tuple[Bin, ...]
    after: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class UnknownReport:
    """Which of the labelled photos are told to be of no label that the head knows."""

    least: float  # the cosine to the middle of the nearest label below which a photo is unknown
    count: int  # photos below it
    of: int  # labelled photos

    @property
    def angle_deg(self) -> float:
        return math.degrees(math.acos(max(-1.0, min(1.0, self.least))))

    @property
    def share(self) -> float:
        return self.count / self.of


@dataclass(frozen=True, slots=True, eq=False)
class HeadReport:
    """One head on the photos of one split."""

    name: str
    labels: tuple[str, ...]
    count: int  # labelled photos
    right: int
    scores: Mapping[str, Interval]  # accuracy, balanced_accuracy, weighted_f1, macro_f1; empty without photos
    top_k: Mapping[int, float]
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]  # [true][predicted]
    photos: tuple[PhotoOutcome, ...]  # all of the split, unlabelled ones too
    cells: Mapping[tuple[str, str], tuple[PhotoOutcome, ...]]  # (true, predicted): most confident first
    pairs: tuple[ConfusedPair, ...]  # most frequent first
    calibration: CalibrationReport
    threshold: float | None
    sure_share: float | None  # of labelled photos
    sure_accuracy: float | None  # of those that are sure
    kinds: KindReport | None = None  # where the data name coarse kinds of its labels
    unknown: UnknownReport | None = None  # where the tagger can tell what it does not know

    @property
    def by_strength(self) -> tuple[ClassScore, ...]:
        """The labels that have photos: the strongest first, by F1. Of equal ones, more photos say more: of those that
        were never found, the one with most photos is last.
        """
        shown = [each for each in self.classes if each.f1 is not None]
        return tuple(sorted(shown, key=lambda each: (-(each.f1 or 0.0), -each.support if each.f1 else each.support)))

    @property
    def mistakes(self) -> tuple[PhotoOutcome, ...]:
        """The most confident first."""
        wrong = [photo for photo in self.photos if photo.true is not None and not photo.is_right]
        return tuple(sorted(wrong, key=lambda photo: -photo.probability))


@dataclass(frozen=True, slots=True, eq=False)
class SplitReport:
    """One held-out part of the photos."""

    split: str  # validation or test
    photos: int
    heads: Mapping[str, HeadReport]  # "class" first

    @property
    def main(self) -> HeadReport | None:
        """The head that a report begins with."""
        return self.heads.get(CLASS) or next(iter(self.heads.values()), None)


@dataclass(frozen=True, slots=True)
class PhaseSpan:
    name: str
    first_epoch: int  # of the whole training, from 0
    epochs: int
    frozen: bool


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One epoch."""

    epoch: int  # of the whole training, from 0
    phase: str
    train: Mapping[str, float]  # loss, and "NAME loss" of each head
    validation: Mapping[str, Mapping[str, float]]  # by head: accuracy, weighted f1, macro f1, loss
    score: float | None  # what the checkpoint rule looks at
    seconds: float


@dataclass(frozen=True, slots=True)
class Curves:
    """How training went."""

    phases: tuple[PhaseSpan, ...] = ()
    points: tuple[CurvePoint, ...] = ()  # in the order of epochs
    best_epoch: int | None = None
    rule: str = ""  # of the best epoch

    @property
    def frozen_phase_kept(self) -> PhaseSpan | None:
        """The phase of the epoch that was kept, where the backbone did not learn in it and has learned since."""
        best = self.best_epoch
        kept = [each for each in self.phases if best is not None and each.first_epoch <= best][-1:]
        if not kept or not kept[0].frozen:
            return None
        later = [each for each in self.phases if each.first_epoch > kept[0].first_epoch and not each.frozen]
        went_on = any(point.epoch >= phase.first_epoch for point in self.points for phase in later)
        return kept[0] if went_on else None


@dataclass(frozen=True, slots=True)
class MapPhoto:
    """One photo of the feature map."""

    id: str
    path: str
    split: str
    labels: Mapping[str, tuple[str | None, str]]  # by head: true and predicted


@dataclass(frozen=True, slots=True)
class FeatureMap:
    """The features in two dimensions, made in several ways."""

    photos: tuple[MapPhoto, ...] = ()
    methods: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)  # PCA, t-SNE, UMAP: by photo
    failed: Mapping[str, str] = field(default_factory=dict)  # method: why
    out_of: int = 0  # photos there are; more than `photos` where a sample was drawn


@dataclass(frozen=True, slots=True)
class Cost:
    """What the run took and what came out. None where the run did not say."""

    seconds: float | None = None
    images_per_s: float | None = None  # while training, median
    tagging_images_per_s: float | None = None
    peak_memory_bytes: int | None = None
    parameters: int | None = None
    checkpoint_bytes: int | None = None
    device: str = ""
    precision: str = ""


@dataclass(frozen=True, slots=True)
class DataSummary:
    """The photos of a run."""

    name: str = ""
    hash: str = ""
    splits: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)  # head, label, split: photos
    warnings: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)  # the coarse kind of each class that has one


@dataclass(frozen=True, slots=True, eq=False)
class RunReport:
    """Everything that is known of a run."""

    folder: Path
    name: str
    state: str  # of `trainer.runs.run_folder.RunState`; empty where the folder does not say
    started_at: str
    message: str  # why it failed
    headline: Mapping[str, float]  # figures of what is no tagger, by name
    splits: Mapping[str, SplitReport]
    curves: Curves
    features: FeatureMap
    cost: Cost
    data: DataSummary
    config: Mapping[str, Any]
    notes: tuple[str, ...]  # warnings that came while it ran, and parts that could not be read

    @property
    def main(self) -> SplitReport | None:
        """What the report begins with: the test photos, else the validation photos."""
        return self.splits.get("test") or self.splits.get("validation")
