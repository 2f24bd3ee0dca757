"""The parts of a query as chips, each with a button to remove it. They are made from the parsed query, not the text."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from core.errors import PhotoError
from core.query import Filter, Query, Term
from desktop.icons import icon
from desktop.search.flow_layout import FlowLayout
from desktop.tasks import Lane
from desktop.theme import Theme

if TYPE_CHECKING:
    from core.library import Library
    from desktop.tasks import Tasks

PICTURE_PX = 20


def label(part: Term | Filter) -> str:
    """What a chip says: "2x dog" with a proper sign, "not people", "camera: canon"."""
    if isinstance(part, Filter):
        comparison = "" if part.comparison == ".." else part.comparison
        return f"{'not ' if part.negated else ''}{part.key}: {comparison}{part.value}"
    weight = abs(part.weight)
    times = "" if weight == 1 else f"{weight:g}\N{MULTIPLICATION SIGN} "
    return f"{'not ' if part.weight < 0 else ''}{times}{_subject(part)}"


def _subject(term: Term) -> str:
    if term.kind == "text":
        return term.value
    return "like this photo" if term.photo_id is not None else f"like {Path(term.value).name}"


class Chip(QFrame):
    """One part."""

    removed = Signal(object)
    """The Term or Filter."""

    def __init__(self, part: Term | Filter, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chip")
        self.part = part
        excluded = part.negated if isinstance(part, Filter) else part.weight < 0
        self.setProperty("excluded", excluded)
        self.text = label(part)
        self.remove_button = QToolButton()
        self.remove_button.setIcon(icon("close", theme.colors.text, 14))
        self.remove_button.setIconSize(QSize(14, 14))
        self.remove_button.setAccessibleName(f"Remove {self.text}")
        self.remove_button.setToolTip("Remove")
        self.remove_button.clicked.connect(lambda: self.removed.emit(self.part))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 4, 6, 4)
        self._row.setSpacing(4)
        self._row.addWidget(QLabel(self.text, textFormat=Qt.TextFormat.PlainText))
        self._row.addWidget(self.remove_button)

    def show_picture(self, image: QImage) -> None:
        holder = QLabel()
        holder.setPixmap(QPixmap.fromImage(image))
        self._row.insertWidget(0, holder)


class ChipRow(QWidget):
    """All parts of a query."""

    removed = Signal(object)

    def __init__(self, library: Library, tasks: Tasks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library, self._tasks, self._theme = library, tasks, theme
        self._query = Query()
        self.chips: list[Chip] = []
        self._flow = FlowLayout(self)
        theme.changed.connect(self._rebuild)
        self.hide()

    def show_query(self, query: Query) -> None:
        """Show its parts. A few plain words need no chip: they stand in the line already."""
        if query != self._query:
            self._query = query
            self._rebuild()
        self.setVisible(bool(self.chips))

    def _rebuild(self) -> None:
        for chip in self.chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        plain = len(self._query.terms) == 1 and not self._query.filters and _is_plain(self._query.terms[0])
        parts = () if plain else (*self._query.terms, *self._query.filters)
        self.chips = [self._chip(part) for part in parts]
        self.updateGeometry()

    def _chip(self, part: Term | Filter) -> Chip:
        chip = Chip(part, self._theme, self)
        chip.removed.connect(self.removed)
        self._flow.addWidget(chip)
        if isinstance(part, Term) and part.kind == "image":
            self._tasks.run(
                partial(_small_picture, self._library, part, round(PICTURE_PX * self.devicePixelRatio())),
                partial(self._show_picture, chip),
                lambda _error: None,  # the search itself says that the picture cannot be read
                Lane.THUMBNAILS,
            )
        return chip

    def _show_picture(self, chip: Chip, image: QImage) -> None:
        if chip in self.chips:
            image.setDevicePixelRatio(self.devicePixelRatio())
            chip.show_picture(image)


def _is_plain(term: Term) -> bool:
    return term.kind == "text" and term.weight == 1


def _small_picture(library: Library, term: Term, edge_px: int) -> QImage:
    """On a worker."""
    if term.photo_id is not None:
        image = QImage.fromData(library.thumbnail(term.photo_id, library.settings.thumbnail_edge_px))
    else:
        image = _scaled(Path(term.value).expanduser(), edge_px)
    if image.isNull():
        raise PhotoError("This picture cannot be shown.", path=Path(term.value))
    size = QSize(edge_px, edge_px)
    return image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)


def _scaled(path: Path, edge_px: int) -> QImage:
    """Decoded at a small size, which JPEG does without decoding the whole; Qt's limit of memory guards the rest."""
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid():
        wanted = QSize(4 * edge_px, 4 * edge_px)  # enough for a smooth last step
        reader.setScaledSize(size.scaled(wanted, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()
