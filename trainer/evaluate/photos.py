"""The labelled photos that quality is measured on, read from the folder of shared data. No model is known here."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import RecollectError
from core.files.decode import decode, read_content
from trainer.starter.corpus import READABLE

if TYPE_CHECKING:
    from core.protocols import Encoder
    from core.types import Vectors

# So many decoded pictures are in memory at a time.
_BATCH = 256


class DataMissingError(RecollectError):
    title = "The photos to measure with are not there"


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """One photo and what people say that it shows."""

    content: bytes  # of the image file
    source: str  # the collection that it comes from
    label: str  # its class; empty where it has none
    other_names: frozenset[str] = frozenset()  # true of it too: synonyms, and broader words such as dog for a beagle
    captions: tuple[str, ...] = ()
    color: str = ""
    material: str = ""

    @property
    def names(self) -> frozenset[str]:
        """All that it may be called."""
        return self.other_names | {self.label} if self.label else self.other_names


def read_starter_pack(data: Path, split: str) -> list[LabelledPhoto]:
    """All photos of one split ("train" or "val") of `data/starter-pack`.

    Raises:
        DataMissingError: the folder, or photos of that split, are absent.
    """
    import pyarrow.parquet

    columns = ["image", "captions", "label", "attributes", "source"]
    photos = [
        _photo(row)
        for shard in sorted((data / "starter-pack").glob("*.parquet"))
        for row in pyarrow.parquet.read_table(shard, columns=columns, filters=[("split", "=", split)]).to_pylist()
    ]
    return _present(photos, data / "starter-pack", f"photos of the split {split!r}")


def read_products(data: Path, split: str | None = None) -> list[LabelledPhoto]:
    """The product photos of `data/products`, all of them or one split ("train", "val" or "test").

    Raises:
        DataMissingError: the folder, or photos of that split, are absent.
    """
    table = data / "products" / "labels.csv"
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines()) if table.exists() else []
    photos = [_product(table.parent, row) for row in rows if split in (None, row["split"])]
    return _present(photos, table.parent, "product photos")


def read_unseen(data: Path) -> list[LabelledPhoto]:
    """All photos that a starter was not trained with: the validation parts of the pack, of `products` and `clothing`.

    Raises:
        DataMissingError: one of them is absent.
    """
    return [
        *read_starter_pack(data, "val"),
        *read_products(data, "val"),
        *read_folders(data / "clothing" / "validation"),
    ]


def class_names(data: Path) -> dict[str, tuple[str, ...]]:
    """The classes of each source of the pack, those of its train part included, which a photo may be of.

    Raises:
        DataMissingError: the folder is absent.
    """
    import pyarrow.parquet

    names: dict[str, set[str]] = {}
    for shard in sorted((data / "starter-pack").glob("*.parquet")):
        for row in pyarrow.parquet.read_table(shard, columns=["source", "label"]).to_pylist():
            if row["label"]:
                names.setdefault(row["source"], set()).add(row["label"])
    if not names:
        raise DataMissingError(
            f"{data / 'starter-pack'} holds no labelled photos.", remedy="Name the folder with --data DIR."
        )
    return {source: tuple(sorted(labels)) for source, labels in names.items()}


def read_folders(folder: Path) -> list[LabelledPhoto]:
    """Photos that lie in one folder a class, such as `data/clothing/validation`.

    Raises:
        DataMissingError: there are none.
    """
    paths = sorted(path for path in folder.glob("*/*") if path.is_file())
    photos = [LabelledPhoto(read_content(path)[0], folder.parent.name, path.parent.name) for path in paths]
    return _present(photos, folder, "photos in one folder a class")


def spoken(label: str) -> str:
    """A class of a folder or a table in the words of people."""
    return READABLE.get(label, label.replace("_", " "))


def embed_photos(encoder: Encoder, photos: Sequence[LabelledPhoto]) -> Vectors:
    """(N, D) unit length, decoded as the library decodes them."""
    import numpy as np

    return np.concatenate([_embed(encoder, batch) for batch in _batches(photos)])


def _embed(encoder: Encoder, photos: Sequence[LabelledPhoto]) -> Vectors:
    return encoder.encode_images([decode(photo.content, edge_px=encoder.image_edge_px) for photo in photos])


def _batches(photos: Sequence[LabelledPhoto]) -> Iterator[Sequence[LabelledPhoto]]:
    return (photos[start : start + _BATCH] for start in range(0, len(photos), _BATCH))


def _photo(row: dict[str, Any]) -> LabelledPhoto:
    attributes = json.loads(row["attributes"] or "{}")
    broader = attributes.get("broader", ())
    others = {*attributes.get("synonyms", ()), *([broader] if isinstance(broader, str) else broader)}
    return LabelledPhoto(
        row["image"],
        row["source"],
        row["label"],
        frozenset(others),
        tuple(row["captions"]),
        _one(attributes.get("color")),
        _one(attributes.get("material")),
    )


def _product(folder: Path, row: dict[str, str]) -> LabelledPhoto:
    attributes = dict(part.split(":", 1) for part in row.get("attributes", "").split(";") if ":" in part)
    return LabelledPhoto(
        read_content(folder / row["image_path"])[0],
        "products",
        row["class_label"],
        color=attributes.get("color", ""),
        material=attributes.get("material", ""),
    )


def _one(value: Any) -> str:
    """Of an attribute that some photos have several of, none."""
    return value if isinstance(value, str) else ""


def _present(photos: list[LabelledPhoto], folder: Path, what: str) -> list[LabelledPhoto]:
    if not photos:
        raise DataMissingError(
            f"{folder} holds no {what}.", remedy="Name the folder of shared data with --data DIR.", path=folder
        )
    return photos
