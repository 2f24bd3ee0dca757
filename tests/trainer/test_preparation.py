"""What is said of labelled photos before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import TrainingError
from core.tags.values import Split
from tests.trainer.tiny_training import tiny_config, write_backbone, write_labels
from trainer.data.examples import Dataset, Example
from trainer.overrides import with_overrides
from trainer.preparation import learnable, prepare


def photo(name: str, label: str, content: str, split: Split = Split.TRAIN, color: str = "red") -> Example:
    return Example(Path(name), content, {"class": label, "color": color}, split, None, None)


def test_copies_of_one_photo_with_different_labels_are_named() -> None:
    photos = (
        photo("a.jpg", "cap", "one"),
        photo("b.jpg", "bag", "one", Split.VALIDATION, "blue"),
        photo("c.jpg", "bag", "two", color="blue"),
        photo("d.jpg", "bag", "two"),
        photo("e.jpg", "cap", "three"),
    )
    said = [warning for warning in learnable(Dataset(photos, "mine")).warnings if warning.startswith("Copies")]
    assert said == [
        "Copies of a photo have different labels: a.jpg (cap) and b.jpg (bag), a.jpg (red) and b.jpg (blue),"
        " c.jpg (blue) and d.jpg (red)."
    ]
    same = (photo("a.jpg", "cap", "one"), photo("b.jpg", "cap", "one", Split.VALIDATION), photo("c.jpg", "bag", "two"))
    assert not any(warning.startswith("Copies") for warning in learnable(Dataset(same, "mine")).warnings)


def test_a_weight_of_a_head_that_is_not_there_is_refused(tmp_path: Path) -> None:
    config = tiny_config(write_backbone(tmp_path / "tiny"))
    labels = write_labels(tmp_path / "photos")
    wrong = with_overrides(config, ["loss.head_weights.shap=1"])
    with pytest.raises(TrainingError, match=r"no head shap.*class, shape") as caught:
        prepare(wrong, labels, tmp_path / "home")
    assert "head_weights" in caught.value.remedy
    assert prepare(with_overrides(config, ["loss.head_weights.shape=1"]), labels, tmp_path / "home").heads
