"""The small picture of an image term, read on a worker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from core.errors import PhotoError
from core.query import Term

if TYPE_CHECKING:
    from core.library import Library


def small_picture(library: Library, term: Term, edge_px: int) -> QImage:
    """The picture that the term names, at most `edge_px` (of the screen) wide and high.

    Raises:
        PhotoError: it is gone or cannot be read.
    """
    if term.photo_id is not None:
        image = QImage.fromData(library.thumbnail(term.photo_id, library.settings.thumbnail_edge_px))
    else:
        image = _scaled(Path(term.value).expanduser(), edge_px)
    if image.isNull():
        raise PhotoError("This picture cannot be shown.", path=Path(term.value))
    size = QSize(edge_px, edge_px)
    return image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)


def _scaled(path: Path, edge_px: int) -> QImage:
    """Decoded at a small size, which JPEG does without decoding the whole; Qt's limit of memory guards the rest."""
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid():
        wanted = QSize(4 * edge_px, 4 * edge_px)  # enough for a smooth last step
        reader.setScaledSize(size.scaled(wanted, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()
