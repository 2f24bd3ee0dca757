"""A mark beside the database while a process indexes: found at the next start, it tells of a crash or a power cut."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)


class RunMark:
    """Belongs to the one process that holds the indexer's lock: who finds the mark then, finds that of a dead one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def set(self) -> bool:
        """Leave the mark. True if there was one already: the process that left it did not come to its end."""
        found = self._path.exists()
        try:
            self._path.touch()
        except OSError as error:  # a full disk, say: then the next start says nothing, which harms nobody
            log.info("The mark of a running process cannot be left: %s", error)
        return found

    def clear(self) -> None:
        """The process ends as it should."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
