"""A pack of Parquet shards becomes a folder that training reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from core.errors import LabelFileError
from core.tags.values import Split
from tests.trainer.starter.tiny_pack import write_pack
from trainer.data.hierarchy import FILE, Hierarchy, read_hierarchy, write_hierarchy
from trainer.data.sources import read_examples
from trainer.data.unpack_cli import unpack as command
from trainer.data.unpacking import unpack


def test_it_can_be_trained_on(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "data")
    done = unpack(pack, tmp_path / "out")
    dataset = read_examples(tmp_path / "out")
    assert len(dataset.examples) == done.photos == 48
    assert set(dataset.heads["class"]) == {"circle", "square", "triangle"}
    assert set(dataset.heads["color"]) == {"red", "blue", "green", "yellow"}
    assert {example.split for example in dataset.examples} == {Split.TRAIN, Split.VALIDATION}
    assert read_hierarchy(tmp_path / "out" / FILE).kinds == {"shape": ("circle", "square", "triangle")}
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.jpg")}
    assert unpack(pack, tmp_path / "out").photos == 48
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.jpg")} == before


def test_a_table_that_somebody_wrote_is_not_replaced(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "data")
    table = tmp_path / "out" / "labels.csv"
    table.parent.mkdir()
    table.write_text("image_path,class_label\nmine.jpg,plum\n", encoding="utf-8")
    with pytest.raises(LabelFileError, match="there already"):
        unpack(pack, tmp_path / "out")
    assert "plum" in table.read_text(encoding="utf-8")
    assert not (tmp_path / "out" / "photos").exists()


def test_a_few_of_each_class(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "data")
    shown = CliRunner().invoke(command, [str(pack), str(tmp_path / "out"), "--source", "drawn", "--per-class", "2"])
    assert shown.exit_code == 0
    assert shown.output.startswith("12 photos of 3 classes, in 1 coarse kinds are in")
    assert len(read_examples(tmp_path / "out").examples) == 12


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "data")
    with pytest.raises(LabelFileError, match="it has captioned, drawn") as raised:
        unpack(pack, tmp_path / "out", sources=["cifar10"])
    assert "cifar10" in raised.value.message
    with pytest.raises(LabelFileError):
        unpack(tmp_path, tmp_path / "out")


def test_a_pack_that_is_not_there_is_said(tmp_path: Path) -> None:
    failed = CliRunner().invoke(command, [str(tmp_path / "absent"), str(tmp_path / "photos")]).exception
    assert isinstance(failed, LabelFileError)
    assert failed.message == f"There is no folder {tmp_path / 'absent'}."
    assert failed.remedy


def test_a_hierarchy_is_read_as_it_was_written(tmp_path: Path) -> None:
    hierarchy = Hierarchy({"cat": "animal", "dog": "animal", "car": "vehicle"})
    write_hierarchy(hierarchy, tmp_path / FILE)
    assert read_hierarchy(tmp_path / FILE) == hierarchy
    assert (hierarchy.kind("cat"), hierarchy.kind("tree")) == ("animal", "tree")


@pytest.mark.parametrize(
    "text", ["[animal]\nclasses = 3\n", "nonsense", '[a]\nclasses = ["x"]\n[b]\nclasses = ["x"]\n', "[animal]\n"]
)
def test_a_hierarchy_that_says_nothing_clear_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(LabelFileError):
        read_hierarchy(tmp_path / FILE)
