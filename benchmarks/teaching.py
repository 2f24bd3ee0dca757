"""How long "teach" takes: a head of 20 classes on the vectors of 10,000 labelled photos, and again after one more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.clusters import clustered_vectors
from benchmarks.timing import seconds
from trainer.teach.heads import fit
from trainer.teach.result import TeachResult, teach

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.report import Report
    from core.types import Vectors

DIM = 384  # of the starter
CLASSES = 20
GOAL_S = 10.0  # "seconds"
# Of the labels' own spread: a linear head then gets about nine of ten right, as on photos that the starter knows well.
CHANCE = 0.1


def run(report: Report, scratch: Path, photos: int = 10_000) -> None:
    vectors = clustered_vectors(photos, DIM)
    labels = labels_of(vectors, CLASSES)
    names: list[str | None] = [f"class {label}" for label in labels]
    results: list[TeachResult] = []
    fit(vectors[:200], labels[:200], CLASSES)  # the first one pays for the thread pool
    cold_s = seconds(lambda: results.append(teach(vectors, {"class": names})))
    report.add(
        f"{photos} photos, {CLASSES} classes: cross-validated, calibrated", f"{cold_s:.2f} s",
        against=f"goal {GOAL_S:g} s", ratio=cold_s / GOAL_S, at_most=1.0,
    )  # fmt: skip
    names[0] = f"class {(labels[0] + 1) % CLASSES}"
    warm_s = seconds(lambda: results.append(teach(vectors, {"class": names}, start=results[0].heads)))
    report.add("the same after one more label", f"{warm_s:.2f} s", against=f"{cold_s:.2f} s", ratio=warm_s / cold_s)
    fit_s = seconds(lambda: fit(vectors, labels, CLASSES))
    report.add("one fit of it, without the rest", f"{fit_s:.2f} s", against=f"{cold_s:.2f} s", ratio=fit_s / cold_s)
    accuracy = results[0].metrics["class accuracy"]
    report.add("accuracy on photos held out", f"{accuracy:.3f}", against=f"{1 / CLASSES:.3f} by chance")


def labels_of(vectors: Vectors, classes: int) -> NDArray[np.int64]:
    """(N,) what a linear head could know of the vectors, and a little chance."""
    chance = np.random.default_rng(0)
    scores = vectors @ chance.standard_normal((vectors.shape[1], classes))
    scores += CHANCE * scores.std() * chance.standard_normal(scores.shape)
    return scores.argmax(axis=1)
