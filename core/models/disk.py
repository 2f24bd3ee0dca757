"""Writing files: is there space, what went wrong in the user's words, and the step that puts a file in place."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from core.errors import DiskFullError, MachineError, PermissionDeniedError

# Left free on the disk: the database beside the models must still be able to write.
RESERVED_BYTES = 64 << 20
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def check_space(folder: Path, needed_bytes: int) -> None:
    """Raises DiskFullError when `needed_bytes` more would not fit into `folder`."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes + RESERVED_BYTES:
        raise DiskFullError(
            f"{needed_bytes / 1e6:,.0f} MB are needed in {folder}, and {free / 1e6:,.0f} MB are free.",
            remedy="Free some space and start again.",
            path=folder,
        )


@contextmanager
def disk_errors(
    target: Path, *, if_full: str = "Free some space and start again: it goes on where it stopped."
) -> Generator[None]:
    """Translate what goes wrong while `target` is written.

    Args:
        if_full: What the user can do when the disk is full.

    Raises:
        DiskFullError: it is.
        PermissionDeniedError: the place may not be written.
        MachineError: the disk failed.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFullError(
                f"The disk became full while {target.name} was written.",
                remedy=if_full,
                path=target,
            ) from error
        if error.errno in _FORBIDDEN:
            raise PermissionDeniedError(
                f"{target.parent} cannot be written to.",
                remedy="Change its permissions, or choose another home for the library.",
                path=target,
            ) from error
        raise MachineError(
            f"{target.name} cannot be written: {error.strerror or error}.", remedy="Check the disk.", path=target
        ) from error


def write_whole(target: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `target`, which then takes its place: nobody ever reads half of it.

    Raises:
        OSError: what `write` raises; nothing of it stays.
    """
    part = target.with_name(f"{target.name}.{uuid4().hex}.tmp")
    try:
        write(part)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def put_in_place(part: Path, target: Path) -> None:
    """Make `part` the file `target` for good: it survives a power cut from here on."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)
    if os.name == "posix":  # Windows cannot open a directory, and writes renames through by itself
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
