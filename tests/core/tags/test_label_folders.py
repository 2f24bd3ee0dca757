"""Folders whose names are labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import LabelError, LabelFileError
from core.tags.label_folders import read_label_folders
from core.tags.values import Split


def make(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a photo: nobody opens it here")
    return root


def said(root: Path, **options: tuple[str, ...]) -> dict[str, tuple[dict[str, str], Split | None]]:
    return {
        row.path.relative_to(root).as_posix(): (row.labels, row.split)
        for row in read_label_folders(root, **options).rows
    }


def test_a_folder_a_class(tmp_path: Path) -> None:
    root = make(tmp_path, "cap/1.jpg", "cap/2.PNG", "Hüte und Mützen/1.jpg", "cap/notes.txt", ".hidden/1.jpg", "3.jpg")
    assert said(root) == {
        "cap/1.jpg": ({"class": "cap"}, None),
        "cap/2.PNG": ({"class": "cap"}, None),
        "Hüte und Mützen/1.jpg": ({"class": "Hüte und Mützen"}, None),
    }
    (warning,) = read_label_folders(root).warnings
    assert "1 photo lie" in warning.text or "1 photo" in warning.text


def test_folders_of_folders_are_coarse_and_fine(tmp_path: Path) -> None:
    root = make(tmp_path, "dog/poodle/1.jpg", "dog/husky/2.jpg", "cat/siam/3.jpg", "cat/4.jpg", "cat/siam/old/5.jpg")
    assert said(root) == {
        "dog/poodle/1.jpg": ({"group": "dog", "class": "poodle"}, None),
        "dog/husky/2.jpg": ({"group": "dog", "class": "husky"}, None),
        "cat/siam/3.jpg": ({"group": "cat", "class": "siam"}, None),
        "cat/siam/old/5.jpg": ({"group": "cat", "class": "siam"}, None),
        "cat/4.jpg": ({"group": "cat"}, None),
    }
    assert said(root, levels=("kind", "class"))["dog/poodle/1.jpg"][0] == {"kind": "dog", "class": "poodle"}
    assert said(root, levels=("class",))["dog/poodle/1.jpg"][0] == {"class": "dog"}
    assert said(root, levels=("", "class"))["dog/poodle/1.jpg"][0] == {"class": "poodle"}
    with pytest.raises(LabelError):
        read_label_folders(root, levels=("a=b",))


def test_a_few_further_folders_do_not_make_a_class_coarse(tmp_path: Path) -> None:
    root = make(tmp_path, "cap/1.jpg", "cap/2.jpg", "shoe/3.jpg", "cap/old/4.jpg")
    assert said(root)["cap/old/4.jpg"] == ({"class": "cap"}, None)


def test_the_parts_of_a_data_set(tmp_path: Path) -> None:
    root = make(tmp_path, "Train/cap/1.jpg", "val/cap/2.jpg", "test/shoe/3.jpg", "extra/shoe/4.jpg")
    assert said(root) == {
        "Train/cap/1.jpg": ({"class": "cap"}, Split.TRAIN),
        "val/cap/2.jpg": ({"class": "cap"}, Split.VALIDATION),
        "test/shoe/3.jpg": ({"class": "shoe"}, Split.TEST),
    }
    only = make(tmp_path / "only", "train/cap/1.jpg", "train/shoe/2.jpg")
    assert {split for _, split in said(only).values()} == {Split.TRAIN}
    nested = make(tmp_path / "nested", "train/dog/husky/1.jpg", "test/dog/poodle/2.jpg")
    assert said(nested)["test/dog/poodle/2.jpg"] == ({"group": "dog", "class": "poodle"}, Split.TEST)


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    root = make(tmp_path, "train/1.jpg", "train/2.jpg", "car/3.jpg")
    assert said(root)["train/1.jpg"] == ({"class": "train"}, None)
    nested = make(tmp_path / "nested", "train/steam/1.jpg", "car/red/3.jpg")
    assert said(nested)["train/steam/1.jpg"] == ({"group": "train", "class": "steam"}, None)


def test_names_that_are_no_labels(tmp_path: Path) -> None:
    root = make(tmp_path, *(f"{'x' * 150}/{number}.jpg" for number in range(5)), "cap/1.jpg")
    file = read_label_folders(root)
    assert [row.labels for row in file.rows if row.labels] == [{"class": "cap"}]
    assert file.warning_count == 1
    assert "150 characters" in file.warnings[0].text


def test_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    make(tmp_path / "flat", "1.jpg")
    for root in (tmp_path / "none", tmp_path / "empty", tmp_path / "flat"):
        with pytest.raises(LabelFileError) as caught:
            read_label_folders(root)
        assert caught.value.remedy


def test_the_clothing(shared_data: Path) -> None:
    file = read_label_folders(shared_data / "clothing")
    assert len(file.rows) == 3409
    assert len({row.labels["class"] for row in file.rows}) == 10
    assert {row.split for row in file.rows} == {Split.TRAIN, Split.VALIDATION}
