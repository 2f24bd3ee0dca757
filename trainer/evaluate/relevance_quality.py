"""The tables about strengths: how they were fitted, whether they are right, what the weak line shows and hides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.prompts import embed_texts
from core.relevance import NoiseFloor, measure_noise, strength_of
from trainer.evaluate.photos import LabelledPhoto, embed_photos, read_folders, read_products, read_starter_pack
from trainer.evaluate.strength import (
    LINES,
    Pairs,
    calibration,
    deviations,
    fit,
    known_truth,
    line,
    same_label_pairs,
)
from trainer.evaluate.tables import Cell, Table

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder
    from core.types import Vectors

# Nothing of the kind is among clothes, product photos or flowers. Words and phrases, as people type them.
ABSENT = (
    "airplane", "elephant", "mountain", "pizza", "piano", "sunset on the sea", "a red car", "fire truck",
    "snowy forest", "cathedral", "goldfish", "banana", "wedding cake", "two dogs playing in the snow",
    "football match", "spider", "lighthouse", "guitar", "castle", "tractor", "giraffe", "keyboard", "strawberry",
    "school bus", "cow",
)  # fmt: skip

# What a small library may be full of: kinds that exclude each other, with 20 validation photos at least.
_ONE_KIND = ("fruit", "flower", "clothing", "dog", "bird", "car", "cat", "ship")
_FEW = (1, 5, 20)
_DRAWS = 20  # libraries of each size and kind
_SEED = 0  # of the halves of the class names, and of the small libraries


def relevance_tables(encoder: ClipEncoder, data: Path, split: str) -> list[Table]:
    """Everything that docs/quality.md says about strengths."""
    photos = [photo for photo in read_starter_pack(data, split) if photo.label and photo.source != "trashnet"]
    vectors = embed_photos(encoder, photos)
    noise = measure_noise(encoder, vectors, templates=encoder.templates)
    fitted, checked = _halves(encoder, photos, vectors, noise)
    same, known = same_label_pairs(photos)
    twins = Pairs(deviations(vectors, vectors, noise, "image")[known], same[known])
    return [
        _noise_table(encoder, noise),
        Table(
            "The curve that fits",
            ("pairs", "midpoint", "slope", "expected calibration error of the shipped curve"),
            [
                ("class name and photo", *fit(fitted), calibration(checked).error),
                ("two photos", *fit(twins), calibration(twins).error),
            ],
        ),
        Table("Of what has this strength, so much is right", ("strength", "right"), calibration(checked).reliability),
        _line_table(checked),
        _absent_table(encoder, data, photos, vectors, noise),
        _small_libraries_table(encoder, photos, vectors, noise),
    ]


def _halves(
    encoder: ClipEncoder, photos: Sequence[LabelledPhoto], vectors: Vectors, noise: NoiseFloor
) -> tuple[Pairs, Pairs]:
    """All pairs of class names and photos, for one half of the names and for the other."""
    names = np.array(sorted({name for photo in photos for name in photo.names}))
    order = np.random.default_rng(_SEED).permutation(len(names))
    halves = [names[part].tolist() for part in np.array_split(order, 2)]
    first, second = (_pairs(encoder, half, photos, vectors, noise) for half in halves)
    return first, second


def _pairs(
    encoder: ClipEncoder, names: Sequence[str], photos: Sequence[LabelledPhoto], vectors: Vectors, noise: NoiseFloor
) -> Pairs:
    relevant, known = known_truth(names, photos)
    found = deviations(embed_texts(encoder, names, encoder.templates), vectors, noise)
    return Pairs(found[known], relevant[known])


def _noise_table(encoder: ClipEncoder, noise: NoiseFloor) -> Table:
    rows = [
        ("a text and a photo", noise.text_mean, noise.text_std),
        ("two photos", noise.image_mean, noise.image_std),
    ]
    return Table(f"Noise floor of {encoder.name}", ("cosines of", "mean", "deviation"), rows)


def _line_table(pairs: Pairs) -> Table:
    lines = [line(pairs, strictness) for strictness in LINES]
    rows = [(f"{each.strictness:g}", each.precision, each.recall, f"{100 * each.false_shows:.2f} %") for each in lines]
    return Table("What the line shows", ("strictness", "precision", "recall", "wrong photos shown"), rows)


def _absent_table(
    encoder: ClipEncoder, data: Path, photos: Sequence[LabelledPhoto], vectors: Vectors, noise: NoiseFloor
) -> Table:
    queries = embed_texts(encoder, ABSENT, encoder.templates)
    flowers = [row for row, photo in enumerate(photos) if photo.source == "flowers-5"]
    libraries = {
        "clothing": embed_photos(encoder, read_folders(data / "clothing" / "validation")),
        "products": embed_photos(encoder, read_products(data)),
        "flowers": vectors[flowers],
    }
    return Table(
        f"What shows for {len(ABSENT)} things that are not there",
        ("library", "photos", *(f"shown a query at {strictness:g}" for strictness in LINES)),
        [(name, len(library), *_shown(queries, library, noise)) for name, library in libraries.items()],
    )


def _shown(queries: Vectors, library: Vectors, noise: NoiseFloor) -> list[float]:
    strengths = strength_of(deviations(queries, library, noise))
    return [float((strengths >= strictness).sum(axis=1).mean()) for strictness in LINES]


def _small_libraries_table(
    encoder: ClipEncoder, photos: Sequence[LabelledPhoto], vectors: Vectors, noise: NoiseFloor
) -> Table:
    """Libraries of few photos of one kind: is its name still strong where the noise was measured on nothing else?"""
    names = embed_texts(encoder, _ONE_KIND, encoder.templates)
    kinds = [vectors[[row for row, photo in enumerate(photos) if kind in photo.names]] for kind in _ONE_KIND]
    rng = np.random.default_rng(_SEED)
    rows: list[tuple[Cell, ...]] = []
    for size in _FEW:
        shares = []
        for kind, members in enumerate(kinds * _DRAWS):
            library = members[rng.choice(len(members), size, replace=False)]
            few = measure_noise(encoder, library, templates=encoder.templates)
            shares.append(
                [
                    *_own_and_others(names, kind % len(kinds), library, few),
                    *_own_and_others(names, kind % len(kinds), library, noise),
                ]
            )
        rows.append((str(size), *np.mean(shares, axis=0).tolist()))
    head = ("photos", "its name shows", "other names show", "its name, noise of all photos", "others, noise of all")
    return Table("Small libraries of one kind at strictness 0.5: share of photos shown", head, rows)


def _own_and_others(names: Vectors, own: int, library: Vectors, noise: NoiseFloor) -> tuple[float, float]:
    """The share of photos that show for the name of the library's kind, and for the names of other kinds."""
    shown = (strength_of(deviations(names, library, noise)) >= 0.5).mean(axis=1)
    return float(shown[own]), float(np.delete(shown, own).mean())
