"""A hundred everyday queries with rules that say which photos are right: `everyday_queries.toml`.

Photos that a rule cannot judge are not asked: a query for a class is asked of labelled photos, one for a scene of
captioned ones, one for a red thing of photos that state a colour.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from core.prompts import embed_texts
from trainer.evaluate.photos import LabelledPhoto, embed_photos, read_unseen
from trainer.evaluate.retrieval import average_precisions, estimate, precision_at
from trainer.evaluate.tables import Cell, Table
from trainer.report.page import environment, write_page
from trainer.report.thumbnails import address_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models.clip import ClipEncoder

DEPTH = 12
"""Results that a window shows at first."""

SHOWN = 30
"""Queries of a page."""


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


@dataclass(frozen=True, slots=True)
class Answer:
    """What an encoder says to a query, among the photos that the query can judge."""

    query: Query
    photos: Sequence[LabelledPhoto]  # best first
    cosines: NDArray[np.floating]  # (N,)
    right: NDArray[np.bool_]  # (N,)

    @property
    def average_precision(self) -> float:
        return float(average_precisions(self.cosines[None], self.right[None])[0])

    @property
    def first_right(self) -> float:
        """The share of right ones among the first, or among as many as could be right."""
        return precision_at(self.cosines, self.right, min(DEPTH, int(self.right.sum()) or 1))


def answers(encoder: ClipEncoder, data: Path) -> list[Answer]:
    """
    Raises:
        DataMissingError: photos to measure with are absent.
    """
    photos, asked = read_unseen(data), queries()
    texts = embed_texts(encoder, [query.text for query in asked], encoder.templates)
    cosines = texts @ embed_photos(encoder, photos).T
    return [ranked(query, row, photos) for query, row in zip(asked, cosines, strict=True)]


def ranked(query: Query, cosines: NDArray[np.floating], photos: Sequence[LabelledPhoto]) -> Answer:
    """The answer that these cosines, (N,), are, among the photos that the query can judge."""
    places = [int(place) for place in np.argsort(-cosines, kind="stable") if query.can_judge(photos[place])]
    judged = [photos[place] for place in places]
    return Answer(query, judged, cosines[places], np.array([query.is_right(photo) for photo in judged], np.bool_))


def everyday_tables(found: Sequence[Answer]) -> list[Table]:
    """Mean average precision by kind, and what each query found."""
    rows: list[tuple[Cell, ...]] = [
        (each.query.text, len(each.photos), int(each.right.sum()), each.average_precision, each.first_right)
        for each in found
    ]
    means: list[tuple[Cell, ...]] = []
    for kind in (*dict.fromkeys(each.query.kind for each in found), "all"):
        chosen = [each for each in found if kind in (each.query.kind, "all")]
        mean = estimate(np.array([each.average_precision for each in chosen]))
        means.append((kind, len(chosen), mean, float(np.mean([each.first_right for each in chosen]))))
    return [
        Table("Everyday queries", ("kind", "queries", "mAP", f"P@{DEPTH}"), means),
        Table("Each query", ("query", "photos", "right", "average precision", f"P@{DEPTH}"), rows),
    ]


def write_hits(found: Sequence[Answer], model: str, file: Path, shown: int = SHOWN) -> None:
    """A page with some of the queries, spread over all of them, and their first photos.

    Raises:
        MachineError: it cannot be written.
    """
    places = np.linspace(0, len(found) - 1, min(shown, len(found))).round().astype(int).tolist()
    told = [
        {
            "text": each.query.text,
            "about": (
                f"{int(each.right[:DEPTH].sum())} of the first {len(each.photos[:DEPTH])} are right; "
                f"{int(each.right.sum())} of {len(each.photos)} photos would be. "
                f"Average precision {each.average_precision:.2f}."
            ),
            "hits": [
                {
                    "picture": address_of(photo.content),
                    "words": _words(photo),
                    "right": right,
                    "figures": f"{cosine:.2f}",
                }
                for photo, right, cosine in zip(
                    each.photos[:DEPTH], each.right.tolist(), each.cosines.tolist(), strict=False
                )
            ],
        }
        for each in (found[place] for place in places)
    ]
    lead = (
        f"{len(told)} of {len(found)} everyday queries with their first {DEPTH} photos, among those that it was not "
        "trained with and that the query's rule can judge. A mark says what the rule says; rules read labels and "
        "captions, not pictures."
    )
    page = environment().get_template("hits.html")
    write_page(file, page.render(model=model, answers=told, lead=lead))


def _words(photo: LabelledPhoto) -> str:
    if not photo.label:
        return photo.captions[0] if photo.captions else photo.source
    return " ".join(word for word in (photo.color, photo.material, photo.label) if word)


def _said(words: Sequence[str], caption: str) -> bool:
    """Is one of these words in the caption? One that ends in * stands for all that begin so."""
    pattern = "|".join(re.escape(word[:-1]) + r"\w*" if word.endswith("*") else re.escape(word) for word in words)
    return re.search(rf"\b(?:{pattern})\b", caption.lower()) is not None
