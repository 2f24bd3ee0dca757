"""Reading labelled photos: what is there comes in whole, what is absent is said."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.photo_maker import draw
from trainer.evaluate.photos import DataMissingError, read_folders, read_products, read_starter_pack


def jpeg(subject: str) -> bytes:
    buffer = BytesIO()
    draw(subject).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [
        {"image": jpeg("red circle"), "captions": ["a red circle"], "label": "", "attributes": "{}", "split": "val"},
        {
            "image": jpeg("blue square"),
            "captions": [],
            "label": "square",
            "attributes": '{"broader": "shape", "synonyms": ["box"]}',
            "split": "val",
        },
        {"image": jpeg("green circle"), "captions": [], "label": "circle", "attributes": "", "split": "train"},
    ]
    (tmp_path / "starter-pack").mkdir()
    pq.write_table(
        pa.Table.from_pylist([{**row, "source": "drawn"} for row in rows]), tmp_path / "starter-pack/a.parquet"
    )
    return tmp_path


def test_a_split_of_the_starter_pack(data: Path) -> None:
    captioned, labelled = read_starter_pack(data, "val")
    assert captioned.captions == ("a red circle",)
    assert captioned.names == frozenset()
    assert labelled.names == {"square", "shape", "box"}
    assert [photo.label for photo in read_starter_pack(data, "train")] == ["circle"]


def test_products_by_split(tmp_path: Path) -> None:
    (tmp_path / "products").mkdir()
    for name in ("a.jpg", "b.jpg"):
        draw("red circle").save(tmp_path / "products" / name)
    table = "image_path,class_label,split\na.jpg,cap,train\nb.jpg,soap,test\n"
    (tmp_path / "products" / "labels.csv").write_text(table)
    assert [photo.label for photo in read_products(tmp_path)] == ["cap", "soap"]
    assert [photo.label for photo in read_products(tmp_path, "test")] == ["soap"]


def test_one_folder_a_class(tmp_path: Path) -> None:
    (tmp_path / "shapes" / "circle").mkdir(parents=True)
    draw("red circle").save(tmp_path / "shapes" / "circle" / "one.jpg")
    (photo,) = read_folders(tmp_path / "shapes")
    assert photo.label == "circle"


@pytest.mark.parametrize("read", [lambda path: read_starter_pack(path, "val"), read_products, read_folders])
def test_absent_photos_are_an_error_with_a_remedy(tmp_path: Path, read) -> None:
    with pytest.raises(DataMissingError) as caught:
        read(tmp_path)
    assert "--data" in caught.value.remedy


def test_a_split_that_does_not_exist(data: Path) -> None:
    with pytest.raises(DataMissingError, match="'test'"):
        read_starter_pack(data, "test")
