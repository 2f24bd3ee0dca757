"""The models that can answer: what each is, its licence, download, import, use."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QMessageBox,
    QProgressBar,
    QWidget,
)

from core.errors import DownloadCancelledError, RecollectError
from core.types import ModelInfo
from desktop.dialogs.cards import Card
from desktop.dialogs.list_dialog import ListDialog
from desktop.tasks import Lane

if TYPE_CHECKING:
    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks

STEPS = 1_000  # of the progress bar: finer than its pixels


class Download:
    """One download that runs: how far it is, and the wish to end it. Written and read on different threads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cancelled = threading.Event()


class ModelsDialog(ListDialog):
    """Stays open beside the window; a download goes on when it is closed."""

    failed = Signal(object)
    """RecollectError."""
    _progressed = Signal(float, float)
    """Bytes done and bytes of the whole: float, because a Qt int ends at 2 GB."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, parent: QWidget) -> None:
        super().__init__("Models", (720, 560), tasks, library.models, parent)
        self._library = library
        self._download: Download | None = None
        self._bar: QProgressBar | None = None
        self._share = 0.0
        self._lay_out()
        bridge.encoder_changed.connect(lambda _name: self.refresh())
        self._progressed.connect(self._show_progress)

    @property
    def progress(self) -> float | None:
        """Of the download that runs, 0..1; None while none is shown."""
        return None if self._bar is None else self._bar.value() / self._bar.maximum()

    def stop(self) -> None:
        """The window closes: end the download. What has come is kept, and the next one goes on from there."""
        if self._download is not None:
            self._download.cancelled.set()

    def confirm_download(self, info: ModelInfo) -> QMessageBox:
        """Licence and size come before the download."""
        box = QMessageBox(self)
        box.setWindowTitle(f"Download {info.title}?")
        box.setText(f"{info.title}: {megabytes(info.size_bytes)} to download.")
        source = f" ({info.license_url})" if info.license_url else ""
        box.setInformativeText(f"Its licence: {info.license}{source}. Download it only if you agree to it.")
        agree = box.addButton("Agree and download", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        agree.clicked.connect(lambda: self._start(info))
        box.finished.connect(box.deleteLater)
        box.open()
        return box

    def choose_file(self, info: ModelInfo) -> QFileDialog:
        dialog = QFileDialog(self, f"Weights of {info.title}", "", "Weights (*.safetensors)")
        dialog.fileSelected.connect(lambda path: self._import(info, Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _show(self, infos: Sequence[ModelInfo]) -> None:
        self._bar = None
        self.list.show_cards([self._card(info) for info in infos])

    def _card(self, info: ModelInfo) -> Card:
        card = Card(info.title, [info.description, facts(info)])
        if self._download is not None and self._download.name == info.name:
            self._bar = QProgressBar()
            self._bar.setTextVisible(False)
            self._bar.setRange(0, STEPS)
            self._bar.setValue(round(STEPS * self._share))
            card.texts.addWidget(self._bar)
            card.add_button("Cancel").clicked.connect(self._download.cancelled.set)
        elif info.live:
            card.add_button("In use").setEnabled(False)
        elif info.installed:
            card.add_button("Use", main=True).clicked.connect(lambda: self._use(info))
        else:
            card.add_button("From a file…").clicked.connect(lambda: self.choose_file(info))
            download = card.add_button("Download…")
            download.setEnabled(self._download is None)
            download.clicked.connect(lambda: self.confirm_download(info))
        return card

    def _start(self, info: ModelInfo) -> None:
        download = self._download = Download(info.name)
        self._share = 0.0
        work = partial(
            self._library.download_model,
            info.name,
            on_progress=lambda done, total: self._progressed.emit(float(done), float(total)),
            cancelled=download.cancelled.is_set,
        )
        self._tasks.run(work, lambda _path: self._end(), self._fail, Lane.DOWNLOADS)
        self.refresh()

    def _import(self, info: ModelInfo, path: Path) -> None:
        self._tasks.run(partial(self._library.import_model, info.name, path), lambda _path: self.refresh(), self._fail)

    def _use(self, info: ModelInfo) -> None:
        self._tasks.run(partial(self._library.use_model, info.name), lambda _nothing: self.refresh(), self._fail)

    def _show_progress(self, done: float, total: float) -> None:
        self._share = done / total if total else 0.0
        if self._bar is not None:
            self._bar.setValue(round(STEPS * self._share))

    def _fail(self, error: RecollectError) -> None:
        self._end()
        if not isinstance(error, DownloadCancelledError):  # it was the user's wish
            self.failed.emit(error)

    def _end(self) -> None:
        self._download = None
        self.refresh()


def facts(info: ModelInfo) -> str:
    """One line: languages, speed, licence, size."""
    parts = [info.languages, info.speed, f"licence: {info.license}"]
    if info.size_bytes and not info.installed:
        parts.append(f"{megabytes(info.size_bytes)} to download")
    return " · ".join(part for part in parts if part)


def megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"
