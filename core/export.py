"""Copies of photos in a folder that the user chose: the files themselves, or smaller JPEGs.

Nothing is ever overwritten. A copy is written under a temporary name beside its place and takes its own name when it is
complete, so that neither an error nor the end of the program leaves half a photo.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

from core.errors import DiskFullError, FolderError, MachineError, PermissionDeniedError, PhotoError, RecollectError
from core.files.decode import read_content, unreadable
from core.files.resized import resized_jpeg
from core.types import ExportReport

if TYPE_CHECKING:
    from core.types import Photo

PIECE_BYTES = 4 * 1024**2  # of a large file, after which "cancel" is looked at

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOT_PERMITTED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NAME_REFUSED = frozenset({errno.EINVAL, errno.ENAMETOOLONG, errno.EILSEQ})  # a drive of Windows takes no question mark


class _CancelledError(Exception):
    """The user has changed their mind in the middle of a file."""


class Export:
    """One copying of photos into one folder, on the caller's thread."""

    def __init__(self, folder: Path, *, edge_px: int | None, cancelled: Callable[[], bool]) -> None:
        """
        Args:
            edge_px: The longer edge that a copy may have at most; None for the files themselves.
            cancelled: Asked before and during each photo.
        """
        self._folder = folder
        self._edge_px = edge_px
        self._cancelled = cancelled
        self._next_number: dict[str, int] = {}  # of each name: a hundred IMG_1.jpg are not to be counted anew each time

    def run(self, photos: Sequence[Photo], on_progress: Callable[[int, int], None]) -> ExportReport:
        """Copy what can be copied. Whatever ends it, what was copied until then stays.

        Args:
            on_progress: Called with photos done and photos in total, after each one.

        Raises:
            FolderError: the folder is not there.
            PermissionDeniedError: it may not be written.
            DiskFullError: its disk is full.
            MachineError: its disk failed, or was pulled out.
        """
        if not self._folder.is_dir():
            raise self._no_folder()
        written: list[Path] = []
        failed: list[tuple[Path, str]] = []
        for done, photo in enumerate(photos, start=1):
            try:
                written.append(self._copy(photo))
            except PhotoError as error:
                failed.append((photo.path, error.message))
            except _CancelledError:
                return ExportReport(tuple(written), tuple(failed), cancelled=True)
            except OSError as error:
                raise self._translated(error, f"{len(written)} of {len(photos)} photos were copied.") from error
            on_progress(done, len(photos))
        return ExportReport(tuple(written), tuple(failed))

    def _copy(self, photo: Photo) -> Path:
        """Write one photo. An OSError that comes out of here is the folder's, not the photo's."""
        self._go_on()
        temporary = self._folder / f".recollect-{uuid4().hex}.part"  # hidden, and no photo: nobody indexes it
        try:
            with temporary.open("xb") as target:
                mtime_ns = self._write(photo.path, target)
            with suppress(OSError):  # some drives take no times, or no old ones; the photo is copied all the same
                os.utime(temporary, ns=(mtime_ns, mtime_ns))
            return self._settle(temporary, photo.path)
        finally:
            with suppress(OSError):  # it has its own name by now, or its drive is gone
                temporary.unlink()

    def _write(self, original: Path, target: BinaryIO) -> int:
        """Returns the modification time of the original, in ns."""
        try:
            status = original.stat()
        except OSError as error:
            raise unreadable(error, original) from error
        if not stat.S_ISREG(status.st_mode):
            raise PhotoError("It is a folder or a device, not a file.", path=original)
        if self._edge_px is None:
            self._write_bytes(original, target)
        else:
            content, _ = read_content(original)
            target.write(resized_jpeg(content, edge_px=self._edge_px, name=str(original)))
        return status.st_mtime_ns

    def _write_bytes(self, original: Path, target: BinaryIO) -> None:
        for piece in _pieces(original):
            self._go_on()
            target.write(piece)

    def _settle(self, temporary: Path, original: Path) -> Path:
        """Give the copy the name of its original, or that with a number where the name is taken."""
        suffix = original.suffix if self._edge_px is None else ".jpg"
        name = f"{original.stem}{suffix}"
        number = self._next_number.get(name, 1)
        while not _take(place := self._folder / (name if number == 1 else f"{original.stem} ({number}){suffix}")):
            number += 1
        self._next_number[name] = number + 1
        try:
            return temporary.replace(place)
        except OSError:
            place.unlink()
            raise

    def _go_on(self) -> None:
        if self._cancelled():
            raise _CancelledError

    def _translated(self, error: OSError, so_far: str) -> RecollectError:
        if error.errno in _DISK_FULL:
            return DiskFullError(
                f"There is no space left for {self._folder}. {so_far}",
                remedy="Free some space, then export the others.",
                path=self._folder,
            )
        if error.errno in _NOT_PERMITTED:
            return PermissionDeniedError(
                f"{self._folder} cannot be written. {so_far}", remedy="Choose another folder.", path=self._folder
            )
        if not self._folder.is_dir():
            return self._no_folder()
        return MachineError(
            f"{self._folder} could not be written: {error.strerror or error}. {so_far}",
            remedy="Check the drive, then export the others.",
            path=self._folder,
        )

    def _no_folder(self) -> FolderError:
        return FolderError(
            f"{self._folder} is not a folder.",
            remedy="Choose another one.",
            path=self._folder,
            title="The photos cannot be copied there",
        )


def _pieces(original: Path) -> Iterator[bytes]:
    try:
        with original.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece
    except OSError as error:
        raise unreadable(error, original) from error


def _take(place: Path) -> bool:
    """Make an empty file there, so that nobody else takes the name; False if it is taken already."""
    try:
        place.touch(exist_ok=False)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno in _NAME_REFUSED:
            raise PhotoError("The drive that it is copied to does not take its name.", path=place) from error
        raise
    return True
