"""The photos that the starter learns from, and what people say of them: the starter pack, and what lies beside it.

`products` and `clothing` are read where they are neighbours of the pack: their train and validation parts. Their test
parts, and whatever is closed, are never opened.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash
from PIL import Image

from core.errors import TrainingError
from core.models.disk import disk_errors
from trainer.data.pack import Pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

EDGE_PX = 128
"""Of the shorter side, at most: the pack has no more."""
LONGEST_SHAPE = 3.0  # longer edge by shorter: of panoramas the middle is kept
LEFT_OUT = "left out"  # the split of photos that are there and play no part
_SAVED_EVERY = 4096  # photos
_SHARE_STREAM = 41

READABLE = {
    "clothing_cap": "cap",
    "clothing_wrist_watch": "wrist watch",
    "food_storage_plastic_container": "plastic food container",
    "footwear_sneakers": "sneakers",
    "personal_care_deodorant": "deodorant",
    "personal_care_shampoo_bottle": "shampoo bottle",
    "personal_care_soap_bar": "soap bar",
    "tableware_water_bottle": "water bottle",
    "travel_backpack": "backpack",
    "travel_handbag": "handbag",
    "longsleeve": "long sleeve shirt",
    "outwear": "outerwear",
}
"""Class names of folders and tables, as people say them."""

_SAME_COLOUR = {"grey": "gray"}


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo and all that is known of it."""

    content_hash: str
    source: str
    split: str  # "train", "val", or `LEFT_OUT`
    captions: tuple[str, ...] = ()
    label: str = ""
    synonyms: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()  # such as dog for a beagle
    color: str = ""
    material: str = ""


@dataclass(frozen=True)
class Corpus:
    """Photos in a fixed order; a row is a place in it."""

    photos: tuple[Photo, ...]
    warnings: tuple[str, ...] = ()
    hash: str = field(init=False)

    def __post_init__(self) -> None:
        text = json.dumps([asdict(each) for each in self.photos])
        object.__setattr__(self, "hash", xxhash.xxh3_128_hexdigest(text.encode()))

    def __len__(self) -> int:
        return len(self.photos)

    @property
    def pixels_hash(self) -> str:
        """The same for the same photos, whatever is said of them."""
        return xxhash.xxh3_128_hexdigest("\n".join(each.content_hash for each in self.photos).encode())

    def rows(self, split: str) -> NDArray[np.int64]:
        return np.array([row for row, each in enumerate(self.photos) if each.split == split], np.int64)

    def learning_from(self, share: float, seed: int) -> Corpus:
        """The same photos, but only a share of the train part is learned from. A smaller share lies within a larger."""
        train = self.rows("train")
        order = np.random.default_rng((seed, _SHARE_STREAM)).permutation(train)
        left_out = set(order[max(1, round(share * len(train))) :].tolist())
        if not left_out:
            return self
        photos = (replace(each, split=LEFT_OUT) if row in left_out else each for row, each in enumerate(self.photos))
        return Corpus(tuple(photos), self.warnings)

    def only(self, rows: Sequence[int]) -> Corpus:
        return Corpus(tuple(self.photos[row] for row in rows), self.warnings)


class CorpusPixels:
    """Decoded photos by row, mapped into memory."""

    def __init__(self, pack: Pack, corpus: Corpus) -> None:
        self._pack, self._hashes = pack, [each.content_hash for each in corpus.photos]
        pack.map()

    def __len__(self) -> int:
        return len(self._hashes)

    def planes(self, row: int) -> NDArray[np.uint8]:
        """(3, H, W) RGB"""
        return self._pack.planes(self._hashes[row])

    def of(self, corpus: Corpus) -> CorpusPixels:
        """The same of a part of the photos."""
        return CorpusPixels(self._pack, corpus)


def read_corpus(
    data: Path,
    cache: Path,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Corpus, CorpusPixels]:
    """All photos, decoded once into `cache`. A photo that cannot be read is left out, with a warning.

    Raises:
        TrainingError: `data` is no starter pack.
        DiskFullError, PermissionDeniedError, MachineError: the cache cannot be written.
    """
    entries = list(_entries(data))
    if not entries:
        raise TrainingError(
            f"{data} holds no photos of a starter pack.",
            remedy="Name the folder with its parquet files: `--data ../shared/data/starter-pack`.",
            path=data,
        )
    with disk_errors(cache):
        cache.mkdir(parents=True, exist_ok=True)
        pack = Pack(cache)
        damaged = pack.drop_damaged([photo.content_hash for photo, _ in entries])
        if damaged:
            log.warning("%d photos in the cache %s were damaged and are decoded anew.", damaged, cache.name)
        unreadable = _decode_missing(entries, pack, on_progress, cancelled)
    known = {}
    for photo, _ in entries:
        if photo.content_hash in pack.entries:
            known.setdefault(photo.content_hash, photo)  # a photo that is there twice counts once
    warnings = (f"{len(unreadable)} photos cannot be read.",) if unreadable else ()
    corpus = Corpus(tuple(known.values()), warnings)
    return corpus, CorpusPixels(pack, corpus)


def _decode_missing(
    entries: Sequence[tuple[Photo, bytes]],
    pack: Pack,
    on_progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool],
) -> list[str]:
    missing = {photo.content_hash: content for photo, content in entries if photo.content_hash not in pack.entries}
    unreadable: list[str] = []
    decoded: dict[str, NDArray[np.uint8]] = {}
    for done, (hash_, content) in enumerate(missing.items(), start=1):
        try:
            decoded[hash_] = decoded_planes(content)
        except (OSError, ValueError) as error:
            log.warning("A photo of the starter pack cannot be read: %s", error)
            unreadable.append(hash_)
        if len(decoded) >= _SAVED_EVERY or done == len(missing):
            pack.append(decoded)
            pack.save()
            decoded = {}
            if on_progress is not None:
                on_progress(done, len(missing))
            if cancelled():
                break
    return unreadable


def decoded_planes(content: bytes) -> NDArray[np.uint8]:
    """The bytes of an image file -> (3, H, W) RGB, the shorter side at most `EDGE_PX`.

    Raises:
        OSError, ValueError: it is no picture.
    """
    with Image.open(io.BytesIO(content)) as file:
        picture = file.convert("RGB")
    shorter, longer = sorted(picture.size)
    kept = math.floor(shorter * LONGEST_SHAPE)
    if longer > kept:
        first = (longer - kept) // 2
        wide = picture.width == longer
        picture = picture.crop((first, 0, first + kept, shorter) if wide else (0, first, shorter, first + kept))
    scale = EDGE_PX / min(picture.size)
    if scale < 1:
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(picture, np.uint8).transpose(2, 0, 1))


def _entries(data: Path) -> Iterator[tuple[Photo, bytes]]:
    yield from _pack_entries(data)
    yield from _product_entries(data.parent / "products")
    yield from _clothing_entries(data.parent / "clothing")


def _pack_entries(folder: Path) -> Iterator[tuple[Photo, bytes]]:
    import pyarrow.parquet

    for shard in sorted(folder.glob("*.parquet")):
        for row in pyarrow.parquet.read_table(shard).to_pylist():
            attributes = json.loads(row["attributes"] or "{}")
            yield (
                Photo(
                    _hash(row["image"]),
                    row["source"],
                    row["split"],
                    tuple(row["captions"] or ()),
                    row["label"] or "",
                    _words(attributes.get("synonyms")),
                    _words(attributes.get("broader")),
                    _colour(attributes.get("color")),
                    next(iter(_words(attributes.get("material"))), ""),
                ),
                row["image"],
            )


def _product_entries(folder: Path) -> Iterator[tuple[Photo, bytes]]:
    table = folder / "labels.csv"
    if not table.is_file():
        return
    splits = {"train": "train", "val": "val", "validation": "val"}  # the test part is not ours
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] not in splits:
                continue
            attributes = dict(part.split(":", 1) for part in row["attributes"].split(";") if ":" in part)
            content = (folder / row["image_path"]).read_bytes()
            captions = (row["caption"],) if row.get("caption") else ()
            label = READABLE.get(row["class_label"], row["class_label"])
            other = (row["class_label"].replace("_", " "),)
            color, material = _colour(attributes.get("color")), attributes.get("material", "")
            split = splits[row["split"]]
            yield Photo(_hash(content), "products", split, captions, label, other, (), color, material), content


def _clothing_entries(folder: Path) -> Iterator[tuple[Photo, bytes]]:
    for name, split in (("train", "train"), ("validation", "val")):
        for path in sorted((folder / name).glob("*/*")):
            content = path.read_bytes()
            label = READABLE.get(path.parent.name, path.parent.name)
            other = (path.parent.name,) if label != path.parent.name else ()
            yield Photo(_hash(content), "clothing", split, (), label, other, ("clothing",)), content


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(each) for each in value) if isinstance(value, Iterable) else ()


def _colour(value: Any) -> str:
    return _SAME_COLOUR.get(value, value) if isinstance(value, str) else ""


def _hash(content: bytes) -> str:
    return xxhash.xxh3_128_hexdigest(content)
