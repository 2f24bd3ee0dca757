"""The report of one run: its parts, which head and which photos they speak of, and the photos behind each figure."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from core.errors import TrainingError
from desktop.adapting.adapt_work import TIER as ADAPTATION
from desktop.adapting.adapted_page import AdaptedPage
from desktop.alike.alike_work import TIER as ALIKE
from desktop.elided_label import ElidedLabel
from desktop.empty_pages import Page
from desktop.empty_state import EmptyState
from desktop.reports.class_parts import ClassesPart, ConfusionPart, MistakesPart
from desktop.reports.figure_parts import ConfidencePart, CurvesPart, MapPart
from desktop.reports.overview_part import OverviewPart
from desktop.reports.part import Looked, Part
from desktop.reports.pictures import ReportPictures, Shown
from desktop.reports.shown_photos import ShownPhotos
from desktop.reports.words import PARTS, STATES, title_of, title_of_run, when
from desktop.tasks import Task
from trainer.report.texts import readable

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from core.errors import RecollectError
    from core.library import Library
    from core.types import PhotoId
    from desktop.tasks import Tasks
    from desktop.theme import Theme
    from trainer.contrastive.guard import Curve
    from trainer.openset.outcome import Outcome
    from trainer.report.values import RunReport

PHOTOS_PX = 352  # of the panel of photos, at first
NARROW_PX = 760  # below it the photos stand below the figure
NONE_CHOSEN = Page("model", "No report yet", "Train a tagger, or choose one of the runs, to see how good it is.")
READING = Page("clock", "Reading the run", "It takes a moment.")


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A report, and which of its photos the library has."""

    report: RunReport
    known: dict[str, PhotoId]
    has_page: bool
    curve: Curve | None = None  # of an adaptation that came so far
    outcome: Outcome | None = None  # of a run that learned what is alike, and came so far


class ReportView(QWidget):
    """Everything in it can be clicked: behind each number stand photos."""

    photos_wanted = Signal(object, str)
    """List of PhotoId, and what they are: show them among all photos."""
    opened = Signal(object, object)
    """PhotoId, and the tuple of those beside it: look at it in large."""
    label_wanted = Signal(object)
    """List of PhotoId: give them labels."""
    fix_wanted = Signal(object, str)
    """List of PhotoId, and the head in which their labels may be wrong."""
    of_search_wanted = Signal(object)
    """Path of a run that has taught search: what can be done with it."""
    failed = Signal(object)
    """RecollectError."""

    def __init__(self, library: Library, tasks: Tasks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks = library, tasks
        self._reading: Task | None = None
        self.report: RunReport | None = None
        self._outcome: Outcome | None = None
        self.pictures = ReportPictures(library, tasks, self)
        self.empty = EmptyState(theme)
        self.name, self.about = ElidedLabel("", "title"), ElidedLabel("", "muted")
        self.page_button = QPushButton("Open the full page")
        self.tabs, self.head, self.split = QTabBar(), QComboBox(), QComboBox()
        self.overview, self.confusion = OverviewPart(), ConfusionPart(theme)
        self.mistakes, self.map = MistakesPart(self.pictures, theme), MapPart(self.pictures, theme)
        self.classes, self.curves, self.confidence = ClassesPart(), CurvesPart(theme), ConfidencePart(theme)
        self.parts: tuple[Part, ...] = (
            self.overview, self.classes, self.confusion, self.mistakes, self.map, self.confidence, self.curves,
        )  # fmt: skip
        self.shown_photos = ShownPhotos(self.pictures, theme)
        self.adapted = AdaptedPage(theme)
        self._stack, self._pages = QStackedWidget(), QStackedWidget()
        self._body = QSplitter(Qt.Orientation.Horizontal)
        self._build()
        self._connect()
        self.empty.show_page(NONE_CHOSEN)

    @property
    def run_dir(self) -> Path | None:
        return self.report.folder if self.report is not None else None

    @property
    def is_reading(self) -> bool:
        return self._reading is not None

    def show_run(self, run_dir: Path) -> None:
        """Read a run anew, and show it when it has been read."""
        if self._reading is not None:
            self._reading.cancel()
        if self.report is None or self.report.folder != run_dir:
            self.empty.show_page(READING)
            self._pages.setCurrentWidget(self.empty)
        self._reading = self._tasks.run(partial(_read, self._library, run_dir), self._show, self._give_up)

    def forget(self, run_dir: Path) -> None:
        """The run was deleted."""
        if self.report is not None and self.report.folder == run_dir:
            self.report = None
            self.shown_photos.hide()
            self.empty.show_page(NONE_CHOSEN)
            self._pages.setCurrentWidget(self.empty)

    def open_page(self) -> None:
        """The page that can be kept and printed, in the browser."""
        if self.report is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.report.folder / "report.html")))

    def take_focus(self) -> None:
        if self._pages.currentWidget() is self.adapted:
            self.adapted.take_focus()
        else:
            self.tabs.setFocus()

    # What was read

    def _show(self, found: Found) -> None:
        self._reading = None
        same = self.report is not None and self.report.folder == found.report.folder
        self.report, self._outcome = found.report, found.outcome
        if found.curve is not None:
            name, about = title_of_run(found.report.name), _about(found.report)
            self.adapted.show_report(name, about, found.curve, has_page=found.has_page)
            self._pages.setCurrentWidget(self.adapted)
            return
        self.pictures.know(found.known)
        if not same:
            self.shown_photos.hide()
        self.name.setText(title_of_run(found.report.name))
        self.about.setText(_about(found.report))
        self.page_button.setVisible(found.has_page)
        self._offer(self.split, [(PARTS.get(name, name), name) for name in reversed(list(found.report.splits))], same)
        self._offer_heads(same)
        self._pages.setCurrentIndex(1)
        self._look()

    def _give_up(self, error: RecollectError) -> None:
        self._reading = None
        self.report = None
        self.empty.show_page(Page("warning", error.title, f"{error.message} {error.remedy}".strip()))
        self._pages.setCurrentWidget(self.empty)
        self.failed.emit(error)

    def _offer(self, box: QComboBox, choices: list[tuple[str, str]], keep: bool) -> None:
        before = box.currentData() if keep else None
        box.blockSignals(True)
        box.clear()
        for text, name in choices:
            box.addItem(text, name)
        box.setCurrentIndex(max(0, box.findData(before)))
        box.blockSignals(False)
        box.setVisible(len(choices) > 1)

    def _offer_heads(self, keep: bool) -> None:
        split = self.report.splits.get(self.split.currentData()) if self.report is not None else None
        heads = list(split.heads) if split is not None else []
        self._offer(self.head, [(title_of(head), head) for head in heads], keep)

    def _look(self) -> None:
        """All parts on the head and the photos that are chosen."""
        if self.report is None:
            return
        split = self.report.splits.get(self.split.currentData())
        head = split.heads.get(self.head.currentData()) if split is not None else None
        for part in self.parts:
            part.show_report(Looked(self.report, split, head, self._outcome))
        self._turn_to(self.tabs.currentIndex())

    def _choose_head(self, name: str) -> None:
        """From the overview: its classes."""
        self.head.setCurrentIndex(self.head.findData(name))
        self.tabs.setCurrentIndex(self.parts.index(self.classes))

    def _turn_to(self, place: int) -> None:
        part = self.parts[place]
        self._stack.setCurrentWidget(part)
        if self.split.count() > 1:
            self.split.setVisible(part not in (self.curves, self.map))
        self.shown_photos.hide()  # they belong to another figure

    # What is clicked

    def _open(self, photo: Shown) -> None:
        """In large; from outside where the library does not have it."""
        photo_id = self.pictures.photo_id(photo.id)
        if photo_id is None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(photo.path))
            return
        wall = self.mistakes.wall if self._stack.currentWidget() is self.mistakes else self.shown_photos.wall
        beside = tuple(self.pictures.ids_of(wall.photos))
        self.opened.emit(photo_id, beside if photo_id in beside else (photo_id,))

    def _show_chosen(self, photos: tuple[Shown, ...], title: str) -> None:
        self.shown_photos.show_photos(photos, title)
        if not self.shown_photos.isHidden() and not all(self._body.sizes()):
            whole = sum(self._body.sizes())
            self._body.setSizes([whole - PHOTOS_PX, PHOTOS_PX])

    def _fix(self, photos: list[Shown]) -> None:
        ids = self.pictures.ids_of(photos)
        if ids:
            self.fix_wanted.emit(ids, self.head.currentData() or "")

    # Looks

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < NARROW_PX
        self._body.setOrientation(Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal)

    def _connect(self) -> None:
        self.page_button.clicked.connect(self.open_page)
        self.adapted.page_wanted.connect(self.open_page)
        self.adapted.outcome_wanted.connect(lambda: self.of_search_wanted.emit(self.run_dir))
        self.tabs.currentChanged.connect(self._turn_to)
        self.head.currentIndexChanged.connect(lambda _index: self._look())
        self.split.currentIndexChanged.connect(lambda _index: (self._offer_heads(True), self._look()))
        self.overview.head_chosen.connect(self._choose_head)
        for part in self.parts:
            part.chosen.connect(self._show_chosen)
        self.mistakes.opened.connect(self._open)
        self.mistakes.fix_wanted.connect(self._fix)
        self.shown_photos.opened.connect(self._open)
        self.shown_photos.photos_wanted.connect(self.photos_wanted)
        self.shown_photos.label_wanted.connect(self.label_wanted)

    def _build(self) -> None:
        self.tabs.setAccessibleName("Parts of the report")
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(True)
        self.head.setAccessibleName("Which labels the report speaks of")
        self.split.setAccessibleName("Which photos the report speaks of")
        self.page_button.setToolTip("In the browser: figures to keep and to print")
        for part in self.parts:
            self.tabs.addTab(part.title)
            self._stack.addWidget(part)
        top, below = QHBoxLayout(), QHBoxLayout()
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self.name)
        texts.addWidget(self.about)
        top.addLayout(texts, stretch=1)
        top.setSpacing(8)
        for widget in (self.head, self.split, self.page_button):
            top.addWidget(widget)
        below.addWidget(self.tabs, stretch=1)  # all of them have room in a window of 800 pixels
        self._body.setChildrenCollapsible(False)
        self._body.addWidget(self._stack)
        self._body.addWidget(self.shown_photos)
        self._body.setStretchFactor(0, 1)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 8, 8, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(below)
        column.addWidget(self._body, stretch=1)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(page)
        self._pages.addWidget(self.adapted)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)


def _read(library: Library, run_dir: Path) -> Found:
    """On a worker.

    Raises:
        ReportError: this is no run folder.
    """
    from trainer.report.report_data import read_report

    report = read_report(run_dir)
    places: dict[str, str] = {photo.id: photo.path for photo in report.features.photos}
    for split in report.splits.values():
        for head in split.heads.values():
            places.update((photo.id, photo.path) for photo in head.photos)
    has_page = (run_dir / "report.html").is_file()
    return Found(report, known_photos(library, places), has_page, _curve(report), _outcome(report))


def _curve(report: RunReport) -> Curve | None:
    """None of a tagger, and of an adaptation that did not come so far."""
    from trainer.contrastive.guard import read_curve

    if report.config.get("tier") != ADAPTATION:
        return None
    with suppress(TrainingError):
        return read_curve(report.folder)
    return None


def _outcome(report: RunReport) -> Outcome | None:
    """None of other runs, and of one that did not come so far."""
    from trainer.openset.outcome import read_outcome

    if report.config.get("tier") != ALIKE:
        return None
    with suppress(TrainingError):
        return read_outcome(report.folder)
    return None


def known_photos(library: Library, places: dict[str, str]) -> dict[str, PhotoId]:
    """The photos of the library by content hash: by their content, else, where a file was edited, by their path."""
    known = library.with_content(list(places))
    for key, path in places.items():
        if key not in known and path and (photo_id := library.find_photo(Path(path))) is not None:
            known[key] = photo_id
    return known


def _about(report: RunReport) -> str:
    from trainer.runs.run_history import moment_of

    parts = [
        str(report.config.get("recipe") or ""),
        when(moment_of(report.started_at)),
        STATES.get(report.state, "").lower(),
    ]
    return ", ".join(readable(part) for part in parts if part and part != "-")
