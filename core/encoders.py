"""The encoders in use: one that answers, and at most one that is on its way in.

An encoder, its row in the database, its index and its noise floor always travel together, so that a vector never
meets an index of another encoder. When the user chooses another model, the live one goes on answering until every
photo has a vector of the new one.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from core.errors import ModelError, RecollectError
from core.relevance import NoiseFloor, measure_noise
from core.store.vector_index import EncoderIndex
from core.word_vectors import WordVectors

if TYPE_CHECKING:
    from pathlib import Path

    from core.models.registry import ModelStore
    from core.paths import LibraryPaths
    from core.protocols import Encoder
    from core.store.remembered import Remembered
    from core.store.vectors import VectorStore

log = logging.getLogger(__name__)

NOISE_SAMPLE = 2000  # photos on which the noise floor is measured: 20 ms, and steady to the second digit
NOISE_TOLERANCE = 0.1  # of the photos may come or go before it is measured again
LIVE_KEY = "live_encoder"  # remembered: the name of the model that answers, which may differ from the one chosen


@dataclass(frozen=True)
class ActiveEncoder:
    """A loaded model with all that belongs to its vectors."""

    name: str
    encoder: Encoder
    id: int  # row in the table `encoders`
    index: EncoderIndex
    noise: NoiseFloor
    words: WordVectors | None = None  # None where the model does not say which words it knows
    image_tower: threading.Lock = field(default_factory=threading.Lock)  # it takes one caller at a time


class Encoders:
    """Loads, holds and switches encoders. `live` and `target` may be read from any thread."""

    def __init__(
        self,
        paths: LibraryPaths,
        models: ModelStore,
        vectors: VectorStore,
        remembered: Remembered,
        on_words_measured: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Args:
            on_words_measured: Called on a background thread when the words of a query can be judged from now on.
        """
        self._paths = paths
        self._models = models
        self._vectors = vectors
        self._remembered = remembered
        self._on_words_measured = on_words_measured
        self._words: list[WordVectors] = []  # also of encoders that answer no more: their threads have to end
        self._lock = threading.Lock()  # of loading and switching
        self._loaded = threading.Event()
        self._closed = False
        self._error: RecollectError | None = None
        self.live: ActiveEncoder | None = None
        self.target: ActiveEncoder | None = None

    @property
    def active(self) -> list[ActiveEncoder]:
        """Those for which photos need vectors, the live one first."""
        return [encoder for encoder in (self.live, self.target) if encoder is not None]

    @property
    def answered_last(self) -> str | None:
        """The name of the model that answers, or did when a library was last open."""
        return self._remembered.get(LIVE_KEY)

    def keys(self, wanted: str) -> list[str]:
        """Of the models for which photos get vectors; where none is loaded here, of those that answered last."""
        active = self.active
        if active:
            return [one.encoder.key for one in active]
        return self._vectors.keys(self._remembered.get(LIVE_KEY, wanted))

    def use_models(self, models: ModelStore) -> None:
        """Settings have changed: other models may be configured now."""
        self._models = models

    def load(self, wanted: str) -> None:
        """Load the model that answered last, and the wanted one beside it if that is another. Takes seconds.

        Raises:
            ModelError: neither can be loaded.
        """
        with self._lock:
            try:
                answered_last = self._remembered.get(LIVE_KEY, wanted)
                if self.live is None and answered_last != wanted:
                    self._load_previous(answered_last)
                self._aim_at(wanted)
                self._error = None
            except RecollectError as error:
                self._error = error if self.live is None else None
                raise
            finally:
                self._loaded.set()

    def load_answering(self, wanted: str) -> None:
        """Load only the model that answers now, for a process that searches and indexes nothing.

        Raises:
            ModelError: it cannot be loaded.
        """
        with self._lock:
            if self.live is None:
                name = self._remembered.get(LIVE_KEY, wanted)
                self.live = self._activate(name, self._models.load(name))
            self._loaded.set()

    def adopt(self, encoder: Encoder) -> None:
        """Use an encoder that was made elsewhere."""
        with self._lock:
            self.live = self._activate(encoder.name, encoder)
            self._loaded.set()

    def wait(self, timeout_s: float = 120.0) -> ActiveEncoder:
        """The encoder that answers, as soon as it is loaded.

        Raises:
            ModelError: it could not be loaded, or not in this time.
        """
        if not self._loaded.wait(timeout_s):
            raise ModelError("The model is still being loaded.", remedy="Try again in a moment.")
        if self._closed:
            raise ModelError("The library is being closed.")
        if self.live is None:
            raise self._error or ModelError("No model is loaded.", remedy="Choose one under Models.")
        return self.live

    def close(self) -> None:
        """Let go of those who wait for a model, and end what is computed of its words."""
        self._closed = True
        self._loaded.set()
        for words in self._words:
            words.close()

    def switch_if_complete(self) -> bool:
        """Let the target answer. Called by the indexer when every photo has a vector of it."""
        with self._lock:
            if self.target is None:
                return False
            self.live, self.target = self._measured(self.target), None
            self._remembered.set(LIVE_KEY, self.live.name)
            log.info("%s answers from now on", self.live.name)
            return True

    def give_up_target(self, wanted: str) -> None:
        """Another model than the one on its way in is wanted now: photos need no more vectors of that one."""
        with self._lock:
            if self.target is not None and self.target.name != wanted:
                self.target = None

    def follow_switch(self) -> bool:
        """Let the target answer if the process that indexes has done so."""
        with self._lock:
            if self.target is None or self._remembered.get(LIVE_KEY) != self.target.name:
                return False
            self.live, self.target = self._measured(self.target), None
            return True

    def forget(self, name: str) -> None:
        """Delete what is known of the photos by a model that answers no more."""
        with self._lock:
            for key in self._vectors.keys(name):
                self._vectors.delete(key)
                for file in self._paths.index.glob(f"{_file_name(key)}.*"):
                    file.unlink(missing_ok=True)

    def remeasure_noise(self) -> None:
        """The library has grown: measure the noise floor on more photos."""
        with self._lock:
            if self.live is not None:
                self.live = self._measured(self.live)

    def _load_previous(self, name: str) -> None:
        try:
            self.live = self._activate(name, self._models.load(name))
        except RecollectError as error:
            log.warning("The model %s that answered before cannot be loaded: %s", name, error)

    def _aim_at(self, wanted: str) -> None:
        if self.live is not None and self.live.name == wanted:
            self.target = None
            return
        if self.target is not None and self.target.name == wanted:
            return
        chosen = self._activate(wanted, self._models.load(wanted))
        if self.live is None:
            self.live = chosen
            self._remembered.set(LIVE_KEY, wanted)
        else:
            self.target = chosen

    def _activate(self, name: str, encoder: Encoder) -> ActiveEncoder:
        row = self._vectors.encoder_id(encoder.key, name, encoder.dim)
        file_name = _file_name(encoder.key)
        index = EncoderIndex(encoder.key, encoder.dim, self._paths.index / f"{file_name}.hnsw")
        index.refresh(self._vectors, row)
        index.load_graph()
        words = self._word_vectors(name, encoder, self._paths.index / f"{file_name}.words.npz")
        return ActiveEncoder(name, encoder, row, index, self._noise(encoder, index), words)

    def _word_vectors(self, name: str, encoder: Encoder, cache: Path) -> WordVectors | None:
        known = self._models.known_words(name)
        if known is None:
            return None
        words = WordVectors(encoder, known, cache, self._on_words_measured)
        self._words.append(words)
        return words

    def _measured(self, active: ActiveEncoder) -> ActiveEncoder:
        return replace(active, noise=self._noise(active.encoder, active.index))

    def _noise(self, encoder: Encoder, index: EncoderIndex) -> NoiseFloor:
        """The noise floor; measured anew when the library has grown or shrunk a good deal since the last time."""
        key = f"noise of {encoder.key}, {encoder.templates}"
        known = self._remembered.get(key)
        if known is not None and abs(len(index) - known["photos"]) <= NOISE_TOLERANCE * known["photos"]:
            return NoiseFloor(**known["floor"])
        floor = measure_noise(encoder, index.sample(NOISE_SAMPLE), templates=encoder.templates)
        self._remembered.set(key, {"photos": len(index), "floor": asdict(floor)})
        return floor


def _file_name(key: str) -> str:
    """Of the files that belong to the vectors of an encoder."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]
