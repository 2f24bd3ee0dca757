"""A hundred everyday queries with rules that say which photos are right: `everyday_queries.toml`.

Photos that a rule cannot judge are not asked: a query for a class is asked of labelled photos, one for a scene of
captioned ones, one for a red thing of photos that state a colour.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from core.prompts import embed_texts
from trainer.evaluate.photos import LabelledPhoto, embed_photos, read_unseen
from trainer.evaluate.retrieval import average_precisions, estimate, precision_at
from trainer.evaluate.tables import Cell, Table

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder

_DEPTH = 12  # results that a window shows at first


class Query(BaseModel):
    """One query and its rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    names: tuple[str, ...] = ()
    color: tuple[str, ...] = ()
    material: tuple[str, ...] = ()
    caption: tuple[tuple[str, ...], ...] = ()

    @property
    def kind(self) -> str:
        if self.caption:
            return "scenes"
        return "colour and material" if self.color or self.material else "things"

    def can_judge(self, photo: LabelledPhoto) -> bool:
        if self.caption:
            return bool(photo.captions) and not photo.label
        stated = (not self.color or photo.color) and (not self.material or photo.material)
        return bool(photo.label and stated)

    def is_right(self, photo: LabelledPhoto) -> bool:
        """Of a photo that it can judge."""
        if self.caption:
            return any(all(_said(group, caption) for group in self.caption) for caption in photo.captions)
        return (
            (not self.names or not photo.names.isdisjoint(self.names))
            and (not self.color or photo.color in self.color)
            and (not self.material or photo.material in self.material)
        )


def queries() -> tuple[Query, ...]:
    text = files("trainer").joinpath("evaluate", "everyday_queries.toml").read_text(encoding="utf-8")
    return tuple(Query.model_validate(each) for each in tomllib.loads(text)["query"])


def everyday_tables(encoder: ClipEncoder, data: Path) -> list[Table]:
    """Average precision of each query, and its mean by kind."""
    photos, asked = read_unseen(data), queries()
    scores = embed_texts(encoder, [query.text for query in asked], encoder.templates) @ embed_photos(encoder, photos).T
    found = [_measured(query, row, photos) for query, row in zip(asked, scores, strict=True)]
    rows: list[tuple[Cell, ...]] = [(query.text, *cells) for query, cells in zip(asked, found, strict=True)]
    means: list[tuple[Cell, ...]] = []
    for kind in (*dict.fromkeys(query.kind for query in asked), "all"):
        chosen = [cells for query, cells in zip(asked, found, strict=True) if kind in (query.kind, "all")]
        mean = estimate(np.array([cells[2] for cells in chosen], np.float64))
        means.append((kind, len(chosen), mean, float(np.mean([cells[3] for cells in chosen]))))
    return [
        Table("Everyday queries", ("kind", "queries", "mAP", f"P@{_DEPTH}"), means),
        Table("Each query", ("query", "photos", "right", "average precision", f"P@{_DEPTH}"), rows),
    ]


def _measured(query: Query, scores: np.ndarray, photos: Sequence[LabelledPhoto]) -> tuple[int, int, float, float]:
    """Photos that were asked, how many are right, average precision, precision of the first ones."""
    places = [place for place, photo in enumerate(photos) if query.can_judge(photo)]
    right = np.array([query.is_right(photos[place]) for place in places], np.bool_)
    own = scores[places]
    precision = float(average_precisions(own[None], right[None])[0])
    return len(places), int(right.sum()), precision, precision_at(own, right, min(_DEPTH, int(right.sum()) or 1))


def _said(words: Sequence[str], caption: str) -> bool:
    """Is one of these words in the caption? One that ends in * stands for all that begin so."""
    pattern = "|".join(re.escape(word[:-1]) + r"\w*" if word.endswith("*") else re.escape(word) for word in words)
    return re.search(rf"\b(?:{pattern})\b", caption.lower()) is not None
