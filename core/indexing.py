"""The indexer's thread: loads the models, works off what waits, and waits to be woken.

One, because a model already uses every core. It runs in every process, for models have to be loaded in each; only the
one that holds the indexer's role indexes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import RecollectError
from core.events import EncoderChanged, ErrorRaised, EventBus, ProgressChanged
from core.types import Activity, Progress

if TYPE_CHECKING:
    from core.encoders import Encoders
    from core.indexer import Indexer
    from core.pace import Pace
    from core.store.intake import Intake
    from core.tags.taggers import Taggers

log = logging.getLogger(__name__)

RETRY_S = 30.0  # after an error the indexer tries again by itself: disks get freed, drives come back
SAVE_GRAPH_EVERY_S = 300.0  # it is written whole, hundreds of MB in a large library; and once more at the end


@dataclass(frozen=True)
class EncoderFailure:
    """A model that was wanted and could not be loaded."""

    name: str
    error: RecollectError


class Indexing:
    """What the thread does; `run` is its body."""

    def __init__(
        self,
        intake: Intake,
        encoders: Encoders,
        taggers: Taggers,
        indexer: Indexer,
        pace: Pace,
        bus: EventBus,
        *,
        wanted_encoder: Callable[[], str],
        on_loaded: Callable[[], None],
        is_indexer: Callable[[], bool],
        scans: Callable[[], int],
    ) -> None:
        """
        Args:
            on_loaded: Called when a model has been loaded: for what the first search would have to wait for otherwise.
            is_indexer: Whether this process has the indexer's role.
            scans: How many scans wait or run: while there are any, there is no rest.
        """
        self._intake = intake
        self._encoders = encoders
        self._taggers = taggers
        self._indexer = indexer
        self._pace = pace
        self._bus = bus
        self._wanted_encoder = wanted_encoder
        self._on_loaded = on_loaded
        self._is_indexer = is_indexer
        self._scans = scans
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._at_work = False
        self.failure: EncoderFailure | None = None  # not tried again until another one is wanted
        self._graph_saved_at = time.monotonic()
        self.progress = Progress(Activity.IDLE)

    @property
    def is_idle(self) -> bool:
        """Nothing is being done, and nobody has asked for anything since."""
        models_wait = self._encoders.target is not None or bool(self._taggers.waiting_targets())
        rests = self.progress.activity is Activity.IDLE and not self._wake.is_set() and not self._at_work
        return rests and not models_wait

    def wake(self) -> None:
        """There may be work."""
        self._wake.set()

    def retry_models(self) -> None:
        """What could not be loaded may have been mended."""
        self.failure = None
        self._taggers.retry()
        self.wake()

    def stop(self) -> None:
        """Let `run` end, after the batch that is being embedded."""
        self._stopped.set()
        self._wake.set()

    def close(self) -> None:
        """Once the thread has ended."""
        self._indexer.close()

    def tell(self, progress: Progress) -> None:
        self.progress = progress
        self._bus.publish(ProgressChanged(progress))

    def run(self) -> None:
        while not self._stopped.is_set():
            self._at_work = True
            self._wake.clear()
            pause_s = self._do_what_there_is()
            self._at_work = False
            self._wake.wait(pause_s)
        live = self._encoders.live
        if self._is_indexer() and live is not None:
            live.index.save_graph()

    def _do_what_there_is(self) -> float | None:
        """Returns how long to wait before the next try; None: until somebody wakes the thread."""
        try:
            self._load_encoders()
            if self._is_indexer() and self._encoders.live is not None:
                self._work_off()
            return None
        except RecollectError as error:
            self._report(error)
        except Exception:
            log.exception("The indexer failed")
            self._report(RecollectError("Indexing was interrupted by a fault of Recollect. It goes on by itself."))
        return RETRY_S

    def _load_encoders(self) -> None:
        wanted = self._wanted_encoder()
        if self.failure is not None and wanted == self.failure.name:
            return
        self.failure = None
        names = [active.name for active in self._encoders.active]
        if names and names[-1] == wanted:
            return
        if self._encoders.live is None:
            self.tell(Progress(Activity.LOADING_MODEL, detail=wanted))
        try:
            self._encoders.load(wanted)
        except RecollectError as error:
            self.failure = EncoderFailure(wanted, error)
            self._report(error)
        if self._encoders.live is not None:
            self._bus.publish(EncoderChanged(self._encoders.live.name))
            self.tell(Progress(Activity.IDLE))
            self._on_loaded()

    def _work_off(self) -> None:
        self._taggers.refresh(self._encoders.active)
        while self._indexer.has_work() and self._pace.may_go_on():
            if self._indexer.work_off() == 0:
                break
        live = self._encoders.live
        while live is not None and self._pace.may_go_on() and live.index.catch_up_graph():
            pass
        if self._pace.is_paused:
            self.tell(Progress(Activity.PAUSED, total=self._intake.count_waiting()))
        elif self._pace.may_go_on() and not self._indexer.has_work():
            self._finish_stretch()

    def _finish_stretch(self) -> None:
        if self._encoders.switch_if_complete() and self._encoders.live is not None:
            self._bus.publish(EncoderChanged(self._encoders.live.name))
            self._wake.set()  # taggers that read its vectors can work now, those of the old one no longer
        else:
            self._encoders.remeasure_noise()
        if self._taggers.switch_if_complete():
            self._wake.set()  # what nobody asks for any more is cleared away
        if self._encoders.live is not None and time.monotonic() - self._graph_saved_at > SAVE_GRAPH_EVERY_S:
            self._graph_saved_at = time.monotonic()
            self._encoders.live.index.save_graph()
        if self._scans() == 0:
            self.tell(Progress(Activity.IDLE))

    def _report(self, error: RecollectError) -> None:
        log.warning("%s: %s", error.title, error)
        self.tell(Progress(Activity.STOPPED, detail=error.message))
        self._bus.publish(ErrorRaised(error))
