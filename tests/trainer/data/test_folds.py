"""Photos in folds: each is held out once, and what belongs together stays together."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.errors import TrainingError
from core.tags.values import Split
from tests.trainer.data.conftest import MakePicture, example
from trainer.data.examples import Dataset
from trainer.data.folds import divide
from trainer.data.sources import read_examples

TRAIN, VALIDATION, TEST = Split


def test_each_class_is_held_out_in_equal_parts() -> None:
    dataset = Dataset(tuple(example(n, "abc"[n % 3]) for n in range(150)))
    for fold in divide(dataset, 5, seed=0, near=()):
        assert Counter(each.labels["class"] for each in fold.of(VALIDATION)) == {"a": 10, "b": 10, "c": 10}
        assert len(fold.of(TRAIN)) == 120


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.sampled_from([*Split, None])), min_size=6),
    st.integers(2, 4),
    st.integers(0, 3),
)
def test_no_thing_is_on_two_sides_and_all_photos_are_held_out_once(
    photos: list[tuple[str, int, Split | None]], count: int, seed: int
) -> None:
    examples = [example(n, label, instance=f"{thing}", split=split) for n, (label, thing, split) in enumerate(photos)]
    try:
        folds = divide(Dataset(tuple(examples)), count, seed, near=())
    except TrainingError:
        assume(False)
        return
    held_out = Counter(each.content_hash for fold in folds for each in fold.of(VALIDATION))
    assert held_out == {each.content_hash: 1 for each in examples if each.split is not TEST}
    for fold in folds:
        assert {each.content_hash for each in fold.of(TEST)} == {e.content_hash for e in examples if e.split is TEST}
        assert not {each.instance for each in fold.of(TRAIN)} & {each.instance for each in fold.of(VALIDATION)}


def test_the_same_seed_divides_alike_whatever_the_order() -> None:
    examples = [example(n, "ab"[n % 2], instance=str(n // 3)) for n in range(60)]
    first = divide(Dataset(tuple(examples)), 3, 5, near=())
    moved = [replace(each, path=each.path.with_name(f"{number}.jpg")) for number, each in enumerate(examples[::-1])]
    again = divide(Dataset(tuple(moved)), 3, 5, near=())
    other = divide(Dataset(tuple(examples)), 3, 6, near=())
    assert [fold.hash for fold in first] == [fold.hash for fold in again]
    assert [fold.hash for fold in first] != [fold.hash for fold in other]


def test_smaller_copies_of_a_photo_stay_with_it(make_picture: MakePicture) -> None:
    for number in range(12):
        make_picture(f"{'red' if number % 2 else 'blue'}/{number}.jpg", number)
    for number in (0, 2, 4):
        make_picture(f"blue/{number} small.jpg", number, size=(64, 64), quality=80)
    dataset = read_examples(make_picture("red/13.jpg", 13).parents[1])
    for fold in divide(dataset, 4, seed=1):
        held_out = {each.path.stem for each in fold.of(VALIDATION)}
        for number in (0, 2, 4):
            assert (str(number) in held_out) == (f"{number} small" in held_out)


def test_what_cannot_be_divided_is_said() -> None:
    alike = Dataset(tuple(example(n, "ab"[n % 2], instance=str(n % 2)) for n in range(20)))
    with pytest.raises(TrainingError, match="2 photos that differ are too few for 3 folds"):
        divide(alike, 3, 0, near=())
    rare = Dataset(tuple(example(n, str(n // 2)) for n in range(12)))
    with pytest.raises(TrainingError, match="No label has 3 photos"):
        divide(rare, 3, 0, near=())
    few = Dataset(tuple(example(n, "a" if n < 20 else "b") for n in range(22)))
    assert "Not every fold holds out photos of b (2)." in divide(few, 3, 0, near=())[0].warnings
