"""Icons by name: the Phosphor family that QtAwesome carries, drawn in the colour that the theme asks for.

The one sign that is ours is the application's own mark, an SVG in `resources/icons`.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPixmap, QPixmapCache, QRawFont
from PySide6.QtSvg import QSvgRenderer

SCALES = (1, 2, 3)  # screens of 100 % to 300 %
MARK = "recollect"  # the application itself
_FAMILY, _CHARACTERS = "phosphor-1.3.0", "phosphor-charmap-1.3.0"

GLYPHS = {
    "accept": "check-circle",
    "album": "cards",
    "album-add": "list-plus",
    "back": "arrow-left",
    "broken": "file-x",
    "calendar": "calendar-blank",
    "camera": "camera",
    "check": "check",
    "clear": "eraser",
    "clock": "clock-counter-clockwise",
    "close": "x",
    "compare": "columns",
    "copy": "copy",
    "corrected": "pencil",
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
    "guess": "sparkle",
    "heart": "heart",
    "heart-filled": "heart-fill",
    "image": "image-square",
    "info": "info",
    "keys": "keyboard",
    "label": "tag-simple",
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
    "tag": "tag",
    "training": "graduation-cap",
    "trash": "trash",
    "undo": "arrow-u-up-left",
    "unknown": "circle-wavy-question",
    "unlinked": "link-break",
    "unplugged": "hard-drive",
    "unsure": "question",
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
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if name == MARK:
        QSvgRenderer(QByteArray(files("resources").joinpath("icons", f"{MARK}.svg").read_bytes())).render(painter)
    else:
        # As a path: not hinted, so that an icon has one shape on every system and at every scale.
        painter.fillPath(_glyph(GLYPHS[name], size.width()), QColor(color))
    painter.end()
    return pixmap


def _glyph(name: str, edge_px: int) -> QPainterPath:
    """The outline, in the middle of a square of `edge_px`. Phosphor's glyphs bring the room around them."""
    font = _font(edge_px)
    index = font.glyphIndexesForString(_characters()[name])[0]
    advance = font.advancesForGlyphIndexes([index])[0].x()
    below_top = (edge_px - font.ascent() - font.descent()) / 2 + font.ascent()
    return font.pathForGlyph(index).translated((edge_px - advance) / 2, below_top)


@cache
def _font(edge_px: int) -> QRawFont:
    """One file of QtAwesome, read without QtAwesome's code: that takes 0.3 s at each start of the program, loads twelve
    families where one is wanted, and copies them into the user's font folder on Windows."""
    return QRawFont(str(_folder() / f"{_FAMILY}.ttf"), edge_px)


@cache
def _characters() -> dict[str, str]:
    """The character of each glyph of the family, by its name."""
    codes = json.loads((_folder() / f"{_CHARACTERS}.json").read_text(encoding="utf-8"))
    return {name: chr(int(code, 16)) for name, code in codes.items()}


@cache
def _folder() -> Path:
    package = find_spec("qtawesome")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("The icons need QtAwesome. Install it with: pip install 'recollect[desktop]'")
    return Path(package.origin).parent / "fonts"
