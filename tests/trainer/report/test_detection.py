"""AUROC and its interval, thresholds, and false positives, against scikit-learn and against what chance does."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from trainer.report.detection import auroc, false_positives, threshold_for


def drawn(seed: int, positive: int = 200, negative: int = 150, *, digits: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(1, 1, positive).round(digits), rng.normal(0, 1, negative).round(digits)


@pytest.mark.parametrize("digits", [12, 1, 0])  # with one digit and none, many scores are equal
@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_scikit_learn_says(seed: int, digits: int) -> None:
    positive, negative = drawn(seed, digits=digits)
    truth = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
    assert auroc(positive, negative).value == pytest.approx(roc_auc_score(truth, np.r_[positive, negative]), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_false_positives_are_where_scikit_learns_curve_reaches_95_percent(seed: int) -> None:
    positive, negative = drawn(seed)
    truth = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
    false, true, _ = roc_curve(truth, np.r_[positive, negative], drop_intermediate=False)
    assert false_positives(positive, negative) == pytest.approx(false[np.flatnonzero(true >= 0.95)[0]])


def test_the_interval_holds_what_it_promises() -> None:
    """In 95 of 100 draws the truth lies in it, within what chance does to 300 draws."""
    truth = float(np.mean([auroc(*drawn(1000 + seed, 2000, 2000)).value for seed in range(20)]))
    found = [auroc(*drawn(seed, 60, 40)) for seed in range(300)]
    assert np.mean([each.low <= truth <= each.high for each in found]) > 0.91


def test_ends() -> None:
    assert auroc(np.array([2.0, 3.0]), np.array([0.0, 1.0])).value == 1.0
    assert auroc(np.array([0.0, 1.0]), np.array([2.0])).value == 0.0
    assert auroc(np.ones(5), np.ones(3)).value == 0.5
    with pytest.raises(ValueError, match="both kinds"):
        auroc(np.ones(5), np.empty(0))


def test_a_threshold_keeps_what_it_promises() -> None:
    scores = np.random.default_rng(0).normal(size=200)
    threshold = threshold_for(scores)
    assert (scores >= threshold).sum() == 190
    assert threshold_for(scores, 1.0) == scores.min()
    assert (np.arange(20) >= threshold_for(np.arange(20.0))).sum() == 19
    assert threshold_for(np.array([0.5])) == 0.5
    with pytest.raises(ValueError, match="photos"):
        threshold_for(np.empty(0))
