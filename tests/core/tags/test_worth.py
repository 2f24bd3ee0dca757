"""Which photos to label next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import LabelError
from core.tags.worth import choose
from core.types import PhotoId
from tests.core.tags.shelf import DIM, Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Eight kinds of ten photos that are nearly the same."""
    shelf = Shelf(tmp_path / "home", tmp_path / "photos")
    rng = np.random.default_rng(1)
    for number, photo_id in enumerate(shelf.photos(80)):
        vector = rng.normal(0, 0.02, DIM)
        vector[number % 8] += 1
        shelf.vectors[photo_id] = (vector / np.linalg.norm(vector)).astype(np.float32)
    yield shelf
    shelf.close()


def kinds(shelf: Shelf, ids: list[PhotoId]) -> list[int]:
    all_ids = list(shelf.vectors)
    return [all_ids.index(photo_id) % 8 for photo_id in ids]


def test_without_a_tagger_one_of_each_kind_comes_first(shelf: Shelf) -> None:
    assert sorted(kinds(shelf, shelf.labels.worth_labelling(limit=8))) == list(range(8))


def test_kinds_that_are_labelled_can_wait(shelf: Shelf) -> None:
    ids = list(shelf.vectors)
    shelf.labels.set(ids[:3], "class", "known")
    chosen = shelf.labels.worth_labelling("class", 5)
    assert sorted(kinds(shelf, chosen)) == [3, 4, 5, 6, 7]
    assert not set(chosen) & set(ids[:3])


def test_what_is_uncertain_comes_before_what_is_sure(shelf: Shelf) -> None:
    ids = list(shelf.vectors)
    close_call = set(ids[40:48])  # one of each kind
    unseen = ids[79]
    shelf.predict(
        "class",
        {
            photo: [("cap", 0.51), ("shoe", 0.49)] if photo in close_call else [("cap", 0.99), ("shoe", 0.01)]
            for photo in ids
            if photo != unseen
        },
    )
    chosen = shelf.labels.worth_labelling("class", 8)
    assert chosen[0] == unseen  # nobody knows anything of it
    assert set(chosen[1:]) <= close_call
    assert sorted(kinds(shelf, chosen)) == list(range(8))


def test_a_margin_between_two_of_many_counts(shelf: Shelf) -> None:
    first, second, *rest = shelf.vectors
    shelf.predict(
        "class",
        {
            first: [("a", 0.4), ("b", 0.39), ("c", 0.21)],
            second: [("a", 0.38), ("b", 0.02), ("c", 0.02)],
            **{photo: [("a", 1.0)] for photo in rest},
        },
    )
    assert shelf.labels.worth_labelling("class", 2) == [first, second]


def test_photos_without_a_vector_come_last_and_hidden_ones_not_at_all(shelf: Shelf) -> None:
    ids = list(shelf.vectors)
    del shelf.vectors[ids[5]]
    with shelf.database.write() as db:
        db.execute("UPDATE photos SET hidden = 1 WHERE id = ?", (ids[6],))
    chosen = shelf.labels.worth_labelling("class", 1000)
    assert len(chosen) == len(set(chosen)) == 79
    assert chosen[-1] == ids[5]
    assert ids[6] not in chosen
    shelf.labels.set(ids, "class", "cap")
    assert shelf.labels.worth_labelling("class", 5) == []
    assert len(shelf.labels.worth_labelling("color", 5)) == 5
    with pytest.raises(LabelError):
        shelf.labels.worth_labelling("none", 5)


def test_choosing_the_farthest() -> None:
    pool = np.array([[1, 0], [0.999, 0.0447], [0, 1], [-1, 0]], np.float32)
    weights = np.array([1, 1, 1, 0.9], np.float32)
    assert choose(pool, weights, pool[:1], 4)[:2] == [3, 2]
    assert choose(pool, weights, pool[:0], 1) == [0]
    assert sorted(choose(pool, weights, pool[:0], 10)) == [0, 1, 2, 3]
    assert choose(pool[:0], weights[:0], pool, 3) == []
