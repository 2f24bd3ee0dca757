"""The models that can answer: what each is, its licence, download, import, use."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QLabel, QMessageBox, QProgressBar, QWidget

from core.errors import RecollectError
from core.types import Activity, ModelInfo, Progress
from desktop.dialogs.cards import Card
from desktop.dialogs.list_dialog import ListDialog
from desktop.dialogs.model_download import ModelDownload, job_name

if TYPE_CHECKING:
    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks

STEPS = 1_000  # of a progress bar: finer than its pixels


class Models(NamedTuple):
    """What the dialog shows."""

    infos: list[ModelInfo]
    chosen: str  # the name of the one that answers, or will once it knows the photos


class ModelsDialog(ListDialog):
    """Stays open beside the window; a download goes on when it is closed."""

    failed = Signal(object)
    """RecollectError that happened while the dialog was closed. While it is open, it stands at its model."""
    job_moved = Signal(str, object, object, object)
    """The download, as `StatusLine.show_job` takes it."""
    job_ended = Signal(str)

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, parent: QWidget) -> None:
        super().__init__("Models", (720, 560), tasks, partial(read_models, library), parent)
        self._library = library
        self.download = ModelDownload(library, tasks, self)
        self._infos: list[ModelInfo] = []
        self._errors: dict[str, str] = {}  # name of a model -> why it could not be had or used
        self._bar: QProgressBar | None = None
        self._bar_text: QLabel | None = None
        self._learning_text: QLabel | None = None
        self._lay_out()
        bridge.encoder_changed.connect(lambda _name: self.refresh())
        bridge.progress_changed.connect(self._show_learning)
        self.download.moved.connect(self.job_moved)
        self.download.moved.connect(lambda *_job: self._show_download())
        self.download.ended.connect(self._end_download)

    @property
    def progress(self) -> float | None:
        """Of the download that runs, 0..1; None while none is shown."""
        return None if self._bar is None else self._bar.value() / self._bar.maximum()

    def stop(self) -> None:
        """The window closes: end the download."""
        self.download.cancel()

    def confirm_download(self, info: ModelInfo) -> QMessageBox:
        """Licence and size come before the download."""
        box = QMessageBox(self)
        box.setWindowTitle(f"Download {info.title}?")
        box.setText(f"{escape(info.title)}: {megabytes(info.size_bytes)} to download.")
        source = f' (<a href="{escape(info.license_url)}">read it</a>)' if info.license_url else ""
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setInformativeText(f"Its licence: {escape(info.license)}{source}. Download it only if you agree to it.")
        agree = box.addButton("Agree and download", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        agree.clicked.connect(lambda: self._start(info))
        box.finished.connect(box.deleteLater)
        box.open()
        return box

    def confirm_delete(self, info: ModelInfo) -> QMessageBox:
        """It cannot be undone: what it knows of the photos goes too."""
        box = QMessageBox(self)
        box.setWindowTitle("Delete the model?")
        box.setText(f"Delete {info.title}?")
        again = " If its run is still under Runs, it can be taken from there again." if info.adapted_from else ""
        box.setInformativeText(f"Its files in the library, and what it knows of your photos, are deleted.{again}")
        yes = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        yes.clicked.connect(lambda: self._delete(info))
        box.finished.connect(box.deleteLater)
        box.open()
        return box

    def choose_file(self, info: ModelInfo) -> QFileDialog:
        dialog = QFileDialog(self, f"Weights of {info.title}", "", "Weights (*.safetensors)")
        dialog.fileSelected.connect(lambda path: self._import(info, Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    # Cards

    def _show(self, models: Models) -> None:
        self._bar = self._bar_text = self._learning_text = None
        self._infos = models.infos
        self.list.show_cards([self._card(info, models.chosen) for info in models.infos])

    def _card(self, info: ModelInfo, chosen: str) -> Card:
        card = Card(info.title, [info.description, facts(info)], "check" if info.live else "model")
        if info.license_url:
            card.add_link("Licence", escape(info.license_url))
        if info.name in self._errors:
            card.add_line(self._errors[info.name], "danger")
        if self.download.model is not None and self.download.model.name == info.name:
            self._add_download(card)
        elif info.live:
            card.add_line("Answers now", "heading")
            self._add_way_back(card, info)
        elif info.name == chosen and info.installed:
            self._learning_text = card.add_line(learning(self._library.progress), "heading")
        elif info.installed:
            if info.own:
                card.add_button("Delete…").clicked.connect(lambda: self.confirm_delete(info))
            card.add_button("Use", main=True).clicked.connect(lambda: self._use(info))
        else:
            card.add_button("From a file…").clicked.connect(lambda: self.choose_file(info))
            download = card.add_button("Download…")
            download.setEnabled(self.download.model is None)
            download.clicked.connect(lambda: self.confirm_download(info))
        return card

    def _add_way_back(self, card: Card, info: ModelInfo) -> None:
        """Of one that was adapted: the model that it came from is one click away."""
        before = next((each for each in self._infos if each.name == info.adapted_from and each.installed), None)
        if before is not None:
            back = card.add_button(f"Go back to {before.title}")
            back.setToolTip("It looks only at photos that came meanwhile: what it knew of the others was kept")
            back.clicked.connect(lambda: self._use(before))

    def _add_download(self, card: Card) -> None:
        self._bar_text = card.add_line("")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, STEPS)
        self._bar.setAccessibleName(f"Download of {card.title}")
        card.texts.addWidget(self._bar)
        card.add_button("Cancel").clicked.connect(self.download.cancel)
        self._show_download()

    # What the user does, and what comes of it

    def _start(self, info: ModelInfo) -> None:
        self._errors.pop(info.name, None)
        self.download.start(info)
        self._redraw()

    def _import(self, info: ModelInfo, path: Path) -> None:
        self._try(info, partial(self._library.models.import_file, info.name, path))

    def _use(self, info: ModelInfo) -> None:
        self._try(info, partial(self._library.models.use, info.name))

    def _delete(self, info: ModelInfo) -> None:
        self._try(info, partial(self._library.models.delete, info.name))

    def _try(self, info: ModelInfo, work: partial) -> None:
        self._errors.pop(info.name, None)
        self._tasks.run(work, lambda _done: self._redraw(), partial(self._fail, info.name))

    def _fail(self, name: str, error: RecollectError) -> None:
        if self.isVisible():
            self._errors[name] = str(error)
            self._redraw()
        else:
            self.failed.emit(error)

    def _end_download(self, info: ModelInfo, error: RecollectError | None) -> None:
        self.job_ended.emit(job_name(info))
        if error is not None:
            self._fail(info.name, error)
        self._redraw()

    def _redraw(self) -> None:
        """Also where the library has nothing new to tell: a download or an error has come or gone."""
        self._listed = None
        self.refresh()

    def _show_download(self) -> None:
        if self._bar is not None and self._bar_text is not None:
            self._bar.setValue(round(STEPS * self.download.share))
            done, total = megabytes(self.download.done_bytes), megabytes(self.download.total_bytes)
            self._bar_text.setText(f"{done} of {total}")

    def _show_learning(self, progress: Progress) -> None:
        if self._learning_text is not None:
            self._learning_text.setText(learning(progress))


def read_models(library: Library) -> Models:
    """On a worker."""
    return Models(library.models.all(), library.settings.encoder)


def learning(progress: Progress) -> str:
    """How far a model is that was chosen and does not answer yet."""
    if progress.activity is Activity.REEMBEDDING and progress.total:
        return f"Learning your photos, {progress.done / progress.total:.0%}. It answers when it knows all of them."
    if progress.activity is Activity.PAUSED:
        return "Chosen. It learns your photos when indexing goes on."
    return "Chosen. It answers when it knows all your photos."


def facts(info: ModelInfo) -> str:
    """One line: languages, speed, licence, size."""
    parts = [info.languages, info.speed, f"licence: {info.license}"]
    if info.size_bytes and not info.installed:
        parts.append(f"{megabytes(info.size_bytes)} to download")
    return " · ".join(part for part in parts if part)


def megabytes(size_bytes: float) -> str:
    """With the unit that people use for that much: "1.2 GB", "605 MB", "40 kB"."""
    for unit, factor, digits in (("GB", 1e9, 1), ("MB", 1e6, 0), ("kB", 1e3, 0)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.{digits}f} {unit}"
    return "0 MB"
