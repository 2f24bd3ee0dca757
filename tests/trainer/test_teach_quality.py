"""How right teaching is: the table, on real folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.photo_maker import PhotoMaker
from trainer.report.intervals import Interval

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder


def make_data(root: Path) -> None:
    """Two sources as in the shared data: folders with parts, and a table."""
    clothing, products = PhotoMaker(root / "clothing"), PhotoMaker(root / "products")
    lines = ["image_path,class_label,attributes,caption,split,instance_id"]
    for colour in ("red", "blue"):
        for number in range(9):
            subject = f"{colour} {'circle' if number % 2 else 'square'}"
            part = "train" if number < 6 else "validation"
            clothing(f"{part}/{colour}/{number}.jpg", subject, size=(90 + number, 80))
            split = ("train", "val", "test")[number // 4]
            products(f"images/{colour}{number}.jpg", subject, size=(90 + number, 90))
            lines.append(f"images/{colour}{number}.jpg,{colour},shape:{subject.split()[1]},,{split},")
    (root / "products" / "labels.csv").write_text("\n".join(lines), encoding="utf-8")


def test_more_labels_are_asked_on_photos_that_were_never_taught(tmp_path: Path, starter: ClipEncoder) -> None:
    from trainer.evaluate.teach_quality import teach_tables

    make_data(tmp_path)
    products, clothing = teach_tables(starter, tmp_path, seeds=3)
    assert products.title == "Teach: products, validation part"
    rows = {row[0]: dict(zip(clothing.head, row, strict=True)) for row in clothing.rows}
    assert list(rows) == ["class (2), 1", "class (2), 2", "class (2), 4", "class (2), all"]
    assert [row["labelled"] for row in rows.values()] == [2, 4, 8, 12]
    assert {row["asked"] for row in rows.values()} == {6}
    best = rows["class (2), all"]["accuracy"]
    assert isinstance(best, Interval)
    assert best.value > 0.8
    assert rows["class (2), all"]["most frequent label"] == 0.5
    (test,) = teach_tables(starter, tmp_path, test=True, seeds=1)
    row = dict(zip(test.head, test.rows[-1], strict=True))
    assert (row["labelled"], row["asked"]) == (16, 2)


def test_a_draw_has_so_many_of_each_label_or_all_there_are() -> None:
    from trainer.evaluate.teach_quality import _drawn

    labels = np.array(["a"] * 5 + ["b"] * 2)
    assert [labels[_drawn(labels, 3, seed)].tolist() for seed in (0, 1)] == [["a"] * 3 + ["b"] * 2] * 2
    assert _drawn(labels, 3, 0).tolist() != _drawn(labels, 3, 1).tolist()
    assert len(_drawn(labels, None, 0)) == 7
