"""The facts of one photo, one below the other, each with its sign. What the words are is in `facts`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QTextLayout, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from core.types import PhotoStatus
from desktop.icons import picture
from desktop.viewer.facts import DOT, coordinates, date_lines, dimensions, exposure_line, file_size, shortened
from desktop.viewer.parts import BUTTON_PX, IconButton, ShortenedLabel, WrappedLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.types import Exposure, Photo
    from desktop.theme import Colors, Theme

CONTENT_PX = 264  # the width of all that is shown
SIGN_PX, GAP_PX = 18, 12
INSET_PX = 4  # its frame, and room inside it: all else is set in by as much


class FactRow(QWidget):
    """A sign, a line of text and one in small below it. Without text it is not there."""

    def __init__(self, sign: str, name: str, button: IconButton | None = None) -> None:
        super().__init__()
        text_px = CONTENT_PX - 2 * INSET_PX - SIGN_PX - GAP_PX
        if button is not None:
            text_px -= BUTTON_PX + GAP_PX
        self._sign_name = sign
        self._sign, self._text, self._detail = QLabel(), WrappedLabel(text_px), WrappedLabel(text_px)
        self._sign.setFixedWidth(SIGN_PX)
        self._sign.setToolTip(name)
        self._detail.setProperty("role", "muted")
        self.setAccessibleName(name)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        for label in (self._text, self._detail):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            texts.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(INSET_PX, 6, INSET_PX, 6)
        row.setSpacing(GAP_PX)
        row.addWidget(self._sign, alignment=Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, stretch=1)
        if button is not None:
            row.addWidget(button, alignment=Qt.AlignmentFlag.AlignTop)
        self.hide()

    @property
    def fact(self) -> str:
        return self._text.text()

    @property
    def text(self) -> str:
        return f"{self._text.text()} {self._detail.text()}".strip()

    def show_text(self, text: str, detail: str = "") -> None:
        self._text.setText(text)
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))
        self.setAccessibleDescription(self.text)
        self.setVisible(bool(text))

    def paint_sign(self, colors: Colors) -> None:
        self._sign.setPixmap(picture(self._sign_name, colors.muted, SIGN_PX, self.devicePixelRatioF()))


class NameText(QPlainTextEdit):
    """A file name, whole, on as many lines as it takes: names have few blanks to break at. It can be selected."""

    def __init__(self) -> None:
        super().__init__(readOnly=True)
        self.setObjectName("infoName")
        self.setAccessibleName("File name")
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.document().setDocumentMargin(0)
        self.setFixedWidth(CONTENT_PX)

    def show_name(self, name: str) -> None:
        if name != self.toPlainText():
            self.setPlainText(name)
            self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        """As high as its lines. The document itself knows them only once it has been shown in its width."""
        self.ensurePolished()
        layout = QTextLayout(self.toPlainText(), self.font())
        layout.setTextOption(self.document().defaultTextOption())
        layout.beginLayout()
        lines = 0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(CONTENT_PX - 2 * INSET_PX)
            lines += 1
        layout.endLayout()
        self.setFixedHeight(max(1, lines) * self.fontMetrics().lineSpacing() + 2 * INSET_PX)


class FactSheet(QWidget):
    """Shows what it is given, photo by photo."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)  # what is left stays empty
        self.name = NameText()
        self.folder, self.folder_button = ShortenedLabel(), IconButton("Show in folder", "folder")
        self.folder.setProperty("role", "muted")
        self.copy_button = IconButton("Copy the coordinates", "copy")
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.place.fact))
        self.marks = FactRow("heart-filled", "Marks")
        self.date = FactRow("calendar", "Date")
        self.file = FactRow("image", "Picture")
        self.camera = FactRow("camera", "Camera")
        self.place = FactRow("map-pin", "Place", self.copy_button)
        self.albums = FactRow("album", "Albums")
        self.words = FactRow("info", "Description")
        self.trouble = FactRow("warning", "Problem")
        self._build()
        theme.changed.connect(self._paint_signs)
        self._paint_signs()

    @property
    def rows(self) -> tuple[FactRow, ...]:
        return self.trouble, self.marks, self.date, self.file, self.camera, self.place, self.albums, self.words

    def show_photo(self, photo: Photo, albums: Sequence[str]) -> None:
        self.name.show_name(photo.path.name)
        self.folder.setText(str(photo.path.parent))
        self.folder.setToolTip(str(photo.path.parent))
        failed = photo.status is PhotoStatus.FAILED
        self.trouble.show_text("Recollect cannot read this file" if failed else "")
        marks = ["Favourite"] * photo.favorite + ["Hidden"] * photo.hidden
        self.marks.show_text(DOT.join(marks))
        self.date.show_text(*date_lines(photo))
        metadata, size = photo.metadata, file_size(photo.size_bytes)
        if metadata is None:
            self.file.show_text(size)
            self.camera.show_text("")
            self.place.show_text("")
        else:
            self.file.show_text(dimensions(metadata), f"{metadata.format}{DOT}{size}")
            self.camera.show_text(*_in_two([metadata.camera, metadata.lens]))
            height = f"{metadata.altitude_m:.0f} m above the sea" if metadata.altitude_m is not None else ""
            self.place.show_text(coordinates(metadata), height)
        self.albums.show_text(DOT.join(albums))
        self.words.show_text("")

    def show_exposure(self, photo: Photo, exposure: Exposure) -> None:
        """What only the file itself tells, a moment later."""
        metadata = photo.metadata
        known = [metadata.camera, metadata.lens] if metadata is not None else []
        self.camera.show_text(*_in_two([*known, exposure_line(exposure)]))
        artist, description = shortened(exposure.artist), shortened(exposure.description)
        self.words.show_text(*_in_two([description, f"By {artist}" if artist else ""]))

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.name)
        row = QHBoxLayout()
        row.setContentsMargins(INSET_PX, 0, 0, 4)
        row.addWidget(self.folder, stretch=1)
        row.addWidget(self.folder_button)
        column.addLayout(row)
        for fact in self.rows:
            column.addWidget(fact)

    def _paint_signs(self) -> None:
        for fact in self.rows:
            fact.paint_sign(self._theme.colors)
        for button in (self.folder_button, self.copy_button):
            button.paint_icon(self._theme.colors)


def _in_two(lines: Sequence[str | None]) -> tuple[str, str]:
    """The first line that says something, and those that follow."""
    first, *rest = [line for line in lines if line] or [""]
    return first, "\n".join(rest)
