"""Photos on their way out of the grid, to other programs or to an album: what travels, and how it looks."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, QRect, Qt, QUrl
from PySide6.QtGui import QColor, QDrag, QDragMoveEvent, QPainter, QPixmap

from core.types import Photo, PhotoId

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from desktop.theme import Colors

PHOTOS_MIME = "application/x-recollect-photos"
"""Ids of photos, for parts of this window. Other programs take the files."""

STACKED = 3  # pictures in the stack under the pointer
STACK_PX = 96
STEP_PX = 8  # each picture of the stack lies so far beside the one above
BADGE_PX = 24


def photos_data(photos: Sequence[Photo]) -> QMimeData:
    """The files, and the ids for our own window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(photo.path)) for photo in photos])
    data.setData(PHOTOS_MIME, encode_ids([photo.id for photo in photos]))
    return data


def encode_ids(ids: Sequence[PhotoId]) -> bytes:
    """Eight bytes each: a hundred thousand are made and read within milliseconds."""
    return struct.pack(f"<{len(ids)}q", *ids)


def ids_in(data: QMimeData) -> list[PhotoId] | None:
    """Photos of this library that are dropped; None where it is something else."""
    if not data.hasFormat(PHOTOS_MIME):
        return None
    content = data.data(PHOTOS_MIME).data()
    return [PhotoId(number) for (number,) in struct.iter_unpack("<q", content[: len(content) // 8 * 8])]


def keep_out_own(event: QDragMoveEvent) -> None:
    """Photos that are let go over the grid they came from go nowhere; other things are for whoever stands behind."""
    if event.mimeData().hasFormat(PHOTOS_MIME):
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
    else:
        event.ignore()


def drag_out(source: QWidget, photos: Sequence[Photo], pictures: Sequence[QPixmap], colors: Colors) -> None:
    """Let the user drag photos. Returns when they were dropped, or the drag was broken off.

    Args:
        pictures: Of the first photos; fewer where some have not come yet.
    """
    drag = QDrag(source)
    drag.setMimeData(photos_data(photos))
    stack = stack_of(pictures, len(photos), colors, source.devicePixelRatio())
    drag.setPixmap(stack)
    drag.setHotSpot(QPoint(STACK_PX // 2, STACK_PX // 2))
    drag.exec(Qt.DropAction.CopyAction)


def stack_of(pictures: Sequence[QPixmap], count: int, colors: Colors, scale: float) -> QPixmap:
    """Some pictures one upon the other, with the number of photos where it is more than one."""
    pictures = pictures[:STACKED] or [QPixmap()]
    edge = STACK_PX + STEP_PX * (len(pictures) - 1) + BADGE_PX // 2
    pixmap = QPixmap(round(edge * scale), round(edge * scale))
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    for place, picture in reversed(list(enumerate(pictures))):
        room = QRect(place * STEP_PX, place * STEP_PX + BADGE_PX // 2, STACK_PX, STACK_PX)
        painter.setPen(QColor(colors.window))
        painter.setBrush(QColor(colors.raised))
        painter.drawRoundedRect(room, STEP_PX, STEP_PX)
        if not picture.isNull():
            painter.drawPixmap(room.adjusted(1, 1, -1, -1), picture)
    if count > 1:
        _paint_count(painter, count, colors)
    painter.end()
    return pixmap


def _paint_count(painter: QPainter, count: int, colors: Colors) -> None:
    text = f"{count:,}"
    width = max(BADGE_PX, painter.fontMetrics().horizontalAdvance(text) + 16)
    badge = QRect(STACK_PX - width // 2, 0, width, BADGE_PX)
    badge.moveRight(min(badge.right(), STACK_PX + BADGE_PX // 2 - 1))
    painter.setPen(QColor(colors.window))
    painter.setBrush(QColor(colors.accent))
    painter.drawRoundedRect(badge, BADGE_PX / 2, BADGE_PX / 2)
    painter.setPen(QColor(colors.on_accent))
    painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
