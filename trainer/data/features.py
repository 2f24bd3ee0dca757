"""What an encoder sees in labelled photos, where the library has no vectors of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from core.errors import PhotoError
from core.files.decode import decode, read_content
from trainer.data.examples import Example

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder
    from core.protocols import Encoder
    from core.types import Pixels, Vectors

STARTER = "starter"

_DECODERS = os.cpu_count() or 2
_AT_A_TIME = 256


def vectors_of(
    examples: Sequence[Example],
    encoder: Encoder,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Vectors:
    """(N, D) unit length; zeros for photos that cannot be read, and for all that come after `cancelled`."""
    vectors = np.zeros((len(examples), encoder.dim), np.float32)

    def prepared(example: Example) -> Pixels | None:
        try:
            content, _ = read_content(example.path)
            return encoder.prepare(decode(content, edge_px=encoder.image_edge_px, name=example.path.name))
        except PhotoError:  # reading the source, or the cache, says so
            return None

    with ThreadPoolExecutor(_DECODERS, thread_name_prefix="recollect-features") as pool:
        for start in range(0, len(examples), _AT_A_TIME):
            if cancelled():
                break
            batch = list(pool.map(prepared, examples[start : start + _AT_A_TIME]))
            rows = [start + place for place, pixels in enumerate(batch) if pixels is not None]
            if rows:
                vectors[rows] = encoder.encode_pixels([pixels for pixels in batch if pixels is not None])
            if on_progress is not None:
                on_progress(min(start + _AT_A_TIME, len(examples)), len(examples))
    return vectors


def starter(home: Path | None = None) -> ClipEncoder:
    """The bundled encoder.

    Args:
        home: Of a library, which remembers how this machine runs the model best; None: that is measured each time.

    Raises:
        ModelError: it cannot be loaded.
    """
    from core.models.registry import ModelStore
    from core.paths import LibraryPaths
    from core.settings import Settings

    if home is not None:
        paths = LibraryPaths(home)
        return ModelStore(paths.models, Settings(), calibration=paths.calibration).load(STARTER)
    with TemporaryDirectory() as folder:
        return ModelStore(Path(folder), Settings()).load(STARTER)
