"""Icons by name: the Phosphor family that QtAwesome carries, drawn in the colour that the theme asks for.

The one sign that is ours is the application's own mark, an SVG in `resources/icons`.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRect, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

if TYPE_CHECKING:
    from qtawesome import IconicFont

SCALES = (1, 2, 3)  # screens of 100 % to 300 %
MARK = "recollect"  # the application itself
_FAMILY = ("ph", "phosphor-1.3.0.ttf", "phosphor-charmap-1.3.0.json")
_WHOLE_SQUARE = 1 / 0.875  # QtAwesome leaves room around a glyph; Phosphor's glyphs bring their own

GLYPHS = {
    "album": "cards",
    "album-add": "list-plus",
    "back": "arrow-left",
    "broken": "file-x",
    "calendar": "calendar-blank",
    "camera": "camera",
    "check": "check",
    "clock": "clock-counter-clockwise",
    "close": "x",
    "compare": "columns",
    "copy": "copy",
    "down": "caret-down",
    "duplicates": "copy-simple",
    "edit": "pencil-simple",
    "export": "export",
    "eye": "eye",
    "eye-off": "eye-slash",
    "filter": "funnel-simple",
    "fit": "frame-corners",
    "folder": "folder",
    "folder-add": "folder-plus",
    "full-screen": "corners-out",
    "full-screen-leave": "corners-in",
    "heart": "heart",
    "heart-filled": "heart-fill",
    "image": "image-square",
    "info": "info",
    "linked": "link-simple",
    "map-pin": "map-pin",
    "minus": "minus",
    "model": "cpu",
    "more": "dots-three-outline-fill",
    "next": "caret-right",
    "open-outside": "arrow-square-out",
    "pause": "pause",
    "photos": "image",
    "play": "play",
    "plus": "plus",
    "previous": "caret-left",
    "refresh": "arrows-clockwise",
    "rotate-left": "arrow-counter-clockwise",
    "rotate-right": "arrow-clockwise",
    "search": "magnifying-glass",
    "settings": "gear-six",
    "sidebar": "layout",
    "similar": "intersect",
    "sort": "arrows-down-up",
    "star": "star",
    "trash": "trash",
    "undo": "arrow-u-up-left",
    "unlinked": "link-break",
    "unplugged": "hard-drive",
    "warning": "warning",
    "zoom-in": "magnifying-glass-plus",
    "zoom-out": "magnifying-glass-minus",
}


def icon(name: str, color: str, edge_px: int = 20) -> QIcon:
    """An icon that is sharp on every screen."""
    drawn = QIcon()
    for scale in SCALES:
        drawn.addPixmap(picture(name, color, edge_px, scale))
        drawn.addPixmap(picture(name, color, edge_px, scale), QIcon.Mode.Selected)  # Qt would tint it
    return drawn


def picture(name: str, color: str, edge_px: int, scale: float = 1) -> QPixmap:
    """The icon as a pixmap of `edge_px` logical pixels. It is kept: a list may ask for it at every row it paints."""
    key = f"recollect-icon {name} {color} {edge_px} {scale}"
    pixmap = QPixmap()
    if not QPixmapCache.find(key, pixmap):
        pixmap = _drawn(name, color, QSize(edge_px, edge_px) * scale)
        pixmap.setDevicePixelRatio(scale)
        QPixmapCache.insert(key, pixmap)
    return pixmap


def _drawn(name: str, color: str, size: QSize) -> QPixmap:
    pixmap = QPixmap(size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    if name == MARK:
        QSvgRenderer(QByteArray(files("resources").joinpath("icons", f"{MARK}.svg").read_bytes())).render(painter)
    else:
        # As a path: not hinted, so that an icon has one shape on every system and at every scale.
        glyph = _font().icon(f"{_FAMILY[0]}.{GLYPHS[name]}", color=color, draw="path", scale_factor=_WHOLE_SQUARE)
        glyph.paint(painter, QRect(0, 0, size.width(), size.height()))
    painter.end()
    return pixmap


@cache
def _font() -> IconicFont:
    """One family, not the twelve that `qtawesome.icon` would load.

    Its folder is named: without that, QtAwesome copies all its fonts into the user's font folder on Windows.
    """
    os.environ["QT_API"] = "pyside6"  # QtPy would else follow what another program wished for
    import qtawesome

    return qtawesome.IconicFont((*_FAMILY, str(Path(qtawesome.__file__).parent / "fonts")))
