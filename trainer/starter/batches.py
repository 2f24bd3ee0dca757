"""The batches of each stage: what the teachers said, pixels in the teacher's own views, and texts."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.models.taggers.backbones import CLIP_MEAN, CLIP_STD
from trainer.data.background import made_ahead
from trainer.data.batches import LOOK_AHEAD, WORKERS
from trainer.data.colour import recoloured
from trainer.data.geometry import seen
from trainer.data.samplers import shuffled
from trainer.starter.config import StarterConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from trainer.starter.corpus import Corpus, CorpusPixels
    from trainer.starter.image_teacher import Lessons, Views

_VIEW_STREAM, _COLOUR_STREAM, _LENGTH_STREAM = 31, 32, 33
_SORTED_BATCHES = 32  # texts of so many batches are sorted by length


@dataclass(frozen=True)
class PhotoBatch:
    """Photos in one view each."""

    rows: Tensor  # (B,) int64: which photos of the corpus
    features: Tensor  # (B, 1280) that the image teacher saw
    logits: Tensor  # (B, 1000)
    pixels: Tensor | None = None  # (B, 3, H, W) float32, normalised; None where only the space learns

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class TextBatch:
    rows: Tensor  # (B,) int64: which texts
    tokens: Tensor  # (B, context) int64

    def __len__(self) -> int:
        return len(self.rows)


class PhotoBatches:
    """Photos of the train part, those with captions more often than others."""

    def __init__(
        self, corpus: Corpus, pixels: CorpusPixels, lessons: Lessons, views: Views, config: StarterConfig
    ) -> None:
        rows = corpus.rows("train")
        captioned = np.array([bool(corpus.photos[row].captions) for row in rows], np.bool_)
        self.photos = rows  # each once
        self._rows = np.concatenate([rows, *[rows[captioned]] * (config.caption_repeats - 1)])
        self._order = shuffled(len(self._rows), config.seed)
        self.lessons = lessons
        self._corpus, self._pixels, self._views = corpus, pixels, views
        self._augmentation, self._seed = config.augmentation, config.seed
        self._scale, self._shift = normalisation()

    def steps(self, batch_size: int) -> int:
        """Of an epoch; what does not fill a batch is left out."""
        return max(1, len(self._rows) // batch_size)

    def epoch(self, epoch: int, batch_size: int, first_step: int, edge_px: int | None) -> Generator[PhotoBatch]:
        """
        Args:
            edge_px: Of the pixels; None: none are wanted.
        """
        rows = self._rows[self._order(epoch)]

        def make(step: int) -> PhotoBatch:
            return self._batch(rows[step * batch_size : (step + 1) * batch_size], epoch, step, edge_px)

        steps = range(first_step, self.steps(batch_size))
        yield from made_ahead(make, steps, workers=WORKERS, ahead=LOOK_AHEAD)

    def _batch(self, rows: NDArray[np.int64], epoch: int, step: int, edge_px: int | None) -> PhotoBatch:
        random = np.random.default_rng((self._seed, epoch, step, _VIEW_STREAM))
        numbers = random.integers(self._views.count, size=len(rows))
        features, logits = [], []
        for row, number in zip(rows, numbers.tolist(), strict=True):
            one = self.lessons.of(number, row[None])
            features.append(one[0])
            logits.append(one[1])
        pixels = None if edge_px is None else self._shown(rows, numbers, epoch, step, edge_px)
        return PhotoBatch(torch.from_numpy(rows.copy()), torch.cat(features), torch.cat(logits), pixels)

    def _shown(self, rows: NDArray[np.int64], numbers: NDArray[np.int64], epoch: int, step: int, edge: int) -> Tensor:
        pixels = torch.empty((len(rows), 3, edge, edge), dtype=torch.float32)
        random = np.random.default_rng((self._seed, epoch, step, _COLOUR_STREAM))
        mirrored = random.random(len(rows)) < self._augmentation.flip
        for out, row, number, mirror in zip(
            pixels.numpy(), rows.tolist(), numbers.tolist(), mirrored.tolist(), strict=True
        ):
            planes = self._pixels.planes(row)
            view = self._views.view(self._corpus.photos[row].content_hash, number, planes.shape[1:])
            shown = seen(planes, view, (edge, edge))
            if self._augmentation.recolours:
                recoloured(shown, self._augmentation, random)
            np.multiply(shown[:, :, ::-1] if mirror else shown, self._scale, out=out)
            out += self._shift
        return pixels


class TextBatches:
    """Texts of about the same length together: a batch costs as much as its longest text."""

    def __init__(self, tokens: Tensor, rows: NDArray[np.int64], seed: int) -> None:
        """
        Args:
            tokens: (T, context) of all texts.
            rows: Of them, those of an epoch; a text that is there twice is read twice.
        """
        self._tokens, self._rows, self._seed = tokens, rows, seed
        self._order = shuffled(len(rows), seed)
        self._lengths = tokens.argmax(dim=1).numpy()  # the end-of-text token has the highest number

    def steps(self, batch_size: int) -> int:
        return max(1, len(self._rows) // batch_size)

    def epoch(self, epoch: int, batch_size: int, first_step: int) -> Generator[TextBatch]:
        batches = self._batches(epoch, batch_size)
        for step in range(first_step, self.steps(batch_size)):
            rows = torch.from_numpy(batches[step])
            yield TextBatch(rows, self._tokens[rows])

    def _batches(self, epoch: int, batch_size: int) -> list[NDArray[np.int64]]:
        """Of an epoch: sorted among some thousand that chance has put together, and shuffled again as batches."""
        order, together = self._rows[self._order(epoch)], batch_size * _SORTED_BATCHES
        stretches = (order[first : first + together] for first in range(0, len(order), together))
        by_length = np.concatenate([rows[np.argsort(self._lengths[rows], kind="stable")] for rows in stretches])
        batches = [by_length[step * batch_size : (step + 1) * batch_size] for step in range(self.steps(batch_size))]
        random = np.random.default_rng((self._seed, epoch, _LENGTH_STREAM))
        return [batches[place] for place in random.permutation(len(batches))]


def whole_photos(pixels: CorpusPixels, rows: Sequence[int], edge_px: int) -> Tensor:
    """(N, 3, edge, edge) normalised: photos as the encoder will see them, squashed to a square."""
    from trainer.data.geometry import View

    scale, shift = normalisation()
    shown = torch.empty((len(rows), 3, edge_px, edge_px), dtype=torch.float32)
    for out, row in zip(shown.numpy(), rows, strict=True):
        np.multiply(seen(pixels.planes(row), View(), (edge_px, edge_px)), scale, out=out)
        out += shift
    return shown


def normalisation() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What 0..255 is multiplied by, and what is added to it, (3, 1, 1) each."""
    mean, std = (np.array(values, np.float32)[:, None, None] for values in (CLIP_MEAN, CLIP_STD))
    return (1 / (255 * std)).astype(np.float32), (-mean / std).astype(np.float32)
