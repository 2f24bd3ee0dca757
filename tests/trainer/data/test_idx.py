"""IDX files, byte by byte as MNIST and Fashion-MNIST are published, become a folder that training reads."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from core.errors import LabelFileError
from core.tags.values import Split
from trainer.config import TrainConfig
from trainer.data.idx import read_idx
from trainer.data.sources import read_examples
from trainer.data.unpack_cli import unpack as command
from trainer.data.unpacking import unpack
from trainer.preparation import prepare
from trainer.recipe_book import recipe

FASHION = "t-shirt,trouser,pullover,dress,coat,sandal,shirt,sneaker,bag,ankle boot"


def images(count: int, *, edge_px: int = 28, magic: int = 2051, promised: int | None = None) -> bytes:
    """Each picture another grey, with a mark of its number."""
    head = struct.pack(">IIII", magic, count if promised is None else promised, edge_px, edge_px)
    body = bytearray()
    for number in range(count):
        picture = bytearray([20 + 7 * number % 200]) * (edge_px * edge_px)
        picture[number] = 255
        body += picture
    return head + bytes(body)


def labels(values: list[int], *, magic: int = 2049) -> bytes:
    return struct.pack(">II", magic, len(values)) + bytes(values)


def write_set(folder: Path, *, packed: bool) -> Path:
    """Twelve pictures to learn from, four to test with, of four classes."""
    folder.mkdir(parents=True)
    for part, count in (("train", 12), ("t10k", 4)):
        files = {"images-idx3-ubyte": images(count), "labels-idx1-ubyte": labels([each % 4 for each in range(count)])}
        for name, content in files.items():
            path = folder / f"{part}-{name}{'.gz' if packed else ''}"
            path.write_bytes(gzip.compress(content) if packed else content)
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_every_picture_comes_out_as_it_went_in(tmp_path: Path, packed: bool) -> None:
    pack = write_set(tmp_path / "pack", packed=packed)
    shown = CliRunner().invoke(command, [str(pack), str(tmp_path / "out"), "--classes", FASHION])
    assert shown.output.startswith("16 photos of 4 classes are in")
    dataset = read_examples(tmp_path / "out")
    assert set(dataset.heads["class"]) == {"t-shirt", "trouser", "pullover", "dress"}
    assert [len(dataset.of(split)) for split in (Split.TRAIN, Split.TEST)] == [12, 4]
    for example in dataset.of(Split.TRAIN):
        number = int(example.path.stem.rpartition("-")[2])
        with Image.open(example.path) as picture:
            pixels = np.array(picture)
        assert picture.mode == "L"
        assert pixels.shape == (28, 28)
        assert pixels[0, number] == 255
        assert pixels[27, 27] == 20 + 7 * number % 200
        assert example.labels["class"] == FASHION.split(",")[number % 4]


def test_names_lie_beside_the_files_or_are_digits(tmp_path: Path) -> None:
    pack = write_set(tmp_path / "pack", packed=True)
    unpack(pack, tmp_path / "digits")
    assert set(read_examples(tmp_path / "digits").heads["class"]) == {"0", "1", "2", "3"}
    (pack / "classes.txt").write_text("zero\none\n\ntwo\nthree\n", encoding="utf-8")
    unpack(pack, tmp_path / "names", per_class=2, sources=["train"])
    dataset = read_examples(tmp_path / "names")
    assert set(dataset.heads["class"]) == {"zero", "one", "two", "three"}
    assert len(dataset.examples) == 8


def test_what_was_unpacked_can_be_trained_on_and_keeps_its_test_part(tmp_path: Path) -> None:
    unpack(write_set(tmp_path / "pack", packed=True), tmp_path / "out")
    config = recipe("cnn").config
    assert isinstance(config, TrainConfig)
    dataset = prepare(config, tmp_path / "out", tmp_path / "home")
    assert {example.path.name[:4] for example in dataset.of(Split.TEST)} == {"t10k"}
    learned, held_out = (dataset.of(split) for split in (Split.TRAIN, Split.VALIDATION))
    assert len(learned) + len(held_out) == 12
    assert len(held_out) >= 1


def test_names_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    pack = write_set(tmp_path / "pack", packed=False)
    for names, said in (
        (["a", "b"], "only 2 names"),
        (["a", "a", "b", "c"], "same name"),
        (["a", "", "b", "c"], "none"),
    ):
        with pytest.raises(LabelFileError, match=said):
            unpack(pack, tmp_path / "out", classes=names)
    with pytest.raises(LabelFileError, match="it has t10k, train"):
        unpack(pack, tmp_path / "out", sources=["other"])
    with pytest.raises(LabelFileError, match="no IDX files"):
        unpack(tmp_path, tmp_path / "out", classes=["a"])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a", b"", "no IDX file"),
        ("a", b"\x89PNG\r\n\x1a\n", "no IDX file"),
        ("a", images(2, magic=0x0D03), "fractions, and only bytes"),
        ("a", labels([1, 2]), "1 dimensions where 3"),
        ("a", images(2)[:10], "ends within its head"),
        ("a", images(2)[:-5], "promises 1568 bytes and holds 1563"),
        ("a", images(2) + b"more", "promises 1568 bytes and holds 1572"),
        ("a", images(1, promised=2**32 - 1), "promises 3367254359280 bytes"),
        ("a.gz", images(2), "cannot be read"),
        ("a.gz", gzip.compress(images(2))[:-12], "cannot be read"),
        ("a.gz", gzip.compress(images(2))[:12] + bytes(9) + gzip.compress(images(2))[21:], "cannot be read"),
    ],
)
def test_what_is_damaged_is_named_with_a_remedy(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LabelFileError, match=said) as raised:
        read_idx(tmp_path / name, dimensions=3)
    assert raised.value.remedy


def test_files_that_do_not_belong_together(tmp_path: Path) -> None:
    pack = write_set(tmp_path / "pack", packed=False)
    (pack / "train-labels-idx1-ubyte").write_bytes(labels([0, 1]))
    with pytest.raises(LabelFileError, match="12 pictures, and train-labels-idx1-ubyte labels for 2"):
        unpack(pack, tmp_path / "out")
    (pack / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(LabelFileError, match="not its labels") as raised:
        unpack(pack, tmp_path / "out")
    assert "train-labels-idx1-ubyte.gz" in raised.value.remedy
    (pack / "train-images-idx3-ubyte").write_bytes(images(0))
    (pack / "train-labels-idx1-ubyte").write_bytes(labels([]))
    with pytest.raises(LabelFileError, match="no pictures"):
        unpack(pack, tmp_path / "out")
