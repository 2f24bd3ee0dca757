import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from core.errors import TrainingError
from core.tags.values import Split
from core.types import PhotoId
from tests.trainer.data.conftest import example
from trainer.data.examples import Dataset, Example


def test_heads_have_the_class_first_and_sorted_labels():
    dataset = Dataset((example(1, "shoe", color="red"), example(2, "cap", art="x"), example(3, "shoe", color="blue")))

    assert dataset.heads == {"class": ("cap", "shoe"), "art": ("x",), "color": ("blue", "red")}
    assert list(dataset.heads) == ["class", "art", "color"]


def test_targets_are_minus_one_where_there_is_no_label():
    examples = (example(1, "shoe", color="red"), example(2, "cap"))
    dataset = Dataset(examples)

    targets = dataset.targets(examples)

    assert targets["class"].tolist() == [1, 0]
    assert targets["color"].tolist() == [0, -1]
    assert dataset.targets(examples, {"class": ("hat", "cap")})["class"].tolist() == [-1, 1]
    assert targets["class"].dtype == np.int64


def test_the_hash_knows_labels_and_splits_but_neither_paths_nor_order():
    one, two = example(1, "shoe"), example(2, "cap")
    dataset = Dataset((one, two))

    assert Dataset((two, replace(one, path=Path("/elsewhere/x.jpg")))).hash == dataset.hash
    assert Dataset((one, replace(two, labels={"class": "hat"}))).hash != dataset.hash
    assert Dataset((one, replace(two, split=Split.TEST))).hash != dataset.hash


def test_data_json_brings_everything_back(tmp_path: Path):
    strange = Path(b"/photos/\xff \xe2\x98\x83.jpg".decode("utf-8", "surrogateescape"))
    given = Example(
        strange,
        "ab" * 16,
        {"class": "\u888b", "color": "r\u00f6d"},
        Split.TRAIN,
        "A",
        datetime(2024, 1, 2, 3),
        PhotoId(7),
    )
    dataset = Dataset((given, example(2)), "mine", ("1 photo was left out.",), {"\u888b": "Ger\u00e4t"})

    dataset.write(tmp_path / "data.json")

    assert Dataset.read(tmp_path / "data.json") == dataset


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"format": 99}', '{"format": 1, "examples": [3]}'])
def test_a_damaged_list_is_said_to_be_one(tmp_path: Path, damage: str):
    (tmp_path / "data.json").write_text(damage)

    with pytest.raises(TrainingError, match="cannot be read"):
        Dataset.read(tmp_path / "data.json")


def test_a_list_that_was_changed_by_hand_is_refused(tmp_path: Path):
    path = tmp_path / "data.json"
    Dataset((example(1),)).write(path)
    content = json.loads(path.read_text())
    content["examples"][0]["labels"]["class"] = "blue"
    path.write_text(json.dumps(content))

    with pytest.raises(TrainingError, match="hash"):
        Dataset.read(path)


def test_examples_without_a_wanted_head_go():
    dataset = Dataset((example(1, color="red"), example(2)))

    assert [each.labels for each in dataset.only_heads(["color"]).examples] == [{"color": "red"}]
