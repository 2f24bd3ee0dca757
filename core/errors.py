"""Every error that Recollect shows, under one root.

`RecollectError` says in its title what went wrong, in its message why, and in its remedy what the user can do.
Errors of foreign libraries are translated where they are called, never passed on. A file that cannot be read is a
`PhotoError`: it becomes a row under Problems and stops nothing. Everything else concerns the whole application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class RecollectError(Exception):
    """Root of all errors that are meant for the user."""

    title = "Something went wrong"

    def __init__(self, message: str, *, remedy: str = "", path: Path | None = None, title: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.path = path
        if title is not None:
            self.title = title

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class MachineError(RecollectError):
    """The machine's fault, not ours: the remedy names what to free, plug in or permit."""

    title = "The computer does not let Recollect go on"


class DiskFullError(MachineError):
    title = "The disk is full"


class PermissionDeniedError(MachineError):
    title = "Recollect may not read or write this place"


class WatchLimitError(MachineError):
    title = "The system watches too many folders"


class LibraryError(RecollectError):
    title = "The library cannot be opened"


class NewerLibraryError(LibraryError):
    title = "This library was made by a newer Recollect"


class LibraryBusyError(LibraryError):
    title = "The library is busy"


class RelocationError(RecollectError):
    title = "The library cannot be moved there"


class SettingsError(RecollectError):
    title = "A setting is not valid"


class FolderError(RecollectError):
    title = "This folder cannot be added"


class AlbumError(RecollectError):
    title = "The album cannot be changed"


class LabelError(RecollectError):
    title = "The labels cannot be changed"


class LabelFileError(RecollectError):
    title = "These labels cannot be read"


class TrainingError(RecollectError):
    title = "Training cannot start"


class ModelError(RecollectError):
    title = "The model cannot be used"


class ModelMissingError(ModelError):
    title = "The model is not installed"


class DownloadError(RecollectError):
    title = "The download failed"


class DownloadCancelledError(DownloadError):
    title = "The download was cancelled"


class QueryError(RecollectError):
    """A query that cannot be understood. `start` and `end` point at the characters of the query that are at fault."""

    title = "The search cannot be understood"

    def __init__(self, message: str, *, remedy: str = "", start: int = 0, end: int = 0) -> None:
        super().__init__(message, remedy=remedy)
        self.start = start
        self.end = end


class PhotoError(RecollectError):
    """One file that cannot be read. Its message is a sentence for the Problems list."""

    title = "This photo cannot be read"
