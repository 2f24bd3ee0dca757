"""Colours that are computed: how strong a cell is, which class a point belongs to, what can be read on a ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor

if TYPE_CHECKING:
    from desktop.theme import Colors

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


def readable_on(ground: QColor, colors: Colors) -> QColor:
    """Of the theme's two texts the one that is read more easily there."""
    return max((QColor(colors.text), QColor(colors.on_accent)), key=lambda color: contrast(color, ground))


def class_color(place: int, colors: Colors) -> QColor:
    """Of the class at a place of the list; it stands out from the surface in either theme."""
    is_dark = luminance(QColor(colors.surface)) < 0.5
    hue = (0.6 + place * _GOLDEN) % 1
    lightness = 0.66 if is_dark else 0.42
    lightness += (0.0, 0.08, -0.08)[place // 8 % 3]
    return QColor.fromHslF(hue, 0.65, lightness)


def _parts(color: QColor) -> tuple[float, float, float]:
    return color.redF(), color.greenF(), color.blueF()
