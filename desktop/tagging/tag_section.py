"""The part of the information panel that says what photos are tagged with, and lets the user say it better."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.tags.values import TagSource
from desktop.organise.wording import photos
from desktop.tagging.deeds import AcceptTags, ClearLabel
from desktop.tagging.label_popup import LabelPopup
from desktop.tagging.tag_row import TagRow
from desktop.tagging.tag_sheet import TagSheet

if TYPE_CHECKING:
    from core.library import Library
    from desktop.tasks import Tasks
    from desktop.theme import Theme


class TagSection(QWidget):
    """Shows a TagSheet, of one photo or of several."""

    deed_wanted = Signal(object)
    """Deed."""
    query_wanted = Signal(str)

    def __init__(
        self, library: Library, tasks: Tasks, theme: Theme, width_px: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._library, self._tasks, self._theme, self._width_px = library, tasks, theme, width_px
        self.sheet = TagSheet((), (), 0)
        self.rows: dict[str, TagRow] = {}
        self._heading, self._note = QLabel("Tags"), QLabel()
        self._heading.setProperty("role", "heading")
        self._note.setProperty("role", "muted")
        self._note.setWordWrap(True)
        self.accept_button = QPushButton("Accept")
        self.accept_button.setProperty("role", "link")
        self.accept_button.setToolTip("What stands here becomes what you say (Ctrl+Shift+Return)")
        self.accept_button.clicked.connect(self._accept)
        self._build()

    @property
    def text(self) -> str:
        """All that can be read."""
        return " ".join([row.text for row in self.rows.values() if row.text] + [self._note.text()]).strip()

    def show_sheet(self, sheet: TagSheet) -> None:
        self.sheet = sheet
        wanted = [each.head for each in sheet.heads]
        for head in [head for head in self.rows if head not in wanted]:
            row = self.rows.pop(head)
            row.hide()
            row.deleteLater()
        for place, each in enumerate(sheet.heads):
            row = self.rows.get(each.head) or self._new_row(each.head)
            self._column.removeWidget(row)
            self._column.insertWidget(place, row)
            row.show_sheet(each, sheet.read)
        self.accept_button.setVisible(sheet.can_be_accepted)
        self.accept_button.setAccessibleName(f"Accept the tags of {photos(len(sheet.ids))}")
        self._note.setText(_note(sheet))
        self._note.setVisible(bool(self._note.text()))

    def edit(self, head: str) -> LabelPopup:
        """Ask for another label."""
        popup = LabelPopup(self._library, self._tasks, self.sheet.ids, head, self)
        popup.deed_wanted.connect(self.deed_wanted)
        popup.show_below(self.rows[head].edit_button)
        return popup

    def _new_row(self, head: str) -> TagRow:
        row = self.rows[head] = TagRow(head, self._theme, self._width_px, self)
        row.query_wanted.connect(self.query_wanted)
        row.edit_wanted.connect(partial(self.edit, head))
        row.clear_wanted.connect(partial(self._clear, head))
        row.show()
        return row

    def _accept(self) -> None:
        self.deed_wanted.emit(AcceptTags(self._library, self.sheet.ids))

    def _clear(self, head: str) -> None:
        self.deed_wanted.emit(ClearLabel(self._library, self.sheet.ids, head))

    def _build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._heading, stretch=1)
        top.addWidget(self.accept_button)
        self._column = QVBoxLayout()
        self._column.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 16, 4, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addLayout(self._column)
        column.addWidget(self._note)


def _note(sheet: TagSheet) -> str:
    if sheet.read < len(sheet.ids):
        return f"Counted in the first {photos(sheet.read)}."
    guessed = any(each.tag is not None and each.tag.source is TagSource.ZERO_SHOT for each in sheet.heads)
    return "A guess is made without any training on your photos." if guessed else ""
