"""One look for files that show the very same picture. What was compared at an earlier look is not compared again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from core.likeness.candidates import (
    LEAST_OUTLINE,
    OUTLINE_DIRECTIONS,
    SAMPLE,
    VECTOR_DIRECTIONS,
    Condensed,
    neighbours,
)
from core.likeness.groups import grouped
from core.likeness.matching import THREADS, Matcher
from core.likeness.miniatures import DETAIL_PX, SKETCH_PX, Floats, Miniatures, miniature, outlines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.likeness.record import Pair, Record

Cancelled = Callable[[], bool]

PICTURES_AT_A_TIME = 4096
STAGES = 3  # reading, choosing what to compare, comparing: each counts a picture once


class Pictures(Protocol):
    """What a look needs to know of pictures, each named by the hash of its file."""

    @property
    def hashes(self) -> Iterable[str]: ...
    def thumbnail(self, hash_: str) -> bytes | None:
        """A JPEG; None where there is none any more."""
        ...

    def moment(self, hash_: str) -> int:
        """A number for the second in which it was taken; -1 where that is unknown."""
        ...

    def vectors(self, hashes: Sequence[str]) -> Floats:
        """(len(hashes), D) what an encoder sees in them, unit length; zeros where it has not looked yet."""
        ...

    def best_first(self, hashes: Iterable[str]) -> list[str]:
        """Those that should stay before those that may go."""
        ...


class Progress:
    """Counts steps and tells of whole ones."""

    def __init__(self, tell: Callable[[int, int], None], total: int) -> None:
        self._tell = tell
        self._total = total
        self._done = 0.0

    def add(self, steps: float) -> None:
        self.reach(self._done + steps)

    def reach(self, done: float) -> None:
        self._done = min(done, self._total)
        self._tell(round(self._done), self._total)


class Search:
    """Works on the record, which the caller keeps."""

    def __init__(self, pictures: Pictures, record: Record, cancelled: Cancelled) -> None:
        self._pictures = pictures
        self._record = record
        self._cancelled = cancelled
        record.keep_only(pictures.hashes)
        self._new = sorted(set(pictures.hashes) - record.compared)

    @property
    def has_new(self) -> bool:
        """Whether there is anything that no earlier look has seen."""
        return bool(self._new)

    def run(self, on_progress: Callable[[int, int], None]) -> list[list[str]]:
        """Groups of hashes, in each the best first. Cut short by `cancelled`, those that were found until then.

        Args:
            on_progress: Called with steps done and steps in total.
        """
        new = self._new
        progress = Progress(on_progress, STAGES * len(new))
        self._sketch([hash_ for hash_ in new if hash_ not in self._record.sketches], progress)
        progress.reach(len(new))
        hashes = sorted(self._record.sketches)
        moments = np.array([self._pictures.moment(hash_) for hash_ in hashes], np.int64)
        sketches = self._sketches(hashes)
        matcher = Matcher(sketches, moments, lambda row: self._miniature(hashes[row], DETAIL_PX))
        if new and hashes:
            self._compare(hashes, sketches, set(new), matcher, progress)
        return self._groups(hashes, matcher)

    def _sketch(self, hashes: Sequence[str], progress: Progress) -> None:
        def sketch(hash_: str) -> Miniatures | None:
            return None if self._cancelled() else self._miniature(hash_, SKETCH_PX)

        with ThreadPoolExecutor(THREADS, thread_name_prefix="recollect-sketch") as pool:
            for hash_, made in zip(hashes, pool.map(sketch, hashes), strict=True):
                if made is not None:
                    self._record.sketches[hash_] = made
                progress.add(1)

    def _compare(
        self, hashes: Sequence[str], sketches: Miniatures, new: set[str], matcher: Matcher, progress: Progress
    ) -> None:
        rows = np.array([row for row, hash_ in enumerate(hashes) if hash_ in new], np.int64)
        views = (
            (_condensed(sketches, outlines, OUTLINE_DIRECTIONS), LEAST_OUTLINE),
            (_condensed(hashes, self._pictures.vectors, VECTOR_DIRECTIONS), -1.0),
        )
        pairs = neighbours(rows, views, on_rows=progress.add, stopped=self._cancelled)
        progress.reach(2 * len(new))
        share = len(new) / max(1, len(pairs))
        same = matcher.same(pairs, on_pairs=lambda count: progress.add(count * share), stopped=self._cancelled)
        self._record.pairs |= _named(same, hashes)
        if not self._cancelled():
            self._record.compared |= set(hashes)

    def _groups(self, hashes: Sequence[str], matcher: Matcher) -> list[list[str]]:
        rows = {hash_: row for row, hash_ in enumerate(hashes)}

        def same(pairs: Sequence[Pair]) -> set[Pair]:
            numbered = np.array([(rows[low], rows[high]) for low, high in pairs], np.int64)
            return _named(matcher.same(numbered), hashes)

        return grouped(self._record.pairs, self._pictures.best_first, same)

    def _miniature(self, hash_: str, edge_px: int) -> Miniatures | None:
        jpeg = self._pictures.thumbnail(hash_)
        try:
            return None if jpeg is None else miniature(jpeg, edge_px)
        except OSError:  # made by ourselves and checked by whoever kept it, and yet
            return None

    def _sketches(self, hashes: Sequence[str]) -> Miniatures:
        if not hashes:
            return np.empty((0, SKETCH_PX, SKETCH_PX, 3), np.uint8)
        return np.stack([self._record.sketches[hash_] for hash_ in hashes])


def _condensed(pictures: Sequence[Any] | Miniatures, vectors: Callable[[Any], Floats], directions: int) -> Floats:
    """(N, directions) in pieces, because the long vectors of all pictures would fill the memory."""
    condensed = Condensed(vectors(pictures[:: max(1, len(pictures) // SAMPLE)]), directions)
    starts = range(0, len(pictures), PICTURES_AT_A_TIME)
    return np.concatenate([condensed(vectors(pictures[start : start + PICTURES_AT_A_TIME])) for start in starts])


def _named(pairs: NDArray[np.int64], hashes: Sequence[str]) -> set[Pair]:
    rows: list[list[int]] = pairs.tolist()
    return {(hashes[low], hashes[high]) for low, high in rows}
