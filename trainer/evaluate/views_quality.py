"""What it gains to look at a photo more than once, and what it costs: mirrored, in its middle, in parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import ImageOps

from core.files.decode import decode
from core.prompts import embed_texts
from trainer.evaluate.everyday import queries, ranked
from trainer.evaluate.photos import LabelledPhoto, read_unseen
from trainer.evaluate.retrieval import DEPTHS, estimate, recall_of
from trainer.evaluate.tables import Cell, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from core.models.clip import ClipEncoder

CORNER = 2 / 3
"""Edge of a part, as a share of the photo's."""

_BATCH = 256


@dataclass(frozen=True, slots=True)
class Looks:
    """Several pictures of one photo, and how their vectors are one answer."""

    name: str
    pictures: Callable[[Image], list[Image]]
    best_counts: bool = False  # the best cosine is that of the photo; else their mean vector is asked


def middle(photo: Image) -> Image:
    """The largest square in the middle."""
    return ImageOps.fit(photo, (min(photo.size), min(photo.size)))


def corners(photo: Image) -> list[Image]:
    """Four parts that overlap."""
    width, height = photo.size
    part_w, part_h = round(CORNER * width), round(CORNER * height)
    places = [(left, top) for top in (0, height - part_h) for left in (0, width - part_w)]
    return [photo.crop((left, top, left + part_w, top + part_h)) for left, top in places]


LOOKS = (
    Looks("as the model prepares it", lambda photo: [photo]),
    Looks("the square in its middle", lambda photo: [middle(photo)]),
    Looks("whole and mirrored, averaged", lambda photo: [photo, ImageOps.mirror(photo)]),
    Looks("whole and four corners, averaged", lambda photo: [photo, *corners(photo)]),
    Looks("whole and four corners, the best counts", lambda photo: [photo, *corners(photo)], best_counts=True),
)


def views_tables(encoder: ClipEncoder, data: Path) -> list[Table]:
    """
    Raises:
        DataMissingError: photos to measure with are absent.
    """
    photos = read_unseen(data)
    asked = [query for query in queries() if any(query.can_judge(each) and query.is_right(each) for each in photos)]
    captioned = [place for place, photo in enumerate(photos) if photo.captions and not photo.label]
    captions = [caption for place in captioned for caption in photos[place].captions]
    owners = np.repeat(np.arange(len(captioned)), [len(photos[place].captions) for place in captioned])
    everyday = embed_texts(encoder, [query.text for query in asked], encoder.templates)
    said = encoder.encode_texts(captions)
    rows: list[tuple[Cell, ...]] = []
    for looks in LOOKS:
        vectors = _embed(encoder, photos, looks)  # (N, pictures, D)
        cosines = _cosines(everyday, vectors, looks)
        precision = [ranked(query, row, photos).average_precision for query, row in zip(asked, cosines, strict=True)]
        recall = recall_of(_cosines(said, vectors[captioned], looks), owners)
        rows.append((looks.name, vectors.shape[1], estimate(np.array(precision)), *recall.at.values()))
    head = ("looks", "pictures a photo", "mAP of everyday queries", *(f"captions R@{depth}" for depth in DEPTHS))
    return [Table("Looking more than once", head, rows)]


def _embed(encoder: ClipEncoder, photos: Sequence[LabelledPhoto], looks: Looks) -> NDArray[np.float32]:
    """(N, pictures, D) unit length"""
    parts: list[NDArray[np.float32]] = []
    for first in range(0, len(photos), _BATCH):
        pictures = [
            looks.pictures(decode(photo.content, edge_px=2 * encoder.image_edge_px))
            for photo in photos[first : first + _BATCH]
        ]
        vectors = encoder.encode_images([picture for each in pictures for picture in each])
        parts.append(vectors.reshape(len(pictures), -1, vectors.shape[1]))
    return np.concatenate(parts)


def _cosines(texts: NDArray[np.float32], vectors: NDArray[np.float32], looks: Looks) -> NDArray[np.float32]:
    """(T, D) and (N, pictures, D) -> (T, N)"""
    if looks.best_counts:
        return np.einsum("td,npd->tnp", texts, vectors, optimize=True).max(axis=2)
    mean = vectors.mean(axis=1)
    return texts @ (mean / np.linalg.norm(mean, axis=1, keepdims=True)).T
