"""The small picture of an image term, read on a worker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt

from core.errors import PhotoError
from core.query import Term
from desktop.decoding import file_image, thumbnail_image

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from core.library import Library


def small_picture(library: Library, term: Term, edge_px: int) -> QImage:
    """The picture that the term names, at most `edge_px` (of the screen) wide and high.

    Raises:
        PhotoError: it is gone or cannot be read.
    """
    if term.photo_id is not None:
        image = thumbnail_image(library.thumbnail(term.photo_id, library.settings.thumbnail_edge_px))
    else:
        image = file_image(Path(term.value).expanduser(), 4 * edge_px)  # enough for a smooth last step
    if image.isNull():
        raise PhotoError("This picture cannot be shown.", path=Path(term.value))
    size = QSize(edge_px, edge_px)
    return image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
