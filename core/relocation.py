"""Moving a library to another folder: a checked copy, and a pointer that the next start follows.

The old library is never touched. What is changed in it until the new one is opened is brought over at that moment, so
the library may be used while it is copied and until Recollect is started again.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import LibraryBusyError, LibraryError, PermissionDeniedError, RecollectError, RelocationError
from core.files.volumes import is_network_path
from core.home_copy import CopyCancelledError, HomeCopy
from core.models.disk import check_space, disk_errors
from core.paths import HOME_VARIABLE, LibraryPaths, default_home, point_to, pointer
from core.store.database import Database
from core.store.folders import FolderStore
from core.types import Relocation

log = logging.getLogger(__name__)

UNFINISHED = "unfinished-move"
"""A file in the new home until all is there: after a power cut the same folder can be chosen again."""


def relocate(
    paths: LibraryPaths,
    target: Path,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    *,
    is_indexer: bool = False,
) -> Relocation:
    """Copy a library to an empty folder, and let the next start find it there.

    Args:
        target: Made if it is not there.
        on_progress: Called with bytes done and bytes in total.
        cancelled: Asked now and then; then what was copied is removed again.
        is_indexer: The caller's process indexes this library, so no other one does.

    Raises:
        RelocationError: the folder is not empty, or lies where a library must not lie.
        LibraryBusyError: another process indexes the library.
        DiskFullError, PermissionDeniedError, MachineError: the new disk does not take it.
        LibraryError: the copy is not what it should be.
    """
    new = LibraryPaths(target.expanduser().absolute())
    copy = HomeCopy(paths, new, on_progress or (lambda done, total: None), cancelled or (lambda: False))
    with nullcontext() if is_indexer else _alone(paths):
        _check(paths, new.home)
        made = not new.home.exists()
        with disk_errors(new.home / UNFINISHED):
            new.home.mkdir(parents=True, exist_ok=True)
            (new.home / UNFINISHED).touch()
        try:
            check_space(new.home, copy.size())
            copy.run()
            followed = _point_to(paths, new)
        except CopyCancelledError:
            _clear(copy, new.home, made)
            return Relocation(paths.home, new.home, 0, followed=False, cancelled=True)
        except RecollectError:
            _clear(copy, new.home, made)
            raise
        (new.home / UNFINISHED).unlink()
    return Relocation(paths.home, new.home, copy.copied_bytes, followed)


def settle(paths: LibraryPaths) -> None:
    """Before a library is opened for the first time in its new home: bring over what was changed in the old one since.

    Raises:
        LibraryBusyError: the old one is still in use.
        DiskFullError, PermissionDeniedError, MachineError: the new disk does not take it.
    """
    if not paths.moved_from.exists():
        return
    old = LibraryPaths(Path(os.fsdecode(paths.moved_from.read_bytes())))
    if not old.database.is_file() or not os.access(old.home, os.W_OK):  # deleted by now, or its drive unplugged
        paths.moved_from.unlink(missing_ok=True)
        return
    with _alone(old):
        if not paths.moved_from.exists():  # another process was quicker, and has opened it
            return
        try:
            HomeCopy(old, paths).refresh()
        except LibraryError as error:  # the old one is damaged; the new one is whole, and as it was when copied
            log.warning("What was changed in %s since it was copied is lost: %s", old.home, error)
        paths.moved_from.unlink(missing_ok=True)


def _check(paths: LibraryPaths, target: Path) -> None:
    real, home = target.resolve(), paths.home.resolve()
    if real.is_relative_to(home):
        raise RelocationError(f"{target} lies in the library itself.", remedy="Choose a folder elsewhere.", path=target)
    if target.exists() and not target.is_dir():
        raise RelocationError(f"{target} is a file.", remedy="Choose a folder.", path=target)
    if target.is_dir() and any(target.iterdir()) and not (target / UNFINISHED).exists():
        raise RelocationError(
            f"The folder {target} is not empty.",
            remedy="Make a new folder for the library, and choose that.",
            path=target,
        )
    watched = next((root for root in _watched(paths) if real.is_relative_to(root.resolve())), None)
    if watched is not None:
        raise RelocationError(
            f"{target} lies in {watched}, whose photos are in the library.",
            remedy="Choose a folder outside of your photos.",
            path=target,
        )
    if is_network_path(target):
        raise RelocationError(
            f"{target} lies on a network drive, where databases get damaged.",
            remedy="Choose a folder on a drive of this computer.",
            path=target,
        )


def _watched(paths: LibraryPaths) -> list[Path]:
    database = Database(paths.database)
    try:
        return [root for _, root, _ in FolderStore(database).roots()]
    finally:
        database.close()


def _point_to(paths: LibraryPaths, new: LibraryPaths) -> bool:
    """Let the next start find the new home, if this is the library that a plain start opens."""
    with disk_errors(new.moved_from):
        new.moved_from.write_bytes(os.fsencode(paths.home))
    if os.environ.get(HOME_VARIABLE) or not _is_default(paths.home):
        return False
    try:
        point_to(new.home)
    except OSError as error:
        raise PermissionDeniedError(
            f"The file {pointer()}, which says where your library lies, cannot be written: {error.strerror}.",
            remedy="Check the permissions of that folder.",
            path=pointer(),
        ) from error
    return True


def _is_default(home: Path) -> bool:
    """Also one that was moved a moment ago, and is open until the next start."""
    try:
        default = LibraryPaths(default_home().absolute())
    except LibraryError:  # moved to a drive that is not plugged in; this one was named by the user
        return False
    moved = default.moved_from.exists() and default.moved_from.read_bytes() == os.fsencode(home)
    return moved or default.home == home


def _clear(copy: HomeCopy, target: Path, made: bool) -> None:
    """Leave the folder as it was."""
    copy.undo()
    for leftover in (target / UNFINISHED, copy.target.moved_from):
        leftover.unlink(missing_ok=True)
    if made and not any(target.iterdir()):
        target.rmdir()


@contextmanager
def _alone(paths: LibraryPaths) -> Generator[None]:
    """Hold the indexer's role meanwhile.

    Raises:
        LibraryBusyError: another process has it.
    """
    try:
        with FileLock(paths.indexer_lock, timeout=0, thread_local=False):
            yield
    except Timeout as error:
        raise LibraryBusyError(
            f"Another Recollect is at work in {paths.home}.",
            remedy="Close its window, or wait until it has ended, and try again.",
            path=paths.home,
        ) from error
