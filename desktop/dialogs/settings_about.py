"""What Recollect is: version, privacy, and whose work it stands on."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, qVersion
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.dialogs.models import Models, read_models
from desktop.dialogs.setting_fields import Paragraph, page
from desktop.icons import MARK, icon

if TYPE_CHECKING:
    from core.library import Library
    from desktop.tasks import Tasks

MARK_PX = 48
PRIVACY = (
    "Everything happens on this computer: no photo, no search and no figure about you leaves it. Recollect uses the "
    "network for one thing, the download of a model, and only when you ask for it. It never writes to your photos; "
    "only you can move one to the trash."
)
LICENCES = (
    "Icons: Phosphor (MIT), through QtAwesome (MIT). Window: Qt and PySide6 (LGPL 3). "
    "Models: PyTorch (BSD), OpenCLIP (MIT) and timm (Apache 2.0)."
)


class AboutPage(QWidget):
    """Nothing here can be changed."""

    def __init__(self, library: Library, tasks: Tasks) -> None:
        super().__init__()
        self._library, self._tasks = library, tasks
        self.model = Paragraph("Model")
        mark, name = QLabel(), QLabel(f"Recollect {version('recollect')}")
        mark.setPixmap(icon(MARK, "", MARK_PX).pixmap(QSize(MARK_PX, MARK_PX), self.devicePixelRatio()))
        name.setProperty("role", "title")
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(mark)
        row.addWidget(name, stretch=1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        privacy, licences = Paragraph("Privacy", PRIVACY), Paragraph("Licences", f"{LICENCES} Qt {qVersion()}.")
        column.addWidget(page(head, privacy, self.model, licences))

    def refresh(self) -> None:
        if self.isVisible():
            self._tasks.run(partial(read_models, self._library), self._show)

    def _show(self, models: Models) -> None:
        live = next((info for info in models.infos if info.live), None)
        if live is not None:
            self.model.say(f"{live.title}. Licence: {live.license}.")
