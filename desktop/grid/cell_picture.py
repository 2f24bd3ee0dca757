"""Makes the picture of one cell, ready to be put on the screen as it is: cut to a square, scaled, corners rounded.

Painting then is a plain copy; scaling while painting took fifteen times as long and looked coarser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QBrush, QImage, QPainter

from core.errors import PhotoError
from desktop.decoding import thumbnail_image

if TYPE_CHECKING:
    from core.library import Library
    from core.types import PhotoId


class Wish(NamedTuple):
    """What a cell's picture should be. Pixels are those of the screen."""

    side_px: int
    radius_px: int
    edge_px: int  # longer edge of the thumbnail that it is cut from


class CellPicture(NamedTuple):
    image: QImage  # square, with transparent corners
    aspect: float  # longer by shorter edge of the photo, ≥ 1


def make_cell_picture(library: Library, photo_id: PhotoId, wish: Wish) -> CellPicture:
    """On a worker.

    Raises:
        PhotoError: the photo is gone or cannot be read.
    """
    thumbnail = thumbnail_image(library.thumbnail(photo_id, wish.edge_px))
    if thumbnail.isNull():
        raise PhotoError("Its thumbnail cannot be shown.")
    shorter, longer = sorted((thumbnail.width(), thumbnail.height()))
    middle = QRect((thumbnail.width() - shorter) // 2, (thumbnail.height() - shorter) // 2, shorter, shorter)
    square = thumbnail.copy(middle).scaled(
        wish.side_px, wish.side_px, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    return CellPicture(_rounded(square, wish.radius_px), longer / shorter)


def _rounded(square: QImage, radius_px: int) -> QImage:
    rounded = QImage(square.size(), QImage.Format.Format_ARGB32_Premultiplied)  # what the screen takes
    rounded.fill(Qt.GlobalColor.transparent)
    painter = QPainter(rounded)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(square))
    painter.drawRoundedRect(rounded.rect(), radius_px, radius_px)
    painter.end()
    return rounded
