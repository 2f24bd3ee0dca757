"""Copies photos to a folder in the background, one order after the other. The dialog that asks is elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from core.errors import RecollectError
from core.types import ExportReport
from desktop.organise.wording import failure, photos
from desktop.tasks import Lane

if TYPE_CHECKING:
    from core.library import Library
    from core.types import PhotoId
    from desktop.tasks import Tasks

TELL_EVERY_S = 0.1  # progress is drawn no more often


@dataclass(frozen=True)
class ExportOrder:
    """What the user wants exported."""

    ids: Sequence[PhotoId]
    folder: Path
    edge_px: int | None = None  # the longer edge of smaller copies; None: originals, byte for byte
    cancelled: threading.Event = field(default_factory=threading.Event, compare=False)


class Exporter(QObject):
    """Goes on when the dialog is closed; ends with the window."""

    progressed = Signal(int, int)
    """Photos done, of how many."""
    finished = Signal(object, object)
    """ExportOrder, ExportReport."""
    failed = Signal(object)
    """RecollectError."""

    _told = Signal(int, int)

    def __init__(self, library: Library, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._orders: list[ExportOrder] = []
        # From the worker by a bound method of a QObject: only then does Qt queue the call.
        self._told.connect(self._pass_on)

    @property
    def is_busy(self) -> bool:
        return bool(self._orders)

    def start(self, order: ExportOrder) -> None:
        self._orders.append(order)
        if len(self._orders) == 1:
            self.progressed.emit(0, len(order.ids))
        self._tasks.run(partial(self._export, order), partial(self._finish, order), self._fail, Lane.EXPORT)

    def cancel(self) -> None:
        """Stop behind the photo that is being written; what was written stays."""
        for order in self._orders:
            order.cancelled.set()

    def stop(self) -> None:
        """The window closes: nothing waits for the rest."""
        self.cancel()

    def _export(self, order: ExportOrder) -> ExportReport:
        """On the worker."""
        last = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal last
            if time.monotonic() - last >= TELL_EVERY_S:
                last = time.monotonic()
                self._told.emit(done, total)

        return self._library.export(
            order.ids, order.folder, edge_px=order.edge_px, on_progress=tell, cancelled=order.cancelled.is_set
        )

    @Slot(int, int)
    def _pass_on(self, done: int, total: int) -> None:
        if self._orders and not self._orders[0].cancelled.is_set():
            self.progressed.emit(done, total)

    def _finish(self, order: ExportOrder, report: ExportReport) -> None:
        self._orders.remove(order)
        self.finished.emit(order, report)
        error = failure(dict(report.failed), "could not be exported", "Look at the originals, then export them again.")
        if error is not None:
            self.failed.emit(error)
        self._announce_next()

    def _fail(self, error: RecollectError) -> None:
        self._orders.pop(0)  # the lane has one thread: it was the first
        self.failed.emit(error)
        self._announce_next()

    def _announce_next(self) -> None:
        if self._orders:
            self.progressed.emit(0, len(self._orders[0].ids))


def describe(order: ExportOrder, report: ExportReport) -> str:
    """One line about what was done."""
    written, folder = len(report.written), order.folder.name or str(order.folder)
    if report.cancelled:
        return f"Export stopped, {photos(written)} in {folder}" if written else "Export stopped"
    return f"{photos(written)} exported to {folder}" if written else ""
