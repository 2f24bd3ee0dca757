"""The report of an adaptation: what it gained, what it cost, and how that changed on the way from the model before to
what was learned in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop.adapting.adapt_words import FIGURES, IN_FULL, by_words, more_like_this, used
from desktop.elided_label import ElidedLabel
from desktop.reports.part import Line
from desktop.reports.value_table import Cell, Row, ValueTable, number
from desktop.training.curve_view import Curves, CurveView, Mark, Series
from desktop.training.panel import button
from trainer.contrastive.guard import AGREEMENT, DECIDING

if TYPE_CHECKING:
    from desktop.theme import Theme
    from trainer.contrastive.guard import Curve
    from trainer.report.intervals import Interval

HEADINGS = ("", "Before", "As it is used", "Learned in full")
WAY = "From the model before (0%) to what was learned in full (100%)"
_ON_THE_WAY = (
    ("more like this (MAP@R)", "image", DECIDING, "accent"),
    ("names of the labels (mAP)", "text", "names mAP", "text"),
    ("the same first photos for other texts", "text", AGREEMENT, "muted"),
)


class AdaptedPage(QWidget):
    """Shows a curve of the guard; its buttons lead elsewhere."""

    page_wanted = Signal()
    """The page that can be kept and printed, in the browser."""
    outcome_wanted = Signal()
    """What can be done with it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.about = ElidedLabel("", "title"), ElidedLabel("", "muted")
        self.lines = tuple(Line() if place == 0 else Line("muted") for place in range(5))
        self.table = ValueTable("What was measured", HEADINGS)
        self.way = CurveView(theme, WAY)
        self.page_button = QPushButton("Open the full page")
        self.outcome_button = button("Use, compare, go back…", "main", "What can be done with it")
        self._build()

    def show_report(self, name: str, about: str, curve: Curve, *, has_page: bool) -> None:
        """
        Args:
            about: Recipe, day and state of the run.
            has_page: There is one for the browser.
        """
        self.name.setText(name)
        self.about.setText(about)
        self.page_button.setVisible(has_page)
        gained = curve.alpha > 0
        self.outcome_button.setVisible(gained)
        shown = curve.taken if gained else curve.after
        said = (
            curve.reason,
            more_like_this(curve.before.image, shown.image),
            by_words(curve.before.text, shown.text),
            used(curve.alpha) if gained else IN_FULL,
            f"Of {curve.photos:,} photos that were held out. Texts were also asked for {curve.asked}.",
        )
        for line, text in zip(self.lines, said, strict=True):
            line.say(text)
        self.table.show_rows(_rows(curve))
        self.table.fit_height()
        self.way.show_curves(_way(curve))

    def take_focus(self) -> None:
        (self.table if self.outcome_button.isHidden() else self.outcome_button).setFocus()

    def _build(self) -> None:
        self.page_button.setToolTip("In the browser: figures to keep and to print")
        self.page_button.clicked.connect(self.page_wanted)
        self.outcome_button.clicked.connect(self.outcome_wanted)
        top, texts = QHBoxLayout(), QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self.name)
        texts.addWidget(self.about)
        top.setSpacing(8)
        top.addLayout(texts, stretch=1)
        top.addWidget(self.page_button)
        top.addWidget(self.outcome_button)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 16)
        column.setSpacing(8)
        for line in self.lines:
            column.addWidget(line)
        column.addWidget(self.table)
        self.way.setMinimumHeight(260)
        column.addWidget(self.way)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 8, 8, 0)
        outer.setSpacing(8)
        outer.addLayout(top)
        outer.addWidget(scroll, stretch=1)


def _rows(curve: Curve) -> list[Row]:
    columns = (curve.before, curve.taken, curve.after)
    figures = [{**point.image, **point.text} for point in columns]
    return [
        Row((Cell(FIGURES.get(name, name), FIGURES.get(name, name)), *(_cell(of_one.get(name)) for of_one in figures)))
        for name in figures[0]
    ]


def _cell(figure: Interval | None) -> Cell:
    if figure is None:
        return number("-", None)
    margin = f"{figure.low:.0%} to {figure.high:.0%}"
    return number(f"{figure.value:.0%}", figure.value, f"95% interval: {margin}")


def _way(curve: Curve) -> Curves:
    series = tuple(
        Series(said, tuple(_value(getattr(point, part).get(name)) for point in curve.points), tone)  # type: ignore[arg-type]
        for said, part, name, tone in _ON_THE_WAY
        if name in getattr(curve.before, part)
    )
    taken = min(range(len(curve.points)), key=lambda place: abs(curve.points[place].alpha - curve.alpha))
    marks = (Mark(taken + 0.5, "used"),) if 0 < taken < len(curve.points) - 1 else ()  # at the end, without a word
    places = tuple(f"{point.alpha:.0%}" for point in curve.points)
    return Curves(WAY, series, marks, len(curve.points), as_percent=True, places=places)


def _value(figure: Interval | None) -> float | None:
    return None if figure is None else figure.value
