"""The parts of a report that speak of classes: a table of them, the confusion matrix, and the mistakes themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from desktop.elided_label import ElidedLabel
from desktop.icons import icon
from desktop.organise.wording import photos, quoted
from desktop.reports.confusion_view import ZOOM_STEP, ConfusionView
from desktop.reports.part import Line, Looked, Part, shown
from desktop.reports.photo_wall import PhotoWall
from desktop.reports.value_table import Cell, Row, ValueTable, number
from desktop.reports.words import cell as cell_words
from desktop.reports.words import named, share

if TYPE_CHECKING:
    from desktop.reports.pictures import ReportPictures
    from desktop.theme import Theme
    from trainer.report.values import ClassScore, HeadReport

HEADINGS = ("Class", "Found (recall)", "To be trusted (precision)", "F1", "Photos", "Said")


class ClassesPart(Part):
    title = "Classes"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._head: HeadReport | None = None
        self.table = ValueTable("Classes", HEADINGS)
        self.table.chosen.connect(self._choose)
        lead = Line("muted")
        lead.say("How many of the photos of a class it finds, and how often it is right when it names one. "
                 "Choose a class to see its photos.")  # fmt: skip
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addWidget(lead)
        column.addWidget(self.table, stretch=1)

    def show_report(self, looked: Looked) -> None:
        self._head = looked.head
        self.table.show_rows([_row(each) for each in looked.head.classes] if looked.head else [])

    def take_focus(self) -> None:
        self.table.setFocus()

    def _choose(self, label: str) -> None:
        """Those of the class that were missed, those wrongly said to be of it, and then the right ones."""
        assert self._head is not None
        told = [each for each in self._head.photos if each.true is not None and label in (each.true, each.predicted)]
        told.sort(key=lambda each: (each.is_right, each.true != label, -each.probability))
        self.chosen.emit(shown(told), f"{named(label)}: {photos(len(told))}")


class ConfusionPart(Part):
    title = "Confusions"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._head = theme, None
        self.view = ConfusionView(theme)
        self.line = ElidedLabel("", "muted")
        self.buttons = [
            self._button("Smaller", "zoom-out", "-", 1 / ZOOM_STEP),
            self._button("Fit", "fit", "0", 1),
            self._button("Larger", "zoom-in", "+", ZOOM_STEP),
        ]
        self.view.chosen.connect(self._choose)
        self.view.current_changed.connect(self.line.setText)
        row = QHBoxLayout()
        row.addWidget(self.line, stretch=1)
        for button in self.buttons:
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addLayout(row)
        column.addWidget(self.view, stretch=1)
        theme.changed.connect(self._take_colors)
        self._take_colors()

    def show_report(self, looked: Looked) -> None:
        self._head: HeadReport | None = looked.head
        self.line.setText("")
        if looked.head is None:
            self.view.show_matrix((), ())
        else:
            self.view.show_matrix(*_occurring(looked.head))

    def take_focus(self) -> None:
        self.view.setFocus()

    def _choose(self, true: str, predicted: str) -> None:
        assert self._head is not None
        found = self._head.cells.get((true, predicted), ())
        of = sum(each.true == true for each in self._head.photos)
        self.chosen.emit(shown(found), cell_words(true, predicted, len(found), of))

    def _button(self, name: str, sign: str, key: str, factor: float) -> QToolButton:
        button = QToolButton()
        button.setProperty("sign", sign)
        button.setToolTip(f"{name} ({key})")
        button.setAccessibleName(f"{name}: confusion matrix")
        button.clicked.connect(lambda: self.view.zoom(factor))
        return button

    def _take_colors(self) -> None:
        for button in self.buttons:
            button.setIcon(icon(button.property("sign"), self._theme.colors.text))


class MistakesPart(Part):
    """The photos of which it was most sure, and wrong: often the label is what is wrong."""

    opened = Signal(object)
    """Shown."""
    fix_wanted = Signal(object)
    """List of Shown: their labels are to be looked at."""

    title = "Mistakes"

    def __init__(self, pictures: ReportPictures, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.wall = PhotoWall(pictures, theme, "Mistakes, the most confident first")
        self.fix_button = QPushButton("Fix labels")
        self._lead = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._lead.setProperty("role", "muted")
        self._lead.setWordWrap(True)
        self.wall.opened.connect(self.opened)
        self.wall.selection_changed.connect(self._say)
        self.fix_button.clicked.connect(lambda: self.fix_wanted.emit(self.wall.selected or list(self.wall.photos)))
        row = QHBoxLayout()
        row.addWidget(self._lead, stretch=1)
        row.addWidget(self.fix_button, alignment=Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addLayout(row)
        column.addWidget(self.wall, stretch=1)

    def show_report(self, looked: Looked) -> None:
        mistakes = looked.head.mistakes if looked.head is not None else ()
        self.wall.show_photos(shown(mistakes))
        self._lead.setText(
            "The most confident first. Where the tagger is very sure, look twice: the label may be wrong."
            if mistakes
            else "There is none: all photos that were held out are right."
            if looked.head is not None and looked.head.count
            else "No photo was held out that has a label."
        )
        self.fix_button.setVisible(bool(mistakes))

    def take_focus(self) -> None:
        self.wall.setFocus()

    def _say(self) -> None:
        count = len(self.wall.selected)
        self.fix_button.setText(f"Fix the label{'s' * (count > 1)} of {photos(count)}" if count else "Fix labels")


def _row(each: ClassScore) -> Row:
    never = "No photo that was held out has it" if not each.support else ""
    return Row(
        (
            Cell(named(each.label), each.label),
            number(share(each.recall), each.recall, never),
            number(share(each.precision), each.precision, "" if each.predicted else "It never said so"),
            number(share(each.f1), each.f1),
            number(f"{each.support:,}", each.support),
            number(f"{each.predicted:,}", each.predicted, f"How often it said {quoted(named(each.label))}"),
        ),
        each.label,
    )


def _occurring(head: HeadReport) -> tuple[list[str], list[list[int]]]:
    """Without classes that no photo has and that nobody said: their rows and columns are empty."""
    counts = head.confusion
    kept = [place for place in range(len(head.labels)) if any(counts[place]) or any(row[place] for row in counts)]
    return [head.labels[place] for place in kept], [[counts[row][column] for column in kept] for row in kept]
