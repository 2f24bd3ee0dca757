"""One search of the comparison: what was asked, and its first photos before and after, one row above the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QListView, QSizePolicy, QVBoxLayout

from desktop.elided_label import ElidedLabel
from desktop.organise.wording import quoted
from desktop.reports.photo_wall import GAP_PX, PhotoWall
from desktop.reports.pictures import Shown
from desktop.training.panel import text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from core.types import PhotoId
    from desktop.adapting.searches import Answer
    from desktop.reports.pictures import ReportPictures
    from desktop.theme import Theme
    from trainer.contrastive.side_by_side import Found

BEFORE, AFTER = "Before", "After"
NEW, GONE = "new", "no longer"
PICTURE_PX = 88  # eight of them stand beside the sidebar of a small laptop
ASKED_PX = 56  # of the photo that others are like
SIDE_PX = 56  # of the words beside the rows


class HitRow(PhotoWall):
    """Photos in one row, the strongest first; narrower than they are, it scrolls sideways."""

    def __init__(self, pictures: ReportPictures, theme: Theme, name: str) -> None:
        super().__init__(pictures, theme, name, picture_px=PICTURE_PX)
        self.setObjectName("hits")
        self.setWrapping(False)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_photos(self, photos: Sequence[Shown]) -> None:
        super().show_photos(photos)
        self.setFixedHeight(self.gridSize().height() + GAP_PX)

    def sizeHint(self) -> QSize:
        return QSize(len(self.photos) * self.gridSize().width(), self.height())


class SearchRow(QFrame):
    """A card."""

    opened = Signal(object, object)
    """PhotoId, and those beside it."""

    def __init__(self, answer: Answer, pictures: ReportPictures, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.answer, self._pictures = answer, pictures
        self.title = asked(answer)
        self.rows: dict[str, HitRow] = {}
        self._picture = QLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 8)
        column.setSpacing(4)
        column.addLayout(self._heading())
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        marks = ((BEFORE, answer.found.before, answer.gone, GONE), (AFTER, answer.found.after, answer.new, NEW))
        for line, (name, hits, marked, mark) in enumerate(marks):
            side = text("muted", name)
            side.setFixedWidth(SIDE_PX)
            grid.addWidget(side, line, 0)
            grid.addWidget(self._row(name, hits, marked, mark, theme), line, 1)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        self.setAccessibleName(self.title)
        self.setAccessibleDescription(changed(answer))
        if answer.photo is not None:
            pictures.arrived.connect(self._show_picture)
            self._show_picture(str(answer.photo))

    def _heading(self) -> QHBoxLayout:
        line, texts = QHBoxLayout(), QVBoxLayout()
        line.setSpacing(12)
        texts.setSpacing(2)
        texts.addStretch()
        texts.addWidget(ElidedLabel(self.title, "heading"))
        texts.addWidget(text("muted", changed(self.answer)))
        texts.addStretch()
        if self.answer.photo is not None:
            self._picture.setFixedSize(ASKED_PX, ASKED_PX)
            self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
            line.addWidget(self._picture)
        line.addLayout(texts, stretch=1)
        return line

    def _row(self, name: str, hits: Sequence[Found], marked: Collection[PhotoId], mark: str, theme: Theme) -> HitRow:
        row = self.rows[name] = HitRow(self._pictures, theme, f"{name}: {self.title}")
        row.show_photos([
            Shown(str(each.photo_id), str(each.path), (mark if each.photo_id in marked else "",)) for each in hits
        ])  # fmt: skip
        ids = tuple(each.photo_id for each in hits)
        row.opened.connect(lambda shown: self.opened.emit(int(shown.id), ids))
        return row

    def _show_picture(self, key: str) -> None:
        if self.answer.photo is None or key != str(self.answer.photo):
            return
        found = self._pictures.get(Shown(key, str(self.answer.photo_path)))
        if found is not None:
            scale = self.devicePixelRatio()
            fitted = found.scaled(
                QSize(ASKED_PX, ASKED_PX) * scale,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            fitted.setDevicePixelRatio(scale)
            self._picture.setPixmap(fitted)


def asked(answer: Answer) -> str:
    """As a heading."""
    return quoted(answer.text) if answer.photo is None else f"More like {answer.text}"


def changed(answer: Answer) -> str:
    """How much of it is new."""
    count, new = len(answer.found.after), len(answer.new)
    if not count:
        return "No photo was compared."
    if not new:
        same_order = [each.photo_id for each in answer.found.before] == [each.photo_id for each in answer.found.after]
        return f"The same first {count} photos{', in the same order' if same_order else ''}."
    return f"{new} of the first {count} photos {'is' if new == 1 else 'are'} new."
