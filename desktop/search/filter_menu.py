"""The menu that begins a new part of the query: words, a picture, or one of the filters with what it is for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QMenu, QWidget

from core.query import FILTERS, Term
from desktop.icons import icon
from desktop.search.editors.filter_editors import sentence
from desktop.search.key_icons import key_icon
from desktop.theme import Theme

WIDEST_PX = 240  # of the words of a term


class FilterMenu(QMenu):
    """Every filter of the query language; at its top, words and pictures."""

    term_wanted = Signal(object)
    """The Term that stands in the line without a chip."""
    word_wanted = Signal()
    picture_wanted = Signal()
    filter_wanted = Signal(str)
    """The key."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Add to the search")
        self._theme = theme

    def fill(self, term: Term | None) -> None:
        """`term` has no chip to change it at; None: all have."""
        self.clear()
        if term is not None:
            words = self.fontMetrics().elidedText(term.value, Qt.TextElideMode.ElideRight, WIDEST_PX)
            text = f"Change “{words}”…".replace("&", "&&")
            self._add("edit", text, lambda: self.term_wanted.emit(term))
        self._add("search", "Words…", self.word_wanted.emit)
        self._add("image", "Picture…", self.picture_wanted.emit)
        self.addSeparator()
        for key in FILTERS.values():
            # Behind a tab, a menu writes shortcuts at the right edge: here the explanation.
            text = f"{key.name.capitalize()}\t{sentence(key.explanation)}"
            self._add(key_icon(key.name), text, partial(self.filter_wanted.emit, key.name))

    def _add(self, icon_name: str, text: str, chosen: Callable[[], None]) -> None:
        """What is chosen opens a window of its own: after this one has gone, or the system closes both."""
        action = self.addAction(icon(icon_name, self._theme.colors.text), text)
        action.triggered.connect(lambda: QTimer.singleShot(0, self, chosen))
