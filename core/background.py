"""What runs behind the window: one process of Recollect indexes and watches a library, all others follow it.

Threads, each with its reason and its end (`close`):

- `indexer` (1): owns the models, embeds, tags and writes; its work is in `core.indexing`.
- `scanner` (1): compares folders with the disk and writes what the watcher saw. One, because disks seek.
- `housekeeper` (1): once a second looks for what other processes did, takes the indexer's role over when it is free,
  and starts the scans that are due.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from core.errors import RecollectError
from core.events import (
    EncoderChanged,
    EndedUnexpectedly,
    ErrorRaised,
    EventBus,
    FoldersChanged,
    PhotosChanged,
    TagsChanged,
)
from core.files.watch import Change, ChangeKind
from core.types import Activity, Progress
from core.watched_folders import WatchedFolders

if TYPE_CHECKING:
    from pathlib import Path

    from core.encoders import Encoders
    from core.indexing import EncoderFailure, Indexing
    from core.pace import Pace
    from core.reconcile import Outcome, Reconciler
    from core.run_mark import RunMark
    from core.store.database import Database
    from core.store.folders import FolderStore
    from core.store.intake import Intake
    from core.store.vectors import VectorStore

log = logging.getLogger(__name__)

TICK_S = 1.0  # how soon other processes' changes show
RETRY_S = 30.0  # a folder whose scan failed is looked through again: disks get freed, drives come back

Task = Callable[[], None]


class Background:
    """Owns the threads. Everything that it does can be interrupted at any moment without loss."""

    def __init__(
        self,
        database: Database,
        folders: FolderStore,
        intake: Intake,
        vectors: VectorStore,
        encoders: Encoders,
        indexing: Callable[..., Indexing],
        reconciler: Reconciler,
        pace: Pace,
        bus: EventBus,
        *,
        lock: Path,
        mark: RunMark,
        wanted_encoder: Callable[[], str],
        poll_interval_s: float,
        rescan_interval_s: float,
        on_foreign_change: Callable[[], None],
    ) -> None:
        """
        Args:
            indexing: Makes the indexer's work, given its `is_indexer` and `scans`.
            on_foreign_change: Called when somebody else may have written to the database.
        """
        self._database = database
        self._folders = folders
        self._intake = intake
        self._vectors = vectors
        self._encoders = encoders
        self._reconciler = reconciler
        self._pace = pace
        self._bus = bus
        self._wanted_encoder = wanted_encoder
        self._rescan_interval_s = rescan_interval_s
        self._on_foreign_change = on_foreign_change
        self._lock = FileLock(lock, thread_local=False)
        self._mark = mark
        self._stopped = threading.Event()
        self._starting = threading.Lock()  # of `start` and `close`, which may come from two threads
        self._house_call = threading.Event()  # wakes the housekeeper before its next tick
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._watched = WatchedFolders(folders, bus, self._on_changes, poll_interval_s)
        self._house_is_well = True  # False from a fault until the next round without one
        self._scans = 0  # tasks of the scanner that wait or run
        self._scanning: set[int] = set()  # folders among them
        self._data_version = -1
        self._seen_encoder: str | None = None
        self._scan_again_at: dict[int, float] = {}  # folders whose scan failed
        self._indexing = indexing(is_indexer=lambda: self.is_indexer, scans=lambda: self._scans)

    @property
    def is_running(self) -> bool:
        return bool(self._threads)

    @property
    def is_indexer(self) -> bool:
        """True in the one process that indexes and watches."""
        return self._lock.is_locked

    @property
    def is_idle(self) -> bool:
        """Nothing waits to be scanned or indexed, and nothing is being done."""
        nothing_waits = self._scans == 0 and not self._folders.due() and not self._intake.count_waiting()
        return nothing_waits and self._indexing.is_idle

    @property
    def progress(self) -> Progress:
        return self._indexing.progress

    @property
    def encoder_failure(self) -> EncoderFailure | None:
        """Why the model that is wanted could not be loaded."""
        return self._indexing.failure

    def start(self) -> None:
        with self._starting:
            if self._stopped.is_set() or self._threads:
                return
            try:
                self._folders.request_scan()
                self._take_role()
            except RecollectError as error:  # a database that somebody holds, say: the housekeeper tries again
                self._report_once(error)
            for name, run in (
                ("indexer", self._indexing.run),
                ("scanner", self._scan),
                ("housekeeper", self._keep_house),
            ):
                thread = threading.Thread(target=run, name=f"recollect-{name}", daemon=True)
                self._threads.append(thread)
                thread.start()

    def close(self, timeout_s: float) -> bool:
        """End all threads; what they were doing goes on at the next start. Returns whether all ended in time."""
        deadline = time.monotonic() + timeout_s
        with self._starting:
            self._stopped.set()
        self._encoders.close()
        self._pace.stop()
        self._house_call.set()
        self._indexing.stop()
        self._tasks.put(None)
        for thread in self._threads:
            thread.join(max(0.1, deadline - time.monotonic()))
            if thread.is_alive():
                log.warning("The thread %s did not end in time", thread.name)
        self._watched.close(timeout_s)  # after the housekeeper, who owns it
        self._indexing.close()
        if self.is_indexer:
            self._mark.clear()
        self._lock.release()
        return not any(thread.is_alive() for thread in self._threads)

    def wake(self) -> None:
        """There may be work: folders to look through, photos to index."""
        self._house_call.set()
        self._indexing.wake()

    def retry_models(self) -> None:
        """A model that could not be loaded may have been mended."""
        self._indexing.retry_models()
        self.wake()

    def look_at(self, paths: Sequence[Path]) -> None:
        """Files were just moved away or put back: take that in, files at once, folders where scans are made.

        A scan that is under way may have seen what was before. The watcher's changes, applied after it, are right.
        """
        folders = [Change(ChangeKind.RESCAN, path) for path in paths if path.is_dir()]
        self._apply([Change(ChangeKind.UPSERT, path) for path in paths if not path.is_dir()])
        if folders and self.is_running:
            self._on_changes(folders)
        elif folders:
            self._apply(folders)

    def tell(self, progress: Progress) -> None:
        self._indexing.tell(progress)

    # The scanner's thread

    def _submit(self, task: Task) -> None:
        self._scans += 1
        self._tasks.put(task)

    def _scan(self) -> None:
        while (task := self._tasks.get()) is not None:
            if not self._stopped.is_set():
                try:
                    task()
                except RecollectError as error:
                    self._bus.publish(ErrorRaised(error))
                except Exception:
                    log.exception("Looking through a folder failed")
                    self._bus.publish(ErrorRaised(RecollectError("A folder could not be looked through to its end.")))
            self._scans -= 1
            self._indexing.wake()

    def _look_through(self, folder_id: int, root: Path) -> None:
        if self.progress.activity is Activity.IDLE:
            self.tell(Progress(Activity.SCANNING, detail=str(root)))
        self._folders.begin_scan(folder_id)
        self._scan_again_at[folder_id] = time.monotonic() + RETRY_S
        try:
            outcome = self._reconciler.look_through(
                folder_id, root, stopped=lambda: self._is_cut_short(folder_id), on_chunk=lambda _: self._indexing.wake()
            )
            if self._is_removed(folder_id):
                self._folders.remove_late(folder_id)
            elif not self._stopped.is_set():
                self._folders.end_scan(folder_id)
            del self._scan_again_at[folder_id]
        finally:
            self._scanning.discard(folder_id)
        self._announce(outcome)
        self._bus.publish(FoldersChanged())

    def _is_cut_short(self, folder_id: int) -> bool:
        """The library is being closed, or the folder was removed while it is looked through."""
        return self._stopped.is_set() or self._is_removed(folder_id)

    def _is_removed(self, folder_id: int) -> bool:
        return folder_id not in {id_ for id_, _, _ in self._folders.roots()}

    def _apply(self, changes: Sequence[Change]) -> None:
        outcome = self._watched.or_scan(lambda: self._reconciler.apply(changes))
        self._announce(outcome)
        if not outcome.is_nothing:
            self._bus.publish(FoldersChanged())

    def _announce(self, outcome: Outcome) -> None:
        if outcome.folders_changed or outcome.queued:
            self._bus.publish(PhotosChanged(()))
        elif outcome.changed:
            self._bus.publish(PhotosChanged(tuple(outcome.changed)))

    # The housekeeper's thread

    def _keep_house(self) -> None:
        while not self._stopped.is_set():
            try:
                if not self.is_indexer:
                    self._take_role()
                if self.is_indexer:
                    self._watched.update(self._reconciler.rules)
                    self._start_due_scans()
                else:
                    self._follow_switch()
                self._notice_other_processes()
                self._house_is_well = True
            except RecollectError as error:
                self._report_once(error)
            except Exception:
                log.exception("Housekeeping failed")
                self._report_once(RecollectError("Watching the folders was interrupted. It goes on by itself."))
            self._house_call.wait(TICK_S)
            self._house_call.clear()

    def _report_once(self, error: RecollectError) -> None:
        """Not at every round: it comes each second."""
        if self._house_is_well:
            self._bus.publish(ErrorRaised(error))
        self._house_is_well = False

    def _take_role(self) -> None:
        """Become the process that indexes, if no other one is."""
        with suppress(Timeout):
            self._lock.acquire(timeout=0)
            if self._mark.set():
                self._bus.publish(EndedUnexpectedly(tuple(self._intake.in_flight())))
            for photo in self._intake.purge_gone():
                log.debug("Photo %d has been gone for long and is forgotten", photo)
            self._indexing.wake()

    def _on_changes(self, changes: Sequence[Change]) -> None:
        self._submit(lambda: self._apply(changes))

    def _start_due_scans(self) -> None:
        """Those that were asked for, and all of them now and then: watchers miss things."""
        for folder_id, root in self._folders.due(self._rescan_interval_s):
            failed_lately = time.monotonic() < self._scan_again_at.get(folder_id, 0.0)
            if folder_id not in self._scanning and not failed_lately:
                self._scanning.add(folder_id)
                self._submit(lambda folder_id=folder_id, root=root: self._look_through(folder_id, root))

    def _notice_other_processes(self) -> None:
        wanted = self._wanted_encoder()
        if wanted != self._seen_encoder:
            self._seen_encoder = wanted
            self._encoders.give_up_target(wanted)
            self._indexing.wake()
        version = self._database.read_column("PRAGMA data_version")[0]
        if version == self._data_version:
            return
        self._on_foreign_change()
        if self._data_version != -1:
            self._indexing.wake()
            if not self.is_indexer:
                self._follow()
        self._data_version = version  # last: what a fault interrupts is done at the next round

    def _follow_switch(self) -> None:
        if self._encoders.follow_switch() and self._encoders.live is not None:
            self._bus.publish(EncoderChanged(self._encoders.live.name))

    def _follow(self) -> None:
        """Show what the indexing process has written."""
        for active in self._encoders.active:
            active.index.refresh(self._vectors, active.id)
        waiting = self._intake.count_waiting()
        activity = Activity.FOLLOWING if waiting else Activity.IDLE
        self.tell(Progress(activity, total=waiting, detail="Another Recollect indexes this library."))
        self._bus.publish(PhotosChanged(()))
        self._bus.publish(TagsChanged(()))
        self._bus.publish(FoldersChanged())
