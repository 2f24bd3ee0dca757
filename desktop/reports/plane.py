"""Places of a feature map: what is near, what lies in a direction, what a lasso holds. No drawing here."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPolygonF

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MARGIN = 0.04  # of the view, around the outermost points
_ASIDE = 2.0  # going right, a point as far up as to the right counts as so much farther
DIRECTIONS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


def unit_places(places: Sequence[tuple[float, float]]) -> list[QPointF]:
    """Into 0..1 on both axes, the second one downwards. Places that all lie on a line stay in the middle."""
    if not places:
        return []
    spans = [(min(axis), max(axis)) for axis in zip(*places, strict=True)]
    (left, right), (low, high) = spans

    def scaled(value: float, first: float, last: float) -> float:
        return MARGIN + (1 - 2 * MARGIN) * (value - first) / (last - first) if last > first else 0.5

    return [QPointF(scaled(x, left, right), 1 - scaled(y, low, high)) for x, y in places]


def nearest(points: Sequence[QPointF], place: QPointF, within_px: float) -> int | None:
    """The point that is nearest to a place."""
    distances = [hypot(point.x() - place.x(), point.y() - place.y()) for point in points]
    if not distances or min(distances) > within_px:
        return None
    return distances.index(min(distances))


def next_in_direction(points: Sequence[QPointF], start: int, direction: tuple[int, int]) -> int:
    """The point where an arrow key leads; the same one where there is none."""
    here, (right, down) = points[start], direction
    best, found = float("inf"), start
    for place, point in enumerate(points):
        dx, dy = point.x() - here.x(), point.y() - here.y()
        ahead, aside = dx * right + dy * down, abs(dx * down) + abs(dy * right)
        if ahead > 0 and ahead >= aside / 2 and ahead + _ASIDE * aside < best:
            best, found = ahead + _ASIDE * aside, place
    return found


def inside(points: Sequence[QPointF], lasso: Iterable[QPointF]) -> list[int]:
    """Also what was gone around twice."""
    polygon = QPolygonF(list(lasso))
    bounds: QRectF = polygon.boundingRect()
    return [
        place
        for place, point in enumerate(points)
        if bounds.contains(point) and polygon.containsPoint(point, Qt.FillRule.WindingFill)
    ]
