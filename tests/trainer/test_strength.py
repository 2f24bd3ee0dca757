"""Calibration and the weak line, on pairs whose truth is made to order."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.evaluate.photos import LabelledPhoto
from trainer.evaluate.strength import REFERENCE_SHARE, Pairs, calibration, fit, known_truth, line, same_label_pairs


def photo(label: str, *others: str) -> LabelledPhoto:
    return LabelledPhoto(b"", "made", label, frozenset(others))


def test_the_fit_finds_the_curve_that_made_the_pairs() -> None:
    rng = np.random.default_rng(1)
    deviations = np.concatenate([rng.normal(4, 1, 60_000), rng.normal(0, 1, 60_000)])
    relevant = np.arange(len(deviations)) < 60_000
    midpoint, slope = fit(Pairs(deviations, relevant))
    # Two normal curves of equal width, 4 apart: their log odds are 4 z - 8, less those of the reference share.
    odds = np.log(REFERENCE_SHARE / (1 - REFERENCE_SHARE))
    assert midpoint == pytest.approx((8 - odds) / 4, rel=0.02)
    assert slope == pytest.approx(1 / 4, rel=0.03)


def test_certain_and_right_is_calibrated_certain_and_wrong_is_not() -> None:
    deviations, right = np.array([-20.0, -20.0, 20.0, 20.0]), np.array([False, False, True, True])
    assert calibration(Pairs(deviations, right)).error == pytest.approx(0.0, abs=1e-6)
    assert calibration(Pairs(deviations, ~right)).error == pytest.approx(1.0, abs=1e-6)


def test_the_line_shows_what_is_above_it() -> None:
    pairs = Pairs(np.array([20.0, -20.0, 20.0, -20.0]), np.array([True, True, False, False]))
    found = line(pairs, 0.5)
    assert (found.recall, found.false_shows) == (0.5, 0.5)
    assert found.precision == pytest.approx(REFERENCE_SHARE)


def test_truth_is_open_where_words_are_shared_or_there_is_no_label() -> None:
    photos = [photo("bag"), photo("plastic bag"), photo("cat"), photo("beagle", "dog"), photo("")]
    relevant, known = known_truth(["bag", "dog"], photos)
    assert relevant.tolist() == [[True, False, False, False, False], [False, False, False, True, False]]
    assert known.tolist() == [[True, False, True, True, False], [True, True, True, True, False]]


def test_pairs_of_photos_count_once_and_only_where_the_truth_is_known() -> None:
    same, known = same_label_pairs([photo("cat"), photo("cat"), photo("beagle", "dog"), photo("poodle", "dog")])
    assert known.sum() == 5  # six pairs, but for beagle and poodle
    assert same[known].sum() == 1
