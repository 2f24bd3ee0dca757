"""Tells which of many pairs of pictures are the same: a look at their sketches, then one at their details.

The work is shared by threads: each step is one call into NumPy or the decoder, which hold no lock of Python's.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from core.likeness.verdict import measured, sketched

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.likeness.miniatures import Miniatures

THREADS = os.cpu_count() or 2
PAIRS_AT_A_TIME = 128  # some 50 MB a thread
DETAILS_KEPT = 2048  # 25 MB: pairs come in the order of their rows, so the same pictures are wanted again soon

Detail = Callable[[int], "Miniatures | None"]
"""The miniature of DETAIL_PX of a row, (E, E, 3); None where it cannot be had."""


class Matcher:
    """Compares pictures that are known by their row among sketches."""

    def __init__(self, sketches: Miniatures, moments: NDArray[np.int64], detail: Detail) -> None:
        """
        Args:
            sketches: (N, 16, 16, 3)
            moments: (N,) when the picture was taken, -1 where that is unknown. Pictures of two moments are two shots.
        """
        self._sketches = sketches
        self._moments = moments
        self._detail = lru_cache(DETAILS_KEPT)(detail)

    def same(
        self,
        pairs: NDArray[np.int64],
        *,
        on_pairs: Callable[[int], None] = lambda count: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> NDArray[np.int64]:
        """(S, 2) those of the pairs (P, 2) that are one picture.

        Args:
            on_pairs: Called with how many pairs were looked at.
            stopped: Asked now and then; what was found until then is returned.
        """
        found = [np.empty((0, 2), np.int64)]

        def look(chunk: NDArray[np.int64]) -> tuple[int, NDArray[np.int64]]:
            return len(chunk), chunk[:0] if stopped() else self._same(chunk)

        chunks = [pairs[start : start + PAIRS_AT_A_TIME] for start in range(0, len(pairs), PAIRS_AT_A_TIME)]
        with ThreadPoolExecutor(THREADS, thread_name_prefix="recollect-compare") as pool:
            for count, same in pool.map(look, chunks):
                found.append(same)
                on_pairs(count)
        return np.concatenate(found)

    def _same(self, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
        pairs = pairs[self._may_be_one_shot(pairs)]
        aligned = sketched(self._sketches[pairs[:, 0]], self._sketches[pairs[:, 1]])
        pairs, frames = pairs[aligned.promising], aligned.frames[aligned.promising]
        swapped = aligned.swapped[aligned.promising]
        wholes, parts = np.where(swapped, pairs[:, 1], pairs[:, 0]), np.where(swapped, pairs[:, 0], pairs[:, 1])
        details = [(self._detail(whole), self._detail(part)) for whole, part in zip(wholes, parts, strict=True)]
        rows = [row for row, (whole, part) in enumerate(details) if whole is not None and part is not None]
        if not rows:
            return pairs[:0]
        first, second = (np.stack([np.asarray(details[row][side]) for row in rows]) for side in (0, 1))
        return pairs[rows][measured(first, second, frames[rows]).same]

    def _may_be_one_shot(self, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
        first, second = self._moments[pairs[:, 0]], self._moments[pairs[:, 1]]
        return (first == second) | (first < 0) | (second < 0)
