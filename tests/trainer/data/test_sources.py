from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import LabelFileError, RecollectError, TrainingError
from core.library import Library
from core.tags.values import Split
from tests.photo_maker import PhotoMaker
from tests.trainer.data.conftest import MakePicture
from trainer.data.sources import read_examples

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder


def test_a_folder_for_each_class(make_photo: PhotoMaker):
    make_photo("red/a.jpg", "red circle", taken_at=datetime(2024, 3, 4, 5, 6, 7))
    make_photo("red/b.png", "red square")
    make_photo("blue/c.jpg", "blue circle")

    dataset = read_examples(make_photo.folder)

    assert dataset.name == "photos"
    assert {each.path.name: each.labels["class"] for each in dataset.examples} == {
        "a.jpg": "red",
        "b.png": "red",
        "c.jpg": "blue",
    }
    assert {each.taken_at for each in dataset.examples if each.path.name == "a.jpg"} == {datetime(2024, 3, 4, 5, 6, 7)}
    assert len({each.content_hash for each in dataset.examples}) == 3


def test_folders_of_splits(make_photo: PhotoMaker):
    for split, color in (("train", "red"), ("train", "blue"), ("val", "red"), ("test", "blue")):
        make_photo(f"{split}/{color}/{split}.jpg", f"{color} circle")

    dataset = read_examples(make_photo.folder)

    assert [len(dataset.of(split)) for split in Split] == [2, 1, 1]


def test_a_table_with_rows_that_are_no_use(make_photo: PhotoMaker):
    make_photo("a.jpg", "red circle")
    make_photo("b.jpg", "blue circle")
    (make_photo.folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    table = make_photo.folder / "labels.csv"
    table.write_text(
        "image_path,class_label,attributes,split,instance_id\n"
        "a.jpg,shoe,color:red,train,A\n"
        "b.jpg,cap,color:blue;material:felt,somewhere,B\n"
        "gone.jpg,cap,,,\n"
        "broken.jpg,cap,,,\n"
        f"a.jpg,{'x' * 300},,,\n"
    )

    dataset = read_examples(make_photo.folder)

    labels = {each.path.name: dict(each.labels) for each in dataset.examples}
    assert labels["a.jpg"]["color"] == "red"
    assert labels["b.jpg"] == {"class": "cap", "color": "blue", "material": "felt"}
    assert set(labels) == {"a.jpg", "b.jpg"}
    said = " ".join(dataset.warnings)
    for name in ("gone.jpg", "broken.jpg", "somewhere", "300 characters"):
        assert name in said
    assert read_examples(table).hash == dataset.hash


def test_a_table_in_an_encoding_of_its_own(make_photo: PhotoMaker):
    make_photo("a.jpg", "red circle")
    make_photo("b.jpg", "blue circle")
    table = make_photo.folder / "labels.csv"
    table.write_bytes("image_path,class_label\na.jpg,帽子\nb.jpg,靴\n".encode("shift_jis"))
    assert {each.labels["class"] for each in read_examples(table, encoding="shift_jis").examples} == {"帽子", "靴"}
    guessed = read_examples(table)
    assert any("--encoding" in warning for warning in guessed.warnings)
    assert "帽子" not in guessed.heads["class"]
    with pytest.raises(LabelFileError):
        read_examples(make_photo.folder, encoding="utf-8")


def test_a_truncated_photo_is_left_out(make_photo: PhotoMaker):
    whole = make_photo("red/a.jpg", "red circle", size=(640, 480))
    make_photo("blue/b.jpg", "blue circle")
    (make_photo.folder / "red" / "cut.jpg").write_bytes(whole.read_bytes()[:1500])

    dataset = read_examples(make_photo.folder)

    assert [each.path.name for each in dataset.examples] == ["b.jpg", "a.jpg"]
    assert any("cut.jpg" in warning for warning in dataset.warnings)


def test_one_class_teaches_nothing(make_photo: PhotoMaker):
    make_photo("red/a.jpg", "red circle")
    make_photo("red/b.jpg", "red square")

    with pytest.raises(TrainingError, match="nothing to tell apart") as caught:
        read_examples(make_photo.folder)
    assert caught.value.remedy


def test_one_photo_for_each_class_is_warned_of(make_photo: PhotoMaker):
    make_photo("red/a.jpg", "red circle")
    make_photo("blue/b.jpg", "blue circle")

    assert any("single photo" in warning for warning in read_examples(make_photo.folder).warnings)


def test_nothing_readable_is_an_error_with_its_reason(tmp_path: Path):
    for name in ("red/a.jpg", "blue/b.jpg"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")

    with pytest.raises(TrainingError, match="empty"):
        read_examples(tmp_path / "data")


@pytest.mark.parametrize("name", ["", "missing", "nothing.csv"])
def test_no_source_at_all(tmp_path: Path, name: str):
    (tmp_path / "nothing.csv").write_text("")

    with pytest.raises(LabelFileError) as caught:
        read_examples(tmp_path / name)
    assert caught.value.remedy


def test_a_library_without_labels(library_home: Path):
    with pytest.raises(RecollectError, match="label") as caught:
        read_examples("library", home=library_home)
    assert caught.value.remedy


def test_labels_of_products(shared_data: Path):
    dataset = read_examples(shared_data / "products")

    assert [len(dataset.of(split)) for split in Split] == [447, 100, 53]
    assert len(dataset.heads["class"]) == 10
    assert dataset.warnings == ()


def test_reading_can_be_cancelled(make_picture: MakePicture):
    for number in range(4):
        make_picture(f"{number % 2}/{number}.jpg", number)

    with pytest.raises(TrainingError):
        read_examples(make_picture("0/9.jpg", 9).parent.parent, cancelled=lambda: True)


def test_labels_of_the_library(
    library_home: Path, photo_folder: Path, starter: ClipEncoder, wait_until: Callable[..., None]
):
    library = Library.open(library_home, encoder=starter)
    try:
        library.start()
        library.add_folder(photo_folder)
        wait_until(lambda: library.photo_count() == 6, timeout_s=60)
        ids = library.all_photos()[:4]
        library.labels.set(ids[:2], "class", "round")
        library.labels.set(ids[2:], "class", "square")
        library.labels.set(ids[:1], "color", "red")
        wait_until(lambda: len(library.labels.labelled()) == 4, timeout_s=60)  # photos that were read as well
        dataset = read_examples("library", library=library)
    finally:
        library.close()

    assert {each.photo_id for each in dataset.examples} == set(ids)
    assert dataset.heads["class"] == ("round", "square")
    assert all(each.path.is_file() and len(each.content_hash) == 32 for each in dataset.examples)
    assert read_examples("library", home=library_home).hash == dataset.hash


class TestCoarseKinds:
    def test_they_stand_in_a_file_beside_the_photos(self, make_photo: PhotoMaker) -> None:
        for name in ("cat/1.png", "dog/1.png", "car/1.png"):
            make_photo(name, f"{'red' if 'a' in name else 'blue'} circle on white", size=(40, 40 + len(name)))
        (make_photo.folder / "hierarchy.toml").write_text(
            '[animal]\nclasses = ["cat", "dog", "wolf"]\n', encoding="utf-8"
        )
        assert read_examples(make_photo.folder).kinds == {"cat": "animal", "dog": "animal"}

    def test_they_are_the_outer_ones_of_nested_folders(self, make_photo: PhotoMaker) -> None:
        for place, name in enumerate(("animal/cat", "animal/dog", "vehicle/car", "animal/bat", "sport/bat")):
            make_photo(f"{name}/1.png", "red circle on white", size=(40 + place, 40))
        found = read_examples(make_photo.folder)
        assert found.kinds == {"cat": "animal", "dog": "animal", "car": "vehicle"}  # a bat is either
        assert found.only_heads(["class"]).kinds == found.kinds

    def test_a_file_that_cannot_be_read_is_named_before_any_work(self, make_photo: PhotoMaker) -> None:
        make_photo("cat/1.png", "red circle on white")
        make_photo("dog/1.png", "blue circle on white")
        (make_photo.folder / "hierarchy.toml").write_text("animal = 3", encoding="utf-8")
        with pytest.raises(LabelFileError, match="coarse kinds"):
            read_examples(make_photo.folder)

    def test_data_without_them_have_none(self, make_photo: PhotoMaker) -> None:
        make_photo("cat/1.png", "red circle on white")
        make_photo("dog/1.png", "blue circle on white")
        assert read_examples(make_photo.folder).kinds == {}
