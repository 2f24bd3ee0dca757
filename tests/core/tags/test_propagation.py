"""From a few labelled photos to those that look like them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import LabelError
from core.tags.propagation import LEAST_PROBABILITY, PROPOSALS_AN_EXAMPLE, Proposal
from core.types import PhotoId
from tests.core.tags.shelf import DIM, Shelf

KINDS = 4
OF_EACH = 30


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Four kinds of photos, each around a direction of its own."""
    shelf = Shelf(tmp_path / "home", tmp_path / "photos")
    rng = np.random.default_rng(0)
    with shelf.database.write():
        for number, photo_id in enumerate(shelf.photos(KINDS * OF_EACH)):
            vector = rng.normal(0, 0.12, DIM)
            vector[number % KINDS] += 1
            shelf.vectors[photo_id] = (vector / np.linalg.norm(vector)).astype(np.float32)
    yield shelf
    shelf.close()


def of_kind(shelf: Shelf, kind: int) -> list[PhotoId]:
    return [photo_id for number, photo_id in enumerate(shelf.vectors) if number % KINDS == kind]


def right(shelf: Shelf, proposals: list[Proposal], kind: int) -> float:
    return sum(each.photo_id in set(of_kind(shelf, kind)) for each in proposals) / max(1, len(proposals))


def test_photos_of_the_same_kind_are_proposed(shelf: Shelf) -> None:
    caps, shoes = of_kind(shelf, 0), of_kind(shelf, 1)
    shelf.labels.set(caps[:4], "class", "cap")
    shelf.labels.set(shoes[:4], "class", "shoe")
    proposals = shelf.labels.propagate(caps[:4], "class")
    assert {each.value for each in proposals} == {"cap"}
    assert right(shelf, proposals, 0) == 1
    assert 8 <= len(proposals) <= 4 * PROPOSALS_AN_EXAMPLE  # of 26: few, for people look at each
    assert {each.because for each in proposals} <= set(caps[:4])
    assert not {each.photo_id for each in proposals} & set(caps[:4])
    for each in proposals:
        example, photo = shelf.vectors[each.because], shelf.vectors[each.photo_id]
        assert each.cosine == pytest.approx(float(example @ photo), abs=1e-5)
        assert each.cosine == pytest.approx(max(float(shelf.vectors[cap] @ photo) for cap in caps[:4]), abs=1e-5)
    probabilities = [each.probability for each in proposals]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(LEAST_PROBABILITY <= probability <= 4 / 5 for probability in probabilities)  # Laplace, of 4 examples
    assert shelf.labels.counts() == {"class": {"cap": 4, "shoe": 4}}  # nothing was set


def test_several_values_at_once(shelf: Shelf) -> None:
    for kind in range(3):
        shelf.labels.set(of_kind(shelf, kind)[:3], "class", f"kind {kind}")
    chosen = [*of_kind(shelf, 0)[:3], *of_kind(shelf, 1)[:3]]
    proposals = shelf.labels.propagate(chosen, "Class", limit=1000)
    assert {each.value for each in proposals} == {"kind 0", "kind 1"}
    for kind in range(2):
        assert right(shelf, [each for each in proposals if each.value == f"kind {kind}"], kind) == 1


def test_one_example_and_nothing_to_compare_it_with(shelf: Shelf) -> None:
    first = of_kind(shelf, 2)[0]
    shelf.labels.set([first], "color", "red")
    proposals = shelf.labels.propagate([first], "color", limit=5)
    assert 0 < len(proposals) <= 5
    assert right(shelf, proposals, 2) == 1


def test_a_rival_nearby_lowers_the_probability(shelf: Shelf) -> None:
    caps = of_kind(shelf, 0)
    shelf.labels.set(caps[:3], "class", "cap")
    shelf.labels.set(of_kind(shelf, 1)[:3], "class", "shoe")
    alone = {each.photo_id: each.probability for each in shelf.labels.propagate(caps[:3], "class")}
    shelf.labels.set(caps[3:6], "class", "hat")  # of the very same kind
    beside = {each.photo_id: each.probability for each in shelf.labels.propagate(caps[:3], "class")}
    common = alone.keys() & beside.keys()
    assert common
    assert np.mean([beside[photo] for photo in common]) < np.mean([alone[photo] for photo in common])


def test_more_is_proposed_once_proposals_were_confirmed(shelf: Shelf) -> None:
    caps = of_kind(shelf, 0)
    shelf.labels.set(of_kind(shelf, 1)[:3], "class", "shoe")
    shelf.labels.set(caps[:3], "class", "cap")
    known = caps[:3]
    for _ in range(2):
        proposals = shelf.labels.propagate(known, "class")
        assert right(shelf, proposals, 0) == 1  # and there are some
        shelf.labels.set([each.photo_id for each in proposals], "class", "cap")
        known = [*known, *(each.photo_id for each in proposals)]
    assert len(known) >= OF_EACH / 2


def test_where_nothing_is_like_the_examples_nothing_is_proposed(shelf: Shelf) -> None:
    """A value of which there is no other photo, among photos that are all alike."""
    caps = of_kind(shelf, 0)
    odd = caps[0]
    shelf.vectors[odd] = np.eye(DIM, dtype=np.float32)[DIM - 1]
    shelf.labels.set([odd], "class", "boat")
    shelf.labels.set(caps[1:5], "class", "cap")
    for kind in range(1, KINDS):
        shelf.labels.set(of_kind(shelf, kind)[:4], "class", f"kind {kind}")
    assert shelf.labels.propagate([odd], "class") == []


def test_photos_that_are_hidden_labelled_or_without_a_vector_are_left_out(shelf: Shelf) -> None:
    caps = of_kind(shelf, 0)
    shelf.labels.set(caps[:2], "class", "cap")
    shelf.labels.set(of_kind(shelf, 1)[:2], "class", "shoe")
    shelf.labels.set(caps[2:3], "class", "hat")
    with shelf.database.write() as db:
        db.execute("UPDATE photos SET hidden = 1 WHERE id = ?", (caps[3],))
    del shelf.vectors[caps[4]]
    proposed = {each.photo_id for each in shelf.labels.propagate(caps[:2], "class")}
    assert proposed
    assert not proposed & set(caps[:5])


def test_what_cannot_be_done(shelf: Shelf) -> None:
    caps = of_kind(shelf, 0)
    shelf.labels.set(caps[:1], "class", "cap")
    for ids, head in ((caps[1:], "class"), ([], "class"), (caps[:1], "color"), (caps[:1], "none")):
        with pytest.raises(LabelError) as caught:
            shelf.labels.propagate(ids, head)
        assert caught.value.remedy
    everything = dict(shelf.vectors)
    shelf.vectors.clear()
    with pytest.raises(LabelError):
        shelf.labels.propagate(caps[:1], "class")
    shelf.vectors[caps[0]] = everything[caps[0]]
    assert shelf.labels.propagate(caps[:1], "class") == []
