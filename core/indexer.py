"""The indexer: takes photos that wait, lets them be read, runs the models, writes a batch in one transaction.

One thread owns the models and writes. A stage of its work reads photos that lack something (all, a vector of a new
encoder, the tags of a new tagger), in that order. Killed at any moment it goes on where the last batch ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.events import EventBus, PhotosChanged, ProgressChanged, TagsChanged
from core.meter import Meter
from core.read_ahead import ReadAhead, Reading, Source
from core.reading import FindTwin, PhotoRead, PhotoUnreadable, read_photo
from core.store.intake import Claim, Intake
from core.store.vectors import as_stored
from core.types import Activity, PhotoId, Vectors

if TYPE_CHECKING:
    from core.encoders import ActiveEncoder, Encoders
    from core.files.thumbs import ThumbnailStore
    from core.pace import Pace
    from core.store.database import Database
    from core.store.labels import LabelStore
    from core.store.vectors import VectorStore
    from core.tags.taggers import ActiveTagger
    from core.tags.tagging import Answers, Tagging

LOOK_AHEAD = 2  # batches that are decoded ahead of the model: smooths slow files, and bounds memory to some MB
COMMIT_EVERY_S = 2.0  # what a kill can cost
COUNT_EVERY_S = 1.0


@dataclass(frozen=True)
class Stage:
    """Photos that lack something, and the models that give it to them."""

    activity: Activity
    source: Source
    find_twin: FindTwin
    encoders: Sequence[ActiveEncoder] = ()
    taggers: Sequence[ActiveTagger] = ()

    @property
    def batch_size(self) -> int:
        """Photos that every model takes at once."""
        models = [*(one.encoder for one in self.encoders), *(one.tagger for one in self.taggers)]
        return max(1, min(model.batch_size for model in models))


@dataclass
class Batch:
    """Readings that are committed together."""

    size: int
    readings: list[Reading] = field(default_factory=list[Reading])
    started: float = field(default_factory=time.monotonic)

    @property
    def to_embed(self) -> list[PhotoRead]:
        return [reading for reading in self.readings if isinstance(reading, PhotoRead) and reading.twin is None]

    @property
    def claims(self) -> list[Claim]:
        return [one.indexed.claim if isinstance(one, PhotoRead) else one.claim for one in self.readings]

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
        labels: LabelStore,
        encoders: Encoders,
        tagging: Tagging,
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
        self._labels = labels
        self._encoders = encoders
        self._tagging = tagging
        self._thumbnails = thumbnails
        self._pace = pace
        self._bus = bus
        self._thumbnail_edge_px = thumbnail_edge_px
        self._on_missing = on_missing
        self._ahead = ReadAhead(intake, pace, self._settle)
        self._meter = Meter()
        self._later = 0  # photos of the stages after the first
        self._waiting = 0
        self._counted_at = 0.0

    def close(self) -> None:
        """End the decode pool, once nobody is in `work_off` any more."""
        self._ahead.close()

    def has_work(self) -> bool:
        active = self._encoders.active
        lacking = bool(self._intake.waiting(1)) or any(self._intake.without_vector(one.id, 1) for one in active)
        return lacking or self._tagging.has_work()

    def work_off(self) -> int:
        """Index until nothing waits, or until the pace says stop. Returns how many photos were handled.

        Raises:
            RecollectError: something that concerns the whole library, such as a full disk. What was committed stays.
        """
        self._meter = Meter()
        active = self._encoders.active
        self._later = sum(self._intake.count_without_vector(one.id) for one in active)
        self._counted_at = 0.0
        try:
            self._run(self._newcomers(active))
            for one in active:
                self._run(self._without_vector(one))
            tagged = self._tagging.work_off()
            for one in self._tagging.by_pixels:
                self._later = self._tagging.count_untagged(one)
                self._run(self._untagged(one))
        finally:
            self._ahead.land_all()
        return self._meter.done + tagged

    def _newcomers(self, active: Sequence[ActiveEncoder]) -> Stage:
        ids = [one.id for one in active]
        return Stage(
            Activity.INDEXING,
            self._intake.waiting,
            lambda content_hash: self._vectors.twin(content_hash, ids),
            active,
            [*self._tagging.by_vectors, *self._tagging.by_pixels],
        )

    def _without_vector(self, one: ActiveEncoder) -> Stage:
        """Ends as soon as nobody wants the model any more."""
        return Stage(
            Activity.REEMBEDDING,
            lambda limit: self._intake.without_vector(one.id, limit) if one in self._encoders.active else [],
            lambda content_hash: self._vectors.twin(content_hash, [one.id]),
            [one],
            self._tagging.by_vectors,
        )

    def _untagged(self, one: ActiveTagger) -> Stage:
        """New photos come first: this stage ends when one waits."""
        store = self._tagging.predictions
        return Stage(
            Activity.TAGGING,
            lambda limit: [] if self._intake.waiting(1) else self._tagging.untagged(one, limit),
            lambda content_hash: store.twin(content_hash, one.id),
            taggers=[one],
        )

    def _run(self, stage: Stage) -> None:
        """Read all that the source of a stage offers, and let its models look at it."""
        size = stage.batch_size
        batch = Batch(size)
        for reading in self._ahead.readings(stage.source, lambda claim: self._read(claim, stage), LOOK_AHEAD * size):
            if reading is not None:
                batch.readings.append(reading)
            if batch.is_due:
                if not self._write(batch, stage):
                    return
                batch = Batch(size)
        self._write(batch, stage)

    def _read(self, claim: Claim, stage: Stage) -> Reading:
        edge_px = self._thumbnail_edge_px
        return read_photo(
            claim,
            [one.encoder for one in stage.encoders],
            find_twin=stage.find_twin,
            has_thumbnail=lambda hash_: self._thumbnails.has(hash_, edge_px),
            thumbnail_edge_px=edge_px,
            taggers=[one.tagger for one in stage.taggers if one.tagger.needs_pixels],
        )

    def _write(self, batch: Batch, stage: Stage) -> bool:
        """Run the models on a batch and commit it; then, and only then, tell the indexes and the listeners.

        Returns:
            Whether it pays to go on: False where no model had anything to say.
        """
        if not batch.readings:
            return True
        began = time.monotonic()
        new = batch.to_embed
        vectors = {one.id: _encode(one, new) for one in stage.encoders if new}
        said = self._ask_taggers(stage, new, vectors)
        rows = {id(reading): row for row, reading in enumerate(new)}
        with self._database.write():
            changed = self._store(batch.readings, vectors, said, rows)
            self._settle([reading for reading in batch.readings if isinstance(reading, PhotoUnreadable)])
        self._keep_thumbnails(new)
        for one in stage.encoders:
            one.index.refresh(self._vectors, one.id, removals=False)
            one.index.catch_up_graph()
        self._tell(batch, stage, changed)
        self._pace.rest(time.monotonic() - began)
        return bool(vectors or said or not new)

    def _ask_taggers(self, stage: Stage, new: Sequence[PhotoRead], vectors: dict[int, Vectors]) -> Answers:
        """The vectors of an encoder that does not look now are taken from the store, for taggers that want both."""
        wanted = {one.encoder_id for one in stage.taggers if one.encoder_id is not None and one.tagger.needs_pixels}
        stored = {
            encoder_id: found
            for encoder_id in wanted - vectors.keys()
            if (found := self._vectors.of(encoder_id, [one.indexed.claim.photo_id for one in new])) is not None
        }
        return self._tagging.look(stage.taggers, [one.prepared for one in new], vectors | stored)

    def _store(
        self, readings: Sequence[Reading], vectors: dict[int, Vectors], said: Answers, rows: dict[int, int]
    ) -> list[PhotoId]:
        """Write the photos that could be read, with what the models made of them. Returns the ids that listeners should
        look at.
        """
        changed: list[PhotoId] = []
        new: list[tuple[PhotoId, int]] = []  # photo, row in `vectors`
        for reading in readings:
            if not isinstance(reading, PhotoRead):
                continue
            first_time = reading.twin is not None and self._intake.is_new(reading.indexed.claim.photo_id)
            photo_id = self._intake.finish(reading.indexed)
            changed += {reading.indexed.claim.photo_id} | ({photo_id} if photo_id is not None else set())
            if photo_id is None:
                continue
            if reading.twin is None:
                new.append((photo_id, rows[id(reading)]))
            elif reading.twin != photo_id:
                self._copy(reading.twin, photo_id, labels=first_time)
        if new:
            for encoder_id, matrix in vectors.items():
                self._vectors.put(encoder_id, [photo for photo, _ in new], matrix[[row for _, row in new]])
            self._tagging.put(said, new)
        self._intake.land([reading.indexed.claim.photo_id for reading in readings if isinstance(reading, PhotoRead)])
        return changed

    def _copy(self, twin: PhotoId, photo_id: PhotoId, *, labels: bool) -> None:
        """A file with the content of a known photo gets what is known of that."""
        self._vectors.copy(twin, photo_id)
        self._tagging.predictions.copy(twin, photo_id)
        if labels:  # only once: the user may have taken them away since
            self._labels.copy(twin, photo_id)

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

    def _tell(self, batch: Batch, stage: Stage, changed: Sequence[PhotoId]) -> None:
        claims = batch.claims
        self._ahead.landed([claim.photo_id for claim in claims])
        self._meter.count(len(claims))
        if stage.activity is not Activity.TAGGING:
            self._bus.publish(PhotosChanged(tuple(changed)))
        if stage.taggers:
            self._bus.publish(TagsChanged(tuple(changed)))
        waiting = self._count_waiting(len(claims))
        if stage.activity is not Activity.INDEXING:
            self._later = max(0, self._later - len(claims))
        activity = Activity.INDEXING if waiting else stage.activity
        progress = self._meter.progress(
            activity,
            waiting + self._later,
            throttled=self._pace.is_gentle,
            detail=stage.taggers[0].name if activity is Activity.TAGGING else str(claims[-1].path.parent),
        )
        self._bus.publish(ProgressChanged(progress))

    def _count_waiting(self, just_written: int) -> int:
        """Counted once a second, and estimated between: counting 100,000 rows for every batch would be felt."""
        self._waiting = max(0, self._waiting - just_written)
        if time.monotonic() - self._counted_at > COUNT_EVERY_S:
            self._waiting, self._counted_at = self._intake.count_waiting(), time.monotonic()
        return self._waiting


def _encode(active: ActiveEncoder, readings: Sequence[PhotoRead]) -> Vectors:
    with active.image_tower:
        return as_stored(active.encoder.encode_pixels([reading.pixels[active.encoder.key] for reading in readings]))
