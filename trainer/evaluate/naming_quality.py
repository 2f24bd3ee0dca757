"""What an encoder tells apart by names alone: the classes of each source, colours and materials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer.evaluate.photos import class_names, embed_photos, read_unseen
from trainer.evaluate.tables import Cell, Table
from trainer.starter.corpus import READABLE
from trainer.starter.validation import PROMPT, Examination

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models.clip import ClipEncoder

_READ_BATCH = 512


def naming_tables(encoder: ClipEncoder, data: Path) -> list[Table]:
    """One prompt, that of the first starter's figures; product and clothing classes in the words of people."""
    photos = [replace(photo, label=READABLE.get(photo.label, photo.label)) for photo in read_unseen(data)]
    own = {
        source: sorted({each.label for each in photos if each.source == source}) for source in ("products", "clothing")
    }
    names = {**class_names(data), **{source: tuple(labels) for source, labels in own.items()}}
    metrics = Examination(photos, names).metrics(embed_photos(encoder, photos), lambda texts: _read(encoder, texts))
    return [_classes(metrics, names), _attributes(metrics)]


def _classes(metrics: Mapping[str, Mapping[str, float]], names: Mapping[str, Sequence[str]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (source, int(values["choices"]), int(values["photos"]), values["top-1"], values["top-5"])
        for source, values in metrics.items()
        if source in names
    ]
    rows.append(("mean of the sources", "", "", metrics["names"]["top-1"], ""))
    return Table(f'Classes by name, with "{PROMPT}"', ("source", "classes", "photos", "top-1", "top-5"), rows)


def _attributes(metrics: Mapping[str, Mapping[str, float]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (kind, int(metrics[kind]["choices"]), int(metrics[kind]["photos"]), metrics[kind]["top-1"])
        for kind in ("color", "material")
        if kind in metrics
    ]
    return Table(
        "The colour and material of things whose class is known", ("attribute", "values", "photos", "top-1"), rows
    )


def _read(encoder: ClipEncoder, texts: Sequence[str]) -> NDArray[np.float32]:
    parts = [
        encoder.encode_texts(list(texts[first : first + _READ_BATCH])) for first in range(0, len(texts), _READ_BATCH)
    ]
    return np.concatenate(parts).astype(np.float32)
