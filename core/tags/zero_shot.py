"""Tags without training: an encoder compares a photo with the words of a vocabulary.

A softmax over the words alone would always be sure of one of them. Here one more answer stands among them, "none of
these", and the cosines are counted above the noise that this very photo gives with prompts that have nothing to do with
it. Why so, and how right it is: docs/decisions/0061-live-taggers-and-zero-shot.md.
"""

from __future__ import annotations

import hashlib
import os
import threading
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from core.prompts import embed_texts
from core.relevance import background_prompts
from core.tags.values import TOP_K, Prediction, Predictions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL.Image import Image

    from core.protocols import Encoder, Prepared
    from core.tags.vocabulary import Vocabulary, VocabularyHead
    from core.types import Vectors

# Raised by every change of what follows, so that photos are tagged anew.
_VERSION = 1
# Fitted on one half of the validation photos as the values that make the right answers most likely, "none of these"
# among them; the other half is what the decision reports. In deviations above the noise of a photo.
_SLOPE = 1.9
_NONE_AT = 3.4  # where "none of these" stands
_SURE_FROM = 0.6
# Vocabularies whose vectors are kept in memory, each about a megabyte: one that was edited and its successor.
_MOST_MADE = 4
_made: dict[str, list[Vectors]] = {}
_making = threading.Lock()
_FEW = 256  # vectors
_SMALLEST_STD = 1e-3  # below it an encoder answers everything alike, and float16 would be taken for a signal


def zero_shot_key(encoder_key: str, vocabulary: Vocabulary) -> str:
    """Under which the predictions of this encoder with these words are stored."""
    return f"zero-shot {_VERSION}:{vocabulary.hash}:{encoder_key}"


class ZeroShotTagger:
    """An encoder and a vocabulary as a tagger; it looks at the encoder's vectors, and at no pixels."""

    image_edge_px = 0
    batch_size = 1000
    needs_pixels = False
    tells_unknown = False  # "none of these" is there for photos of which nothing is sure, not for things without a word

    def __init__(self, encoder: Encoder, vocabulary: Vocabulary, cache: Path | None = None) -> None:
        """Encodes all prompts, some hundreds: two seconds with the starter, more with a large model.

        Args:
            cache: A directory where their vectors are kept for the next start.
        """
        self.key = zero_shot_key(encoder.key, vocabulary)
        self.name = f"Zero-shot with {encoder.name}"
        self.encoder_key: str | None = encoder.key
        self.heads: Mapping[str, tuple[str, ...]] = {head.name: head.values for head in vocabulary.heads}
        self.thresholds: Mapping[str, float] = dict.fromkeys(self.heads, _SURE_FROM)
        self._encoder = encoder
        self._noise, *words = _vectors(self.key, encoder, vocabulary, cache)  # (P, D), then (C, D) of each head
        self._words = dict(zip(self.heads, words, strict=True))

    def prepare(self, image: Image) -> Prepared:
        return ()

    def tag_prepared(self, prepared: Sequence[Prepared], vectors: Vectors | None = None) -> list[Predictions]:
        if vectors is None:
            raise ValueError("Zero-shot tags are made from vectors.")
        tags: list[Predictions] = [{} for _ in vectors]
        noise = _cosines(vectors, self._noise)  # (N, P)
        mean, std = noise.mean(axis=1, keepdims=True), noise.std(axis=1, keepdims=True).clip(_SMALLEST_STD)
        for head, words in self._words.items():
            probabilities = _softmax_with_none((_cosines(vectors, words) - mean) / std)
            for tag, prediction in zip(tags, best_of(probabilities, self.heads[head], _SURE_FROM), strict=True):
                tag[head] = prediction
        return tags

    def tag(self, images: Sequence[Image], vectors: Vectors | None = None) -> list[Predictions]:
        if vectors is None:
            vectors = self._encoder.encode_images(images)
        return self.tag_prepared([()] * len(images), vectors)


def best_of(probabilities: NDArray[np.floating], labels: Sequence[str], threshold: float) -> list[Prediction]:
    """One prediction a row of `probabilities`, (N, C)."""
    top = np.argsort(-probabilities, axis=1, kind="stable")[:, :TOP_K]
    values = np.take_along_axis(probabilities, top, axis=1).round(4)
    predictions: list[Prediction] = []
    for row, best in zip(top, values, strict=True):
        pairs = tuple((labels[int(index)], float(value)) for index, value in zip(row, best, strict=True))
        predictions.append(Prediction(pairs[0][0], pairs[0][1], pairs, sure=pairs[0][1] >= threshold))
    return predictions


def _cosines(vectors: Vectors, words: Vectors) -> NDArray[np.floating]:
    """(N, C). A batch that was just embedded is so small that threads for it cost more than it takes: they would keep
    cores from the models.
    """
    if len(vectors) <= _FEW:
        return np.einsum("nd,cd->nc", vectors, words)
    return vectors @ words.T


def _softmax_with_none(deviations: NDArray[np.floating]) -> NDArray[np.floating]:
    """(N, C) probabilities for (N, C) deviations above the noise. A row lacks to 1 what "none of these" has."""
    logits = _SLOPE * np.concatenate([deviations, np.full((len(deviations), 1), _NONE_AT)], axis=1)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (odds / odds.sum(axis=1, keepdims=True))[:, :-1]


def _vectors(key: str, encoder: Encoder, vocabulary: Vocabulary, cache: Path | None) -> list[Vectors]:
    """Of the background prompts and of each head: made once, for this process and for the next start."""
    with _making:
        vectors = _made.pop(key, None)
        if vectors is None:
            vectors = _read_or_embed(key, encoder, vocabulary, cache)
        _made[key] = vectors  # the one that was used last stands last
        while len(_made) > _MOST_MADE:
            del _made[next(iter(_made))]
        return vectors


def _read_or_embed(key: str, encoder: Encoder, vocabulary: Vocabulary, cache: Path | None) -> list[Vectors]:
    file = None if cache is None else cache / f"words-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"
    vectors = None if file is None else _read(file, len(vocabulary.heads), encoder.dim)
    if vectors is None:
        vectors = _embed(encoder, vocabulary)
        if file is not None:
            _keep(file, vectors)
    return vectors


def _embed(encoder: Encoder, vocabulary: Vocabulary) -> list[Vectors]:
    """The background prompts, (P, D), and the values of each head, (C, D): each the mean of its sentences."""
    noise = embed_texts(encoder, background_prompts(), encoder.templates)
    return [noise, *(_embed_head(encoder, head) for head in vocabulary.heads)]


def _embed_head(encoder: Encoder, head: VocabularyHead) -> Vectors:
    sentences = [head.sentences(value) for value in head.values]
    vectors = encoder.encode_texts([sentence for of_value in sentences for sentence in of_value])
    ends = np.cumsum([len(of_value) for of_value in sentences])
    means = np.stack([of_value.mean(axis=0) for of_value in np.split(vectors, ends[:-1])])
    return means / np.linalg.norm(means, axis=1, keepdims=True)


def _read(file: Path, heads: int, dim: int) -> list[Vectors] | None:
    """What `_keep` has written; None where it has not, or where that is damaged."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
            arrays = [np.asarray(kept[f"arr_{number}"], np.float32) for number in range(heads + 1)]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return arrays if all(array.shape[1:] == (dim,) for array in arrays) else None


def _keep(file: Path, arrays: Sequence[Vectors]) -> None:
    """A cache: a disk that does not take it is no harm."""
    temporary = file.with_suffix(f".{os.getpid()}.tmp.npz")
    try:
        np.savez(temporary, *arrays)
        temporary.replace(file)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
