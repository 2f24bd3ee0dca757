"""From the file system's raw events to one settled change a path.

A file that is being written makes dozens of events, and none of them says that it was the last. So an event only marks
its path; when the path has been quiet for a while, one look at the disk tells what became of it. Whatever happened in
between (written in pieces, deleted and written anew, replaced by renaming) comes out as one `UPSERT` or one `REMOVED`.
Moves are passed on as they happen, because nothing on disk tells afterwards where a file came from.

No threads and no clock here: time is handed in, and `core.files.watch` calls everything from its one thread.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileMovedEvent,
    FileSystemEvent,
)

from core.files.ignore import IgnoreRules
from core.files.scan import is_placeholder, scan


class ChangeKind(StrEnum):
    """What happened to a path."""

    UPSERT = "upsert"  # the file is new or was written; its content is complete
    REMOVED = "removed"  # the file, or the folder with all below it, is gone
    MOVED = "moved"  # the file, or the folder with all below it, is now `target`
    RESCAN = "rescan"  # look through the folder and compare: what happened below it is not known


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one path. After MOVED of a file an UPSERT of its target follows, in case it was written too."""

    kind: ChangeKind
    path: Path
    is_dir: bool = False
    target: Path | None = None  # of MOVED only


@dataclass(slots=True)
class _Mark:
    """A path that something happened to."""

    due: float  # when it will have been quiet for long enough, on the clock of the caller
    is_dir: bool
    seen: tuple[int, int] | None  # size and mtime at the last event; None: it was not there


class ChangeCollector:
    """Takes in events, gives out changes once they are `settle_s` old and the file has kept its size and time."""

    def __init__(self, rules: IgnoreRules, settle_s: float) -> None:
        self._rules = rules
        self._settle_s = settle_s
        self._marks: dict[Path, _Mark] = {}
        self._ready: list[Change] = []
        self._new_folders: dict[Path, Path] = {}  # folder -> its root

    def note(self, event: FileSystemEvent, root: Path, now: float) -> None:
        """Take in one event of a watched `root`. Paths in the event are those below `root`."""
        path = Path(os.fsdecode(event.src_path))
        match event:
            case DirMovedEvent() | FileMovedEvent():
                # For a moved folder the watcher makes up an event for each file in it: the folder's own says it all.
                if not event.is_synthetic:
                    self._note_move(path, Path(os.fsdecode(event.dest_path)), root, event.is_directory, now)
            case DirCreatedEvent():
                if self._allows(path, root, is_dir=True):
                    self._new_folders[path] = root
            case DirDeletedEvent():
                self._note_lost_folder(path, root, now)
            case _:
                if not event.is_directory:
                    self._mark(path, root, now)

    def rescan(self, folder: Path) -> None:
        """Ask for `folder` to be looked through."""
        self._ready.append(Change(ChangeKind.RESCAN, folder, is_dir=True))

    def forget(self, root: Path) -> None:
        """Drop all that is known about paths below a root that is no longer watched."""
        for path in self._below(root):
            del self._marks[path]
        self._new_folders = {folder: owner for folder, owner in self._new_folders.items() if owner != root}
        self._ready = [change for change in self._ready if not change.path.is_relative_to(root)]

    def settled(self, now: float) -> list[Change]:
        """All changes that are certain by now, in the order in which they are to be applied."""
        self._look_into_new_folders(now)
        changes, self._ready = self._ready, []
        for path in [path for path, mark in self._marks.items() if mark.due <= now]:
            change = self._settle(path, now)
            if change is not None:
                changes.append(change)
        return list(dict.fromkeys(changes))  # a folder that is watched twice (itself and as a part) tells it twice

    def next_due(self) -> float | None:
        """When `settled` may next have something to give; None while nothing is going on."""
        return min((mark.due for mark in self._marks.values()), default=None)

    def _allows(self, path: Path, root: Path, *, is_dir: bool) -> bool:
        if not path.is_relative_to(root):
            return False
        return self._rules.allows_dir(path, root) if is_dir else self._rules.allows_file(path, root)

    def _mark(self, path: Path, root: Path, now: float) -> None:
        if self._allows(path, root, is_dir=False):
            self._marks[path] = _Mark(now + self._settle_s, is_dir=False, seen=_size_and_time(path))

    def _note_lost_folder(self, path: Path, root: Path, now: float) -> None:
        if path != root and self._allows(path, root, is_dir=True):
            self._marks[path] = _Mark(now + self._settle_s, is_dir=True, seen=None)

    def _note_move(self, source: Path, target: Path, root: Path, is_dir: bool, now: float) -> None:
        """A move across the border between photos and junk is an appearance or a loss, such as `.tmp` -> `.jpg`."""
        from_photos = self._allows(source, root, is_dir=is_dir)
        to_photos = self._allows(target, root, is_dir=is_dir)
        if from_photos and to_photos:
            self._carry_marks(source, target)
            self._ready.append(Change(ChangeKind.MOVED, source, is_dir=is_dir, target=target))
        if is_dir:
            if to_photos and not from_photos:
                self._new_folders[target] = root
            elif from_photos and not to_photos:
                self._note_lost_folder(source, root, now)
        elif to_photos:
            self._mark(target, root, now)
        else:
            self._mark(source, root, now)

    def _carry_marks(self, source: Path, target: Path) -> None:
        """What was about to settle below the old path settles below the new one."""
        for path in self._below(source):
            mark = self._marks.pop(path)
            moved = target / path.relative_to(source)
            mark.seen = _size_and_time(moved)  # when the event was noted, the file may have been on its way already
            self._marks[moved] = mark

    def _below(self, folder: Path) -> list[Path]:
        """Marked paths: `folder` itself and what lies below it."""
        prefix = f"{folder}{os.sep}"  # as text: a large copy has tens of thousands of marks
        return [path for path in self._marks if path == folder or str(path).startswith(prefix)]

    def _look_into_new_folders(self, now: float) -> None:
        """A folder comes as one event, whatever is in it: mark its photos as if each had come alone."""
        folders, self._new_folders = self._new_folders, {}
        for folder in _outermost(folders):
            for found in scan(folders[folder], self._rules, start=folder):
                seen = (found.size_bytes, found.mtime_ns)
                self._marks[found.path] = _Mark(now + self._settle_s, is_dir=False, seen=seen)

    def _settle(self, path: Path, now: float) -> Change | None:
        """What has become of a path that was quiet. None where it goes on changing or is nothing to tell."""
        mark = self._marks[path]
        try:
            status = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            del self._marks[path]
            return Change(ChangeKind.REMOVED, path, is_dir=mark.is_dir)
        except OSError:
            del self._marks[path]  # not permitted, drive failing: nothing is known, so nothing is claimed
            return None
        if mark.is_dir:
            del self._marks[path]  # it was deleted and is back: what is in it now has to be compared
            return Change(ChangeKind.RESCAN, path, is_dir=True)
        seen = (status.st_size, status.st_mtime_ns)
        if seen != mark.seen:
            mark.seen, mark.due = seen, now + self._settle_s
            return None
        del self._marks[path]
        is_photo = stat.S_ISREG(status.st_mode) and not is_placeholder(status)
        return Change(ChangeKind.UPSERT, path) if is_photo else None


def _size_and_time(path: Path) -> tuple[int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _outermost(folders: Iterable[Path]) -> list[Path]:
    """Folders that lie in no other of them."""
    outermost: list[Path] = []
    for folder in sorted(folders):  # a folder sorts before all that lies in it
        if not (outermost and folder.is_relative_to(outermost[-1])):
            outermost.append(folder)
    return outermost
