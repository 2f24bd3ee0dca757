"""Takes labels from a file or from folders, as a deed; and again once photos that were missing are in the library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import RecollectError
from desktop.organise.undo import Outcome
from desktop.organise.wording import photos
from desktop.tagging.deeds import RestorableDeed

if TYPE_CHECKING:
    from core.library import Library
    from core.tags.label_import import ImportReport
    from core.tags.values import LabelsBefore
    from desktop.organise.undo import UndoStack
    from desktop.tasks import Tasks

LOOK_MS = 500  # between two looks whether photos have come into the library
LOOKED_FOR = 40  # photos, spread over all that are missing: when these are known, so are nearly all


@dataclass(frozen=True)
class ImportOrder:
    """What the user wants imported."""

    source: Path  # a table, or the folder of folders
    keep: bool = False  # labels that the user has given stay
    is_folder: bool = False
    levels: tuple[str, ...] | None = None  # heads of the levels of folders; None: found out

    def read(self, library: Library) -> ImportReport:
        """On a worker."""
        if self.is_folder:
            return library.labels.import_folders(self.source, levels=self.levels, keep=self.keep)
        return library.labels.import_csv(self.source, keep=self.keep)


class ImportLabels(RestorableDeed):
    """The deed. `report` is there once it was done."""

    def __init__(self, library: Library, order: ImportOrder) -> None:
        self.report: ImportReport | None = None
        self._order = order
        name = order.source.name or str(order.source)
        super().__init__(library, f"import the labels of {name}", self._import, lambda _before: self._describe())

    def _import(self) -> LabelsBefore:
        self.report = self._order.read(self.library)
        return self.report.before

    def _describe(self) -> str:
        return f"Imported labels of {photos(self.report.photos)}" if self.report is not None else ""


class Importer(QObject):
    """One import at a time."""

    began = Signal(str)
    """What is being done, in a sentence."""
    reported = Signal(object)
    """ImportReport."""
    failed = Signal(object)
    """RecollectError."""

    def __init__(self, library: Library, tasks: Tasks, undo: UndoStack, parent: QObject) -> None:
        super().__init__(parent)
        self._library, self._tasks, self._undo = library, tasks, undo
        self._order: ImportOrder | None = None
        self._report: ImportReport | None = None
        self._timer = QTimer(self, singleShot=True, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)
        self.is_busy = False

    def start(self, order: ImportOrder) -> None:
        if self.is_busy:
            return
        self._order = order
        self.is_busy = True
        self.began.emit(f"Reading {order.source.name or order.source}\u2026")
        deed = ImportLabels(self._library, order)
        self._undo.perform(deed, partial(self._finish, deed), self._fail)

    def add_folders(self) -> None:
        """Watch the folders of what is not in the library, and import again when they were looked through."""
        if self.is_busy or self._order is None or self._report is None:
            return
        self.is_busy = True
        missing = self._report.not_in_library
        self.began.emit(f"Adding {photos(len(missing))} to your library\u2026")
        work = partial(_add, self._library, folders_of(self._order, missing))
        self._tasks.run(work, lambda _nothing: self._timer.start(), self._fail)

    def stop(self) -> None:
        """Wait for photos no longer."""
        if self._timer.isActive():
            self._timer.stop()
            self.is_busy = False

    def _look(self) -> None:
        missing = self._report.not_in_library if self._report is not None else ()
        self._tasks.run(partial(_are_known, self._library, missing), self._go_on, self._fail)

    def _go_on(self, known: bool) -> None:
        if not known:
            self._timer.start()
        elif self._order is not None:
            self.is_busy = False
            self.start(self._order)

    def _finish(self, deed: ImportLabels, _outcome: Outcome) -> None:
        self.is_busy = False
        self._report = deed.report
        self.reported.emit(deed.report)

    def _fail(self, error: RecollectError) -> None:
        self.is_busy = False
        self.failed.emit(error)


def folders_of(order: ImportOrder, missing: Iterable[Path]) -> list[Path]:
    """The folders to watch: the one that was imported, or the outermost ones that hold the photos of the table."""
    if order.is_folder:
        return [order.source]
    inside = [path.parent for path in missing]
    outermost: list[Path] = []
    for folder in sorted(set(inside), key=lambda each: len(each.parts)):
        if not any(folder.is_relative_to(other) for other in outermost):
            outermost.append(folder)
    return outermost


def _add(library: Library, folders: Sequence[Path]) -> None:
    """On a worker."""
    for folder in folders:
        library.add_folder(folder)


def _are_known(library: Library, missing: Sequence[Path]) -> bool:
    """On a worker. Also when the library has looked at everything: what it does not have by then it will not have."""
    some = missing[:: -(-len(missing) // LOOKED_FOR) or 1]
    return library.is_up_to_date or all(library.find_photo(path) is not None for path in some)
