"""One group of duplicates: its photos side by side, the one that stays marked, and what can be done."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.organise.duplicate_card import CopyCard
from desktop.organise.duplicate_groups import Copies, surplus
from desktop.organise.wording import photos
from desktop.search.flow_layout import FlowLayout
from desktop.viewer.facts import file_size

if TYPE_CHECKING:
    from core.types import PhotoId
    from desktop.organise.duplicate_pictures import PagePictures
    from desktop.theme import Theme

SHOWN = 8  # photos of a group at first: more of them are rarely looked at one by one
MOST_COMPARED = 4  # beside each other on one screen


class GroupRow(QFrame):
    """Follows the user's choice of what to keep; what is done with it, is done elsewhere."""

    keep_chosen = Signal(object)
    """Copies, with the photo that the user wants to keep."""
    trash_wanted = Signal(object)
    """list of PhotoId: all others of the group."""
    compare_wanted = Signal(object)
    """list of PhotoId, at most four, the one to keep first."""
    opened = Signal(object, object)
    """PhotoId, and the tuple of those of its group."""
    unfolded = Signal()
    """All photos of the group are shown now, and want their pictures."""

    def __init__(self, copies: Copies, pictures: PagePictures, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self.copies = copies
        self._pictures, self._theme = pictures, theme
        self.cards: dict[PhotoId, CopyCard] = {}
        self._choice = QButtonGroup(self)
        self._title = QLabel()
        self._title.setProperty("role", "heading")
        self.compare_button, self.trash_button, self.more_button = QPushButton("Compare"), QPushButton(), QPushButton()
        self._flow = FlowLayout()
        self._build()
        self._show_cards(copies.photos[:SHOWN])
        self._say()

    @property
    def shown(self) -> list[PhotoId]:
        return list(self.cards)

    def show_picture(self, photo_id: PhotoId) -> None:
        if photo_id in self.cards:
            self.cards[photo_id].update()

    def _build(self) -> None:
        self.compare_button.setToolTip("Side by side, zoomed together")
        self.compare_button.clicked.connect(self._compare)
        self.trash_button.clicked.connect(lambda: self.trash_wanted.emit([photo.id for photo in self.copies.surplus]))
        self.more_button.setProperty("role", "link")
        self.more_button.setText(f"Show {len(self.copies.photos) - SHOWN:,} more")
        self.more_button.setVisible(len(self.copies.photos) > SHOWN)
        self.more_button.clicked.connect(self._unfold)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._title, stretch=1)
        for button in (self.more_button, self.compare_button, self.trash_button):
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(self._flow)

    def _show_cards(self, shown: tuple) -> None:
        reason = self.copies.reason
        before: QWidget = self.trash_button
        for photo in shown:
            badge = f"Keep: {reason}" if reason and photo.id == self.copies.best else "Keep"
            card = self.cards[photo.id] = CopyCard(photo, badge, self._pictures, self._theme)
            card.setChecked(photo.id == self.copies.keep)
            card.clicked.connect(partial(self._choose, photo.id))
            card.opened.connect(lambda photo_id: self.opened.emit(photo_id, self.copies.ids))
            self._choice.addButton(card)
            self._flow.addWidget(card)
            QWidget.setTabOrder(before, card)
            before = card

    def _say(self) -> None:
        ids, size_bytes = surplus([self.copies])
        self._title.setText(f"{photos(len(self.copies.photos))}, {file_size(size_bytes)} too many")
        kept = "best" if self.copies.keep == self.copies.best else "chosen one"
        self.trash_button.setText(f"Keep the {kept}, move {len(ids):,} to the trash")
        self.trash_button.setToolTip("It can be undone")
        name = self.copies.photos[0].path.name
        self.trash_button.setAccessibleName(f"{self.trash_button.text()}: copies of {name}")
        self.compare_button.setAccessibleName(f"Compare the copies of {name}")

    def _choose(self, photo_id: PhotoId) -> None:
        self.copies = replace(self.copies, keep=photo_id)
        self._say()
        self.keep_chosen.emit(self.copies)

    def _compare(self) -> None:
        others = [photo.id for photo in self.copies.surplus]
        self.compare_wanted.emit([self.copies.keep, *others][:MOST_COMPARED])

    def _unfold(self) -> None:
        self.more_button.hide()
        self._show_cards(self.copies.photos[SHOWN:])
        self.unfolded.emit()
