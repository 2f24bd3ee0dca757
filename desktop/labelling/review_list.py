"""The proposals as a list of cards that is driven by the keyboard: arrows, A, X, digits, Enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from desktop.labelling.review_card import NARROWEST_PX, ReviewCard
from desktop.labelling.review_model import ReviewModel
from desktop.organise.duplicate_pictures import PagePictures

if TYPE_CHECKING:
    from PySide6.QtCore import QItemSelection
    from PySide6.QtGui import QKeyEvent, QResizeEvent

    from core.library import Library
    from core.types import PhotoId
    from desktop.tasks import Tasks
    from desktop.theme import Theme

AHEAD = 1.0  # screens above and below whose pictures are there before one scrolls to them
GAP_PX = 8
_DIGITS = range(Qt.Key.Key_1, Qt.Key.Key_9 + 1)


class ReviewList(QListView):
    """Tells what the user decides; deciding is the page's."""

    accept_wanted = Signal()
    skip_wanted = Signal()
    choice_wanted = Signal(int)
    """From 0: the one of the values offered for the current proposal that has this digit, less one."""
    other_wanted = Signal()
    """The user wants to type what it is."""
    check_clicked = Signal(int)
    """Row."""
    opened = Signal(int)
    """Row: show the photo large."""
    current_changed = Signal()

    def __init__(self, library: Library, tasks: Tasks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards = ReviewModel(self)
        self.pictures = PagePictures(library, tasks, self)
        self._card = ReviewCard(self.pictures, theme, self)
        self._card.toggled.connect(self.check_clicked)
        self.setModel(self.cards)
        self.setItemDelegate(self._card)
        self.setObjectName("grid")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setSpacing(GAP_PX)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Proposals")
        self.setAccessibleDescription("A accepts, X skips, digits choose another value, E types one, Enter opens")
        self._wanting = QTimer(self, singleShot=True, interval=0)  # once for all that one event moves
        self._wanting.timeout.connect(self._want_pictures)
        self.verticalScrollBar().valueChanged.connect(lambda _at: self._wanting.start())
        self.pictures.arrived.connect(lambda _id: self.viewport().update())
        self.cards.modelReset.connect(self._wanting.start)
        self.doubleClicked.connect(lambda index: self.opened.emit(index.row()))
        theme.changed.connect(self.viewport().update)

    @property
    def rows(self) -> list[int]:
        """Those that are selected; else the current one."""
        selected = sorted(index.row() for index in self.selectedIndexes())
        current = self.currentIndex().row()
        return selected or ([current] if current >= 0 else [])

    def go_to(self, row: int) -> None:
        """Make this row the current one and select it alone."""
        if self.cards.rowCount():
            self.setCurrentIndex(self.cards.index(min(max(row, 0), self.cards.rowCount() - 1)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_A, Qt.Key.Key_Space):
            self.accept_wanted.emit()
        elif key in (Qt.Key.Key_X, Qt.Key.Key_Delete):
            self.skip_wanted.emit()
        elif key in _DIGITS:
            self.choice_wanted.emit(key - Qt.Key.Key_1)
        elif key == Qt.Key.Key_E:
            self.other_wanted.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys here."""

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # type: ignore[override]
        super().currentChanged(current, previous)
        self.current_changed.emit()

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.current_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fill_width()
        super().resizeEvent(event)
        self._wanting.start()

    def _fill_width(self) -> None:
        """As many cards side by side as there is room for, and no room left beside them."""
        room_px = self.viewport().width() - GAP_PX
        columns = max(1, room_px // (NARROWEST_PX + GAP_PX))
        width_px = max(NARROWEST_PX, room_px // columns - GAP_PX)
        if width_px != self._card.width_px:
            self._card.width_px = width_px
            self.scheduleDelayedItemsLayout()

    def _want_pictures(self) -> None:
        """What is in view first, then what is near; all others are let go."""
        if not self.cards.rowCount():
            self.pictures.want([])
            return
        first, last = self._in_view()
        screen = last - first + 1
        ahead = int(AHEAD * screen)
        near = [*range(last + 1, last + 1 + ahead), *range(first - 1, first - 1 - ahead, -1)]
        rows = [*range(first, last + 1), *(row for row in near if 0 <= row < self.cards.rowCount())]
        wanted: dict[PhotoId, None] = {}
        for row in rows:
            proposal = self.cards.decided[row].proposal
            wanted.update(dict.fromkeys([proposal.photo_id, *([proposal.because] if proposal.because else [])]))
        self.pictures.want(list(wanted))

    def _in_view(self) -> tuple[int, int]:
        """The first and the last row of which something can be seen. All cards are of one size."""
        card = self.visualRect(self.cards.index(0))
        across, down = card.width() + GAP_PX, card.height() + GAP_PX
        columns = max(1, self.viewport().width() // max(1, across))
        top = self.verticalScrollBar().value()
        first = max(0, top // max(1, down)) * columns
        last = ((top + self.viewport().height()) // max(1, down) + 1) * columns - 1
        count = self.cards.rowCount()
        return min(first, count - 1), min(last, count - 1)
