"""The settings of an open library: one file that this process, and others, may change at any time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from core.errors import SettingsError
from core.settings import Settings, load_settings, save_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
        self.current = settings or load_settings(path)
        self._seen = self._mtime()

    def change(self, changes: dict[str, Any]) -> None:
        """Change some settings, here and in the file.

        Raises:
            SettingsError: a value is not allowed; names the setting.
        """
        with self._lock:
            if self._mtime() != self._seen:  # another process has changed something else
                self._use(load_settings(self._path))
            try:
                changed = Settings.model_validate({**self.current.model_dump(), **changes})
            except ValidationError as error:
                first = error.errors()[0]
                raise SettingsError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
            save_settings(self._path, changed)
            self._use(changed)

    def reread(self) -> Settings:
        """The settings in force, after a look whether another process has changed them.

        Raises:
            SettingsError: it has, and they are not valid.
        """
        with self._lock:
            if self._mtime() != self._seen:
                self._use(load_settings(self._path))
            return self.current

    def _use(self, settings: Settings) -> None:
        self.current = settings
        self._seen = self._mtime()
        self._on_change(settings)

    def _mtime(self) -> int:
        return self._path.stat().st_mtime_ns if self._path.exists() else 0
