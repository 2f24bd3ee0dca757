"""Two runs on the photos that both kept back: the numbers, how sure they are, and the photos that changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.elided_label import ElidedLabel
from desktop.empty_pages import Page
from desktop.empty_state import EmptyState
from desktop.icons import icon
from desktop.organise.wording import photos
from desktop.reports.part import Line
from desktop.reports.photo_wall import PhotoWall
from desktop.reports.pictures import ReportPictures, Shown
from desktop.reports.value_table import Cell, Row, ValueTable, number
from desktop.reports.words import difference, mcnemar, named, share, title_of, title_of_run, titles_of_runs
from desktop.tagging.tag_words import percent
from desktop.tasks import Task
from trainer.report.texts import HEAD_SCORES, readable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.errors import RecollectError
    from core.library import Library
    from core.types import PhotoId
    from desktop.tasks import Tasks
    from desktop.theme import Theme
    from trainer.report.comparison import ChangedPhoto, Comparison, HeadComparison
    from trainer.report.values import PhotoOutcome

READING = Page("clock", "Comparing the two runs", "It takes a moment.")


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    comparison: Comparison
    known: dict[str, PhotoId]


class ChangedPhotos(QWidget):
    """The photos that one of the two alone got right."""

    def __init__(self, pictures: ReportPictures, theme: Theme, name: str) -> None:
        super().__init__()
        self._name = name
        self.title = ElidedLabel("", "heading")
        self.show_button = QPushButton("Show in the library")
        self.show_button.setProperty("role", "link")
        self.show_button.setAccessibleName(f"Show in the library: {name}")
        self.wall = PhotoWall(pictures, theme, name)
        self.none = QLabel("No photo.")
        self.none.setProperty("role", "muted")
        top = QHBoxLayout()
        top.addWidget(self.title, stretch=1)
        top.addWidget(self.show_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 8, 0)
        column.addLayout(top)
        column.addWidget(self.none, alignment=Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.wall, stretch=1)

    def show_photos(self, changed: Sequence[Shown]) -> None:
        self.title.setText(f"{self._name}: {photos(len(changed))}")
        self.wall.show_photos(changed)
        self.wall.setVisible(bool(changed))
        self.none.setVisible(not changed)
        self.show_button.setVisible(bool(changed))


class ComparisonView(QWidget):
    photos_wanted = Signal(object, str)
    """List of PhotoId, and what they are."""
    opened = Signal(object, object)
    """PhotoId, and the tuple of those beside it."""
    closed = Signal()
    failed = Signal(object)
    """RecollectError."""

    def __init__(self, library: Library, tasks: Tasks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks, self._theme = library, tasks, theme
        self._reading: Task | None = None
        self.comparison: Comparison | None = None
        self.pictures = ReportPictures(library, tasks, self)
        self.back_button, self.title = QToolButton(), ElidedLabel("", "title")
        self.head = QComboBox()
        self.summary, self.verdict, self.notes = Line("lead"), Line(), Line("muted")
        self.table = ValueTable("Both runs", ("", "First", "Second", "Difference (95% interval)"))
        self.gained = ChangedPhotos(self.pictures, theme, "Gained")
        self.lost = ChangedPhotos(self.pictures, theme, "Lost")
        self.empty, self._pages = EmptyState(theme), QStackedWidget()
        self._build()
        for changed in (self.gained, self.lost):
            changed.wall.opened.connect(partial(self._open, changed.wall))
            changed.show_button.clicked.connect(partial(self._show_in_library, changed))
        self.back_button.clicked.connect(self.closed)
        self.head.currentIndexChanged.connect(lambda _index: self._look())
        theme.changed.connect(self._take_colors)
        self._take_colors()

    def compare(self, first: Path, second: Path) -> None:
        """The second run against the first."""
        if self._reading is not None:
            self._reading.cancel()
        self.comparison = None
        self.title.setText("")
        self.empty.show_page(READING)
        self._pages.setCurrentWidget(self.empty)
        self._reading = self._tasks.run(partial(_compare, self._library, first, second), self._show, self._give_up)

    def take_focus(self) -> None:
        (self.table if self.comparison is not None else self.back_button).setFocus()

    def _show(self, compared: Compared) -> None:
        self._reading = None
        self.comparison = comparison = compared.comparison
        self.pictures.know(compared.known)
        first, second = titles_of_runs(*comparison.names)
        same = title_of_run(comparison.names[0]) == title_of_run(comparison.names[1])
        what = f"{title_of_run(comparison.names[0])}: " if same else ""
        self.title.setText(f"{what}{first} and {second}")
        self.table.name_columns(
            ("", first[:1].upper() + first[1:], second[:1].upper() + second[1:], "Difference (95% interval)")
        )
        self.notes.say(_notes(comparison))
        self.head.blockSignals(True)
        self.head.clear()
        for name in comparison.heads:
            self.head.addItem(title_of(name), name)
        self.head.blockSignals(False)
        self.head.setVisible(self.head.count() > 1)
        self._pages.setCurrentIndex(1)
        self._look()

    def _give_up(self, error: RecollectError) -> None:
        self._reading = None
        self.empty.show_page(Page("warning", error.title, f"{error.message} {error.remedy}".strip()))
        self.failed.emit(error)

    def _look(self) -> None:
        head = self.comparison.heads.get(self.head.currentData()) if self.comparison is not None else None
        for widget in (self.table, self.gained, self.lost):
            widget.setVisible(head is not None)
        if head is None or self.comparison is None:
            self.summary.say("The photos that both kept back have no labels that both runs know.")
            self.verdict.say("")
            return
        self.summary.say(summary(self.comparison, head))
        self.verdict.say(mcnemar(head.test.only_first, head.test.only_second, head.test.exact_p))
        self.table.show_rows(_rows(head))
        self.table.fit_height()
        self.gained.show_photos([_shown(each, "First", each.first) for each in head.gained])
        self.lost.show_photos([_shown(each, "Second", each.second) for each in head.lost])

    def _open(self, wall: PhotoWall, photo: Shown) -> None:
        photo_id = self.pictures.photo_id(photo.id)
        if photo_id is None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(photo.path))
        else:
            self.opened.emit(photo_id, tuple(self.pictures.ids_of(wall.photos)))

    def _show_in_library(self, changed: ChangedPhotos) -> None:
        ids = self.pictures.ids_of(changed.wall.selected or changed.wall.photos)
        if ids:
            self.photos_wanted.emit(ids, changed.title.text())

    def _take_colors(self) -> None:
        self.back_button.setIcon(icon("back", self._theme.colors.text))

    def _build(self) -> None:
        self.back_button.setIconSize(QSize(20, 20))
        self.back_button.setToolTip("Back to the runs")
        self.back_button.setAccessibleName("Back to the runs")
        self.head.setAccessibleName("Which labels are compared")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.back_button)
        top.addWidget(self.title, stretch=1)
        top.addWidget(self.head)
        body = QSplitter(Qt.Orientation.Horizontal)
        body.setChildrenCollapsible(False)
        body.addWidget(self.gained)
        body.addWidget(self.lost)
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        for widget in (self.summary, self.verdict, self.notes, self.table):
            inner.addWidget(widget)
        inner.addWidget(body, stretch=1)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 8, 16)
        column.addLayout(top)
        column.addWidget(self._pages, stretch=1)


def _compare(library: Library, first: Path, second: Path) -> Compared:
    """On a worker."""
    from desktop.reports.report_view import known_photos
    from trainer.report.comparison import compare_runs

    comparison = compare_runs(first, second)
    changed = [each for head in comparison.heads.values() for each in (*head.gained, *head.lost)]
    return Compared(comparison, known_photos(library, {each.id: each.path for each in changed}))


def _rows(head: HeadComparison) -> list[Row]:
    return [
        Row((
            Cell(title, title),
            number(share(head.first[name].value), head.first[name].value),
            number(share(head.second[name].value), head.second[name].value),
            number(difference(head.difference[name]), head.difference[name].value),
        ))
        for name, title in HEAD_SCORES.items()
    ]  # fmt: skip


def summary(comparison: Comparison, head: HeadComparison) -> str:
    """In one sentence."""
    first, second = titles_of_runs(*comparison.names)
    return (
        f"Of {photos(head.count)} that both kept back, {first} has {head.right[0]:,} right and {second} "
        f"{head.right[1]:,}: {difference(head.difference['accuracy'])}."
    )


def _shown(changed: ChangedPhoto, who: str, wrong: PhotoOutcome) -> Shown:
    """What the one says that is wrong; the other one is right."""
    lines = (
        f"Is {named(changed.true)}",
        f"{who}: {named(wrong.predicted)}",
        f"{percent(wrong.probability)} sure",
    )
    return Shown(changed.id, changed.path, lines, False)


def _notes(comparison: Comparison) -> str:
    first, second = comparison.only
    texts = []
    if comparison.is_partial:
        texts.append(f"Photos that only one of the two kept back do not count: {first:,} and {second:,}.")
    if comparison.relabelled:
        texts.append(f"{photos(comparison.relabelled)} got other labels in between; the later ones count.")
    if comparison.left_out:
        texts.append(f"Only one of the two knows {', '.join(readable(name) for name in comparison.left_out)}.")
    return " ".join(texts)
