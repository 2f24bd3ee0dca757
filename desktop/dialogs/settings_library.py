"""Settings of the library itself: where it lies and how much room it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from desktop.dialogs.models import megabytes
from desktop.dialogs.setting_fields import Field, Paragraph, page
from desktop.elided_label import ElidedLabel

if TYPE_CHECKING:
    from core.disk_use import DiskUse
    from core.library import Library
    from desktop.tasks import Tasks

WHAT_IT_IS = "What Recollect learned of your photos is kept here. The photos themselves stay where they are."


class LibraryPage(QWidget):
    """Where what Recollect knows is kept. Photos are not part of it: they stay where they are."""

    def __init__(self, library: Library, tasks: Tasks) -> None:
        super().__init__()
        self._library, self._tasks = library, tasks
        self.place = ElidedLabel(str(library.paths.home))
        self.show_button = QPushButton("Show in folder")
        self.show_button.setAutoDefault(False)
        self.show_button.clicked.connect(self._show_folder)
        self.place_field = Field("Location", self.place, WHAT_IT_IS, self.show_button)
        self.use = Paragraph("Room on the disk")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(page(self.place_field, self.use))

    def refresh(self) -> None:
        if self.isVisible():
            self._tasks.run(self._library.disk_use, self._show_use)

    def _show_use(self, use: DiskUse) -> None:
        self.use.say(
            f"{megabytes(use.total)} in all: {megabytes(use.knowledge)} of what was learned of your photos, "
            f"{megabytes(use.thumbnails)} of thumbnails, {megabytes(use.models)} of models."
        )

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._library.paths.home)))
