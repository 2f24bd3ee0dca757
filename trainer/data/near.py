"""Near duplicates among labelled photos, by the same comparison that the library makes: `core.likeness`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.errors import PhotoError
from core.files.decode import decode, read_content
from core.likeness import record
from core.likeness.miniatures import DETAIL_PX, unit_length
from core.likeness.search import Search
from trainer.data.examples import Example

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.likeness.miniatures import Floats

_THUMBNAIL_QUALITY = 92
_SLOPES_PX = 16  # of the picture whose slopes stand in for what an encoder sees
_BY_SLOPES = "slopes"  # names the vectors in the record


def near_duplicates(
    examples: Sequence[Example],
    *,
    record_file: Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[tuple[int, ...]]:
    """Groups of rows whose files differ and show the very same picture: resized, compressed, a little cropped.

    Exact copies of a member are members too; copies alone are no group. Photos that cannot be read are in none.

    Args:
        record_file: What was compared before, and is not compared again.
    """
    pictures = _Files(examples)
    known = record.Record(_BY_SLOPES) if record_file is None else record.load(record_file, _BY_SLOPES)
    search = Search(pictures, known, cancelled)
    found = search.run(on_progress or (lambda done, total: None))
    if record_file is not None and search.has_new:
        record.save(record_file, known)
    rows: dict[str, list[int]] = {}
    for row, example in enumerate(examples):
        rows.setdefault(example.content_hash, []).append(row)
    return sorted(tuple(sorted(row for hash_ in group for row in rows[hash_])) for group in found)


class _Files:
    """`core.likeness.search.Pictures`, read from the photos themselves."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = {example.content_hash: example for example in reversed(examples)}
        self._slopes: dict[str, NDArray[np.float16]] = {}  # seen when the thumbnail was made: 1 kB each

    @property
    def hashes(self) -> Iterable[str]:
        return self._examples

    def thumbnail(self, hash_: str) -> bytes | None:
        example = self._examples[hash_]
        try:
            content, _ = read_content(example.path)
            image = decode(content, edge_px=2 * DETAIL_PX, name=example.path.name)
        except PhotoError:  # whoever reads it for training will say so
            return None
        if hash_ not in self._slopes:
            self._slopes[hash_] = _slopes(image)
        file = BytesIO()
        image.save(file, "JPEG", quality=_THUMBNAIL_QUALITY)
        return file.getvalue()

    def moment(self, hash_: str) -> int:
        return self._examples[hash_].moment

    def vectors(self, hashes: Sequence[str]) -> Floats:
        """(N, D) where light turns to dark, which recolouring leaves as it was, and a small crop nearly so."""
        return np.stack([self._slopes_of(hash_) for hash_ in hashes])

    def _slopes_of(self, hash_: str) -> Floats:
        if hash_ not in self._slopes and self.thumbnail(hash_) is None:
            self._slopes[hash_] = np.zeros(2 * _SLOPES_PX**2, np.float16)
        return unit_length(self._slopes[hash_].astype(np.float32)[None])[0]

    def best_first(self, hashes: Iterable[str]) -> list[str]:
        return sorted(hashes)


def _slopes(image: Image.Image) -> NDArray[np.float16]:
    """(D,) across and down, large ones damped."""
    small = image.convert("L").resize((_SLOPES_PX, _SLOPES_PX), Image.Resampling.BILINEAR)
    down, across = np.gradient(np.asarray(small, np.float32))
    slopes = np.concatenate([down.reshape(-1), across.reshape(-1)])
    return (np.sign(slopes) * np.sqrt(np.abs(slopes))).astype(np.float16)
