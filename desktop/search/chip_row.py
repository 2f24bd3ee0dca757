"""All parts of a query as chips, and the buttons that add one. They are made from the parsed query, not the text."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QSizePolicy, QWidget

from core.query import Filter, Query, Term
from desktop.icons import icon
from desktop.search.chips import HEIGHT_PX, PICTURE_PX, Chip
from desktop.search.flow_layout import FlowLayout
from desktop.search.small_pictures import small_picture
from desktop.tasks import Lane
from desktop.theme import STEP_PX, Theme

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance
    from PySide6.QtGui import QImage, QResizeEvent

    from core.library import Library
    from desktop.tasks import Tasks

MOST_LINES = 4  # then it scrolls: the photos are what the window is for
PLUS_PX = 16


class ChipRow(QScrollArea):
    """The chips, wrapped to the width, and behind them "Word", "Picture…" and "Filter" to add another."""

    removed = Signal(object)
    """The Term or Filter."""
    chosen = Signal(object)
    """The Chip whose part is to be changed."""
    word_wanted = Signal()
    picture_wanted = Signal()
    filter_wanted = Signal()

    def __init__(self, library: Library, tasks: Tasks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chipRow")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._library, self._tasks, self._theme = library, tasks, theme
        self._query = Query()
        self.chips: list[Chip] = []
        content = QWidget()
        self._flow = FlowLayout(content)
        self.setWidget(content)
        self._adding = QWidget()
        row = QHBoxLayout(self._adding)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._flow.addWidget(self._adding)  # as one: they stay together where a line ends
        self.word_button = self._button("Word", "Add words to look for, or to stay away from", self.word_wanted)
        self.picture_button = self._button("Picture…", "Add a picture to search by", self.picture_wanted)
        self.filter_button = self._button("Filter", "Add a filter (Ctrl+Shift+F)", self.filter_wanted)
        theme.changed.connect(self._paint_icons)
        self._paint_icons()
        self.hide()

    def show_query(self, query: Query) -> None:
        """Show its parts. A few plain words need no chip: they stand in the line already."""
        self._query = query
        plain = len(query.terms) == 1 and not query.filters and _is_plain(query.terms[0])
        self._show_parts([] if plain else [*query.terms, *query.filters])
        self.setVisible(bool(self.chips))
        self._fit()

    def focused_place(self) -> int | None:
        """Which chip has the focus."""
        return next((place for place, chip in enumerate(self.chips) if chip.hasFocus()), None)

    def focus(self, place: int) -> None:
        """Give the focus to the chip at this place, or to the last one before it; there must be chips."""
        chip = self.chips[max(0, min(place, len(self.chips) - 1))]
        chip.setFocus(Qt.FocusReason.OtherFocusReason)
        self.ensureWidgetVisible(chip, 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    # Chips are kept where they can be: the focus stays, nothing blinks, and no picture is read twice.

    def _show_parts(self, parts: list[Term | Filter]) -> None:
        known = [chip.part for chip in self.chips]
        before = _alike(known, parts)
        behind = _alike(known[before:][::-1], parts[before:][::-1])
        extra = len(known) - len(parts)
        for chip in self.chips[len(known) - behind - max(extra, 0) : len(known) - behind]:
            self._take_out(chip)
        for _ in range(-extra):
            self._put_in(len(self.chips) - behind, parts[len(self.chips) - behind])
        for chip, part in zip(self.chips, parts, strict=True):
            if chip.part == part:
                chip.part = part  # its place in the line may be another now
            else:
                chip.show_part(part)
                self._fetch_picture(chip)
        for first, second in pairwise([*self.chips, self.word_button, self.picture_button, self.filter_button]):
            QWidget.setTabOrder(first, second)

    def _take_out(self, chip: Chip) -> None:
        self.chips.remove(chip)
        self._flow.removeWidget(chip)
        chip.hide()
        chip.deleteLater()

    def _put_in(self, place: int, part: Term | Filter) -> None:
        chip = Chip(part, self._theme, self.widget())
        chip.removed.connect(self.removed)
        chip.clicked.connect(partial(self.chosen.emit, chip))
        chip.stepped.connect(partial(self._step, chip))
        self.chips.insert(place, chip)
        self._flow.insert_widget(place, chip)
        chip.show()
        self._fetch_picture(chip)

    def _step(self, chip: Chip, step: int) -> None:
        place = self.chips.index(chip) + step
        if 0 <= place < len(self.chips):
            self.focus(place)

    def _fetch_picture(self, chip: Chip) -> None:
        term = chip.part
        if isinstance(term, Term) and term.kind == "image" and chip.picture.isNull():
            self._tasks.run(
                partial(small_picture, self._library, term, round(PICTURE_PX * self.devicePixelRatio())),
                partial(self._show_picture, chip, term.value),
                lambda _error: None,  # the search itself says that the picture cannot be read
                Lane.THUMBNAILS,
            )

    def _show_picture(self, chip: Chip, value: str, image: QImage) -> None:
        if chip in self.chips and isinstance(chip.part, Term) and chip.part.value == value:
            image.setDevicePixelRatio(self.devicePixelRatio())
            chip.show_picture(image)

    # How it looks

    def _button(self, name: str, tool_tip: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(name)
        button.setObjectName("addPart")
        button.setFixedHeight(HEIGHT_PX)
        button.setAutoDefault(False)
        button.setIconSize(QSize(PLUS_PX, PLUS_PX))
        button.setAccessibleName(f"Add: {name.rstrip('…')}")
        button.setToolTip(tool_tip)
        button.clicked.connect(lambda: signal.emit())
        self._adding.layout().addWidget(button)  # type: ignore[union-attr] - it was given one
        return button

    def _paint_icons(self) -> None:
        for button in (self.word_button, self.picture_button, self.filter_button):
            button.setIcon(icon("plus", self._theme.colors.muted, PLUS_PX))
        for chip in self.chips:
            chip.paint_icons()

    def _fit(self) -> None:
        """As high as its lines, up to a limit."""
        lines_px = self._flow.heightForWidth(self.viewport().width())
        self.setFixedHeight(min(lines_px, MOST_LINES * (HEIGHT_PX + STEP_PX)))


def _alike(first: list[Term | Filter], second: list[Term | Filter]) -> int:
    """How many parts at the beginning of both are equal."""
    count = 0
    while count < min(len(first), len(second)) and first[count] == second[count]:
        count += 1
    return count


def _is_plain(term: Term) -> bool:
    return term.kind == "text" and term.weight == 1
