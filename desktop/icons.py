"""Icons from `resources/icons`, drawn in the colour that the theme asks for."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

SCALES = (1, 2, 3)  # screens of 100 % to 300 %


def icon(name: str, color: str, edge_px: int = 20) -> QIcon:
    """An icon that is sharp on every screen."""
    drawn = QIcon()
    for scale in SCALES:
        drawn.addPixmap(picture(name, color, edge_px, scale))
    return drawn


def picture(name: str, color: str, edge_px: int, scale: float = 1) -> QPixmap:
    """The icon as a pixmap of `edge_px` logical pixels."""
    pixmap = QPixmap(QSize(edge_px, edge_px) * scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(_source(name).replace("currentColor", color).encode())).render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    return files("resources").joinpath("icons", f"{name}.svg").read_text(encoding="utf-8")
