"""The indexer: takes photos that wait, reads them in a pool, runs the models, writes a batch in one transaction.

One thread owns the models and writes; a small pool of threads decodes ahead of it, so that the model never waits for
the disk and memory never grows with the library. Killed at any moment it goes on where the last batch ended.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.events import EventBus, PhotosChanged, ProgressChanged
from core.files.scan import FoundFile
from core.meter import Meter
from core.probe import find_deadly
from core.reading import PhotoRead, PhotoUnreadable, read_photo
from core.store.intake import Claim, Intake
from core.types import Activity, PhotoId, Vectors

if TYPE_CHECKING:
    from core.encoders import ActiveEncoder, Encoders
    from core.files.thumbs import ThumbnailStore
    from core.pace import Pace
    from core.store.database import Database
    from core.store.vectors import VectorStore

DECODERS = os.cpu_count() or 2  # decoding holds no lock of Python's: a thread a core keeps the cores busy
LOOK_AHEAD = 2  # batches that are decoded ahead of the model: smooths slow files, and bounds memory to some MB
COMMIT_EVERY_S = 2.0  # what a kill can cost
COUNT_EVERY_S = 1.0
SLOW_FILE_S = 0.5  # a file that takes longer does not hold up the batch that waits to be committed
CLAIM = 256  # photos noted as being read at a time
LETHAL = "Reading this file ended the program. It is damaged in a way that the decoder cannot handle."

Reading = PhotoRead | PhotoUnreadable
Source = Callable[[int], list[Claim]]


@dataclass
class Batch:
    """Readings that are committed together."""

    size: int  # photos that the model takes at once
    readings: list[Reading] = field(default_factory=list[Reading])
    started: float = field(default_factory=time.monotonic)

    @property
    def to_embed(self) -> list[PhotoRead]:
        return [reading for reading in self.readings if isinstance(reading, PhotoRead) and reading.twin is None]

    @property
    def is_due(self) -> bool:
        if not self.readings:
            return False
        old = time.monotonic() - self.started >= COMMIT_EVERY_S
        return old or len(self.readings) >= 4 * self.size or len(self.to_embed) >= self.size


class Indexer:
    """Works off what waits; the caller's thread owns it."""

    def __init__(
        self,
        database: Database,
        intake: Intake,
        vectors: VectorStore,
        encoders: Encoders,
        thumbnails: ThumbnailStore,
        pace: Pace,
        bus: EventBus,
        *,
        thumbnail_edge_px: int,
        on_missing: Callable[[Claim], None],
    ) -> None:
        """
        Args:
            on_missing: Called for a file that is not where the library knows it. Must settle its row, or its folder.
        """
        self._database = database
        self._intake = intake
        self._vectors = vectors
        self._encoders = encoders
        self._thumbnails = thumbnails
        self._pace = pace
        self._bus = bus
        self._thumbnail_edge_px = thumbnail_edge_px
        self._on_missing = on_missing
        self._pool = ThreadPoolExecutor(DECODERS, thread_name_prefix="recollect-decode")
        self._in_flight: set[PhotoId] = set()
        self._meter = Meter()
        self._to_reembed = 0
        self._waiting = 0
        self._counted_at = 0.0

    def close(self) -> None:
        """End the decode pool, once nobody is in `work_off` any more."""
        self._pool.shutdown(cancel_futures=True)

    def has_work(self) -> bool:
        active = self._encoders.active
        return bool(self._intake.waiting(1)) or any(self._intake.without_vector(one.id, 1) for one in active)

    def work_off(self) -> int:
        """Index until nothing waits, or until the pace says stop. Returns how many photos were handled.

        Raises:
            RecollectError: something that concerns the whole library, such as a full disk. What was committed stays.
        """
        self._meter = Meter()
        active = self._encoders.active
        self._to_reembed = sum(self._intake.count_without_vector(one.id) for one in active)
        self._counted_at = 0.0
        try:
            self._embed(active, self._intake.waiting)
            for one in active:
                self._embed([one], lambda limit, id_=one.id: self._intake.without_vector(id_, limit))
        finally:
            claimed = list(self._in_flight)
            self._in_flight.clear()
            self._intake.land(claimed)
        return self._meter.done

    def _embed(self, encoders: Sequence[ActiveEncoder], source: Source) -> None:
        """Read and embed all that a source offers."""
        size = max(1, min(active.encoder.batch_size for active in encoders))
        batch = Batch(size)
        for reading in self._readings(encoders, source, LOOK_AHEAD * size):
            if reading is not None:
                batch.readings.append(reading)
            if batch.is_due:
                self._write(batch, encoders)
                batch = Batch(size)
        self._write(batch, encoders)

    def _readings(self, encoders: Sequence[ActiveEncoder], source: Source, look_ahead: int) -> Iterator[Reading | None]:
        """Photos in the order of their claims, decoded ahead by a bounded number; None while a slow file is read."""
        models = [active.encoder for active in encoders]
        ids = [active.id for active in encoders]

        def read(claim: Claim) -> Reading:
            edge_px = self._thumbnail_edge_px
            return read_photo(
                claim,
                models,
                find_twin=lambda hash_: self._vectors.twin(hash_, ids),
                has_thumbnail=lambda hash_: self._thumbnails.has(hash_, edge_px),
                thumbnail_edge_px=edge_px,
            )

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
            # Photos that were claimed are offered again until their batch is written.
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

    def _write(self, batch: Batch, encoders: Sequence[ActiveEncoder]) -> None:
        """Embed a batch and commit it; then, and only then, tell the indexes and the listeners."""
        if not batch.readings:
            return
        began = time.monotonic()
        to_embed = batch.to_embed
        vectors = {active.id: _encode(active, to_embed) for active in encoders if to_embed}
        rows = {id(reading): row for row, reading in enumerate(to_embed)}
        with self._database.write():
            changed = self._store(batch.readings, vectors, rows)
            self._settle([reading for reading in batch.readings if isinstance(reading, PhotoUnreadable)])
        self._keep_thumbnails(to_embed)
        for active in encoders:
            active.index.refresh(self._vectors, active.id, removals=False)
            active.index.catch_up_graph()
        self._tell(batch, changed, began)

    def _store(self, readings: Sequence[Reading], vectors: dict[int, Vectors], rows: dict[int, int]) -> list[PhotoId]:
        """Write the photos that could be read, with their vectors. Returns the ids that listeners should look at."""
        changed: list[PhotoId] = []
        embedded: list[tuple[PhotoId, int]] = []  # photo, row in `vectors`
        for reading in readings:
            if not isinstance(reading, PhotoRead):
                continue
            photo_id = self._intake.finish(reading.indexed)
            changed += {reading.indexed.claim.photo_id} | ({photo_id} if photo_id is not None else set())
            if photo_id is None:
                continue
            if reading.twin is None:
                embedded.append((photo_id, rows[id(reading)]))
            elif reading.twin != photo_id:
                self._vectors.copy(reading.twin, photo_id)
        if embedded:
            for encoder_id, matrix in vectors.items():
                self._vectors.put(encoder_id, [photo for photo, _ in embedded], matrix[[row for _, row in embedded]])
        self._intake.land([reading.indexed.claim.photo_id for reading in readings if isinstance(reading, PhotoRead)])
        return changed

    def _settle(self, unreadable: Sequence[PhotoUnreadable]) -> None:
        """Files that are no longer there, and files that cannot be read."""
        for reading in unreadable:
            if reading.file is None:
                self._on_missing(reading.claim)
            else:
                self._intake.fail(reading.claim, reading.file, reading.reason)
        self._intake.land([reading.claim.photo_id for reading in unreadable])

    def _keep_thumbnails(self, readings: Sequence[PhotoRead]) -> None:
        self._thumbnails.put_many(
            [
                (reading.indexed.content_hash, self._thumbnail_edge_px, reading.thumbnail)
                for reading in readings
                if reading.thumbnail is not None
            ]
        )

    def _tell(self, batch: Batch, changed: Sequence[PhotoId], began: float) -> None:
        claims = [r.indexed.claim if isinstance(r, PhotoRead) else r.claim for r in batch.readings]
        self._in_flight.difference_update(claim.photo_id for claim in claims)
        self._meter.count(len(batch.readings))
        self._bus.publish(PhotosChanged(tuple(changed)))
        waiting = self._count_waiting(len(batch.readings))
        activity = Activity.INDEXING if waiting or not self._to_reembed else Activity.REEMBEDDING
        if activity is Activity.REEMBEDDING:
            self._to_reembed = max(0, self._to_reembed - len(batch.readings))
        progress = self._meter.progress(
            activity, waiting + self._to_reembed, throttled=self._pace.is_gentle, detail=str(claims[-1].path.parent)
        )
        self._bus.publish(ProgressChanged(progress))
        self._pace.rest(time.monotonic() - began)

    def _count_waiting(self, just_written: int) -> int:
        """Counted once a second, and estimated between: counting 100,000 rows for every batch would be felt."""
        self._waiting = max(0, self._waiting - just_written)
        if time.monotonic() - self._counted_at > COUNT_EVERY_S:
            self._waiting, self._counted_at = self._intake.count_waiting(), time.monotonic()
        return self._waiting


def _encode(active: ActiveEncoder, readings: Sequence[PhotoRead]) -> Vectors:
    with active.image_tower:
        return active.encoder.encode_pixels([reading.pixels[active.encoder.key] for reading in readings])
