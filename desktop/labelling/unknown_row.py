"""One group of unknown photos that look alike: its photos, what it may be called, and the field that names it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCompleter,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import LabelError
from core.tags.label_text import sound_value
from desktop.labelling.unknown_thumb import GroupThumb
from desktop.organise.wording import in_menu, photos, quoted
from desktop.search.flow_layout import FlowLayout
from desktop.tagging.tag_words import percent, spoken

if TYPE_CHECKING:
    from core.tags.unknown import Suggestion
    from core.types import PhotoId
    from desktop.organise.duplicate_pictures import PagePictures
    from desktop.theme import Theme

SHOWN = 8  # photos of a group at first: one line of a window of usual width
FIELD_PX, NAMES_PX = 200, 240


class UnknownRow(QFrame):
    """Says what the user wants; what is done then, the page does."""

    named = Signal(object, str)
    """The row, and what its photos are."""
    aside_wanted = Signal(object)
    """The row: its photos are not interesting."""
    opened = Signal(object, object)
    """PhotoId, and the tuple of those of its group."""
    unfolded = Signal()
    """All photos of the group are shown now, and want their pictures."""
    move_wanted = Signal(object, int)
    """The row, and 1 or -1: the keyboard goes to the next or the previous one."""

    def __init__(
        self, suggestion: Suggestion | None, names: QStringListModel, pictures: PagePictures, theme: Theme
    ) -> None:
        """
        Args:
            names: Of classes that there are already.
        """
        super().__init__()
        self.setObjectName("card")
        self.ids: tuple[PhotoId, ...] = ()
        self.thumbs: dict[PhotoId, GroupThumb] = {}
        self._pictures, self._theme, self._is_unfolded = pictures, theme, False
        self._out: set[PhotoId] = set()
        self.title, self.message = QLabel(), QLabel(textFormat=Qt.TextFormat.PlainText)
        self.field = QLineEdit()
        self.suggestion_button, self.label_button = QPushButton(), QPushButton()
        self.more_button, self.aside_button = QPushButton(), QPushButton("Not interesting")
        self._suggested = suggestion.name if suggestion is not None else ""
        self._flow = FlowLayout()
        self._build(names)
        if suggestion is not None:
            share = percent(suggestion.probability)
            self.suggestion_button.setText(in_menu(f"{spoken(suggestion.name)}?"))
            self.suggestion_button.setToolTip(f"Perhaps {quoted(spoken(suggestion.name))}, {share}: a guess")
        self.suggestion_button.setVisible(suggestion is not None)

    @property
    def chosen(self) -> list[PhotoId]:
        """The photos that get the name, or are put aside: all but those that were taken out."""
        return [photo_id for photo_id in self.ids if photo_id not in self._out]

    @property
    def shown(self) -> list[PhotoId]:
        return list(self.thumbs)

    def show_ids(self, ids: Sequence[PhotoId]) -> bool:
        """The photos that are in the group now. Returns whether they are others than before."""
        if tuple(ids) == self.ids:
            return False
        self.ids = tuple(ids)
        self._out &= set(ids)
        wanted = self.ids if self._is_unfolded else self.ids[:SHOWN]
        for photo_id in [photo_id for photo_id in self.thumbs if photo_id not in wanted]:
            thumb = self.thumbs.pop(photo_id)
            self._flow.removeWidget(thumb)
            thumb.hide()
            thumb.deleteLater()
        for place, photo_id in enumerate(wanted):
            if photo_id not in self.thumbs:
                self._flow.insert_widget(place, self._new_thumb(photo_id))
        self.thumbs = {photo_id: self.thumbs[photo_id] for photo_id in wanted}
        self._order_tabs()
        self._say()
        return True

    def show_picture(self, photo_id: PhotoId) -> None:
        if photo_id in self.thumbs:
            self.thumbs[photo_id].update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrows go from group to group, unless they move among the names that are offered."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None and not self._names_popup.isVisible():
                self.move_wanted.emit(self, step)
                return True
        return super().eventFilter(watched, event)

    # What the user does

    def _name(self) -> None:
        typed = " ".join(self.field.text().split())
        if not typed or not self.chosen:
            return
        try:
            value = sound_value(typed)
        except LabelError as error:
            self._complain(str(error))
            return
        self._complain("")
        self.named.emit(self, value)

    def _take_suggestion(self) -> None:
        """Into the field, where Enter takes it: nothing is labelled by a glance at a guess."""
        self.field.setText(self._suggested)
        self.field.setFocus()

    def _toggle(self, photo_id: PhotoId, inside: bool) -> None:
        (self._out.discard if inside else self._out.add)(photo_id)
        self._say()

    def _unfold(self) -> None:
        self._is_unfolded = True
        ids, self.ids = self.ids, ()
        self.show_ids(ids)
        self.unfolded.emit()

    # How it looks

    def _new_thumb(self, photo_id: PhotoId) -> GroupThumb:
        thumb = self.thumbs[photo_id] = GroupThumb(photo_id, self._pictures, self._theme)
        thumb.setChecked(photo_id not in self._out)
        thumb.toggled.connect(lambda inside: self._toggle(photo_id, inside))
        thumb.opened.connect(lambda opened: self.opened.emit(opened, self.ids))
        return thumb

    def _order_tabs(self) -> None:
        before: QWidget = self.aside_button
        for thumb in self.thumbs.values():
            QWidget.setTabOrder(before, thumb)
            before = thumb

    def _say(self) -> None:
        out = len(self.ids) - len(self.chosen)
        self.title.setText(photos(len(self.ids)) + (f", {out:,} taken out" if out else ""))
        self.label_button.setText(f"Label {photos(len(self.chosen))}")
        self.label_button.setEnabled(bool(self.chosen) and bool(self.field.text().strip()))
        self.aside_button.setEnabled(bool(self.chosen))
        hidden = len(self.ids) - len(self.thumbs)
        self.more_button.setText(f"Show {hidden:,} more")
        self.more_button.setVisible(hidden > 0)
        about = f"group of {photos(len(self.ids))}"
        self.field.setAccessibleName(f"What the {about} shows")
        self.aside_button.setAccessibleName(f"Not interesting: {about}")
        self.label_button.setAccessibleName(f"{self.label_button.text()}: {about}")

    def _complain(self, text: str) -> None:
        self.message.setText(text)
        self.message.setVisible(bool(text))

    def _build(self, names: QStringListModel) -> None:
        self.title.setProperty("role", "heading")
        self.message.setProperty("role", "danger")
        self.message.hide()
        self.field.setPlaceholderText("What are these?")
        self.field.setMinimumWidth(FIELD_PX // 2)
        self.field.setMaximumWidth(FIELD_PX)
        completer = QCompleter(names, self.field)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._names_popup = QListView()
        self._names_popup.setObjectName("names")
        self._names_popup.setMinimumWidth(NAMES_PX)
        self._names_popup.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        completer.setPopup(self._names_popup)
        self.field.setCompleter(completer)
        self.field.installEventFilter(self)
        self.field.textChanged.connect(lambda _text: (self._complain(""), self._say()))
        self.field.returnPressed.connect(self._name)
        self.suggestion_button.setProperty("role", "choice")
        self.suggestion_button.clicked.connect(self._take_suggestion)
        self.label_button.clicked.connect(self._name)
        self.more_button.setProperty("role", "link")
        self.more_button.clicked.connect(self._unfold)
        self.aside_button.setProperty("role", "link")
        self.aside_button.setToolTip("Leave these photos out from now on. It can be undone")
        self.aside_button.clicked.connect(lambda: self.aside_wanted.emit(self))
        for button in (self.suggestion_button, self.label_button, self.more_button, self.aside_button):
            button.setAutoDefault(False)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.title, stretch=1)
        for widget in (self.suggestion_button, self.field, self.label_button, self.more_button, self.aside_button):
            top.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.message)
        column.addLayout(self._flow)
