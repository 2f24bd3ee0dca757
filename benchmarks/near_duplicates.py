"""Near duplicates: how many altered files of real photos are found, what else is taken for one, and in what time."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance

from benchmarks.report import Report
from benchmarks.timing import seconds
from core.files.decode import decode
from core.files.thumbs import make_thumbnail
from core.likeness.record import Record
from core.likeness.search import Search
from core.models.clip import ClipEncoder
from core.models.registry import ModelStore
from core.settings import Settings
from core.types import Vectors

SHARED_DATA = Path(os.environ.get("RECOLLECT_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
PHOTOS = 6_000
ALTERED = 300
LEAST_EDGE_PX = 120  # smaller pictures are no photos of anybody's
GOAL = 0.95
MORE_THAN_SLIGHT = {"10 % cut off each side", "30 % brighter"}  # measured, and no goal
Alter = Callable[[Image.Image], bytes]


def _saved(image: Image.Image, quality: int = 90, form: str = "JPEG") -> bytes:
    file = io.BytesIO()
    image.save(file, form, quality=quality)
    return file.getvalue()


def _scaled(image: Image.Image, scale: float) -> Image.Image:
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)


def _cut(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = image.size
    return image.crop(
        (round(width * left), round(height * top), round(width * (1 - right)), round(height * (1 - bottom)))
    )


def _marked(image: Image.Image) -> Image.Image:
    marked = image.copy()
    place = (image.width * 0.55, image.height * 0.88)
    ImageDraw.Draw(marked).text(place, "(c) holidays", fill="white", font_size=max(8, image.height // 16))
    return marked


ALTERATIONS: dict[str, Alter] = {
    "JPEG of quality 95": lambda image: _saved(image, 95),
    "JPEG of quality 60": lambda image: _saved(image, 60),
    "JPEG of quality 40": lambda image: _saved(image, 40),
    "WebP": lambda image: _saved(image, 80, "WEBP"),
    "half the size": lambda image: _saved(_scaled(image, 0.5), 85),
    "a third of the size": lambda image: _saved(_scaled(image, 0.33), 85),
    "2 % cut off each side": lambda image: _saved(_cut(image, 0.02, 0.02, 0.02, 0.02)),
    "5 % cut off each side": lambda image: _saved(_cut(image, 0.05, 0.05, 0.05, 0.05)),
    "10 % cut off each side": lambda image: _saved(_cut(image, 0.1, 0.1, 0.1, 0.1)),
    "20 % cut off below": lambda image: _saved(_cut(image, 0, 0, 0, 0.2)),
    "15 % brighter": lambda image: _saved(ImageEnhance.Brightness(image).enhance(1.15)),
    "30 % brighter": lambda image: _saved(ImageEnhance.Brightness(image).enhance(1.3)),
    "20 % more contrast": lambda image: _saved(ImageEnhance.Contrast(image).enhance(1.2)),
    "30 % more color": lambda image: _saved(ImageEnhance.Color(image).enhance(1.3)),
    "a mark in the corner": lambda image: _saved(_marked(image)),
}


class _Files:
    """Files that are numbered, with their thumbnails and vectors; `core.likeness.search.Pictures`."""

    def __init__(self, contents: Sequence[bytes], encoder: ClipEncoder) -> None:
        with ThreadPoolExecutor() as pool:
            self._thumbnails = list(pool.map(_thumbnail, contents))
        pictures = (Image.open(io.BytesIO(thumbnail)) for thumbnail in self._thumbnails)
        self._vectors = _embedded(encoder, pictures, len(contents))
        self.hashes = [f"{number:032}" for number in range(len(contents))]

    def thumbnail(self, hash_: str) -> bytes:
        return self._thumbnails[int(hash_)]

    def moment(self, hash_: str) -> int:
        return -1

    def vectors(self, hashes: Sequence[str]) -> Vectors:
        return self._vectors[[int(hash_) for hash_ in hashes]]

    def best_first(self, hashes: Iterable[str]) -> list[str]:
        return sorted(hashes)


def run(report: Report, scratch: Path, photos: int = PHOTOS) -> None:
    if not SHARED_DATA.is_dir():
        report.note(f"no {SHARED_DATA}: nothing is measured")
        return
    encoder = ModelStore(scratch, Settings(), calibration=scratch / "calibration.json").load("starter")
    originals = _photos(photos)
    chosen = range(0, len(originals), max(1, len(originals) // ALTERED))
    report.note(f"altering {len(chosen)} of {len(originals):,} photos in {len(ALTERATIONS)} ways")
    files = _Files(originals, encoder)
    record = Record(encoder.key)
    took_s = seconds(lambda: Search(files, record, lambda: False).run(lambda done, total: None))
    report.add(f"{len(originals):,} photos compared", f"{took_s:.1f} s", against="")
    report.add("pairs among them (some are there twice)", f"{len(record.pairs)}")
    for name, alter in ALTERATIONS.items():
        altered = [alter(Image.open(io.BytesIO(originals[number])).convert("RGB")) for number in chosen]
        found = _found(_Files([*(originals[number] for number in chosen), *altered], encoder), len(chosen))
        goal = None if name in MORE_THAN_SLIGHT else GOAL
        report.add(f"found: {name}", f"{found:.3f}", against="1", ratio=found, at_least=goal)


def _found(files: _Files, count: int) -> float:
    """The share of altered files that stand in one group with their originals, which come first."""
    groups = Search(files, Record("of one alteration"), lambda: False).run(lambda done, total: None)
    group_of = {hash_: number for number, group in enumerate(groups) for hash_ in group}
    hits = [
        group_of.get(files.hashes[number], -1) == group_of.get(files.hashes[count + number], -2)
        for number in range(count)
    ]
    return float(np.mean(hits))


def _photos(most: int) -> list[bytes]:
    """Spread over all sources that have photos of some size."""
    import pyarrow.parquet as parquet

    contents: list[bytes] = []
    for shard in sorted((SHARED_DATA / "starter-pack").glob("*.parquet")):
        contents += parquet.read_table(shard, columns=["image"])["image"].to_pylist()
    large = [content for content in contents if min(Image.open(io.BytesIO(content)).size) >= LEAST_EDGE_PX]
    return large[:: max(1, len(large) // most)][:most]


def _thumbnail(content: bytes) -> bytes:
    return make_thumbnail(decode(content, edge_px=256))


def _embedded(encoder: ClipEncoder, pictures: Iterable[Image.Image], count: int) -> Vectors:
    remaining, vectors = iter(pictures), np.zeros((count, encoder.dim), np.float32)
    for start in range(0, count, 256):
        batch = [picture.convert("RGB") for _, picture in zip(range(256), remaining, strict=False)]
        vectors[start : start + len(batch)] = encoder.encode_images(batch)
    return vectors
