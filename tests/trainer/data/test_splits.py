import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.tags.values import Split
from tests.trainer.data.conftest import MakePicture, example
from trainer.data.examples import Dataset
from trainer.data.near import near_duplicates
from trainer.data.sources import read_examples
from trainer.data.splits import grouped, split_dataset

TRAIN, VALIDATION, TEST = Split


def sides(dataset: Dataset, key) -> dict:
    found: dict = {}
    for each in dataset.examples:
        found.setdefault(key(each), set()).add(each.split)
    return found


def test_each_class_is_divided_by_the_fractions():
    dataset = Dataset(tuple(example(n, "abc"[n % 3]) for n in range(300)))

    divided = split_dataset(dataset, validation=0.2, test=0.1, near=())

    for label in "abc":
        counts = Counter(each.split for each in divided.examples if each.labels["class"] == label)
        assert counts == {TRAIN: 70, VALIDATION: 20, TEST: 10}


def test_the_same_seed_divides_alike_whatever_the_order():
    examples = [example(n, "ab"[n % 2]) for n in range(60)]

    first = split_dataset(Dataset(tuple(examples)), seed=5, near=())
    again = split_dataset(
        Dataset(tuple(replace(each, path=Path("/x") / each.path.name) for each in reversed(examples))), seed=5, near=()
    )
    other = split_dataset(Dataset(tuple(examples)), seed=6, near=())

    assert first.hash == again.hash
    assert first.hash != other.hash


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12)), min_size=2, max_size=60),
    st.integers(0, 3),
)
def test_no_instance_stands_on_two_sides_and_each_class_is_trained_on(photos: list[tuple[str, int]], seed: int):
    examples = tuple(example(n, label, instance=f"{label}{thing}") for n, (label, thing) in enumerate(photos))

    divided = split_dataset(Dataset(examples), seed=seed, near=())

    assert len(divided.examples) == len(examples)
    assert all(len(found) == 1 for found in sides(divided, lambda each: each.instance).values())
    by_class = sides(divided, lambda each: each.labels["class"])
    for label, found in by_class.items():
        things = {thing for given, thing in photos if given == label}
        assert TRAIN in found
        assert VALIDATION in found or len(things) == 1


def test_a_burst_stays_together_and_the_next_folder_does_not_count():
    burst = [example(n, second=2.0 * n) for n in range(4)]
    later = example(9, second=100)
    elsewhere = example(10, folder="other", second=1)

    groups = grouped([*burst, later, elsewhere])

    assert len(set(groups.of[:4])) == 1
    assert len(set(groups.of)) == 3
    assert groups.same_picture == ()


def test_copies_and_near_duplicates_stay_together(make_picture: MakePicture):
    for number in range(12):
        make_picture(f"{'ab'[number % 2]}/{number}.jpg", number, size=(160, 160))
    root = make_picture("a/0.jpg", 0, size=(160, 160)).parent.parent
    with Image.open(root / "a" / "0.jpg") as image:
        image.resize((120, 120)).save(root / "a" / "smaller.jpg", quality=70)
    shutil.copy(root / "a" / "2.jpg", root / "a" / "copy.jpg")

    dataset = read_examples(root)
    near = near_duplicates(dataset.examples)
    divided = split_dataset(dataset, seed=1)

    assert [{dataset.examples[row].path.name for row in rows} for rows in near] == [{"0.jpg", "smaller.jpg"}]
    split_of = {each.path.name: each.split for each in divided.examples}
    assert split_of["0.jpg"] is split_of["smaller.jpg"]
    assert split_of["2.jpg"] is split_of["copy.jpg"]
    assert set(split_of.values()) == set(Split)


def test_what_was_compared_is_not_compared_again(make_picture: MakePicture, tmp_path: Path):
    for number in range(6):
        make_picture(f"{number % 2}/{number}.jpg", number)
    root = make_picture("0/again.jpg", 0, size=(80, 80)).parent.parent
    record = tmp_path / "compared.npz"
    examples = read_examples(root).examples
    found = near_duplicates(examples, record_file=record)
    written = record.stat().st_mtime_ns

    assert len(found) == 1
    assert near_duplicates(examples, record_file=record) == found
    assert record.stat().st_mtime_ns == written


def test_given_splits_are_kept():
    given = [example(n, "ab"[n % 2], split=[TRAIN, TRAIN, VALIDATION, TEST][n % 4]) for n in range(40)]
    new = [example(100 + n, "ab"[n % 2]) for n in range(20)]

    divided = split_dataset(Dataset((*given, *new)), near=())

    assert all(
        before.split in (None, after.split) for before, after in zip((*given, *new), divided.examples, strict=True)
    )
    assert all(each.split is not None for each in divided.examples)
    assert divided.warnings == ()


def test_a_part_to_validate_with_is_made_from_the_training_part():
    train = [example(n, "ab"[n % 2], split=TRAIN, instance=f"i{n // 2}") for n in range(80)]
    test = [example(100 + n, "ab"[n % 2], split=TEST) for n in range(10)]

    divided = split_dataset(Dataset((*train, *test)), near=())

    assert [len(divided.of(split)) for split in Split] == [68, 12, 10]
    assert any("validation part" in warning for warning in divided.warnings)


def test_no_test_part_is_taken_from_data_that_have_a_validation_part():
    given = [example(n, split=TRAIN if n % 4 else VALIDATION) for n in range(40)]

    assert split_dataset(Dataset(tuple(given)), near=()).of(TEST) == ()


@pytest.mark.parametrize("leave_out", [True, False])
def test_a_photo_to_train_on_that_is_in_the_test_too(leave_out: bool):
    train = [example(n, split=TRAIN) for n in range(10)]
    held_out = [example(20, split=TEST, content=train[3].content_hash), example(21, split=VALIDATION)]

    divided = split_dataset(Dataset((*train, *held_out)), near=[(5, 11)], leave_out_leaks=leave_out)

    assert len(divided.of(TRAIN)) == (8 if leave_out else 10)
    assert len(divided.of(TEST)) == len(divided.of(VALIDATION)) == 1
    assert any("2 photos to train on" in warning for warning in divided.warnings)


def test_a_new_photo_of_a_known_thing_joins_it():
    given = [example(0, split=TEST, instance="cap"), *(example(n, split=TRAIN) for n in range(1, 9))]

    divided = split_dataset(Dataset((*given, example(50, instance="cap"))), near=())

    assert divided.examples[-1].split is TEST


def test_the_official_split_of_products_is_kept(shared_data: Path):
    divided = split_dataset(read_examples(shared_data / "products"))

    assert [len(divided.of(split)) for split in Split] == [447, 100, 53]
    assert divided.warnings == ()
