"""Where a picture stands in a view: fit, zoom, pan and turn as plain numbers. Nothing here paints.

All lengths are device pixels, so that "actual pixels" means one pixel of the picture on one of the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

SMALL_ENLARGED = 4.0  # an icon of 32 px fits at 128 logical pixels: filling the window, it would be a blur
NEARLY = 1e-3  # less cannot be seen: the picture fits, however many small steps of the wheel led there
LARGEST_PIXEL = 8.0  # zoomed all the way in, one pixel of the picture is a square of so many logical ones


@dataclass(frozen=True, slots=True)
class ViewState:
    """What is seen of a picture, apart from its size and that of the window: views of other pictures can follow it."""

    scale: float = 1.0  # 1 fits the picture to the view, 2 is twice as large
    x: float = 0.5  # point of the picture in the middle of the view: 0 is its left edge, 1 its right edge
    y: float = 0.5  # 0 is the upper edge, 1 the lower one

    def turned(self, quarters: int) -> ViewState:
        """The same point of the picture in the middle after so many quarter turns to the right."""
        state = self
        for _ in range(quarters % 4):
            state = ViewState(state.scale, 1 - state.y, state.x)
        return state


FIT = ViewState()


class Place(NamedTuple):
    """Whole device pixels, from the upper left corner of the view."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Placement:
    """A picture of a size in a view of a size."""

    width: int  # of the picture, as it is turned
    height: int
    room_width: float  # of the view
    room_height: float
    ratio: float = 1.0  # device pixels a logical one
    margin: float = 0.0  # around the picture when it fits; zoomed in, it takes the whole view

    @property
    def fit(self) -> float:
        """Device pixels that one pixel of the picture takes when the picture fits."""
        room_width = max(1.0, self.room_width - 2 * self.margin)
        room_height = max(1.0, self.room_height - 2 * self.margin)
        return min(room_width / self.width, room_height / self.height, SMALL_ENLARGED * self.ratio)

    @property
    def actual(self) -> float:
        """The scale at which one pixel of the picture is one of the screen."""
        return 1 / self.fit

    def place(self, state: ViewState) -> Place:
        width = max(1, round(self.width * self.fit * state.scale))
        height = max(1, round(self.height * self.fit * state.scale))
        return Place(
            round(self.room_width / 2 - state.x * width), round(self.room_height / 2 - state.y * height), width, height
        )

    def clamped(self, state: ViewState) -> ViewState:
        """The nearest state that shows as much of the picture as it can, neither too small nor too large."""
        least, most = min(1.0, self.actual), max(1.0, self.actual * LARGEST_PIXEL * self.ratio)
        scale = 1.0 if abs(state.scale - 1) < NEARLY else min(max(state.scale, least), most)
        return ViewState(
            scale,
            _clamped(state.x, self.room_width / (self.width * self.fit * scale)),
            _clamped(state.y, self.room_height / (self.height * self.fit * scale)),
        )

    def zoomed(self, state: ViewState, scale: float, at: tuple[float, float] | None = None) -> ViewState:
        """At another scale; what lies under `at` stays there (by default what is in the middle of the view)."""
        scale = self.clamped(ViewState(scale)).scale
        right, down = (at[0] - self.room_width / 2, at[1] - self.room_height / 2) if at is not None else (0.0, 0.0)
        change = 1 / (self.fit * state.scale) - 1 / (self.fit * scale)
        return self.clamped(
            ViewState(scale, state.x + right * change / self.width, state.y + down * change / self.height)
        )

    def panned(self, state: ViewState, right: float, down: float) -> ViewState:
        """With the picture moved by so many device pixels."""
        size = self.fit * state.scale
        return self.clamped(
            ViewState(state.scale, state.x - right / (self.width * size), state.y - down / (self.height * size))
        )


def _clamped(middle: float, shown: float) -> float:
    """The middle of the view along one axis, where `shown` of the picture's length (1 is all of it) fits the view."""
    return 0.5 if shown >= 1 else min(max(middle, shown / 2), 1 - shown / 2)
