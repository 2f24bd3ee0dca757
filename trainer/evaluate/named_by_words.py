"""An encoder as a tagger that nobody trained: each photo gets the class whose name is nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import safe_open

from core.prompts import embed_texts
from core.tags.values import CLASS
from trainer.data.examples import Example
from trainer.evaluate.embedded import embed
from trainer.evaluate.photos import spoken
from trainer.report.outputs import UNLABELLED, HeadOutputs, Outputs, ReportError
from trainer.report.values import Cost
from trainer.starter.validation import PROMPT
from trainer.teach.embeddings import cache_of

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder
    from core.models.registry import ModelStore
    from core.types import Vectors

_SHARPNESS = 100.0  # of cosines as logits, as CLIP was trained with; the order does not depend on it


@dataclass(frozen=True)
class NamedByWords:
    """A guest among runs: see `trainer.report.standings.Guest`."""

    store: ModelStore
    encoder_name: str
    home: Path  # whose cache keeps vectors
    prompt: str = PROMPT

    @cached_property
    def encoder(self) -> ClipEncoder:
        return self.store.load(self.encoder_name)

    @property
    def name(self) -> str:
        return f"{self.encoder_name}, by names alone"

    @property
    def cost(self) -> Cost:
        weights = self.store.weights(self.encoder_name)
        return Cost(parameters=_numbers_in(weights), checkpoint_bytes=weights.stat().st_size)

    def outputs(self, photos: Outputs, labels: Sequence[str]) -> Outputs:
        """
        Raises:
            ReportError: photos are not there any more.
            ModelError: the encoder cannot be loaded.
        """
        return named(photos, labels, self.vectors(photos), self.names(labels))

    def vectors(self, photos: Outputs) -> Vectors:
        """(N, D) unit length; raises as `outputs`."""
        found = embed(self.encoder, examples_of(photos), cache_of(self.home))
        if found.unreadable:
            raise unreadable(found.unreadable, len(photos))
        return found.vectors

    def names(self, labels: Sequence[str]) -> Vectors:
        """(L, D) unit length."""
        return embed_texts(self.encoder, [self.prompt.format(spoken(label)) for label in labels])


def named(photos: Outputs, labels: Sequence[str], seen: Vectors, read: Vectors) -> Outputs:
    """Each photo gets the label that is nearest to it. What is true, it does not say: the runs know.

    Args:
        seen: (N, D) of the photos.
        read: (L, D) of the names of the labels.
    """
    logits = np.float32(_SHARPNESS) * (seen @ read.T)
    unknown = HeadOutputs(tuple(labels), logits, np.full(len(photos), UNLABELLED))
    return Outputs(photos.ids, photos.paths, {CLASS: unknown}, seen)


def examples_of(photos: Outputs) -> list[Example]:
    return [Example(Path(path), id_, {}) for id_, path in zip(photos.ids, photos.paths, strict=True)]


def unreadable(count: int, of: int) -> ReportError:
    return ReportError(
        f"{count} of {of} photos cannot be read any more.",
        remedy="Bring them back to where they were, or compare only runs of taggers.",
    )


def _numbers_in(weights: Path) -> int:
    """All parameters of a safetensors file, from its head alone."""
    with safe_open(weights, "numpy") as file:
        return sum(int(np.prod(file.get_slice(name).get_shape())) for name in file.keys())  # noqa: SIM118 - no mapping
