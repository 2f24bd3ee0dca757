"""Tensors in safetensors files, read into memory of their own and written to last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from core.errors import ModelError
from core.models.weights_file import check_name, check_weights

Weights = Mapping[str, Tensor]

_safetensors: Any = safetensors.torch  # its annotations are too wide to check against


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file. None of them keeps the file open: it may be replaced or deleted.

    Raises:
        ModelError: a pickle, damaged, or it cannot be read.
    """
    check_name(path)
    check_weights(path)
    try:
        return _safetensors.load(path.read_bytes())
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelError(
            f"{path.name} cannot be read: {error}.", remedy="Download or copy it again.", path=path
        ) from error


def write_tensors(path: Path, tensors: Weights) -> None:
    """Raises OSError."""
    try:
        _safetensors.save_file(
            {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}, path, {"format": "pt"}
        )
    except SafetensorError as error:  # how safetensors says that the disk is full
        raise OSError(str(error)) from error
