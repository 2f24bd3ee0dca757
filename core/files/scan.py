"""Looks through a folder for photos. Reads names, sizes and times; opens no file and follows no link.

A scan also says what it could not see, because what was not seen must not be called gone.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core.files.ignore import IgnoreRules

_MAC_DATALESS = 0x40000000  # SF_DATALESS: iCloud keeps the content, reading would download it
_WINDOWS_RECALL = 0x00001000 | 0x00040000 | 0x00400000  # OFFLINE, RECALL_ON_OPEN, RECALL_ON_DATA_ACCESS: OneDrive & co.
_WINDOWS_REPARSE_POINT = 0x00000400  # junctions, which Python 3.11 takes for plain folders


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A photo on disk, not opened yet."""

    path: Path
    size_bytes: int
    mtime_ns: int


@dataclass(slots=True)
class Scan:
    """A walk that happens while it is iterated; the lists are complete once it has ended."""

    root: Path
    rules: IgnoreRules
    start: Path
    unreadable: list[Path] = field(default_factory=list[Path])
    """Folders (rarely files) that the system did not let us look at: nothing there or below may be called gone."""
    placeholders: list[Path] = field(default_factory=list[Path])
    """Photos whose content lies in a cloud. Not to be read, which would download them; not gone either."""

    def __iter__(self) -> Iterator[FoundFile]:
        """Photos, folder by folder. Files of a folder come before those of its subfolders."""
        seen: set[tuple[int, int]] = set()
        waiting = [self.start]
        while waiting:
            folder = waiting.pop()
            if self._is_new(folder, seen):
                subfolders: list[Path] = []
                yield from self._look_into(folder, subfolders)
                waiting.extend(reversed(subfolders))

    def _is_new(self, folder: Path, seen: set[tuple[int, int]]) -> bool:
        """False for a folder that was met before: bind mounts can form loops although no link is followed."""
        try:
            status = folder.stat()
        except OSError as error:
            self._note_unreadable(folder, error)
            return False
        identity = (status.st_dev, status.st_ino)
        if status.st_ino and identity in seen:  # some network drives have no inode numbers: all are 0
            return False
        seen.add(identity)
        return True

    def _look_into(self, folder: Path, subfolders: list[Path]) -> Iterator[FoundFile]:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    found = self._look_at(entry, subfolders)
                    if found is not None:
                        yield found
        except OSError as error:
            self._note_unreadable(folder, error)

    def _look_at(self, entry: os.DirEntry[str], subfolders: list[Path]) -> FoundFile | None:
        """The photo that this entry is, or None. Folders to be looked into are added to `subfolders`."""
        path = Path(entry.path)
        try:
            is_folder = entry.is_dir(follow_symlinks=False)
            allowed = self.rules.allows_dir(path, self.root) if is_folder else self.rules.allows_file(path, self.root)
            if not allowed:
                return None
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            self._note_unreadable(path, error)
            return None
        if is_folder:
            if not _file_attributes(status) & _WINDOWS_REPARSE_POINT:
                subfolders.append(path)
            return None
        return self._found(path, status)

    def _found(self, path: Path, status: os.stat_result) -> FoundFile | None:
        if not stat.S_ISREG(status.st_mode):
            return None
        if is_placeholder(status):
            self.placeholders.append(path)
            return None
        return FoundFile(path, status.st_size, status.st_mtime_ns)

    def _note_unreadable(self, path: Path, error: OSError) -> None:
        """What vanished below the root during the walk is gone, not unreadable."""
        if path == self.root or not isinstance(error, FileNotFoundError | NotADirectoryError):
            self.unreadable.append(path)


def scan(root: Path, rules: IgnoreRules, *, start: Path | None = None) -> Scan:
    """All photos below `root`, or only those below `start`, a folder inside it.

    Nothing happens until the result is iterated. It raises nothing: what cannot be listed is in `unreadable`.
    """
    return Scan(root, rules, start or root)


def is_missing(path: Path) -> bool:
    """True if there is certainly nothing at this path. A drive that does not answer, or a folder that may not be
    entered, proves nothing."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def is_reachable(root: Path) -> bool:
    """Whether what is missing below `root` may be called gone.

    False where it is missing or cannot be listed, and where it is empty: an unplugged drive leaves its mount point as
    an empty folder. A folder that the user has emptied looks the same; its photos are then hidden instead of forgotten,
    and the difference shows to nobody.
    """
    try:
        with os.scandir(root) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def is_placeholder(status: os.stat_result) -> bool:
    """Whether reading the file would first download it from a cloud."""
    mac_flags = getattr(status, "st_flags", 0)
    return bool(mac_flags & _MAC_DATALESS or _file_attributes(status) & _WINDOWS_RECALL)


def _file_attributes(status: os.stat_result) -> int:
    return getattr(status, "st_file_attributes", 0)
