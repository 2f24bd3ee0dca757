"""Labelled photos with the vectors that an encoder gives them: made once, kept, and taken from where they are kept.

Two places keep them: the cache of the library, by content, which `teach` uses too; and a file that the user names, with
paths, labels and the encoder's key beside the vectors, for whatever else wants to read them.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import RecollectError
from core.models.disk import disk_errors, write_whole
from core.tags.values import CLASS
from trainer.data.examples import Example
from trainer.data.features import vectors_of
from trainer.teach.embeddings import EmbeddingCache

if TYPE_CHECKING:
    from core.protocols import Encoder
    from core.types import Vector, Vectors

_FORMAT = "recollect photo vectors 1"


class VectorFileError(RecollectError):
    title = "The vectors cannot be kept there"


@dataclass(frozen=True, eq=False)
class Embedded:
    """N photos in a fixed order."""

    examples: tuple[Example, ...]
    vectors: Vectors  # (N, D) unit length
    unreadable: int = 0  # photos that are left out
    new: int = 0  # that had to be looked at: the vectors of all others were known

    @property
    def classes(self) -> tuple[str, ...]:
        """(N,) empty where a photo has none."""
        return tuple(each.labels.get(CLASS, "") for each in self.examples)


def embed(encoder: Encoder, examples: Sequence[Example], cache: Path, file: Path | None = None) -> Embedded:
    """
    Args:
        cache: Directory of vectors by content.
        file: Vectors of this encoder are taken from it, and all of these photos' are written to it.

    Raises:
        VectorFileError: the file is there and holds something else.
        MachineError: it cannot be written.
    """
    kept = EmbeddingCache(cache, encoder.key, encoder.dim)
    known = _read(file, encoder) if file is not None else {}
    added = [name for name in known if name not in kept]
    kept.add(added, np.array([known[name] for name in added]).reshape(len(added), encoder.dim))
    missing = [each for each in examples if each.content_hash not in kept]
    found = vectors_of(missing, encoder)
    readable = np.flatnonzero(found.any(axis=1))
    kept.add([missing[row].content_hash for row in readable.tolist()], found[readable])
    kept.save()
    there = tuple(each for each in examples if each.content_hash in kept)
    vectors = kept.vectors([each.content_hash for each in there])
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)  # what is kept has 16 bits
    embedded = Embedded(there, vectors, len(examples) - len(there), len(readable))
    if file is not None:
        _write(file, encoder.key, embedded)
    return embedded


def _read(file: Path, encoder: Encoder) -> Mapping[str, Vector]:
    """By content hash; nothing where the file is absent or of another encoder."""
    if not file.exists():
        return {}
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            words, vectors = json.loads(arrays["words"].tobytes()), arrays["vectors"]
            if words["format"] != _FORMAT or len(words["hashes"]) != len(vectors):
                raise ValueError("it is of another format")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise VectorFileError(
            f"{file} is there already and holds no vectors of photos: {error}.",
            remedy="Name another file, or delete this one.",
            path=file,
        ) from error
    fits = words["encoder"] == encoder.key and vectors.shape[1:] == (encoder.dim,)
    return dict(zip(words["hashes"], vectors, strict=True)) if fits else {}


def _write(file: Path, key: str, embedded: Embedded) -> None:
    words = {
        "format": _FORMAT,
        "encoder": key,
        "paths": [str(each.path) for each in embedded.examples],
        "hashes": [each.content_hash for each in embedded.examples],
        "classes": embedded.classes,
        "splits": [each.split or "" for each in embedded.examples],
    }
    arrays = {"words": np.frombuffer(json.dumps(words).encode(), dtype=np.uint8), "vectors": embedded.vectors}

    def write(part: Path) -> None:
        with part.open("wb") as stream:  # a stream: numpy would change the name of a file
            np.savez(stream, allow_pickle=False, **arrays)

    with disk_errors(file):
        write_whole(file, write)
