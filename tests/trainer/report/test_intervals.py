"""Bootstrap and McNemar: against SciPy, against the plain way of doing it, and against figures from the literature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from trainer.report.intervals import bootstrap, bootstrap_differences, mcnemar, wilson


def two_taggers(photos: int = 200, classes: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets, a tagger that is right 6 times of 10, one that is right 8 times."""
    rng = np.random.default_rng(3)
    targets = rng.integers(0, classes, photos)
    first, second = (
        np.where(rng.random(photos) < share, targets, rng.integers(0, classes, photos)) for share in (0.5, 0.75)
    )
    return targets, first, second


def test_counts_of_cells_give_what_drawing_photos_gives() -> None:
    targets, predicted, _ = two_taggers()
    found = bootstrap(targets, predicted, 4, resamples=4000)
    rng = np.random.default_rng(9)
    drawn = [rng.integers(0, len(targets), len(targets)) for _ in range(1000)]
    accuracies = [float((targets[rows] == predicted[rows]).mean()) for rows in drawn]
    macros = [float(f1_score(targets[rows], predicted[rows], average="macro")) for rows in drawn]
    for name, values in (("accuracy", accuracies), ("macro_f1", macros)):
        low, high = np.quantile(values, [0.025, 0.975])
        assert (found[name].low, found[name].high) == pytest.approx((low, high), abs=0.012)
        assert found[name].low < found[name].value < found[name].high


def test_the_same_seed_gives_the_same_interval_and_unlabelled_photos_do_not_count() -> None:
    targets, predicted, _ = two_taggers()
    once, more = bootstrap(targets, predicted, 4), np.concatenate([targets, np.full(50, -1)])
    assert once == bootstrap(targets, predicted, 4)
    assert once == bootstrap(more, np.concatenate([predicted, np.zeros(50, dtype=int)]), 4)
    assert bootstrap(np.full(3, -1), np.zeros(3, dtype=int), 4) == {}


def test_where_all_are_right_the_interval_is_not_a_point() -> None:
    targets = np.arange(20) % 4
    found = bootstrap(targets, targets, 4)
    assert {(each.value, each.high) for each in found.values()} == {(1.0, 1.0)}
    assert {each.low for each in found.values()} == {wilson(20, 20).low}
    assert bootstrap(targets, (targets + 1) % 4, 4)["accuracy"].high > 0.05


def test_wilson_is_that_of_scipy() -> None:
    for right, photos in ((0, 5), (3, 10), (50, 53), (20, 20)):
        expected = binomtest(right, photos).proportion_ci(method="wilson")
        found = wilson(right, photos)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_differences_are_paired() -> None:
    targets, first, second = two_taggers()
    found = bootstrap_differences(targets, first, second, 4)["accuracy"]
    assert found.value == pytest.approx((second == targets).mean() - (first == targets).mean())
    # Variance of a paired difference, from the discordant photos alone.
    per_photo = (second == targets).astype(float) - (first == targets)
    half = 1.96 * per_photo.std() / np.sqrt(len(targets))
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)
    same = bootstrap_differences(targets, first, first, 4)["macro_f1"]
    assert (same.value, same.low, same.high) == (0, 0, 0)


class TestMcNemar:
    def test_it_is_the_binomial_test_of_the_photos_that_differ(self) -> None:
        found = mcnemar(np.array([True] * 9 + [False] * 4), np.array([False] * 7 + [True] * 4 + [False] * 2))
        assert (found.only_first, found.only_second) == (7, 2)
        assert found.exact_p == pytest.approx(binomtest(2, 9).pvalue)

    def test_figures_of_the_paper(self) -> None:
        # Fagerland et al. 2013, airway hyper-responsiveness: 1 and 7 discordant pairs, exact 0.0703, mid-p 0.0391.
        found = mcnemar(np.array([True] + [False] * 7), np.array([False] + [True] * 7))
        assert (found.exact_p, found.mid_p) == (pytest.approx(0.0703, abs=5e-5), pytest.approx(0.0391, abs=5e-5))

    def test_alike_is_alike(self) -> None:
        right = np.array([True, False, True])
        assert (mcnemar(right, right).exact_p, mcnemar(right, right).mid_p) == (1.0, 1.0)
        assert mcnemar(np.array([True, False]), np.array([False, True])).exact_p == 1.0
