"""The parts of a report that are figures: curves of training, how far its word can be taken, and the feature map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QRadioButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from desktop.elided_label import ElidedLabel
from desktop.organise.wording import photos
from desktop.reports.map_view import ProjectionView
from desktop.reports.part import Line, Looked, Part, shown
from desktop.reports.pictures import Shown
from desktop.reports.reliability_view import ReliabilityView
from desktop.reports.shades import class_color
from desktop.reports.words import named, share
from desktop.training.curve_view import Curves, CurveView, Mark, Series

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from desktop.reports.pictures import ReportPictures
    from desktop.theme import Theme
    from trainer.report.calibration import Bin
    from trainer.report.values import HeadReport, MapPhoto, RunReport

LEGEND_PX = 200
NARROW_PX = 640  # below it two curves stand one above the other
SWATCH_PX = 12
TRUE, PREDICTED = 0, 1
BY_LABEL = (("Colour: label", (TRUE, False)), ("Colour: prediction", (PREDICTED, False)))
BY_KIND = (("Colour: kind", (TRUE, True)), ("Colour: predicted kind", (PREDICTED, True)))
"""Whose label gives the colour, and whether it is that of its coarse kind."""


class CurvesPart(Part):
    title = "Curves"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.loss, self.scores = CurveView(theme, "Loss"), CurveView(theme, "Held-out photos")
        self.line = Line("muted")
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(16)
        self._row.addWidget(self.loss, stretch=1)
        self._row.addWidget(self.scores, stretch=1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.addWidget(self.line)
        column.addLayout(self._row, stretch=1)

    def show_report(self, looked: Looked) -> None:
        curves = looked.report.curves
        head = looked.head.name if looked.head is not None else ""
        for view in (self.loss, self.scores):
            view.setVisible(bool(curves.points))
        if not curves.points:
            self.line.say("This run has no epochs: it was taught in one step.")
            return
        self.loss.show_curves(_loss_curves(looked.report, head))
        self.scores.show_curves(_score_curves(looked.report, head))
        best = curves.best_epoch
        self.line.say("" if best is None else f"Epoch {best + 1} was the best and is what was kept ({curves.rule}).")

    def take_focus(self) -> None:
        self.loss.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < NARROW_PX
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)


class ConfidencePart(Part):
    title = "Confidence"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._head: HeadReport | None = None
        self.view = ReliabilityView(theme)
        self.after, self.before = QRadioButton("As it is used"), QRadioButton("Before it was calibrated")
        self.after.setChecked(True)
        self.lead, self.line = Line("muted"), ElidedLabel("")
        self.after.toggled.connect(lambda _checked: self._show_bins())
        self.view.current_changed.connect(self.line.setText)
        self.view.chosen.connect(self._choose)
        row = QHBoxLayout()
        row.setSpacing(16)
        for button in (self.after, self.before):
            row.addWidget(button)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.addWidget(self.lead)
        column.addLayout(row)
        column.addWidget(self.line)
        column.addWidget(self.view, stretch=1)

    def show_report(self, looked: Looked) -> None:
        self._head = looked.head
        found = looked.head.calibration if looked.head is not None else None
        if found is None or found.ece_after is None:
            self.lead.say("No photo was held out that has a label.")
        else:
            self.lead.say(
                "Where a column ends at its red line, it is right as often as it says. On average it is off by "
                f"{share(found.ece_after)}; before its temperature was set to {found.temperature:.2f}, by "
                f"{share(found.ece_before)}."
            )
        self._show_bins()

    def take_focus(self) -> None:
        self.view.setFocus()

    def _show_bins(self) -> None:
        self.line.setText("")
        if self._head is None:
            self.view.show_bins(())
            return
        found = self._head.calibration
        self.view.show_bins(found.after if self.after.isChecked() else found.before)

    def _choose(self, bin_: Bin) -> None:
        """Only the calibrated probabilities of single photos are known."""
        if self._head is None or not self.after.isChecked():
            return
        sure = [
            each for each in self._head.photos
            if each.true is not None and (bin_.low < each.probability <= bin_.high or each.probability == bin_.low == 0)
        ]  # fmt: skip
        sure.sort(key=lambda each: (each.is_right, -each.probability))
        self.chosen.emit(shown(sure), self.view.text_of(self.view.current or 0))


class MapPart(Part):
    title = "Map"

    def __init__(self, pictures: ReportPictures, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._looked: Looked | None = None
        self._photos: tuple[Shown, ...] = ()
        self._names: list[str] = []
        self.view = ProjectionView(pictures, theme)
        self.method, self.coloring, self.legend = QComboBox(), QComboBox(), QListWidget()
        self.method.setAccessibleName("How the map is made")
        self.coloring.setAccessibleName("What the colours mean")
        self.legend.setAccessibleName("Classes of the map")
        self.legend.setToolTip("Choose a class to make it stand out")
        self.legend.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.legend.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.legend.setStyleSheet("QListWidget { padding: 4px; } QListWidget::item { padding: 4px; }")
        self.line, self.lead = ElidedLabel("", "muted"), Line("muted")
        self.method.currentTextChanged.connect(lambda _name: self._show_places())
        self.coloring.currentIndexChanged.connect(lambda _index: self._show_classes())
        self.legend.currentRowChanged.connect(lambda _row: self._paint_classes())
        self.view.current_changed.connect(self.line.setText)
        self.view.chosen.connect(self._choose)
        theme.changed.connect(self._show_classes)
        self._build()

    def show_report(self, looked: Looked) -> None:
        before = self._looked
        self._looked = looked
        features = looked.report.features
        head = looked.head.name if looked.head is not None else ""
        self._photos = tuple(_shown(photo, head) for photo in features.photos)
        for widget in (self.view, self.method, self.coloring, self.legend):
            widget.setVisible(bool(features.methods))
        if before is None or before.report is not looked.report:
            self.method.blockSignals(True)
            self.method.clear()
            self.method.addItems(list(features.methods))
            self.method.setCurrentText("UMAP" if "UMAP" in features.methods else next(iter(features.methods), ""))
            self.method.blockSignals(False)
        self._offer_colorings()
        self._show_places()
        self._show_classes()

    def take_focus(self) -> None:
        self.view.setFocus()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.method)
        row.addWidget(self.coloring)
        row.addWidget(self.line, stretch=1)
        self._body = QSplitter(Qt.Orientation.Horizontal)
        self._body.setChildrenCollapsible(False)
        self._body.addWidget(self.view)
        self._body.addWidget(self.legend)
        self._body.setStretchFactor(0, 1)
        self._body.setSizes([600, LEGEND_PX])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.addLayout(row)
        column.addWidget(self.lead)
        column.addWidget(self._body, stretch=1)

    def _show_places(self) -> None:
        if self._looked is None:
            return
        places = self._looked.report.features.methods.get(self.method.currentText(), ())
        self.view.show_photos(self._photos if places else (), places)
        self._paint_classes()

    def _offer_colorings(self) -> None:
        """By coarse kind only where the labels that are looked at have kinds."""
        head = self._looked.head if self._looked is not None else None
        offered = (*BY_LABEL, *(BY_KIND if head is not None and head.kinds is not None else ()))
        before = self.coloring.currentData()
        with QSignalBlocker(self.coloring):
            self.coloring.clear()
            for text, told in offered:
                self.coloring.addItem(text, told)
            values = [told for _, told in offered]
            self.coloring.setCurrentIndex(values.index(before) if before in values else 0)

    @property
    def _by_kind(self) -> bool:
        told = self.coloring.currentData()
        return told is not None and told[1]

    def _pairs(self) -> list[tuple[str | None, str]]:
        """By photo: what it is, and what it was taken for, as labels or as kinds."""
        if self._looked is None or self._looked.head is None:
            return [(None, "") for _ in self._photos]
        head, report = self._looked.head.name, self._looked.report
        pairs = [photo.labels.get(head, (None, "")) for photo in report.features.photos]
        if not self._by_kind:
            return pairs
        kinds = report.data.kinds  # a class that has none is one of its own
        return [(None if true is None else kinds.get(true, true), kinds.get(said, said)) for true, said in pairs]

    def _labels(self) -> list[str]:
        """By photo: what its colour tells."""
        told = self.coloring.currentData()
        return [named(pair[told[0] if told is not None else TRUE] or "no label") for pair in self._pairs()]

    def _show_classes(self) -> None:
        if self._looked is not None:
            self.lead.say(_map_words(self._looked.report, by_kind=self._by_kind))
        labels = self._labels()
        self._names = sorted(set(labels))
        self.legend.blockSignals(True)
        self.legend.clear()
        self.legend.addItem("All kinds" if self._by_kind else "All classes")
        for place, name in enumerate(self._names):
            swatch = QPixmap(SWATCH_PX, SWATCH_PX)
            swatch.fill(class_color(place, self._theme.colors))
            self.legend.addItem(QListWidgetItem(QIcon(swatch), f"{name} ({labels.count(name)})"))
        self.legend.setCurrentRow(0)
        self.legend.blockSignals(False)
        self._paint_classes()

    def _paint_classes(self) -> None:
        places = {name: place for place, name in enumerate(self._names)}
        lit = self.legend.currentRow() - 1
        classes = [places.get(label, 0) for label in self._labels()]
        mistakes = [row for row, (true, said) in enumerate(self._pairs()) if true is not None and said and true != said]
        self.view.show_classes(classes, lit if lit >= 0 else None, mistakes)

    def _choose(self, rows: list[int]) -> None:
        found = tuple(self._photos[row] for row in rows)
        self.chosen.emit(found, f"Chosen on the map: {photos(len(found))}" if found else "")


def _loss_curves(report: RunReport, head: str) -> Curves:
    points = report.curves.points
    series = [Series("Training", tuple(point.train.get("loss") for point in points), "muted")]
    if head:
        series.append(Series(
            f"Validation, {head}", tuple(point.validation.get(head, {}).get("loss") for point in points), "accent"
        ))  # fmt: skip
    return Curves("Loss", tuple(series), _marks(report), len(points))


def _score_curves(report: RunReport, head: str) -> Curves:
    points = report.curves.points
    names = {"accuracy": "Accuracy", "weighted f1": "Weighted F1", "macro f1": "Macro F1"}
    tones = ("accent", "text", "muted")
    series = tuple(
        Series(title, tuple(point.validation.get(head, {}).get(name) for point in points), tone)
        for (name, title), tone in zip(names.items(), tones, strict=True)
    )
    return Curves(f"Validation, {head}", series, _marks(report), len(points), as_percent=True)


def _marks(report: RunReport) -> tuple[Mark, ...]:
    return tuple(Mark(phase.first_epoch, phase.name) for phase in report.curves.phases)


def _shown(photo: MapPhoto, head: str) -> Shown:
    true, predicted = photo.labels.get(head, (None, ""))
    is_line = f"Is {named(true)}" if true is not None else "Has no label"
    lines = (is_line, f"Said {named(predicted)}") if predicted else (is_line,)
    return Shown(photo.id, photo.path, lines, None if true is None else true == predicted)


def _map_words(report: RunReport, *, by_kind: bool) -> str:
    features = report.features
    if not features.methods:
        why = " ".join(f"{name}: {reason}." for name, reason in features.failed.items())
        return f"There is no map of this run. {why}".strip()
    words = (
        "Photos that look alike to the tagger lie near each other; rings are "
        f"{'photos that were taken for another kind' if by_kind else 'mistakes'}. "
        "Draw around a cluster to see its photos and to label them."
    )
    drawn = len(features.photos)
    return f"{words} A sample of {drawn:,} of {photos(features.out_of)}." if features.out_of > drawn else words
