"""The system's own notices about changed files, whatever the system. Raw: nothing is filtered or settled here."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)

from core.errors import WatchLimitError
from core.files.ignore import IgnoreRules

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver, ObservedWatch

EventListener = Callable[[FileSystemEvent, Path], None]
"""Called on a thread of watchdog with an event and the root that it belongs to. Must return at once."""

_WANTED: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileClosedEvent,
    FileAttribEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
"""Not the opening and closing of files that are only read: indexing would wake the watcher with each photo."""


class SystemEvents:
    """One observer for all roots. `on_overflow` is called when events were lost; all roots have to be looked through.

    Raises:
        WatchLimitError: the system gives no further watcher to this user.
    """

    def __init__(self, rules: IgnoreRules, on_event: EventListener, on_overflow: Callable[[], None]) -> None:
        self._on_event = on_event
        self._watches: dict[Path, ObservedWatch] = {}
        try:
            self._observer = _observer(rules, on_overflow)
        except OSError as error:
            raise watch_limit_error(None, error) from error
        self._observer.start()

    def watch(self, root: Path) -> None:
        """Begin to send events of everything below `root`.

        Raises:
            WatchLimitError: there are more folders than the system can watch.
            OSError: the folder is missing or may not be read.
        """
        real = Path(os.path.realpath(root))  # a link is watched as a link, not as the folder that it points to
        handler = _Handler(root, real, self._on_event)
        try:
            watch = self._observer.schedule(handler, str(real), recursive=True, event_filter=_WANTED)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EMFILE):
                self._forget_hunger(real)
                raise watch_limit_error(root, error) from error
            raise
        self._watches[root] = watch
        if self.is_starved(root):
            self.unwatch(root)
            raise watch_limit_error(root)

    def unwatch(self, root: Path) -> None:
        """Send no more events of `root`. Nothing happens if it was not watched."""
        watch = self._watches.pop(root, None)
        if watch is not None:
            self._observer.unschedule(watch)
            self._forget_hunger(Path(watch.path))

    def is_starved(self, root: Path) -> bool:
        """Whether the system had no watch left for a folder below `root`, so that some events will not come."""
        watch = self._watches.get(root)
        return watch is not None and Path(watch.path) in _starved(self._observer)

    def close(self, timeout_s: float) -> None:
        """Stop all threads. Takes no longer than about `timeout_s`."""
        self._watches.clear()
        self._observer.stop()
        self._observer.join(timeout_s)

    def _forget_hunger(self, real: Path) -> None:
        _starved(self._observer).discard(real)


class _Handler(FileSystemEventHandler):
    """Passes events on with the root's own path in front, where `root` leads to `real` over a link."""

    def __init__(self, root: Path, real: Path, on_event: EventListener) -> None:
        self._root = root
        self._real = real
        self._on_event = on_event

    def dispatch(self, event: FileSystemEvent) -> None:
        if self._root != self._real:
            event.src_path = self._below_root(event.src_path)
            event.dest_path = self._below_root(event.dest_path)
        self._on_event(event, self._root)

    def _below_root(self, path: bytes | str) -> str:
        text = os.fsdecode(path)
        return str(self._root / Path(text).relative_to(self._real)) if text else text


def watch_limit_error(root: Path | None, cause: OSError | None = None) -> WatchLimitError:
    """What the user is told, with the command that mends it. `root` is None if not even one folder can be watched."""
    setting = "max_user_instances" if cause is not None and cause.errno == errno.EMFILE else "max_user_watches"
    remedy = "Close other programs that watch folders, or add a folder with fewer subfolders."
    if sys.platform == "linux":
        value = "1024" if setting == "max_user_instances" else "1048576"
        remedy = f"Raise the limit with: sudo sysctl fs.inotify.{setting}={value}"
    folders = "any more folders" if root is None else f"all folders below {root}"
    return WatchLimitError(
        f"The system cannot watch {folders}, so new photos appear late: the folder is looked through now and then.",
        remedy=remedy,
        path=root,
    )


if sys.platform == "linux":
    from core.files.inotify import PhotoObserver

    def _observer(rules: IgnoreRules, on_overflow: Callable[[], None]) -> BaseObserver:
        return PhotoObserver(rules, on_overflow)

    def _starved(observer: BaseObserver) -> set[Path]:
        return observer.inotify.starved if isinstance(observer, PhotoObserver) else set()

else:
    from watchdog.observers import Observer

    def _observer(rules: IgnoreRules, on_overflow: Callable[[], None]) -> BaseObserver:
        return Observer()

    def _starved(observer: BaseObserver) -> set[Path]:
        return set()
