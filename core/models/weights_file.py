"""Weights on disk: is this a whole safetensors file, and which one is it? Imports no torch.

Pickled weights (.bin, .pt, .pth) are refused wherever they come from: loading one runs code that its author chose.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from core.errors import ModelError
from core.models.json_cache import read_object, write_object

WEIGHTS_SUFFIX = ".safetensors"

# The format's own limit for its header; a larger number means that the file is something else.
_MAX_HEADER_BYTES = 100_000_000
_CHUNK_BYTES = 1 << 20
_PICKLE_SUFFIXES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl"})


def check_name(path: Path) -> None:
    """Raises ModelError unless `path` is called like weights that may be loaded."""
    if path.suffix.lower() in _PICKLE_SUFFIXES:
        raise ModelError(
            f"{path.name} is a pickled file: opening it could run any program that its author put in.",
            remedy="Use the .safetensors file of the same model, or convert it with `safetensors.torch.save_file`.",
            path=path,
        )
    if path.suffix.lower() != WEIGHTS_SUFFIX:
        raise ModelError(
            f"{path.name} is not a {WEIGHTS_SUFFIX} file.", remedy="Choose the file with the weights.", path=path
        )


def check_weights(path: Path) -> None:
    """Read the header and compare it with the file's length: milliseconds, whatever the size.

    Raises:
        ModelError: not a safetensors file, or one that is cut off.
    """
    try:
        expected = _length_by_header(path)
        actual = path.stat().st_size
    except OSError as error:
        raise ModelError(
            f"{path.name} cannot be read: {error.strerror}.", remedy="Check the path.", path=path
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise ModelError(
            f"{path.name} is not a valid safetensors file.", remedy="Download or copy it again.", path=path
        ) from error
    if actual != expected:
        raise ModelError(
            f"{path.name} is damaged: it has {actual:,} bytes, but says that it should have {expected:,}.",
            remedy="Download or copy it again.",
            path=path,
        )


def _length_by_header(path: Path) -> int:
    """The length in bytes that the file should have: 8 bytes, JSON header, tensors."""
    with path.open("rb") as file:
        header_bytes = int.from_bytes(file.read(8), "little")
        if not 2 <= header_bytes <= _MAX_HEADER_BYTES:
            raise ValueError("no header")
        header = json.loads(file.read(header_bytes))
    ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
    return 8 + header_bytes + max(ends, default=0)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class KnownHashes:
    """Remembers the hash of weights by path, size and time, so that a large file is not read twice at every start."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def sha256(self, weights: Path) -> str:
        stat = weights.stat()
        stamp = [stat.st_size, stat.st_mtime_ns]
        known = read_object(self._path)
        match known.get(str(weights)):
            case {"stamp": remembered, "sha256": str(digest)} if remembered == stamp:
                return digest
            case _:
                digest = sha256_of(weights)
        write_object(self._path, {**known, str(weights): {"stamp": stamp, "sha256": digest}})
        return digest
