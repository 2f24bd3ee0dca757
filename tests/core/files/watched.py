"""A watched folder, for the tests of the watcher."""

from __future__ import annotations

from pathlib import Path

from core.files.watch import Change, ChangeKind, FolderWatcher
from tests.waiting import wait_until

JPEG = b"\xff\xd8 not looked into \xff\xd9"
UPSERT, REMOVED, MOVED, RESCAN = ChangeKind


class Watched:
    """A watched folder and all that was told about it."""

    def __init__(self, root: Path, watcher: FolderWatcher, changes: list[Change]) -> None:
        self.root = root
        self.outside = root.parent / "outside"
        self.outside.mkdir()
        self.watcher = watcher
        self.changes = changes

    def put(self, name: str, content: bytes = JPEG, *, below: Path | None = None) -> Path:
        path = (below or self.root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def until(self, *expected: Change) -> None:
        """Wait until all these were told."""
        wait_until(lambda: set(expected) <= set(self.changes), what=f"{expected}; came: {self.changes}")

    def quiet(self) -> list[Change]:
        """All that was told up to now: a last photo is put, and what came before it is complete when that is told."""
        marker = self.put("marker.jpg", str(len(self.changes)).encode())
        seen = self.changes.count(upsert(marker))
        wait_until(lambda: self.changes.count(upsert(marker)) > seen, what=f"the marker; came: {self.changes}")
        return [change for change in self.changes if change.path != marker]

    def forget(self) -> None:
        """Wait until all is told, and begin a new list."""
        self.quiet()
        self.changes.clear()


def upsert(path: Path) -> Change:
    return Change(UPSERT, path)


def rescan(path: Path) -> Change:
    return Change(RESCAN, path, is_dir=True)
