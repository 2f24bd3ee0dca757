"""One head of a photo, or of several, in the information panel: its value, who says so, and how to change it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.tags.values import Tag, TagSource
from desktop.organise.wording import photos
from desktop.search.flow_layout import FlowLayout
from desktop.tagging.tag_chip import ProbabilityBar, TagChip
from desktop.tagging.tag_sheet import HeadSheet
from desktop.tagging.tag_words import UNKNOWN_QUERY, head_in_sentence, head_name, query_of, said_by
from desktop.viewer.parts import IconButton, WrappedLabel

if TYPE_CHECKING:
    from desktop.theme import Theme

SHOWN_VALUES = 4  # of several photos the most frequent ones
BUTTON_PX = 28


class TagRow(QWidget):
    """Shows a HeadSheet. It is filled anew when labels change, so that the focus stays where it is."""

    query_wanted = Signal(str)
    edit_wanted = Signal()
    clear_wanted = Signal()

    def __init__(self, head: str, theme: Theme, width_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = head
        self.sheet = HeadSheet(head, None, (), 0, 0, ())
        self._theme = theme
        self._name = QLabel(head_name(head))
        self._name.setProperty("role", "muted")
        self.edit_button = IconButton(f"Change the {head_in_sentence(head)}", "edit")
        self.clear_button = IconButton(f"Remove my label of the {head_in_sentence(head)}", "clear")
        self.chips = [TagChip(theme) for _ in range(SHOWN_VALUES)]
        self.bar, self.said = ProbabilityBar(theme), WrappedLabel(width_px)
        self.said.setProperty("role", "muted")
        self._build()
        for chip in self.chips:
            chip.clicked.connect(partial(self._search, chip))
        self.edit_button.clicked.connect(lambda: self.edit_wanted.emit())
        self.clear_button.clicked.connect(lambda: self.clear_wanted.emit())
        theme.changed.connect(self._paint_icons)
        self._paint_icons()

    @property
    def text(self) -> str:
        """All that can be read."""
        chips = [chip.accessibleName() for chip in self.chips if not chip.isHidden()]
        return " ".join([*chips, self.said.text()] if not self.said.isHidden() else chips)

    def show_sheet(self, sheet: HeadSheet, photo_count: int) -> None:
        self.sheet = sheet
        tag = sheet.tag
        if tag is not None:
            self._show_tag(tag, guessed=sheet.guessed)
        else:
            self._show_values(sheet, photo_count)
        self.clear_button.setVisible(sheet.labelled > 0)
        self.said.setVisible(bool(self.said.text()))
        self.setAccessibleDescription(self.text)

    def _search(self, chip: TagChip, _checked: bool = False) -> None:
        if self.sheet.tag is not None and self.sheet.tag.is_unknown:
            self.query_wanted.emit(UNKNOWN_QUERY)
        else:
            self.query_wanted.emit(query_of(self.head, chip.value, unsure=chip.is_unsure))

    def _show_tag(self, tag: Tag, *, guessed: bool) -> None:
        unsure = tag.source is not TagSource.USER and not tag.sure
        shown = "unknown" if tag.is_unknown else tag.value
        self.chips[0].show_value(tag.head, shown, sign=_SIGNS[tag.source], unsure=unsure)
        for place, chip in enumerate(self.chips):
            chip.setVisible(place == 0)
        self.said.setText(said_by(tag, guessed=guessed))
        prediction = tag.prediction
        self.bar.setVisible(prediction is not None and tag.source is TagSource.MODEL and not tag.is_unknown)
        if prediction is not None:
            self.bar.show_probability(prediction.probability, sure=tag.sure)

    def _show_values(self, sheet: HeadSheet, photo_count: int) -> None:
        """Of several photos, or of one that nobody has said anything of."""
        for place, chip in enumerate(self.chips):
            chip.setVisible(place < len(sheet.values))
            if place < len(sheet.values):
                each = sheet.values[place]
                chip.show_value(sheet.head, each.value, count=each.count, unsure=not each.sure)
        more = len(sheet.values) - SHOWN_VALUES
        parts = [f"and {more:,} more"] if more > 0 else []
        if sheet.unknown:
            parts.append(f"{photos(sheet.unknown)} unknown to the model")
        if sheet.labelled and photo_count > 1:
            parts.append("all labelled by you" if sheet.labelled == photo_count else f"{photos(sheet.labelled)} by you")
        said = ", ".join(parts)
        self.said.setText(said[:1].upper() + said[1:])
        self.bar.hide()

    def _build(self) -> None:
        self.setAccessibleName(head_name(self.head))
        top = QHBoxLayout()
        top.setSpacing(0)
        top.addWidget(self._name, stretch=1)
        for button in (self.clear_button, self.edit_button):
            button.setFixedSize(BUTTON_PX, BUTTON_PX)
            top.addWidget(button)
        chips = QWidget()
        flow = FlowLayout(chips)
        for chip in self.chips:
            flow.addWidget(chip)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(4)
        column.addLayout(top)
        for widget in (chips, self.bar, self.said):
            column.addWidget(widget)

    def _paint_icons(self) -> None:
        for button in (self.edit_button, self.clear_button):
            button.paint_icon(self._theme.colors)


_SIGNS = {TagSource.USER: "check", TagSource.MODEL: "", TagSource.ZERO_SHOT: "guess"}
