"""The photos of a starter pack: what is read, what is not, and that pixels are decoded once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from core.errors import TrainingError
from tests.trainer.starter.tiny_pack import photo_bytes, write_pack
from trainer.starter.corpus import EDGE_PX, decoded_planes, read_corpus


def test_reads_the_pack_and_its_neighbours_without_their_test_parts(tmp_path: Path) -> None:
    corpus, pixels = read_corpus(write_pack(tmp_path / "data"), tmp_path / "cache")
    sources = Counter((each.source, each.split) for each in corpus.photos)
    assert sources == {
        ("drawn", "train"): 24, ("drawn", "val"): 24, ("captioned", "train"): 24, ("captioned", "val"): 24,
        ("products", "train"): 1, ("products", "val"): 1, ("clothing", "train"): 1, ("clothing", "val"): 1,
    }  # fmt: skip
    cap = next(each for each in corpus.photos if each.source == "products")
    assert (cap.label, cap.synonyms, cap.color, cap.material) == ("cap", ("clothing cap",), "gray", "fabric")
    assert len(pixels) == len(corpus)
    assert pixels.planes(0).shape == (3, 50, 60)


def test_photos_are_decoded_once(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "data", each=2)
    told: list[int] = []
    first, _ = read_corpus(pack, tmp_path / "cache", on_progress=lambda done, total: told.append(total))
    again, pixels = read_corpus(pack, tmp_path / "cache", on_progress=lambda done, total: told.append(total))
    assert told == [len(first)]
    assert again.hash == first.hash
    assert pixels.planes(3).dtype == "uint8"


def test_a_photo_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "data", each=1)
    row = {
        "image": b"no picture",
        "captions": ["a cat"],
        "label": "cat",
        "attributes": "{}",
        "source": "x",
        "split": "train",
    }
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), pack / "pack-002.parquet")
    corpus, _ = read_corpus(pack, tmp_path / "cache")
    assert "cat" not in {each.label for each in corpus.photos}
    assert corpus.warnings == ("1 photos cannot be read.",)


def test_a_folder_without_photos_says_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as raised:
        read_corpus(tmp_path, tmp_path / "cache")
    assert "starter pack" in str(raised.value)
    assert "--data" in raised.value.remedy


def test_a_panorama_keeps_its_middle() -> None:
    assert decoded_planes(photo_bytes("red circle", (1000, 100))).shape == (3, 100, 300)
    assert decoded_planes(photo_bytes("red circle", (512, 256))).shape == (3, EDGE_PX, 2 * EDGE_PX)


def test_a_smaller_share_lies_within_a_larger_one_and_leaves_validation_alone(tmp_path: Path) -> None:
    corpus, _ = read_corpus(write_pack(tmp_path / "data"), tmp_path / "cache")
    tenth, half = (corpus.learning_from(share, seed=3) for share in (0.1, 0.5))
    assert (len(tenth.rows("train")), len(half.rows("train"))) == (5, 25)
    assert set(tenth.rows("train").tolist()) < set(half.rows("train").tolist())
    assert tenth.rows("val").tolist() == corpus.rows("val").tolist()
    assert tenth.pixels_hash == corpus.pixels_hash
    assert len({corpus.hash, tenth.hash, half.hash}) == 3
    assert corpus.learning_from(1.0, seed=3) is corpus
