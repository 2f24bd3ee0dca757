"""The taggers at work in the process that indexes: loaded, one that answers, and at most one on its way in.

Of each kind, zero-shot and trained, one is live; while its successor looks at the photos, the old one answers. A
trained tagger that cannot work (its files are lost, or photos no longer get the vectors that it reads) steps back:
zero-shot answers, the user is told once, and it comes back by itself when it can work again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import LabelFileError, ModelError, RecollectError
from core.events import ErrorRaised, EventBus, TaggerChanged, TagsChanged
from core.tags.values import TaggerId, TagSource
from core.tags.vocabulary import Vocabulary, bundled_vocabulary
from core.tags.zero_shot import ZeroShotTagger, zero_shot_key

if TYPE_CHECKING:
    from pathlib import Path

    from core.encoders import ActiveEncoder
    from core.protocols import Tagger
    from core.store.predictions import PredictionStore
    from core.store.taggers import TaggerRow, TaggerStore

log = logging.getLogger(__name__)

KEPT = 3  # trained taggers whose predictions are kept, the live one among them: going back to them takes no time

Load = Callable[["Path"], "Tagger"]


def loader(device: Callable[[], str], calibration: Path) -> Load:
    """Loads checkpoints on a device; what was measured about them on this machine is kept in `calibration`."""

    def load(directory: Path) -> Tagger:
        from core.models.calibration import Plans
        from core.models.taggers.loaded import load_tagger

        return load_tagger(directory, device=device(), plans=Plans(calibration))

    return load


@dataclass(frozen=True)
class ActiveTagger:
    """A loaded tagger with its row and the encoder whose vectors it reads."""

    id: TaggerId
    name: str
    source: TagSource
    live: bool
    tagger: Tagger
    encoder_id: int | None  # row in the table `encoders`
    alone: threading.Lock = field(default_factory=threading.Lock)  # it takes one caller at a time


class Taggers:
    """Owned by the indexer's thread; `active` may be read from any thread."""

    def __init__(
        self,
        store: TaggerStore,
        predictions: PredictionStore,
        vocabulary: Callable[[], Vocabulary],
        bus: EventBus,
        *,
        directory: Path,
        cache: Path,
        load: Load,
    ) -> None:
        """
        Args:
            directory: Where the checkpoints lie.
            cache: A directory for what can be made again.
            load: Loads the checkpoint in a directory.
        """
        self._store = store
        self._predictions = predictions
        self._vocabulary = vocabulary
        self._bus = bus
        self._directory = directory
        self._cache = cache
        self._load = load
        self._seen: object = None
        self._loaded: dict[str, Tagger] = {}  # by key
        self._failed: dict[TaggerId, str] = {}  # why they cannot work
        self._given_up: set[TaggerId] = set()
        self._bad_words: str | None = None
        self.active: list[ActiveTagger] = []

    def refresh(self, encoders: Sequence[ActiveEncoder]) -> None:
        """Load what the user has chosen, and let go of the rest. Quick where nothing has changed.

        Args:
            encoders: Those that photos get vectors of, the one that answers first.
        """
        words = self._words()
        state = (self._store.state(), [(one.name, one.encoder.key) for one in encoders], words.hash)
        if state == self._seen:
            return
        self._aim_zero_shot(encoders[0], words)
        wanted = [row for row in self._store.all() if row.live or row.target or row.stalled]
        rows = [row for row in wanted if row.id not in self._given_up]
        usable = [one for row in rows if (one := self._activate(row, encoders, words)) is not None]
        self.active = sorted(usable, key=lambda one: not one.live)
        self._loaded = {one.tagger.key: one.tagger for one in usable}
        self._seen = (self._store.state(), *state[1:])

    def retry(self) -> None:
        """What could not be loaded may have been mended."""
        self._failed.clear()
        self._given_up.clear()
        self._seen = None

    def switch_if_complete(self) -> bool:
        """Let those targets answer that have looked at every photo."""
        seen_all = [one for one in self.active if not one.live and not self.count_untagged(one)]
        done = [one for one in seen_all if self._store.complete(one.id)]
        for one in done:
            log.info("%s tags from now on", one.name)
        if done:
            self._seen = None
            self._announce()
        return bool(done)

    def count_untagged(self, one: ActiveTagger) -> int:
        """Photos that it has yet to look at."""
        if one.tagger.needs_pixels:
            return self._predictions.count_untagged(one.id, one.encoder_id)
        return 0 if one.encoder_id is None else self._predictions.count_untagged_vectors(one.id, one.encoder_id)

    def waiting_targets(self) -> list[TaggerRow]:
        """Those on their way in, but for those that cannot work."""
        return [row for row in self._store.all() if row.target]

    def give_up(self, tagger_id: TaggerId, error: RecollectError) -> None:
        """It failed at its work: zero-shot takes over. It is tried again at the next start, or with `retry`."""
        self._given_up.add(tagger_id)
        row = self._store.get(tagger_id)
        if row is not None:
            self._fail(row, error)
        self.active = [one for one in self.active if one.id != tagger_id]
        self._seen = None

    def outdated(self) -> list[TaggerRow]:
        """Those whose predictions nobody will ask for again."""
        rows = [row for row in self._store.all() if not (row.live or row.target or row.stalled)]
        trained = [row for row in rows if row.source is TagSource.MODEL]
        trained.sort(key=lambda row: row.live_since or "", reverse=True)
        return [row for row in rows if row.source is TagSource.ZERO_SHOT] + trained[KEPT - 1 :]

    def _words(self) -> Vocabulary:
        try:
            words = self._vocabulary()
        except LabelFileError as error:
            if str(error) != self._bad_words:
                self._bad_words = str(error)
                self._bus.publish(ErrorRaised(error))
            return bundled_vocabulary()
        self._bad_words = None
        return words

    def _aim_zero_shot(self, encoder: ActiveEncoder, words: Vocabulary) -> None:
        key = zero_shot_key(encoder.encoder.key, words)
        live = self._store.live(TagSource.ZERO_SHOT)
        if live is not None and live.key == key:
            if self._store.target(TagSource.ZERO_SHOT) is not None:
                self._store.make_live(live.id, again=True)
            return
        tagger_id = self._store.add(
            key,
            f"Zero-shot with {encoder.name}",
            TagSource.ZERO_SHOT,
            {head.name: head.values for head in words.heads},
            encoder_key=encoder.encoder.key,
        )
        if live is None:
            self._store.make_live(tagger_id)
            self._announce()
        else:
            self._store.aim_at(tagger_id)

    def _activate(self, row: TaggerRow, encoders: Sequence[ActiveEncoder], words: Vocabulary) -> ActiveTagger | None:
        encoder = next((one for one in encoders if one.encoder.key == row.encoder_key), None)
        if row.source is TagSource.ZERO_SHOT:
            if encoder is None or row.key != zero_shot_key(encoder.encoder.key, words):
                return None  # its successor is on its way; until then its predictions answer
            tagger = self._loaded.get(row.key) or ZeroShotTagger(encoder.encoder, words, self._cache)
            return ActiveTagger(row.id, row.name, row.source, row.live, tagger, encoder.id)
        try:
            if row.encoder_key is not None and encoder is None:
                raise _no_vectors(row, encoders[0].name)
            tagger = self._loaded.get(row.key) or self._load_trained(row)
        except RecollectError as error:
            self._fail(row, error)
            return None
        self._failed.pop(row.id, None)
        if row.stalled:
            self._store.aim_at(row.id)
        return ActiveTagger(row.id, row.name, row.source, row.live, tagger, encoder.id if encoder else None)

    def _load_trained(self, row: TaggerRow) -> Tagger:
        tagger = self._load(self._directory / (row.directory or ""))
        if tagger.key != row.key:
            raise ModelError(
                f"The files of the tagger {row.name} are not those that were taken in.",
                remedy="Take them from a backup, or delete the tagger and train it again.",
            )
        return tagger

    def _fail(self, row: TaggerRow, error: RecollectError) -> None:
        """Let zero-shot answer, and say why, once."""
        if self._failed.get(row.id) == error.message:
            return
        self._failed[row.id] = error.message
        log.warning("The tagger %s cannot work: %s", row.name, error)
        self._store.stall(row.id)
        self._bus.publish(ErrorRaised(error))
        self._announce()

    def _announce(self) -> None:
        self._bus.publish(TaggerChanged())
        self._bus.publish(TagsChanged(()))


def _no_vectors(row: TaggerRow, answering: str) -> ModelError:
    return ModelError(
        f"The tagger {row.name} was trained on another model than {answering}, which looks at the photos now.",
        remedy="Train it again, or choose the model that it was trained on under Models. Until then the tags are those"
        " that need no training.",
        title="The tagger cannot be used at the moment",
    )
