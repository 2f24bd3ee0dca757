"""One of the photos that are compared: its canvas, what it is, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.viewer.canvas import Canvas
from desktop.viewer.facts import DOT, dimensions, file_size
from desktop.viewer.parts import BUTTON_PX, IconButton, ShortenedLabel, describe

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from core.types import Photo, PhotoId
    from desktop.tasks import Tasks
    from desktop.theme import Theme
    from desktop.viewer.glimpses import Glimpse

MARGIN_PX = 8
ROOM_FOR_WORDS_PX = 480  # narrower than that, the icon of "Keep only this" has to do


class ComparedPhoto(QFrame):
    """Shows what its page hands it."""

    favorite_toggled = Signal(object, bool)
    """PhotoId, and what it shall be."""
    trash_wanted = Signal()
    keep_wanted = Signal()
    """This one alone is to stay."""

    def __init__(self, photo_id: PhotoId, number: int, strength: float | None, tasks: Tasks, theme: Theme) -> None:
        """
        Args:
            number: Its place, from 1; also its key.
            strength: 0..1, in a search.
        """
        super().__init__()
        self.setObjectName("compared")
        self.photo_id, self.number, self.strength = photo_id, number, strength
        self._theme = theme
        self._photo: Photo | None = None
        self._is_favorite = False
        self._strength = "" if strength is None else f"{strength:.0%} match"
        self.canvas = Canvas(tasks, theme, margin_px=MARGIN_PX, is_one_of_several=True)
        self.name, self.facts, self.merit = ShortenedLabel(), ShortenedLabel(Qt.TextElideMode.ElideRight), QLabel()
        self.name.setProperty("role", "heading")
        self.facts.setProperty("role", "muted")
        self.favorite_button = IconButton("Favourite", "heart", "F")
        self.trash_button = IconButton("Move to the trash", "trash", "Del")
        self.keep_button = IconButton("Keep only this, move the others to the trash", "check", "K")
        self.keep_button.setText("Keep only this")
        self._build()
        theme.changed.connect(self._paint_icons)
        self._paint_icons()

    @property
    def photo(self) -> Photo | None:
        """Its row, once it has been read."""
        return self._photo

    @property
    def pixels(self) -> int:
        """Of the original; 0 while that is not known."""
        metadata = self._photo.metadata if self._photo is not None else None
        return metadata.width * metadata.height if metadata is not None else 0

    def show_glimpse(self, glimpse: Glimpse) -> None:
        photo = self._photo = glimpse.photo
        if photo is None:
            return
        if glimpse.thumbnail is not None and not self.canvas.message:
            self.canvas.show_preview(glimpse.thumbnail, glimpse.size)
        self.name.setText(photo.path.name)
        self.name.setToolTip(str(photo.path))
        size = file_size(photo.size_bytes)
        self.facts.setText(size if photo.metadata is None else f"{dimensions(photo.metadata)}{DOT}{size}")
        self.facts.setToolTip(self.facts.text())
        self.canvas.setAccessibleName(f"Photo {self.number}: {photo.path.name}")
        self.show_favorite(photo.favorite)

    def show_favorite(self, favorite: bool) -> None:
        self._is_favorite = favorite
        self.favorite_button.set_icon_name("heart-filled" if favorite else "heart")
        describe(self.favorite_button, "Remove from favourites" if favorite else "Favourite", "F")

    def show_merit(self, merit: str) -> None:
        """What speaks for it, if anything."""
        self.merit.setText(DOT.join(part for part in (merit, self._strength) if part))

    def toggle_favorite(self) -> None:
        if self._photo is not None:
            self.show_favorite(not self._is_favorite)  # at once: the library's answer follows
            self.favorite_toggled.emit(self.photo_id, self._is_favorite)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= ROOM_FOR_WORDS_PX
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if wide else Qt.ToolButtonStyle.ToolButtonIconOnly
        self.keep_button.setToolButtonStyle(style)
        self.keep_button.setFixedWidth(self.keep_button.sizeHint().width() if wide else BUTTON_PX)

    def _build(self) -> None:
        self.favorite_button.clicked.connect(self.toggle_favorite)
        self.trash_button.clicked.connect(lambda: self.trash_wanted.emit())
        self.keep_button.clicked.connect(lambda: self.keep_wanted.emit())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, stretch=1)
        for parts, bottom in (((self.name, self.merit), 0), ((self.facts, *self.buttons), 4)):
            row = QHBoxLayout()
            row.setContentsMargins(MARGIN_PX, 4 if not bottom else 0, MARGIN_PX, bottom)
            row.setSpacing(4)
            for part in parts:
                row.addWidget(part, stretch=1 if isinstance(part, ShortenedLabel) else 0)
            column.addLayout(row)

    @property
    def buttons(self) -> tuple[IconButton, ...]:
        return self.favorite_button, self.trash_button, self.keep_button

    def _paint_icons(self) -> None:
        for button in self.buttons:
            button.paint_icon(self._theme.colors)


def tab_order(cells: list[ComparedPhoto]) -> list[QWidget]:
    """From photo to photo first, then what can be done with each."""
    return [*(cell.canvas for cell in cells), *(button for cell in cells for button in cell.buttons)]
