"""The panel beside a figure: the photos that stand behind what was clicked, and what can be done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from desktop.icons import icon
from desktop.organise.wording import are, photos
from desktop.reports.part import Line
from desktop.reports.photo_wall import PhotoWall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desktop.reports.pictures import ReportPictures, Shown
    from desktop.theme import Theme


class ShownPhotos(QWidget):
    """Comes when photos are to be shown, and goes when it is closed or there are none."""

    photos_wanted = Signal(object, str)
    """List of PhotoId and a title: show them among all photos."""
    label_wanted = Signal(object)
    """List of PhotoId."""
    opened = Signal(object)
    """Shown."""
    closed = Signal()

    def __init__(self, pictures: ReportPictures, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures, self._theme = pictures, theme
        self.title = Line("heading")
        self.note = Line("muted")
        self.wall = PhotoWall(pictures, theme, "Photos behind the figure")
        self.close_button = QToolButton()
        self.close_button.setIconSize(QSize(16, 16))
        self.close_button.setToolTip("Close")
        self.close_button.setAccessibleName("Close the photos")
        self.show_button, self.label_button = QPushButton("Show in the library"), QPushButton("Label")
        self.close_button.clicked.connect(self._close)
        self.show_button.clicked.connect(lambda: self.photos_wanted.emit(self._ids(), self.title.text()))
        self.label_button.clicked.connect(lambda: self.label_wanted.emit(self._ids()))
        self.wall.opened.connect(self.opened)
        self.wall.selection_changed.connect(self._say)
        top, below = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.title, stretch=1)
        top.addWidget(self.close_button)
        below.setSpacing(8)
        for button in (self.show_button, self.label_button):
            below.addWidget(button)
        below.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 0, 8)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(below)
        column.addWidget(self.note)
        column.addWidget(self.wall, stretch=1)
        self.hide()
        theme.changed.connect(self._take_colors)
        self._take_colors()

    def show_photos(self, shown: Sequence[Shown], title: str) -> None:
        if not shown and not title:
            self.hide()
            return
        self.title.say(title)
        self.wall.show_photos(shown)
        self.show()
        self._say()

    def _ids(self) -> list:
        """Those that are chosen, else all of them."""
        return self._pictures.ids_of(self.wall.selected or self.wall.photos)

    def _say(self) -> None:
        ids = self._ids()
        all_of_them = self.wall.selected or self.wall.photos
        absent = len({each.id for each in all_of_them} - {each.id for each in all_of_them if self._known(each)})
        for button in (self.show_button, self.label_button):
            button.setEnabled(bool(ids))
        chosen = f"Label {photos(len(ids))}" if ids else "Label"
        self.label_button.setText(chosen)
        self.note.say(
            f"{photos(absent)} {are(absent)} not in the library: add the folder to label them." if absent else ""
        )

    def _known(self, shown: Shown) -> bool:
        return self._pictures.photo_id(shown.id) is not None

    def _close(self) -> None:
        self.hide()
        self.closed.emit()

    def _take_colors(self) -> None:
        self.close_button.setIcon(icon("close", self._theme.colors.text, 16))
