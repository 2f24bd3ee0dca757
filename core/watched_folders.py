"""The watcher kept in step with the folders of the library: the housekeeper's work, at each of its rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from core.errors import FolderError, MachineError, RecollectError, WatchLimitError
from core.events import ErrorRaised, EventBus
from core.files.watch import Change, FolderWatcher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.files.ignore import IgnoreRules
    from core.store.folders import FolderStore

T = TypeVar("T")


class WatchedFolders:
    """Belongs to one thread, but for `or_scan`; `close` may come from another one, when that has ended."""

    def __init__(
        self,
        folders: FolderStore,
        bus: EventBus,
        on_changes: Callable[[Sequence[Change]], None],
        poll_interval_s: float,
    ) -> None:
        """
        Args:
            on_changes: Called on the watcher's thread with what it saw.
        """
        self._folders = folders
        self._bus = bus
        self._on_changes = on_changes
        self._poll_interval_s = poll_interval_s
        self._watcher: FolderWatcher | None = None
        self._watched: dict[int, Path] = {}
        self._rules: IgnoreRules | None = None  # those that the watcher goes by
        self._missed = False  # something that was seen could not be written

    def or_scan(self, write: Callable[[], T]) -> T:
        """Write what was seen; if that fails, all folders are looked through as soon as it can be asked for.

        From any thread: the watcher tells each change once, and the next scan may be an hour away.
        """
        try:
            return write()
        except Exception:
            self._missed = True
            raise

    def update(self, rules: IgnoreRules) -> None:
        """Watch the folders of this moment; all of them anew where the user has changed what is left out."""
        if self._missed:
            self._missed = False
            self.or_scan(self._folders.request_scan)
        if self._watcher is not None and self._rules is not rules:
            self._watcher.close()
            self._watcher, self._watched = None, {}
        wanted = {folder_id: root for folder_id, root, _ in self._folders.roots()}
        if wanted == self._watched:
            return
        if self._watcher is None:
            self._rules = rules
            self._watcher = FolderWatcher(
                self._on_changes, rules, poll_interval_s=self._poll_interval_s, on_fault=self._tell_fault
            )
        for folder_id, root in list(self._watched.items()):
            if wanted.get(folder_id) != root:
                self._watcher.unwatch(root)
                del self._watched[folder_id]
        for folder_id, root in wanted.items():
            if folder_id not in self._watched:
                self._watch(self._watcher, folder_id, root)

    def close(self, timeout_s: float) -> None:
        if self._watcher is not None:
            self._watcher.close(timeout_s)

    def _tell_fault(self) -> None:
        """On the watcher's thread."""
        self._bus.publish(ErrorRaised(RecollectError("Watching the folders was interrupted. It goes on by itself.")))

    def _watch(self, watcher: FolderWatcher, folder_id: int, root: Path) -> None:
        self._watched[folder_id] = root
        try:
            self._folders.set_polled(folder_id, not watcher.watch(root))
        except (WatchLimitError, FolderError, MachineError) as error:
            self._bus.publish(ErrorRaised(error))
            self._folders.set_polled(folder_id, True)
        self._folders.request_scan(folder_id)  # after the watch began, so that nothing falls between the two
