"""Coarse kinds first: what the longer vectors rank like, and that a weight is chosen which helps."""

from __future__ import annotations

import numpy as np

from trainer.openset.ranking import STRICTLY_FIRST, CoarseKinds


def unit(values: object) -> np.ndarray:
    found = np.asarray(values, np.float32)
    return found / np.linalg.norm(found, axis=-1, keepdims=True)


TRAIN = unit([[1, 0.1, 0], [1, -0.1, 0], [0, 1, 0.1], [0, 1, -0.1]])
KINDS = CoarseKinds.of(TRAIN, np.array([0, 1, 2, 3]), np.array([0, 0, 1, 1]))


def test_a_photo_is_of_the_kind_of_the_nearest_prototype() -> None:
    assert KINDS.predicted(unit([[1, 0.3, 0], [0.3, 1, 0]])).tolist() == [0, 1]


def test_longer_vectors_rank_by_cosine_plus_weight() -> None:
    random = np.random.default_rng(0)
    vectors = unit(random.normal(size=(40, 3)))
    same = KINDS.predicted(vectors)[:, None] == KINDS.predicted(vectors)[None, :]
    for weight in (0.0, 0.3, STRICTLY_FIRST):
        longer = KINDS.extended(vectors, weight)
        assert np.allclose(np.linalg.norm(longer, axis=1), 1, atol=1e-5)
        assert np.allclose(longer @ longer.T * (1 + weight), vectors @ vectors.T + weight * same, atol=1e-4)


def test_strictly_first_means_that_no_photo_of_another_kind_stands_before() -> None:
    vectors = unit(np.random.default_rng(1).normal(size=(60, 3)))
    longer, kinds = KINDS.extended(vectors, STRICTLY_FIRST), KINDS.predicted(vectors)
    order = np.argsort(-(longer @ longer.T), axis=1)
    same = kinds[order] == kinds[:, None]
    assert (np.diff(same.astype(int), axis=1) <= 0).all()


def test_the_weight_that_helps_is_chosen_and_none_where_none_helps() -> None:
    """The first two photos are of one class and one kind; a third of another kind lies between them."""
    vectors = unit([[1, 0.9, 0.9], [1, 0.9, -0.9], [0.97, 1, 0], [0, 1, 0]])
    classes = np.array([0, 0, 1, 1])
    assert KINDS.choose_weight(vectors, classes) > 0
    assert KINDS.choose_weight(unit([[1, 0, 0], [1, 0, 0.1], [0, 1, 0], [0, 1, 0.1]]), classes) == 0
