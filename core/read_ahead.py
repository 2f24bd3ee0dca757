"""Photos decoded ahead of the models, by a bounded number: the models never wait for the disk, and memory never grows
with the library. Files that brought the program down before are found here, and not read a third time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from core.files.scan import FoundFile
from core.probe import find_deadly
from core.reading import PhotoRead, PhotoUnreadable
from core.store.intake import Claim, Intake
from core.types import PhotoId

if TYPE_CHECKING:
    from core.pace import Pace

DECODERS = os.cpu_count() or 2  # decoding holds no lock of Python's: a thread a core keeps the cores busy
SLOW_FILE_S = 0.5  # a file that takes longer does not hold up the batch that waits to be committed
CLAIM = 256  # photos noted as being read at a time
LETHAL = "Reading this file ended the program. It is damaged in a way that the decoder cannot handle."

Reading = PhotoRead | PhotoUnreadable
Source = Callable[[int], list[Claim]]
"""Photos that wait, at most so many. Those that were claimed are offered again until their batch is written."""


class ReadAhead:
    """Owns the decode pool; otherwise used by the indexer's thread alone."""

    def __init__(self, intake: Intake, pace: Pace, settle: Callable[[Sequence[PhotoUnreadable]], None]) -> None:
        """
        Args:
            settle: Called for files that will not be read, outside of any batch.
        """
        self._intake = intake
        self._pace = pace
        self._settle = settle
        self._pool = ThreadPoolExecutor(DECODERS, thread_name_prefix="recollect-decode")
        self._in_flight: set[PhotoId] = set()

    def close(self) -> None:
        """End the pool, once nobody reads any more."""
        self._pool.shutdown(cancel_futures=True)

    def landed(self, ids: Sequence[PhotoId]) -> None:
        """The batch of these photos was written."""
        self._in_flight.difference_update(ids)

    def land_all(self) -> None:
        """What was claimed and not written waits again."""
        claimed = list(self._in_flight)
        self._in_flight.clear()
        self._intake.land(claimed)

    def readings(self, source: Source, read: Callable[[Claim], Reading], look_ahead: int) -> Iterator[Reading | None]:
        """Photos in the order of their claims; None while a slow file is read."""
        pending: list[Future[Reading]] = []
        claims = self._claims(source)
        try:
            while True:
                while len(pending) < self._pace.look_ahead(look_ahead) and (claim := next(claims, None)) is not None:
                    pending.append(self._pool.submit(read, claim))
                if not pending:
                    return
                yield pending.pop(0).result() if wait(pending[:1], SLOW_FILE_S).done else None
        finally:
            for future in pending:
                future.cancel()

    def _claims(self, source: Source) -> Iterator[Claim]:
        """What the source offers, chunk by chunk, until it offers nothing new or the pace says stop."""
        while self._pace.may_go_on():
            claims = [claim for claim in source(CLAIM + len(self._in_flight)) if claim.photo_id not in self._in_flight]
            if not claims:
                return
            self._in_flight.update(claim.photo_id for claim in claims)
            for claim in self._without_deadly(claims):
                if not self._pace.may_go_on():
                    return
                yield claim

    def _without_deadly(self, claims: Sequence[Claim]) -> Iterator[Claim]:
        suspects = set(self._intake.take_off([claim.photo_id for claim in claims]))
        deadly = find_deadly([claim.path for claim in claims if claim.photo_id in suspects])
        for claim in claims:
            if claim.path in deadly:
                self._settle([PhotoUnreadable(claim, FoundFile(claim.path, claim.size_bytes, claim.mtime_ns), LETHAL)])
            else:
                yield claim
