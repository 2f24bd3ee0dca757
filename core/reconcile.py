"""The library and the disk, brought into agreement: a folder looked through, or one change that the watcher saw.

Writes rows through `Intake`; reading the photos themselves is the indexer's work. Nothing is called gone on weak
evidence: not below a directory that could not be listed, and not when the whole folder is out of reach.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from core.files.scan import FoundFile, is_missing, is_reachable, scan
from core.files.watch import Change, ChangeKind
from core.store.path_text import is_below, path_to_text
from core.types import PhotoId, PhotoStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from core.files.ignore import IgnoreRules
    from core.store.folders import FolderStore
    from core.store.intake import Claim, Intake, KnownFile, Place

CHUNK = (
    1000  # files written in one transaction: the indexer gets its first ones while a big folder is still looked through
)


@dataclass
class Outcome:
    """What a look at the disk changed."""

    queued: int = 0  # files that the indexer has to read
    changed: list[PhotoId] = field(default_factory=list[PhotoId])  # photos that came back, moved or are gone
    folders_changed: bool = False  # one went offline or came back

    @property
    def is_nothing(self) -> bool:
        return not (self.queued or self.changed or self.folders_changed)


class Reconciler:
    def __init__(self, folders: FolderStore, intake: Intake, rules: IgnoreRules) -> None:
        self._folders = folders
        self._intake = intake
        self.rules = rules

    def look_through(
        self,
        folder_id: int,
        root: Path,
        start: Path | None = None,
        *,
        stopped: Callable[[], bool] = lambda: False,
        on_chunk: Callable[[Outcome], None] = lambda outcome: None,
    ) -> Outcome:
        """Compare a folder, or a directory in it, with what is known.

        Args:
            stopped: Asked between chunks; when it says yes the rest is left for the next time, and nothing is gone.
            on_chunk: Called after each chunk, so that work can begin at once.
        """
        outcome = Outcome()
        outcome.folders_changed = self._folders.set_online(folder_id, self._is_there(root))
        if not self._is_there(root):
            return outcome
        directory = start or root
        known = self._intake.known(directory)
        found = scan(root, self.rules, start=start)
        seen: set[str] = set()
        for chunk in _in_chunks(found):
            if stopped():
                return outcome
            seen.update(path_to_text(file.path) for file in chunk)
            self._take_in(folder_id, chunk, known, outcome)
            on_chunk(outcome)
        unseen = [*found.unreadable, *found.placeholders]  # there, but not to be looked at
        lost = [(file.photo_id, text) for text, file in known.items() if _is_lost(text, file, seen, unseen)]
        if lost and not self._is_there(root):
            return outcome  # the drive was pulled out while it was being read
        self._intake.mark_gone(lost)
        outcome.changed += [photo_id for photo_id, _ in lost]
        return outcome

    def apply(self, changes: Sequence[Change]) -> Outcome:
        """Write what the watcher saw."""
        outcome = Outcome()
        for change in changes:
            owner = self._owner(change.path)
            if change.kind is ChangeKind.MOVED and change.target is not None:
                self._move(change, change.target, outcome)
            elif owner is None:
                continue
            elif change.kind is ChangeKind.REMOVED:
                outcome.changed += self._intake.gone_below(change.path)
            elif change.kind is ChangeKind.RESCAN or change.is_dir:
                self._merge(outcome, self._look_again(owner, change.path))
            else:
                self._upsert(owner[0], change.path, outcome)
        return outcome

    def _look_again(self, owner: tuple[int, Path], directory: Path) -> Outcome:
        folder_id, root = owner
        if directory != root and is_missing(directory):
            return Outcome(changed=self._intake.gone_below(directory))
        return self.look_through(folder_id, root, None if directory == root else directory)

    def _upsert(self, folder_id: int, path: Path, outcome: Outcome) -> None:
        found = _look_at(path)
        if found is None:
            outcome.changed += self._intake.gone_below(path)
            return
        known = self._intake.known_at(path)
        self._take_in(folder_id, [found], {path_to_text(path): known} if known else {}, outcome)

    def _move(self, change: Change, target: Path, outcome: Outcome) -> None:
        owner = self._owner(target)
        if owner is None or not (change.is_dir or self.rules.allows_file(target, owner[1])):
            outcome.changed += self._intake.gone_below(change.path)
            return
        outcome.changed += self._intake.move(change.path, target, owner[0])
        if change.is_dir:
            self._merge(outcome, self._look_again(owner, target))
        else:
            self._upsert(owner[0], target, outcome)

    def _take_in(
        self, folder_id: int, files: Sequence[FoundFile], known: dict[str, KnownFile], outcome: Outcome
    ) -> None:
        """Queue what is new or changed, bring back what was gone and is the same."""
        to_queue: list[FoundFile] = []
        to_restore: list[Place] = []
        for file in files:
            text = path_to_text(file.path)
            before = known.get(text)
            if before is None or (before.size_bytes, before.mtime_ns) != (file.size_bytes, file.mtime_ns):
                to_queue.append(file)
            elif before.status is PhotoStatus.GONE:
                to_restore.append((before.photo_id, text))
        if to_queue:
            self._intake.queue(folder_id, to_queue)
        if to_restore:
            self._intake.restore(folder_id, to_restore)
        outcome.queued += len(to_queue)
        outcome.changed += [photo_id for photo_id, _ in to_restore]

    def _is_there(self, root: Path) -> bool:
        """An empty folder with photos that nobody saw go is taken for the mount point of a drive that is unplugged."""
        if is_reachable(root):
            return True
        return _is_empty(root) and all(file.status is PhotoStatus.GONE for file in self._intake.known(root).values())

    def settle_missing(self, claim: Claim) -> None:
        """A file that the indexer did not find: it is gone, or its whole folder is out of reach."""
        owner = self._owner(claim.path)
        if owner is not None and not self._is_there(owner[1]):
            self._folders.set_online(owner[0], False)
        else:
            self._intake.gone_below(claim.path)

    def _owner(self, path: Path) -> tuple[int, Path] | None:
        roots = ((folder_id, root) for folder_id, root, _ in self._folders.roots())
        return next(((folder_id, root) for folder_id, root in roots if path.is_relative_to(root)), None)

    @staticmethod
    def _merge(outcome: Outcome, other: Outcome) -> None:
        outcome.queued += other.queued
        outcome.changed += other.changed
        outcome.folders_changed |= other.folders_changed


def _in_chunks(files: Iterable[FoundFile]) -> Iterator[list[FoundFile]]:
    iterator = iter(files)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _is_lost(text: str, file: KnownFile, seen: set[str], unseen: Iterable[Path]) -> bool:
    if text in seen or file.status is PhotoStatus.GONE:
        return False
    return not any(text == path_to_text(path) or is_below(text, path) for path in unseen)


def _is_empty(directory: Path) -> bool:
    try:
        return next(directory.iterdir(), None) is None
    except OSError:
        return False


def _look_at(path: Path) -> FoundFile | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return FoundFile(path, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None
