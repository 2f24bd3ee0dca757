"""The middles of classes, and how near to them photos are that were held out."""

from __future__ import annotations

import numpy as np
import pytest

from core.models.taggers.known_classes import nearest_cosine, unit
from trainer.metric.known_classes import (
    ENOUGH,
    known_classes,
    known_classes_of,
    left_out_cosines,
    middles_of,
    some_of_each,
)


def clouds(each: int, classes: int = 3, *, spread: float = 0.2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Photos around the first axes of a space of eight numbers, of any length."""
    rng = np.random.default_rng(seed)
    targets = np.repeat(np.arange(classes), each)
    rows = np.eye(8)[targets] + spread * rng.normal(size=(len(targets), 8))
    return (rows * rng.uniform(0.5, 2, (len(rows), 1))).astype(np.float32), targets


def test_a_middle_is_the_mean_direction_of_a_class() -> None:
    rows, targets = clouds(20)
    middles = middles_of(rows, np.where(np.arange(60) % 7, targets, -1), 4)
    for place in range(3):
        own = unit(rows)[(targets == place) & (np.arange(60) % 7 > 0)].mean(axis=0)
        assert middles[place] == pytest.approx(own / np.linalg.norm(own), abs=1e-6)
    assert not middles[3].any()  # a class without photos


def test_each_photo_is_compared_without_its_group() -> None:
    rows, targets = clouds(6)
    groups = np.arange(18) // 2
    found = left_out_cosines(rows, targets, 3, groups)
    expected = []
    for at in range(18):
        others = groups != groups[at]
        middles = middles_of(rows[others], targets[others], 3)
        whole = middles_of(rows, targets, 3)  # of the other classes all photos count
        whole[targets[at]] = middles[targets[at]]
        expected.append(nearest_cosine(rows[at : at + 1], whole)[0])
    assert found == pytest.approx(expected, abs=1e-5)


def test_what_is_all_that_is_known_of_a_class_says_nothing() -> None:
    rows, targets = clouds(4)
    groups = np.r_[np.zeros(4, int), np.arange(8) + 1]  # the first class is one thing
    assert len(left_out_cosines(rows, targets, 3, groups)) == 8
    assert len(left_out_cosines(rows, np.full(12, -1), 3, groups)) == 0


def test_19_of_20_photos_of_known_classes_stay_known() -> None:
    rows, targets = clouds(100)
    held_out, _ = clouds(100, seed=1)
    known = known_classes(middles_of(rows, targets, 3), held_out)
    assert known is not None
    assert known.unknown(held_out).mean() == pytest.approx(0.05, abs=0.004)
    assert known.unknown(np.eye(8)[5:].astype(np.float32)).all()
    left_out = known_classes_of(rows, targets, 3, np.arange(300))
    assert left_out is not None
    assert left_out.unknown(held_out).mean() == pytest.approx(0.05, abs=0.035)


def test_too_few_photos_say_nothing() -> None:
    rows, targets = clouds(ENOUGH)
    middles = middles_of(rows, targets, 3)
    assert known_classes(middles, rows[: ENOUGH - 1]) is None
    assert known_classes(middles, rows[:ENOUGH]) is not None
    assert known_classes_of(rows[:5], targets[:5], 3, np.arange(5)) is None


def test_of_large_classes_some_photos_are_taken_and_all_of_small_ones() -> None:
    targets = np.r_[np.zeros(500, int), np.ones(7, int), np.full(20, -1)]
    rows = some_of_each(targets, most=100)
    assert np.bincount(targets[rows]).tolist() == [100, 7]
    assert len(some_of_each(np.full(3, -1))) == 0
