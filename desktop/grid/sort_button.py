"""The button that says in which order the photos stand, and its menu."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from core.types import NEWEST_FIRST, Sort, SortKey
from desktop.icons import icon

if TYPE_CHECKING:
    from desktop.theme import Theme

KEYS = {
    SortKey.RELEVANCE: "Best match",
    SortKey.DATE: "Date",
    SortKey.NAME: "Name",
    SortKey.SIZE: "File size",
    SortKey.UNCERTAIN: "Most worth labelling",
}
DIRECTIONS = {  # descending, ascending
    SortKey.RELEVANCE: ("Best match first", ""),
    SortKey.DATE: ("Newest first", "Oldest first"),
    SortKey.NAME: ("Name, Z to A", "Name, A to Z"),
    SortKey.SIZE: ("Largest first", "Smallest first"),
    SortKey.UNCERTAIN: ("Most sure first", "Least sure first"),
}
USUALLY_ASCENDING = (SortKey.NAME, SortKey.UNCERTAIN)
"""People read names from A, dates and sizes from the newest and largest; what the tagger knows needs no label."""


class SortButton(QToolButton):
    """Shows a Sort in words."""

    sort_chosen = Signal(object)
    """Sort."""
    names_toggled = Signal(bool)
    """Show the names of the files."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._sort = NEWEST_FIRST
        self._menu = QMenu(self)
        self._keys, self._directions = QActionGroup(self), QActionGroup(self)
        self._key_actions = {key: self._choice(self._keys, text) for key, text in KEYS.items()}
        self._direction_actions = {way: self._choice(self._directions, "") for way in (True, False)}
        self.names_action = QAction("Names of the files", self, checkable=True)
        self.names_action.toggled.connect(self.names_toggled)
        self._build()
        self.show_sort(NEWEST_FIRST, ranked=False)
        theme.changed.connect(self._paint_icon)
        self._paint_icon()

    def show_sort(self, sort: Sort, *, ranked: bool) -> None:
        """
        Args:
            ranked: The photos were compared with something, so that there is a best match.
        """
        self._sort = sort
        words = DIRECTIONS[sort.key]
        self.setText(words[0 if sort.descending else 1])
        self.setAccessibleName(f"Order of the photos: {self.text()}")
        self._key_actions[SortKey.RELEVANCE].setVisible(ranked)
        self._key_actions[sort.key].setChecked(True)
        for descending, action in self._direction_actions.items():
            action.setText(words[0 if descending else 1])
            action.setVisible(sort.key is not SortKey.RELEVANCE)
            action.setChecked(descending == sort.descending)

    def _build(self) -> None:
        for key, action in self._key_actions.items():
            self._menu.addAction(action)
            action.triggered.connect(partial(self._choose_key, key))
        self._menu.addSeparator()
        for descending, action in self._direction_actions.items():
            self._menu.addAction(action)
            action.triggered.connect(partial(self._choose_direction, descending))
        self._menu.addSeparator()
        self._menu.addAction(self.names_action)
        self.setMenu(self._menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(16, 16))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip("Order of the photos")
        self.setObjectName("sortButton")

    def _choice(self, group: QActionGroup, text: str) -> QAction:
        return QAction(text, group, checkable=True)

    def _choose_key(self, key: SortKey) -> None:
        if key is not self._sort.key:
            self._choose(Sort(key, descending=key not in USUALLY_ASCENDING))

    def _choose_direction(self, descending: bool) -> None:
        if descending != self._sort.descending:
            self._choose(Sort(self._sort.key, descending=descending))

    def _choose(self, sort: Sort) -> None:
        self.show_sort(sort, ranked=self._key_actions[SortKey.RELEVANCE].isVisible())
        self.sort_chosen.emit(sort)

    def _paint_icon(self) -> None:
        self.setIcon(icon("sort", self._theme.colors.muted, 16))
