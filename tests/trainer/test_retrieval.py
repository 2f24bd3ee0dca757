"""Recall and precision on cases small enough to check by hand, and what guessing gives."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.evaluate.retrieval import (
    average_precisions,
    estimate,
    name_precision,
    precision_at,
    recall_image_to_text,
    recall_text_to_image,
)

AXES = np.eye(20, dtype=np.float32)
OWNERS = np.arange(20)


def random_units(seed: int, rows: int, dim: int = 32) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class TestRecall:
    def test_perfect_vectors_find_everything(self) -> None:
        for recall in (recall_text_to_image(AXES, AXES, OWNERS), recall_image_to_text(AXES, AXES, OWNERS)):
            assert [found.value for found in recall.at.values()] == [1.0, 1.0, 1.0]
            assert (recall.queries, recall.pool) == (20, 20)

    def test_a_model_that_answers_all_alike_finds_nothing(self) -> None:
        alike = np.ones((20, 1), dtype=np.float32)
        for recall in (recall_text_to_image(alike, alike, OWNERS), recall_image_to_text(alike, alike, OWNERS)):
            assert [found.value for found in recall.at.values()] == [0.0, 0.0, 0.0]

    def test_guessing_finds_k_of_the_pool(self) -> None:
        recall = recall_text_to_image(random_units(1, 1000), random_units(2, 200), np.arange(1000) % 200)
        assert recall.at[10].value == pytest.approx(10 / 200, abs=0.02)
        assert recall.at[10].low < 10 / 200 < recall.at[10].high

    def test_the_second_place_counts_from_five_on(self) -> None:
        photos = np.array([[1.0, 0.0], [0.8, 0.6]], dtype=np.float32)
        recall = recall_text_to_image(photos[:1], photos, np.array([1]))  # the text lies on the wrong photo
        assert {depth: found.value for depth, found in recall.at.items()} == {1: 0.0, 5: 1.0, 10: 1.0}

    def test_captions_of_one_photo_do_not_stand_in_each_others_way(self) -> None:
        texts = np.array([[1.0, 0.0], [0.9, 0.436], [0.0, 1.0]], dtype=np.float32)
        recall = recall_image_to_text(texts, texts[[0, 2]], np.array([0, 0, 1]))
        assert recall.at[1].value == 1.0


class TestPrecision:
    def test_average_precision_by_hand(self) -> None:
        scores, relevant = np.array([[0.9, 0.8, 0.7, 0.6]]), np.array([[True, False, True, False]])
        assert average_precisions(scores, relevant) == pytest.approx([(1 / 1 + 2 / 3) / 2])

    def test_ties_give_the_share_of_relevant_ones(self) -> None:
        assert average_precisions(np.zeros((1, 4)), np.array([[True, False, False, False]])) == pytest.approx([0.25])

    def test_perfect_names(self) -> None:
        found = name_precision(AXES, AXES, np.eye(20, dtype=bool))
        assert (found.names, found.pool, found.mean.value) == (20, 20, 1.0)

    def test_precision_of_the_first(self) -> None:
        scores, relevant = np.array([0.1, 0.9, 0.8, 0.2]), np.array([True, True, False, False])
        assert precision_at(scores, relevant, depth=2) == 0.5


class TestEstimate:
    def test_interval_holds_the_mean_and_narrows_with_more_values(self) -> None:
        few, many = (estimate(np.random.default_rng(0).random(size)) for size in (20, 2000))
        assert few.low < few.value < few.high
        assert many.high - many.low < (few.high - few.low) / 5

    def test_copies_in_one_group_are_not_evidence(self) -> None:
        values = np.tile([0.0, 1.0, 1.0, 0.0, 1.0], 50)
        alone, grouped = estimate(values), estimate(values, np.tile(np.arange(5), 50))
        assert grouped.value == pytest.approx(alone.value)
        assert grouped.high - grouped.low > 3 * (alone.high - alone.low)

    def test_one_value_is_its_own_interval(self) -> None:
        assert estimate(np.array([0.3])).low == 0.3
