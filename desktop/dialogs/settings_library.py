"""Settings of the library itself: where it lies, how much room it takes, and moving it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from core.errors import RecollectError
from core.types import Relocation
from desktop.dialogs.library_move import JOB, LibraryMove
from desktop.dialogs.models import megabytes
from desktop.dialogs.setting_fields import Field, Paragraph, page
from desktop.elided_label import ElidedLabel

if TYPE_CHECKING:
    from core.disk_use import DiskUse
    from core.library import Library
    from desktop.tasks import Tasks

WHAT_IT_IS = "What Recollect learned of your photos is kept here. The photos themselves stay where they are."
STEPS = 1_000  # of the progress bar: finer than its pixels
BAR_PX = 240


class LibraryPage(QWidget):
    """Where what Recollect knows is kept. Photos are not part of it."""

    job_moved = Signal(str, object, object, object)
    """The move, as `StatusLine.show_job` takes it."""
    job_ended = Signal(str)

    def __init__(self, library: Library, tasks: Tasks) -> None:
        super().__init__()
        self._library, self._tasks = library, tasks
        self.moving = LibraryMove(library, tasks, self)
        self.moving.moved.connect(self.job_moved)
        self.moving.moved.connect(self._show_progress)
        self.moving.ended.connect(self._end)
        self.moving.failed.connect(self._fail)
        self.place = ElidedLabel(str(library.paths.home))
        self.show_button, self.move_button = QPushButton("Show in folder"), QPushButton("Move…")
        self.cancel_button = QPushButton("Cancel")
        self.show_button.clicked.connect(self._show_folder)
        self.move_button.clicked.connect(self.choose_folder)
        self.cancel_button.clicked.connect(self._cancel)
        for button in (self.show_button, self.move_button, self.cancel_button):
            button.setAutoDefault(False)
        self.place_field = Field("Location", self.place, WHAT_IT_IS, self.show_button, self.move_button)
        self.use, self.outcome = Paragraph("Room on the disk"), Paragraph("Moved")
        self.progress = self._make_progress()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(page(self.place_field, self.progress, self.outcome, self.use))
        self.outcome.hide()
        self.progress.hide()

    def refresh(self) -> None:
        if self.isVisible():
            self._tasks.run(self._library.disk_use, self._show_use)

    def choose_folder(self) -> QFileDialog:
        """Asks where the library should lie; returns at once."""
        dialog = QFileDialog(self, "Choose an empty folder for the library", str(self._library.paths.home.parent))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda path: self._start(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _make_progress(self) -> QWidget:
        self._bar, self._bytes = QProgressBar(), QLabel()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, STEPS)
        self._bar.setFixedWidth(BAR_PX)
        self._bar.setAccessibleName(JOB)
        self._bytes.setProperty("role", "muted")
        progress = QWidget()
        row = QHBoxLayout(progress)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        for widget in (self._bar, self._bytes, self.cancel_button):
            row.addWidget(widget)
        row.addStretch()
        return progress

    def _start(self, target: Path) -> None:
        self.place_field.clear_error()
        self.move_button.setEnabled(False)
        self.cancel_button.setEnabled(True)
        self.progress.show()
        self.moving.start(target)

    def _cancel(self) -> None:
        """It may take a moment: what was copied is removed again."""
        self.cancel_button.setEnabled(False)
        self.moving.cancel()

    def _show_progress(self, _job: str, done_bytes: int, total_bytes: int, _cancel: object) -> None:
        self._bar.setValue(STEPS * done_bytes // total_bytes if total_bytes else 0)
        self._bytes.setText(f"{megabytes(done_bytes)} of {megabytes(total_bytes)}" if total_bytes else "")

    def _end(self, relocation: Relocation) -> None:
        self._put_away()
        if not relocation.cancelled:
            self.move_button.setEnabled(False)  # from here, once is enough: the next start is somewhere else
            self.outcome.say(outcome(relocation))
            self.outcome.show()

    def _fail(self, error: RecollectError) -> None:
        self._put_away()
        self.place_field.show_error(error)

    def _put_away(self) -> None:
        self.progress.hide()
        self.move_button.setEnabled(True)
        self.job_ended.emit(JOB)

    def _show_use(self, use: DiskUse) -> None:
        self.use.say(
            f"{megabytes(use.total)} in all: {megabytes(use.knowledge)} of what was learned of your photos, "
            f"{megabytes(use.thumbnails)} of thumbnails, {megabytes(use.models)} of models, "
            f"{megabytes(use.training)} of what was trained."
        )

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._library.paths.home)))


def outcome(relocation: Relocation) -> str:
    """What has happened, and what is left to do."""
    if relocation.followed:
        use = "Recollect uses it from the next start on."
    else:
        use = f"This one was named when Recollect was started. Name the new one from now on: --home {relocation.new}"
    old = f"The old one stays in {relocation.old}. Delete it once the new one has been opened."
    return f"Your library was copied to {relocation.new}.\n{use}\n{old}"
