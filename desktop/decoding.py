"""Pictures for Qt, decoded on worker threads.

Of Qt's ways to decode, only `QImageReader.read` lets other threads run meanwhile. `QImage.fromData`, and the reader's
`size` and `canRead`, hold Python's lock while Qt finds out the format. Trying SVG it takes a lock of its own; where
the window's thread has that one and waits for Python's, the window hangs for good. So sizes come from Pillow.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader


def thumbnail_image(jpeg: bytes) -> QImage:
    """A thumbnail of the library; a null image where it is none."""
    buffer = QBuffer()
    buffer.setData(jpeg)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    return QImageReader(buffer, b"jpeg").read()


def file_image(path: Path, edge_px: int) -> QImage:
    """A picture file, upright, its longer edge about `edge_px`; a null image where it is none.

    Decoded at that size, which JPEG does without decoding the whole; Qt's limit of memory guards the rest.
    """
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = _size(path)
    if max(size.width(), size.height()) > edge_px:
        reader.setScaledSize(size.scaled(QSize(edge_px, edge_px), Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()


def _size(path: Path) -> QSize:
    """As it lies in the file; empty where that cannot be told."""
    try:
        with Image.open(path) as picture:
            return QSize(*picture.size)
    except (OSError, ValueError, Image.DecompressionBombError):
        return QSize(0, 0)
