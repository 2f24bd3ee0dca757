"""Linux: a watchdog observer that says when it lost events and when it could not watch everything.

watchdog itself rebuilds its watches after an overflow without telling anyone, and keeps silent about folders that it
may not or cannot watch. It also watches every folder, although the system's number of watches is limited: ignored
folders get none here.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter, InotifyWatchGroup
from watchdog.observers.inotify_c import CallbackId, InotifyEvent, InotifyFD, Mask, WatchCallback, WatchDescriptor

from core.files.ignore import IgnoreRules

log = logging.getLogger(__name__)


class PhotoInotify(InotifyFD):
    """One inotify instance for all roots."""

    def __init__(self, rules: IgnoreRules, on_overflow: Callable[[], None]) -> None:
        super().__init__()
        self.name = "watch-inotify"
        self.starved: set[Path] = set()
        """Roots below which the system had no watch left for at least one folder."""
        self._rules = rules
        self._on_overflow = on_overflow

    def add_callback(self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId) -> WatchDescriptor:
        """Watch one folder.

        Raises:
            OSError: ignored, not readable, or no watch left. For folders below the root watchdog passes over it.
        """
        folder = Path(os.fsdecode(path))
        root = Path(os.fsdecode(cast("InotifyWatchGroup", callback).path))
        if not self._rules.allows_dir(folder, root):
            raise OSError(errno.ECANCELED, "ignored", folder)
        if not os.access(folder, os.R_OK):  # watchdog takes -1, the system's "no", for the number of a watch
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder)
        try:
            return super().add_callback(path, mask, callback, id_)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                self.starved.add(root)
            raise

    def handle_event(self, event: InotifyEvent) -> None:
        """One event of the system. An unforeseen error costs a look through all roots, but not this thread."""
        try:
            super().handle_event(event)
        except Exception:
            log.warning("An event of the file system could not be handled: %s", event, exc_info=True)
            self._on_overflow()
        if event.is_queue_overflow:
            self._on_overflow()

    def _add_callback(self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId) -> WatchDescriptor:
        """As watchdog has it, but without a warning when a folder comes twice.

        A new one may: it is found by walking through its parent and then announced by an event of its own.
        """
        watch = self._get_or_create_watch(path, mask)
        watch.callbacks[id_] = callback
        return watch.wd


class PhotoObserver(BaseObserver):
    """Watches folders through one `PhotoInotify`.

    Raises:
        OSError: the user has no inotify instance left (EMFILE).
    """

    def __init__(self, rules: IgnoreRules, on_overflow: Callable[[], None]) -> None:
        self.inotify = PhotoInotify(rules, on_overflow)
        self.inotify.start()
        super().__init__(InotifyEmitter, inotify_fd=self.inotify)
        self.name = "watch-dispatch"

    def on_thread_stop(self) -> None:
        super().on_thread_stop()
        self.inotify.stop()
        self.inotify.join()
