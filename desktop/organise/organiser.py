"""Puts the parts together by which photos are put in order, and lets the toast tell what they did.

The window makes one of these and reads its parts; how they work together is settled here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from core.errors import MachineError
from core.types import ExportReport
from desktop.organise.actions import PhotoActions
from desktop.organise.albums import AlbumList
from desktop.organise.export import Exporter, ExportOrder, describe
from desktop.organise.opening import open_photo, show_in_folder
from desktop.organise.undo import Outcome, UndoStack
from desktop.toast import Message, Toast

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks
    from desktop.theme import Theme


class Organiser(QObject):
    """`actions` for photos, `albums`, `undo`, `exporter`, and the `toast` over the pages."""

    failed = Signal(object)
    """RecollectError, of any of the parts."""

    def __init__(
        self, library: Library, tasks: Tasks, theme: Theme, bridge: Bridge, window: QWidget, pages: QWidget
    ) -> None:
        """Args:
        pages: What the toast lies over.
        """
        super().__init__(window)
        self.toast = Toast(theme, pages)
        self._offer: Message | None = None  # the last one that offers Undo
        self.undo = UndoStack(tasks, self)
        self.albums = AlbumList(library, tasks, bridge, self.undo, window)
        self.exporter = Exporter(library, tasks, self)
        self.actions = PhotoActions(library, tasks, self.undo, self.albums, self.exporter, window)
        for errors in (self.undo.failed, self.exporter.failed, self.actions.failed):
            errors.connect(self.failed)
        self.undo.failed.connect(lambda _error: self._end_work())
        self.exporter.failed.connect(lambda _error: self._end_work())
        self.undo.done.connect(self._tell_done)
        self.undo.undone.connect(self._tell_undone)
        self.undo.progressed.connect(self._tell_progress)
        self.exporter.progressed.connect(self._tell_export)
        self.exporter.finished.connect(self._tell_exported)

    def stop(self) -> None:
        """The window closes."""
        self.exporter.stop()

    def _tell_done(self, outcome: Outcome) -> None:
        self._end_work()
        if outcome.message and outcome.changed:
            key = QKeySequence(QKeySequence.StandardKey.Undo).toString(QKeySequence.SequenceFormat.NativeText)
            self._offer = Message(outcome.message, "Undo", self.undo.undo, key)
            self.toast.say(self._offer)
        elif outcome.message:
            self.toast.say(Message(outcome.message))
        elif outcome.changed:
            self._withdraw_offer()

    def _tell_undone(self, outcome: Outcome) -> None:
        self._end_work()
        if outcome.message:
            self.toast.say(Message(outcome.message))
        else:
            self._withdraw_offer()

    def _withdraw_offer(self) -> None:
        """Its Undo would take back something else by now."""
        if self._offer is not None and self.toast.message is self._offer:
            self.toast.dismiss()

    def _tell_progress(self, text: str, done: int, total: int) -> None:
        self.toast.show_work(Message(f"{text[:1].upper()}{text[1:]}: {done:,} of {total:,}"))

    def _tell_export(self, done: int, total: int) -> None:
        self.toast.show_work(Message(f"Exporting {done:,} of {total:,}", "Cancel", self.exporter.cancel))

    def _tell_exported(self, order: ExportOrder, report: ExportReport) -> None:
        self._end_work()
        text = describe(order, report)
        if report.written:
            self.toast.say(Message(text, "Show", lambda: self._show_exported(order, report)))
        elif text:
            self.toast.say(Message(text))

    def _show_exported(self, order: ExportOrder, report: ExportReport) -> None:
        try:
            if len(report.written) == 1:
                show_in_folder(report.written[0])
            else:
                open_photo(order.folder)
        except MachineError as error:
            self.failed.emit(error)

    def _end_work(self) -> None:
        if not self.exporter.is_busy:
            self.toast.end_work()
