"""Where a picture stands in a view, and what is computed of its pixels: no window, only numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.types import Metadata
from desktop.viewer.geometry import FIT, Placement, ViewState
from desktop.viewer.picture import Picture, levels_of
from desktop.viewer.pictures import MOST_PIXELS, affordable_edge

placements = st.builds(
    Placement,
    width=st.integers(1, 60_000),
    height=st.integers(1, 60_000),
    room_width=st.integers(64, 6_000),
    room_height=st.integers(64, 4_000),
    ratio=st.sampled_from([1.0, 1.25, 1.5, 2.0]),
)
states = st.builds(ViewState, scale=st.floats(0.01, 500), x=st.floats(-1, 2), y=st.floats(-1, 2))


@given(placements, states)
def test_as_much_of_the_picture_as_possible_is_seen(placement: Placement, state: ViewState) -> None:
    left, top, width, height = placement.place(placement.clamped(state))
    for start, length, room in ((left, width, placement.room_width), (top, height, placement.room_height)):
        if length <= room:
            assert abs(start + length / 2 - room / 2) <= 1, "what fits stands in the middle"
        else:
            assert start <= 1
            assert start + length >= room - 1


@given(placements, st.floats(1, 50), st.floats(0, 1), st.floats(0, 1))
def test_what_lies_under_the_mouse_stays_there_while_one_zooms_in(
    placement: Placement, scale: float, x: float, y: float
) -> None:
    at = (x * placement.room_width, y * placement.room_height)
    before = placement.clamped(ViewState(scale, x, y))
    after = placement.zoomed(before, before.scale * 2, at)
    assert after.scale >= before.scale
    for start, length, room, mouse, then in (
        (before.x, placement.width, placement.room_width, at[0], after.x),
        (before.y, placement.height, placement.room_height, at[1], after.y),
    ):
        size = placement.fit * length
        if size * before.scale >= room:  # otherwise it stands in the middle until it fills the view
            under = start + (mouse - room / 2) / (size * before.scale)
            assert then + (mouse - room / 2) / (size * after.scale) == pytest.approx(under, abs=1e-6)


def test_the_whole_picture_is_never_larger_than_the_view_nor_an_icon_a_blur() -> None:
    assert Placement(4000, 2000, 1000, 1000).fit == 0.25
    assert Placement(4000, 2000, 1032, 1032, margin=16).fit == 0.25
    assert Placement(32, 32, 1000, 1000).fit == 4
    assert Placement(32, 32, 2000, 2000, ratio=2).fit == 8


def test_four_quarter_turns_are_none() -> None:
    state = ViewState(2.0, 0.2, 0.7)
    assert state.turned(1) == ViewState(2.0, pytest.approx(0.3), 0.2)
    turned = state.turned(4)
    assert (turned.x, turned.y) == (pytest.approx(0.2), pytest.approx(0.7))
    assert state.turned(1).turned(-1).x == pytest.approx(0.2)


def test_a_breath_beside_the_whole_is_the_whole() -> None:
    assert Placement(400, 200, 100, 100).clamped(ViewState(1.0004)) == FIT


def picture_of(pixels: np.ndarray, edge_px: int | None = None, most_pixels: int = MOST_PIXELS) -> Picture:
    height, width, _ = pixels.shape
    levels = levels_of(pixels, edge_px=edge_px, most_pixels=most_pixels, longest_px=32_000)
    return Picture(levels, width, height, complete=True)


def test_each_level_is_the_mean_of_the_one_before() -> None:
    pixels = np.random.default_rng(7).integers(0, 256, (1500, 2001, 3), dtype=np.uint8)
    levels = picture_of(pixels).levels
    assert [(level.width, level.height) for level in levels] == [(2001, 1500), (1000, 750)]
    means = pixels[:, :2000].reshape(750, 2, 1000, 2, 3).mean(axis=(1, 3))
    color = levels[1].image.pixelColor(300, 200)
    assert np.abs(np.array([color.red(), color.green(), color.blue()]) - means[200, 300]).max() <= 1
    assert levels[0].image.pixelColor(5, 9).getRgb()[:3] == tuple(pixels[9, 5])


def test_averaging_neither_darkens_nor_brightens() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (4096, 4096, 3), dtype=np.uint8)
    smallest = picture_of(pixels).levels[-1]
    small = smallest.scaled(1, 1).image.pixelColor(0, 0)
    assert small.getRgb()[:3] == pytest.approx(tuple(pixels.mean(axis=(0, 1))), abs=1)


def test_no_more_is_kept_than_is_wanted_or_allowed() -> None:
    pixels = np.zeros((2000, 3000, 3), np.uint8)
    assert picture_of(pixels, edge_px=1400).longer_edge_px == 1500
    assert picture_of(pixels, edge_px=1600).longer_edge_px == 3000
    reduced = picture_of(pixels, most_pixels=2_000_000)
    assert reduced.longer_edge_px == 1500
    assert reduced.is_reduced
    assert picture_of(pixels).trimmed(1400).longer_edge_px == 1500


def test_a_line_of_pixels_is_a_picture_too() -> None:
    assert picture_of(np.zeros((1, 5000, 3), np.uint8), most_pixels=1000).longer_edge_px == 5000


@pytest.mark.parametrize(
    ("width", "height", "edge_px", "asked"),
    [
        (6000, 4000, 1280, 1280),
        (6000, 4000, None, None),
        (16320, 12240, None, 8160),  # 200 MP: a JPEG is decoded at half its edges
        (16320, 12240, 2048, 2048),
        (40_000, 1_000, None, 20_000),  # Qt cannot paint longer ones
        (800, 600, 1280, None),
    ],
)
def test_what_is_asked_for_fits_into_memory(width: int, height: int, edge_px: int | None, asked: int | None) -> None:
    assert affordable_edge(Metadata("JPEG", width, height), edge_px) == asked
