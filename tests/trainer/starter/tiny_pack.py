"""The smallest starter pack: drawn photos in parquet shards, with products and clothing beside it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from tests.photo_maker import draw

COLORS, SHAPES = ("red", "blue", "green", "yellow"), ("circle", "square", "triangle")


def write_pack(data: Path, each: int = 8) -> Path:
    """`data/starter-pack` with two shards, `data/products`, `data/clothing`; returns the pack's folder."""
    pack = data / "starter-pack"
    pack.mkdir(parents=True)
    rows = [_row(color, shape, number) for color in COLORS for shape in SHAPES for number in range(each)]
    half = len(rows) // 2
    for name, part in (("pack-000", rows[:half]), ("pack-001", rows[half:])):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(part), pack / f"{name}.parquet")
    _write_products(data / "products")
    for part in ("train", "validation"):
        folder = data / "clothing" / part / "hat"
        folder.mkdir(parents=True)
        draw(f"gray square on {'pink' if part == 'train' else 'white'}").save(folder / "1.jpg")
    return pack


def _row(color: str, shape: str, number: int) -> dict[str, Any]:
    size = (60 + 3 * number, 50 + number)
    attributes = {"color": color, "broader": "shape", "synonyms": ["disc"] if shape == "circle" else []}
    captioned = number % 2 == 1
    return {
        "image": photo_bytes(f"{color} {shape}", size),
        "captions": [f"A {color} {shape} on white.", f"there is a {shape}, {color}"] if captioned else [],
        "label": "" if captioned else shape,
        "attributes": json.dumps({} if captioned else attributes),
        "source": "captioned" if captioned else "drawn",
        "split": "val" if number % 4 >= 2 else "train",
    }


def _write_products(folder: Path) -> None:
    lines = ["image_path,class_label,attributes,caption,split,instance_id"]
    for place, split in enumerate(("train", "val", "test")):
        draw(f"{COLORS[place]} square on black").save(folder_of(folder) / f"{split}.jpg")
        lines.append(f"images/{split}.jpg,clothing_cap,color:grey;material:fabric,a cap,{split},CAP_{place}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def folder_of(products: Path) -> Path:
    images = products / "images"
    images.mkdir(parents=True, exist_ok=True)
    return images


def photo_bytes(subject: str, size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    draw(subject, size).save(file, "JPEG", quality=95)
    return file.getvalue()
