"""Which known word an unknown one is taken for: the vectors of a model's known words, computed once in the background.

They stand in a file, a cache. A search never waits for them: until they are there, nothing is said of unknown words.
"""

from __future__ import annotations

import logging
import threading
import zipfile
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.coverage import Coverage, NotMeasuredError, cover
from core.errors import RecollectError
from core.known_words import KnownWords, says_something
from core.prompts import embed_texts

if TYPE_CHECKING:
    from pathlib import Path

    from core.protocols import Encoder
    from core.query.query import Term
    from core.types import Vectors

log = logging.getLogger(__name__)

# Text vectors of the starter lie close for words that only look alike ("stallion" and "lion", 0.81), so a word is taken
# for one that looks different and lies at least this close. Few words are, and some of those wrongly: see decision
# 0071.
CLOSE = 0.8
TAKEN_FOR_PHOTOS = 10  # a word that was said in fewer photos is no help in understanding another one
_LIKE_LETTERS = 3  # so many letters in a row in both words: the model has seen the piece, not the meaning
_BATCH = 128  # words, a fifth of a second: closing need not wait longer


class WordVectors:
    """The known words of one encoder. Safe to use from any thread."""

    def __init__(
        self, encoder: Encoder, known: KnownWords, cache: Path, on_measured: Callable[[], None] = lambda: None
    ) -> None:
        """
        Args:
            cache: File that keeps the vectors.
            on_measured: Called on a background thread when they have come.
        """
        self.known = known
        self._encoder = encoder
        self._cache = cache
        self._on_measured = on_measured
        self._words = comparable(known)
        self._vectors: Vectors | None = None
        self._lock = threading.Lock()  # of starting and stopping the thread
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def cover(
        self, terms: Sequence[Term], *, familiar: Callable[[str], bool] = lambda word: False, wait_s: float = 0.0
    ) -> Coverage | None:
        """What is known of the words of a query; None where there are none, or where it cannot be told yet.

        Args:
            familiar: Whether something else than the model knows a word.
            wait_s: For the vectors of the known words, where a word needs them.
        """
        try:
            return cover(terms, self.known, self.nearest, familiar=familiar)
        except NotMeasuredError:
            self._prepare()
        if wait_s and self._thread is not None:
            self._thread.join(wait_s)
        if self._vectors is None:
            return None
        return cover(terms, self.known, self.nearest, familiar=familiar)

    def nearest(self, word: str) -> tuple[str, float] | None:
        """The known word for which the model takes this one, and their cosine; None where it takes it for none.

        Raises:
            NotMeasuredError: it cannot be told yet.
        """
        vectors = self._vectors
        if vectors is None:
            raise NotMeasuredError
        if not self._words:
            return None
        cosines = vectors @ embed_texts(self._encoder, [word], self._encoder.templates)[0]  # (W,)
        best = int(cosines.argmax())
        if cosines[best] < CLOSE or looks_like(word, self._words[best]):
            return None
        return self._words[best], min(1.0, float(cosines[best]))

    def close(self) -> None:
        """Stop computing; what is not finished is begun anew the next time."""
        self._stopped.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _prepare(self) -> None:
        """Read the vectors, a few milliseconds; where they are not kept yet, begin to compute them."""
        with self._lock:
            if self._vectors is not None or self._thread is not None or self._stopped.is_set():
                return
            self._vectors = _load(self._cache, self._stamp)
            if self._vectors is None:
                self._thread = threading.Thread(target=self._measure, name="recollect-known-words", daemon=True)
                self._thread.start()

    def _measure(self) -> None:
        try:
            vectors = self._computed()
        except RecollectError as error:
            log.warning("The known words of %s are not compared: %s", self._encoder.name, error)
            return
        if vectors is not None:
            _save(self._cache, self._stamp, vectors)
            self._vectors = vectors
            self._on_measured()

    @property
    def _stamp(self) -> str:
        return f"{self._encoder.key} {self.known.digest} {len(self._words)} {self._encoder.templates}"

    def _computed(self) -> Vectors | None:
        """(W, D) unit length; None when it was stopped."""
        parts = [np.empty((0, self._encoder.dim), np.float32)]
        for start in range(0, len(self._words), _BATCH):
            if self._stopped.is_set():
                return None
            parts.append(embed_texts(self._encoder, self._words[start : start + _BATCH], self._encoder.templates))
        return np.concatenate(parts)


def comparable(known: KnownWords) -> list[str]:
    """The known words that others may be taken for."""
    return [
        word
        for word, count in known.counts.items()
        if count >= TAKEN_FOR_PHOTOS and " " not in word and len(word) >= _LIKE_LETTERS and says_something(word)
    ]


def looks_like(word: str, other: str) -> bool:
    """Whether two words share letters enough for a model to take one for the other by its looks alone."""
    if word[:2] == other[:2] or word[-2:] == other[-2:]:
        return True
    return any(word[at : at + _LIKE_LETTERS] in other for at in range(len(word) - _LIKE_LETTERS + 1))


def _load(path: Path, stamp: str) -> Vectors | None:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:  # np.load leaks a damaged one
            if str(file["stamp"]) == stamp:
                return file["vectors"].astype(np.float32)
    except FileNotFoundError:
        pass
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        log.warning("%s cannot be read and is made anew: %s", path.name, error)
    return None


def _save(path: Path, stamp: str, vectors: Vectors) -> None:
    """Write it whole or not at all. A disk that does not take it is no harm: the next start computes it again."""
    temporary = path.with_suffix(".tmp")
    try:
        with temporary.open("wb") as file:
            np.savez(file, stamp=np.array(stamp), vectors=vectors.astype(np.float16))
        temporary.replace(path)
    except OSError as error:
        log.info("%s was not written: %s", path.name, error)
        temporary.unlink(missing_ok=True)
