"""Tags for photos: beside embedding, and later for those that a new tagger has not looked at yet.

A tagger that reads vectors takes those that the encoder has just made, or the stored ones: thousands of photos a second
and no file is read. One that looks at pixels gets them from the indexer, which reads the files for it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.errors import ModelError, RecollectError
from core.events import EventBus, ProgressChanged, TagsChanged
from core.meter import Meter
from core.tags.values import Predictions, TaggerId, TagSource
from core.types import Activity, PhotoId, Vectors

if TYPE_CHECKING:
    from core.pace import Pace
    from core.protocols import Prepared
    from core.store.intake import Claim
    from core.store.predictions import PredictionStore
    from core.store.taggers import TaggerStore
    from core.store.vectors import VectorStore
    from core.tags.taggers import ActiveTagger, Taggers

log = logging.getLogger(__name__)

CHUNK = 1000  # photos that are tagged from vectors and written in one transaction: about 0.2 s

Answers = dict[TaggerId, list[Predictions]]
"""One answer a photo, in the order of the batch."""


class Tagging:
    """Used by the indexer's thread."""

    def __init__(
        self,
        taggers: Taggers,
        store: TaggerStore,
        predictions: PredictionStore,
        vectors: VectorStore,
        pace: Pace,
        bus: EventBus,
    ) -> None:
        self._taggers = taggers
        self._store = store
        self._predictions = predictions
        self._vectors = vectors
        self._pace = pace
        self._bus = bus

    @property
    def by_pixels(self) -> list[ActiveTagger]:
        """Taggers at work that look at pixels, the live one first."""
        return [one for one in self._taggers.active if one.tagger.needs_pixels]

    @property
    def by_vectors(self) -> list[ActiveTagger]:
        return [one for one in self._taggers.active if not one.tagger.needs_pixels]

    @property
    def predictions(self) -> PredictionStore:
        return self._predictions

    def has_work(self) -> bool:
        lacking = any(self._taggers.count_untagged(one) for one in self._taggers.active)
        return lacking or any(self._predictions.has_any(row.id) for row in self._taggers.outdated())

    def untagged(self, one: ActiveTagger, limit: int) -> list[Claim]:
        """Photos that a tagger has yet to look at; none once it was given up."""
        at_work = any(other.id == one.id for other in self._taggers.active)
        return self._predictions.untagged(one.id, limit, encoder_id=one.encoder_id) if at_work else []

    def count_untagged(self, one: ActiveTagger) -> int:
        return self._taggers.count_untagged(one)

    def look(
        self,
        taggers: Sequence[ActiveTagger],
        prepared: Sequence[Mapping[str, Prepared]],
        vectors: Mapping[int, Vectors],
    ) -> Answers:
        """What these taggers say of one batch. Those whose vectors are not among the given ones say nothing.

        Args:
            prepared: By tagger key, for each photo.
            vectors: (N, D) by row of the encoder.
        """
        answers: Answers = {}
        for one in taggers:
            if not prepared or (one.encoder_id is not None and one.encoder_id not in vectors):
                continue
            pixels = [each.get(one.tagger.key, ()) for each in prepared]
            said = self._ask(one, pixels, None if one.encoder_id is None else vectors[one.encoder_id])
            if said is not None:
                answers[one.id] = said
        return answers

    def put(self, answers: Answers, photos: Sequence[tuple[PhotoId, int]]) -> None:
        """Write what was said. Part of the caller's transaction.

        Args:
            photos: Photos and their places in the batch.
        """
        ids, places = [photo_id for photo_id, _ in photos], [place for _, place in photos]
        for tagger_id, said in answers.items():
            self._predictions.put(tagger_id, ids, [said[place] for place in places])

    def work_off(self) -> int:
        """Tag from stored vectors whatever lacks it, and clear away what nobody asks for any more, until the pace says
        stop. Returns how many photos were tagged.
        """
        done = sum(self._tag_stored(one) for one in self.by_vectors)
        for row in self._taggers.outdated():
            while self._pace.may_go_on() and self._predictions.forget(row.id):
                pass
            if row.source is TagSource.ZERO_SHOT and self._pace.may_go_on():
                self._store.remove(row.id)
        return done

    def _tag_stored(self, one: ActiveTagger) -> int:
        remaining = self._taggers.count_untagged(one)
        meter, last = Meter(), 0
        while remaining and self._pace.may_go_on():
            began = time.monotonic()
            ids, vectors = self._predictions.untagged_vectors(one.id, one.encoder_id or 0, after=last, limit=CHUNK)
            said = self._ask(one, [()] * len(ids), vectors) if ids else None
            if said is None:
                break
            self._predictions.put(one.id, ids, said)
            last = ids[-1]
            meter.count(len(ids))
            if one.live:
                self._bus.publish(TagsChanged(tuple(ids)))
            left = max(0, remaining - meter.done)
            self._bus.publish(
                ProgressChanged(meter.progress(Activity.TAGGING, left, throttled=self._pace.is_gentle, detail=one.name))
            )
            self._pace.rest(time.monotonic() - began)
        return meter.done

    def _ask(
        self, one: ActiveTagger, prepared: Sequence[Prepared], vectors: Vectors | None
    ) -> list[Predictions] | None:
        """None where it fails: it is given up then, and indexing goes on."""
        try:
            with one.alone:
                return one.tagger.tag_prepared(prepared, vectors)
        except RecollectError as error:
            self._taggers.give_up(one.id, error)
        except Exception:
            log.exception("The tagger %s failed", one.name)
            fault = ModelError(f"The tagger {one.name} failed.", remedy="Choose another one, or train it again.")
            self._taggers.give_up(one.id, fault)
        return None
