"""What is asked of which photos, and the tables that come out: retrieval, prompt templates, the product photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.prompts import embed_texts
from trainer.evaluate.photos import LabelledPhoto, embed_photos, read_products, read_starter_pack
from trainer.evaluate.retrieval import (
    DEPTHS,
    Recall,
    average_precisions,
    estimate,
    name_precision,
    precision_at,
    recall_image_to_text,
    recall_text_to_image,
)
from trainer.evaluate.tables import Cell, Table
from trainer.starter.corpus import READABLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models.clip import ClipEncoder
    from core.types import Vectors

# The classes of `products/`, in the words of a person who looks for them.
PRODUCT_QUERIES = {label: name for label, name in READABLE.items() if "_" in label} | {
    "food_storage_plastic_container": "plastic container"
}
"""Labels of `products`, and what people type for them."""

TEMPLATE_SETS = (
    ("{}",),
    ("a photo of {}",),
    ("{}", "a photo of {}"),
    ("{}", "a photo of {}", "a picture of {}", "a close-up of {}"),
    ("{}", "a photo of a {}", "a picture of a {}", "a close-up of a {}"),
)

_ALL = "all"


def retrieval_tables(encoder: ClipEncoder, data: Path, split: str) -> list[Table]:
    """Captions to photos, photos to captions, and class names to photos, by source and over all of them."""
    photos = read_starter_pack(data, split)
    vectors = embed_photos(encoder, photos)
    head = ("source", "queries", "pool", *(f"R@{depth}" for depth in DEPTHS))
    towards = _by_source(
        photos, lambda photo: bool(photo.captions), _recall_row(encoder, vectors, recall_text_to_image)
    )
    back = _by_source(photos, lambda photo: bool(photo.captions), _recall_row(encoder, vectors, recall_image_to_text))
    names = _by_source(photos, lambda photo: bool(photo.label), _names_row(encoder, vectors))
    return [
        Table("A caption finds its photo", head, towards),
        Table("A photo finds one of its captions", head, back),
        Table("A class name finds its photos", ("source", "names", "photos", "mAP"), names),
    ]


def template_tables(encoder: ClipEncoder, data: Path, split: str) -> list[Table]:
    """What prompt templates gain over the bare words."""
    photos = read_starter_pack(data, split)
    vectors = embed_photos(encoder, photos)
    labelled = [row for row, photo in enumerate(photos) if photo.label]
    captioned = [row for row, photo in enumerate(photos) if photo.captions]
    names, relevant = _named([photos[row] for row in labelled])
    captions, owners = _captions([photos[row] for row in captioned])
    rows: list[tuple[Cell, ...]] = []
    bare: NDArray[np.float64] | None = None
    for templates in TEMPLATE_SETS:
        found = average_precisions(embed_texts(encoder, names, templates) @ vectors[labelled].T, relevant)
        bare = found if bare is None else bare
        recall = recall_text_to_image(embed_texts(encoder, captions, templates), vectors[captioned], owners)
        rows.append((", ".join(templates), estimate(found), estimate(found - bare), *recall.at.values()))
    head = ("templates", "mAP of class names", "gain", *(f"captions R@{depth}" for depth in DEPTHS))
    return [Table("Prompt templates", head, rows)]


def product_tables(encoder: ClipEncoder, data: Path) -> list[Table]:
    """Precision of the first results for the ten classes of product photos, and for those of the test part alone."""
    return [
        _products("All product photos", encoder, read_products(data), depth=10),
        # Five photos a class (eight caps): the first ten could not all be right.
        _products("Product photos of the test part", encoder, read_products(data, "test"), depth=5),
    ]


def _products(title: str, encoder: ClipEncoder, photos: Sequence[LabelledPhoto], *, depth: int) -> Table:
    queries = embed_texts(encoder, list(PRODUCT_QUERIES.values()), encoder.templates)
    scores = queries @ embed_photos(encoder, photos).T
    relevant = np.array([[photo.label == label for photo in photos] for label in PRODUCT_QUERIES])
    first = np.array([precision_at(row, truth, depth) for row, truth in zip(scores, relevant, strict=True)])
    precisions = average_precisions(scores, relevant)
    rows: list[tuple[Cell, ...]] = [
        (query, int(truth.sum()), float(p), float(ap))
        for query, truth, p, ap in zip(PRODUCT_QUERIES.values(), relevant, first, precisions, strict=True)
    ]
    rows.append((_ALL, len(photos), float(first.mean()), float(precisions.mean())))
    return Table(title, ("query", "photos", f"P@{depth}", "average precision"), rows)


def _by_source(
    photos: Sequence[LabelledPhoto],
    usable: Callable[[LabelledPhoto], bool],
    measure: Callable[[str, Sequence[LabelledPhoto], NDArray[np.intp]], tuple[Cell, ...]],
) -> list[tuple[Cell, ...]]:
    """One row a source, and one over all sources, each from the usable photos and their positions in `photos`."""
    chosen = [row for row, photo in enumerate(photos) if usable(photo)]
    sources = sorted({photos[row].source for row in chosen})
    parts = {source: [row for row in chosen if photos[row].source == source] for source in sources}
    parts[_ALL] = chosen
    return [measure(name, [photos[row] for row in rows], np.array(rows)) for name, rows in parts.items()]


def _recall_row(
    encoder: ClipEncoder, vectors: Vectors, measure: Callable[[Vectors, Vectors, NDArray[np.intp]], Recall]
) -> Callable[[str, Sequence[LabelledPhoto], NDArray[np.intp]], tuple[Cell, ...]]:
    def row(source: str, photos: Sequence[LabelledPhoto], rows: NDArray[np.intp]) -> tuple[Cell, ...]:
        captions, owners = _captions(photos)
        recall = measure(embed_texts(encoder, captions, encoder.templates), vectors[rows], owners)
        return (source, recall.queries, recall.pool, *recall.at.values())

    return row


def _names_row(
    encoder: ClipEncoder, vectors: Vectors
) -> Callable[[str, Sequence[LabelledPhoto], NDArray[np.intp]], tuple[Cell, ...]]:
    def row(source: str, photos: Sequence[LabelledPhoto], rows: NDArray[np.intp]) -> tuple[Cell, ...]:
        names, relevant = _named(photos)
        precision = name_precision(embed_texts(encoder, names, encoder.templates), vectors[rows], relevant)
        return (source, precision.names, precision.pool, precision.mean)

    return row


def _captions(photos: Sequence[LabelledPhoto]) -> tuple[list[str], NDArray[np.intp]]:
    """All captions, and for each the position of its photo."""
    pairs = [(caption, row) for row, photo in enumerate(photos) for caption in photo.captions]
    return [caption for caption, _ in pairs], np.array([row for _, row in pairs], dtype=np.intp)


def _named(photos: Sequence[LabelledPhoto]) -> tuple[list[str], NDArray[np.bool_]]:
    """All class names, and which photos, (names, photos), each is true of."""
    names = sorted({photo.label for photo in photos})
    return names, np.array([[name in photo.names for photo in photos] for name in names])
