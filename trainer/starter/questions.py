"""What is asked of the photos of one step: which texts each of them is held against, and which of these is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from trainer.data.examples import NOT_LABELLED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.starter.concepts import Targets, Texts

_NEIGHBOURS = 1024  # captions, beside all names


@dataclass(frozen=True)
class Question:
    """One kind of text that photos of a batch are held against."""

    name: str  # of its weight in `LossWeights`
    rows: NDArray[np.int64]  # (N,) of `Texts.all`
    photos: Tensor  # (P,) places in the batch
    wanted: Tensor  # (P,) the right one of the texts, or of a photo's own; empty where it is one text a photo
    shared: bool = True  # the texts are the same for all photos
    ignored: Tensor | None = None  # (P, N) texts that may be true as well


def asked(
    photos: Tensor, texts: Texts, targets: Targets, overlap: NDArray[np.bool_], device: torch.device
) -> Iterator[Question]:
    """All that is asked in one step; captions and wordings are drawn from torch's generator.

    Args:
        photos: (B,) rows of the corpus.
        overlap: See `Concepts.overlap`.
    """
    rows = photos.cpu().numpy()
    random = np.random.default_rng(int(torch.randint(2**31, (1,)).item()))  # the loop has seeded torch for this step
    nothing = torch.empty(0, dtype=torch.int64, device=device)

    def tensor(values: NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(device)

    said = np.array([place for place, row in enumerate(rows) if targets.captions[row]], np.int64)
    if len(said) > 1:
        chosen = [targets.captions[row][int(random.integers(len(targets.captions[row])))] for row in rows[said]]
        yield Question("captions", texts.rows(texts.captions[place] for place in chosen), tensor(said), nothing)

    labels = targets.labels[rows]
    named = np.flatnonzero(labels != NOT_LABELLED)
    if len(named):
        drawn = np.array([variants.flat[int(random.integers(variants.size))] for variants in texts.name_rows])
        akin = tensor(overlap[labels[named]])
        yield Question("names", drawn, tensor(named), tensor(labels[named]), ignored=akin)
    broader = targets.broader[rows]
    above = np.flatnonzero(broader != NOT_LABELLED)
    if len(above):
        prompts = texts.broader_rows[:, int(random.integers(texts.broader_rows.shape[1]))]
        yield Question("broader", prompts, tensor(above), tensor(broader[above]))
    yield Question("imagenet", texts.imagenet_rows, nothing, nothing)
    for name, values, phrases in (
        ("colors", targets.colors[rows], texts.color_rows),
        ("materials", targets.materials[rows], texts.material_rows),
    ):
        stated = np.flatnonzero(values != NOT_LABELLED)
        known = np.array([place for place in stated if int(labels[place]) in phrases], np.int64)
        if len(known):
            own = np.concatenate([phrases[int(labels[place])] for place in known])
            yield Question(name, own, tensor(known), tensor(values[known]), shared=False)


def drawn_captions(texts: Texts) -> Tensor:
    """Captions that a photo may lie near to, as rows of `Texts.all`, from torch's generator."""
    return torch.randint(max(1, len(texts.captions)), (_NEIGHBOURS,))


def all_names(texts: Texts) -> NDArray[np.int64]:
    """Names that a photo may lie near to, as rows of `Texts.all`: of the image teacher's classes, and our own."""
    names = np.array([variants.flat[0] for variants in texts.name_rows], np.int64)
    return np.concatenate([texts.imagenet_rows, names])
