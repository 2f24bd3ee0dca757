"""Colours that are computed: how strong a cell is, which class a point belongs to, what can be read on a ground."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

if TYPE_CHECKING:
    from desktop.theme import Colors

LEAST_CONTRAST = 3.0  # of what is not text, as WCAG 2.1 asks
_GOLDEN = 0.61803398875  # of a turn: neighbours in a list are far apart on the wheel, however many there are


def blended(ground: str, color: str, share: float) -> QColor:
    """`share` 0: the ground alone."""
    below, above = QColor(ground), QColor(color)
    parts = zip(_parts(below), _parts(above), strict=True)
    return QColor.fromRgbF(*(low + (high - low) * share for low, high in parts))


def luminance(color: QColor) -> float:
    """Relative, as WCAG 2.1 defines it."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(color)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(first: QColor, second: QColor) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable_on(ground: QColor) -> QColor:
    """Black or white: on any ground one of them has a contrast of 4.5 at least."""
    return max((QColor(Qt.GlobalColor.black), QColor(Qt.GlobalColor.white)), key=lambda color: contrast(color, ground))


def class_color(place: int, colors: Colors) -> QColor:
    """Of the class at a place of the list; it stands out from the surface in either theme."""
    return QColor(_class_color(place, colors.surface))


@cache
def _class_color(place: int, surface: str) -> str:
    ground = QColor(surface)
    is_dark = luminance(ground) < 0.5
    hue = (0.6 + place * _GOLDEN) % 1
    lightness = (0.66 if is_dark else 0.42) + (0.0, 0.08, -0.08)[place // 8 % 3]
    color = QColor.fromHslF(hue, 0.65, lightness)
    while contrast(color, ground) < LEAST_CONTRAST:  # yellow is bright, blue is dark
        lightness += 0.02 if is_dark else -0.02
        color = QColor.fromHslF(hue, 0.65, lightness)
    return color.name()


def _parts(color: QColor) -> tuple[float, float, float]:
    return color.redF(), color.greenF(), color.blueF()
