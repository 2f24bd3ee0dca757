"""The settings of an open library: one file that this process, and others, may change at any time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout
from pydantic import ValidationError

from core.errors import LibraryBusyError, SettingsError
from core.models.disk import disk_errors
from core.settings import Settings, load_settings, save_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


LOCK_TIMEOUT_S = 10.0  # a change takes milliseconds; who waits longer waits for a process that hangs


class SettingsFile:
    """Holds the settings in force. Safe to use from any thread."""

    def __init__(self, path: Path, settings: Settings | None, on_change: Callable[[Settings], None]) -> None:
        """
        Args:
            settings: In force instead of what the file says, until one of the two is changed.
            on_change: Called with other settings once they are in force.
        """
        self._path = path
        self._on_change = on_change
        self._lock = threading.Lock()
        self._file_lock = FileLock(path.with_suffix(".lock"), timeout=LOCK_TIMEOUT_S, thread_local=False)
        self._holds_file = settings is None  # what is in force stands in the file
        self._seen = self._state()
        self.current = settings or load_settings(path)

    def change(self, changes: dict[str, Any]) -> None:
        """Change some settings, here and in the file.

        Raises:
            SettingsError: a value is not allowed; names the setting.
            LibraryBusyError: another process does not let go of the file.
            MachineError: the disk is full, or may not be written.
        """
        with disk_errors(self._path, if_full="Free some space, then choose again."):
            try:
                with self._lock, self._file_lock:
                    self._change(changes)
            except Timeout as error:
                raise LibraryBusyError(
                    "Another Recollect has been writing the settings for a long time.",
                    remedy="Close other windows of Recollect, then try again.",
                    path=self._path,
                ) from error

    def reread(self) -> Settings:
        """The settings in force, after a look whether another process has changed them.

        Raises:
            SettingsError: it has, and they are not valid. Said once; then those before stay in force.
        """
        with self._lock:
            if self._state() != self._seen:
                self._read()
            return self.current

    def _change(self, changes: dict[str, Any]) -> None:
        if self._holds_file or self._state() != self._seen:
            self._read()
        try:
            changed = Settings.model_validate({**self.current.model_dump(), **changes})
        except ValidationError as error:
            first = error.errors()[0]
            raise SettingsError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
        save_settings(self._path, changed)
        self._seen = self._state()
        self._use(changed)

    def _read(self) -> None:
        self._seen = self._state()  # before reading: what is written after it is read the next time
        self._use(load_settings(self._path))

    def _use(self, settings: Settings) -> None:
        is_other = settings != self.current
        self.current = settings
        self._holds_file = True
        if is_other:
            self._on_change(settings)

    def _state(self) -> tuple[int, ...]:
        """Tells one content of the file from another: by its place on the disk too, for clocks of file systems tick
        slowly and each content is written as a new file.
        """
        if not self._path.exists():
            return ()
        status = self._path.stat()
        return status.st_mtime_ns, status.st_ino, status.st_size
