"""The arithmetic of the grid: places and rows agree, with and without the line before weak results."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint

from desktop.grid.layout import DIVIDER_PX, MARGIN_PX, GridLayout

counts = st.integers(0, 200)
widths = st.integers(150, 2_000)


@st.composite
def layouts(draw: st.DrawFn) -> GridLayout:
    count = draw(counts)
    divider_at = draw(st.none() | st.integers(0, count))
    return GridLayout(count=count, width=draw(widths), caption_px=draw(st.sampled_from([0, 24])), divider_at=divider_at)


@given(layouts())
def test_each_row_is_found_at_its_own_place(layout: GridLayout) -> None:
    for row in range(layout.count):
        assert layout.row_at(layout.rect(row).center()) == row


@given(layouts())
def test_cells_stay_within_the_content_and_off_the_divider(layout: GridLayout) -> None:
    for row in range(layout.count):
        rect = layout.rect(row)
        assert rect.left() >= MARGIN_PX
        assert rect.right() < max(layout.width, layout.cell.width() + 2 * MARGIN_PX)
        assert rect.bottom() < layout.height
        assert layout.divider is None or not rect.intersects(layout.divider)


@given(layouts(), st.integers(-500, 50_000), st.integers(1, 2_000))
def test_rows_between_are_those_that_touch_the_stretch(layout: GridLayout, top: int, height: int) -> None:
    rows = layout.rows_between(top, top + height)
    touching = [
        row
        for row in range(layout.count)
        if layout.rect(row).top() <= top + height and layout.rect(row).bottom() >= top
    ]
    assert set(touching) <= set(rows)
    assert len(rows) <= len(touching) + 2 * layout.columns


def test_lines_end_flush_with_the_width() -> None:
    layout = GridLayout(count=100, width=1_000)
    used = layout.columns * layout.cell.width()
    assert 0 <= layout.width - 2 * MARGIN_PX - used < layout.columns


def test_weak_results_begin_on_a_line_of_their_own_below_the_divider() -> None:
    layout = GridLayout(count=10, width=1_000, divider_at=3)
    divider = layout.divider
    assert divider is not None
    assert divider.top() == layout.rect(2).bottom() + 1
    assert layout.rect(3).left() == MARGIN_PX
    assert layout.rect(3).top() == divider.top() + DIVIDER_PX


def test_hidden_weak_results_leave_the_divider_at_the_end() -> None:
    layout = GridLayout(count=3, width=1_000, divider_at=3)
    assert layout.divider is not None
    assert layout.divider.bottom() < layout.height


def test_a_place_beside_the_photos_is_no_row_but_has_a_nearest_one() -> None:
    layout = GridLayout(count=8, width=1_000)
    below = QPoint(500, layout.height + 1_000)
    assert layout.row_at(below) is None
    assert layout.row_near(below) == 7
    assert GridLayout(count=0).row_near(below) is None
