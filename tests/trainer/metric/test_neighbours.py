"""Against pytorch-metric-learning's own calculator, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pytorch_metric_learning.distances import CosineSimilarity
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from pytorch_metric_learning.utils.inference import CustomKNN

from trainer.metric.neighbours import neighbours


def drawn(count: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(classes, 16))
    targets = random.integers(0, classes, count)
    vectors = centres[targets] + 1.2 * random.normal(size=(count, 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), targets


def test_agrees_with_the_library_of_the_field() -> None:
    vectors, classes = drawn(200, 7)
    calculator = AccuracyCalculator(
        include=("precision_at_1", "mean_average_precision_at_r", "mean_average_precision"),
        k="max_bin_count",
        knn_func=CustomKNN(CosineSimilarity()),
    )
    theirs = calculator.get_accuracy(torch.from_numpy(vectors), torch.from_numpy(classes))
    ours = neighbours(vectors, classes)
    assert ours.recall[1].value == pytest.approx(theirs["precision_at_1"])
    assert ours.map_at_r.value == pytest.approx(theirs["mean_average_precision_at_r"])
    assert 0.2 < ours.map_at_r.value < ours.recall[1].value < ours.recall[10].value <= 1


def test_by_hand() -> None:
    angles = np.deg2rad([0, 10, 25, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    found = neighbours(vectors, np.array([0, 1, 0, 2]))
    assert (found.queries, found.pool) == (2, 3)  # the classes 1 and 2 have one photo each
    assert found.figures == {"R@1": 0.0, "R@5": 1.0, "R@10": 1.0, "MAP@R": 0.0, "mAP": 0.5}


def test_some_photos_ask_and_all_answer() -> None:
    vectors, classes = drawn(60, 3)
    asked = neighbours(vectors, classes, np.arange(10))
    assert (asked.queries, asked.pool) == (10, 59)


def test_nobody_to_be_found() -> None:
    with pytest.raises(ValueError, match="another one of its class"):
        neighbours(np.eye(3, dtype=np.float32), np.arange(3))
