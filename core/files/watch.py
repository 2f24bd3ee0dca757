"""Watches folders and tells, once things have settled, which photos came, changed, moved or went.

Threads: those of watchdog put raw events into a queue; one thread of our own ("folder-watcher") takes them out, lets
`core.files.changes` settle them, looks after roots that vanish and come back, and calls the listener.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchdog.events import DirDeletedEvent, FileSystemEvent

from core.errors import WatchLimitError
from core.files.changes import Change, ChangeCollector, ChangeKind
from core.files.ignore import IgnoreRules
from core.files.system_events import SystemEvents
from core.files.volumes import is_network_path

__all__ = ["Change", "ChangeKind", "FolderWatcher"]

log = logging.getLogger(__name__)

ROOT_CHECK_S = 2.0
"""How often it is checked that a root is still the folder that is watched: unmounting and renaming make no event. One
`stat` a root."""

FAULT_PAUSE_S = 5.0
"""After a fault of our own, until the next try: it is not to fill the log."""

BATCH_S = 0.1
"""Events that come within this time are handled together; also the least pause between two calls of the listener."""

Identity = tuple[int, int]
"""Device and inode: another folder at the same path (a drive that was plugged in) has another one."""


@dataclass(slots=True)
class _Root:
    """A watched folder."""

    folder: Path
    polled: bool
    identity: Identity | None  # None: missing, or not readable
    next_poll: float  # on the monotonic clock


class FolderWatcher:
    """Calls `on_changes` on its own thread, never twice at once, with changes in the order they are to be applied.

    Local folders are watched through the system. Network folders, and local ones for which the system has run out of
    watches, are announced as RESCAN every `poll_interval_s`. A root that vanishes or comes back is announced as RESCAN
    and is watched again without further ado. A fault of our own is told once to `on_fault`; then it goes on, and all is
    announced as RESCAN.
    """

    def __init__(
        self,
        on_changes: Callable[[Sequence[Change]], None],
        rules: IgnoreRules,
        *,
        settle_s: float = 0.5,
        poll_interval_s: float = 60.0,
        root_check_s: float = ROOT_CHECK_S,
        always_poll: bool = False,
        on_fault: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_changes = on_changes
        self._on_fault = on_fault
        self._rules = rules
        self._poll_interval_s = poll_interval_s
        self._root_check_s = root_check_s
        self._always_poll = always_poll
        self._collector = ChangeCollector(rules, settle_s)
        self._roots: dict[Path, _Root] = {}
        self._events: deque[tuple[FileSystemEvent | None, Path | None]] = deque()
        self._lock = threading.RLock()  # guards roots, collector and observer; never held while the listener runs
        self._system: SystemEvents | None = None
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._next_root_check = 0.0
        self._thread = threading.Thread(target=self._run, name="folder-watcher", daemon=True)
        self._thread.start()

    def watch(self, folder: Path) -> bool:
        """Begin to watch a folder and all below it. True: the system sends events; False: it is polled.

        A folder that is missing is watched as soon as it appears.

        Raises:
            WatchLimitError: the system cannot watch so many folders; its remedy names the setting. The folder is polled
                until then: no photo is missed, it only comes later.
        """
        polled = self._always_poll or is_network_path(folder)
        identity = None if polled else _identity(folder)
        root = _Root(folder, polled, identity, time.monotonic() + self._poll_interval_s)
        with self._lock:
            self._roots[folder] = root
            if identity is not None:
                self._arm(root)
        self._wake.set()
        return not polled

    def unwatch(self, folder: Path) -> None:
        """Stop watching a folder; nothing more is told about it."""
        with self._lock:
            self._roots.pop(folder, None)
            self._disarm(folder)
            self._collector.forget(folder)

    def close(self, timeout_s: float = 5.0) -> None:
        """End all threads. Changes that have not settled are dropped: the next scan finds them."""
        deadline = time.monotonic() + timeout_s
        self._closing.set()
        self._wake.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)
        if self._system is not None:
            self._system.close(max(deadline - time.monotonic(), 0.1))

    def _run(self) -> None:
        is_well = True
        while not self._closing.wait(BATCH_S if is_well else FAULT_PAUSE_S):
            self._wake.wait(self._pause_s())
            self._wake.clear()
            try:
                with self._lock:
                    changes = self._changes(time.monotonic())
            except Exception:
                log.exception("Watching the folders failed")
                if is_well:
                    self._on_fault()
                is_well = False
                self._queue_overflow()  # what was seen by then may be lost: the folders are looked through
                continue
            is_well = True
            if changes and not self._closing.is_set():
                self._tell(changes)

    def _pause_s(self) -> float:
        """Seconds until something is due, if no event comes before."""
        with self._lock:
            dues = [root.next_poll for root in self._roots.values() if root.polled]
            settled = self._collector.next_due()
        dues.append(self._next_root_check)
        if settled is not None:
            dues.append(settled)
        return max(min(dues) - time.monotonic(), 0.0)

    def _changes(self, now: float) -> list[Change]:
        self._take_in_events(now)
        if now >= self._next_root_check:
            self._next_root_check = now + self._root_check_s
            for root in self._roots.values():
                self._look_after(root)
        for root in self._roots.values():
            if root.polled and now >= root.next_poll:
                root.next_poll = now + self._poll_interval_s
                self._collector.rescan(root.folder)
        return self._without_lost_roots(self._collector.settled(now))

    def _without_lost_roots(self, changes: list[Change]) -> list[Change]:
        """A drive that is pulled out takes its files along: they are not removed. The RESCAN of its root is coming."""
        if all(change.kind is not ChangeKind.REMOVED for change in changes):
            return changes
        lost = [root.folder for root in self._roots.values() if _is_lost(root)]
        return [
            change
            for change in changes
            if change.kind is not ChangeKind.REMOVED or not any(change.path.is_relative_to(folder) for folder in lost)
        ]

    def _tell(self, changes: Sequence[Change]) -> None:
        try:
            self._on_changes(changes)
        except Exception:
            log.exception("Could not handle %d changes", len(changes))

    # Called on threads of watchdog: these two only queue.

    def _queue_event(self, event: FileSystemEvent, root: Path) -> None:
        self._events.append((event, root))
        self._wake.set()

    def _queue_overflow(self) -> None:
        self._events.append((None, None))
        self._wake.set()

    def _take_in_events(self, now: float) -> None:
        while self._events:
            event, folder = self._events.popleft()
            if event is None or folder is None:
                self._rescan_all()
            elif folder in self._roots:
                if isinstance(event, DirDeletedEvent) and Path(os.fsdecode(event.src_path)) == folder:
                    self._roots[folder].identity = None  # even if the next folder there gets the same inode
                    self._collector.rescan(folder)
                self._collector.note(event, folder, now)

    def _rescan_all(self) -> None:
        """Events were lost, and it is not known of which root."""
        for folder in self._roots:
            self._collector.rescan(folder)

    def _look_after(self, root: _Root) -> None:
        """Notice that a root has gone, come back or become another folder, and that the system ran out of watches."""
        if root.polled:
            return
        identity = _identity(root.folder)
        if identity != root.identity:
            root.identity = identity
            self._collector.rescan(root.folder)
            self._disarm(root.folder)
            if identity is not None:
                self._arm_or_poll(root)
        elif self._system is not None and self._system.is_starved(root.folder):
            log.warning("No watches left for new folders below %s; it is looked through now and then", root.folder)
            self._poll(root)

    def _arm_or_poll(self, root: _Root) -> None:
        try:
            self._arm(root)
        except WatchLimitError as error:
            log.warning("%s", error)

    def _poll(self, root: _Root) -> None:
        self._disarm(root.folder)
        root.polled = True
        root.next_poll = time.monotonic()

    def _arm(self, root: _Root) -> None:
        """Have the system send events. What vanishes at this very moment is armed when it is back.

        Raises:
            WatchLimitError: it cannot; the root is polled from now on.
        """
        try:
            if self._system is None:
                self._system = SystemEvents(self._rules, self._queue_event, self._queue_overflow)
            self._system.watch(root.folder)
        except WatchLimitError:
            self._poll(root)
            raise
        except OSError as error:
            log.info("%s cannot be watched yet: %s", root.folder, error)
            root.identity = None

    def _disarm(self, folder: Path) -> None:
        if self._system is not None:
            self._system.unwatch(folder)


def _is_lost(root: _Root) -> bool:
    """Whether the folder that was watched is no longer at its place."""
    return not root.polled and (root.identity is None or root.identity != _identity(root.folder))


def _identity(folder: Path) -> Identity | None:
    """None for a folder that is missing or may not be listed."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if os.access(folder, os.R_OK | os.X_OK) else None
