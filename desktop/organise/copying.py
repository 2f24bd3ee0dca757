"""What is put on the clipboard so that other programs can paste it: files, paths, a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QGuiApplication, QImage

if TYPE_CHECKING:
    from core.types import Pixels


def copy_files(paths: Sequence[Path]) -> None:
    """As a file manager copies them: file managers and mail programs paste the files, editors their paths."""
    urls = [QUrl.fromLocalFile(str(path)) for path in paths]
    data = QMimeData()
    data.setUrls(urls)
    data.setText("\n".join(map(str, paths)))
    # The file managers of GNOME, Xfce and Cinnamon do not look at text/uri-list: they want to know copy or cut.
    encoded = b"\n".join(bytes(url.toEncoded().data()) for url in urls)
    data.setData("x-special/gnome-copied-files", b"copy\n" + encoded)
    QGuiApplication.clipboard().setMimeData(data)


def copy_paths(paths: Sequence[Path]) -> None:
    """One on a line."""
    QGuiApplication.clipboard().setText("\n".join(map(str, paths)))


def copy_image(image: QImage) -> None:
    QGuiApplication.clipboard().setImage(image)


def image_of(pixels: Pixels) -> QImage:
    """A QImage of its own memory. May be called on a worker."""
    height, width, _channels = pixels.shape
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
