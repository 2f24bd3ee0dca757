"""The arithmetic of the grid: places and rows agree, with and without sections and the line before weak results."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect

from desktop.grid.layout import DIVIDER_PX, HEADING_PX, MARGIN_PX, GridLayout

counts = st.integers(0, 200)
widths = st.integers(150, 2_000)


@st.composite
def layouts(draw: st.DrawFn) -> GridLayout:
    count = draw(counts)
    divider_at = draw(st.none() | st.integers(0, count))
    strong = count if divider_at is None else divider_at
    cuts = sorted({*draw(st.lists(st.integers(1, max(strong - 1, 1)), max_size=8)), strong})
    cuts = [cut for cut in cuts if cut <= strong and cut]
    sections = tuple(end - start for start, end in zip([0, *cuts], cuts, strict=False))
    return GridLayout(
        count=count,
        width=draw(widths),
        caption_px=draw(st.sampled_from([0, 24])),
        sections=sections if draw(st.booleans()) else (),
        divider_at=divider_at,
    )


@given(layouts())
def test_each_row_is_found_at_its_own_place(layout: GridLayout) -> None:
    for row in range(layout.count):
        assert layout.row_at(layout.rect(row).center()) == row


@given(layouts())
def test_cells_stay_within_the_content_and_off_the_headings(layout: GridLayout) -> None:
    across = [layout.heading(number) for number in range(len(layout.sections))]
    across += [] if layout.divider is None else [layout.divider]
    for row in range(layout.count):
        rect = layout.rect(row)
        assert rect.left() >= MARGIN_PX
        assert rect.right() < max(layout.width, layout.cell.width() + 2 * MARGIN_PX)
        assert rect.bottom() < layout.height
        assert not any(rect.intersects(heading) for heading in across)


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


@given(layouts(), st.tuples(*[st.integers(-300, 5_000)] * 4))
def test_a_rectangle_touches_the_pictures_that_it_meets(layout: GridLayout, corners: tuple[int, int, int, int]) -> None:
    area = QRect(QPoint(*corners[:2]), QPoint(*corners[2:])).normalized()
    stretches = layout.rows_touching(area)
    rows = [row for stretch in stretches for row in stretch]
    assert rows == [row for row in range(layout.count) if layout.picture(row).intersects(area)]
    assert all(stretches)


@given(layouts())
def test_lines_and_columns_lead_back_to_their_rows(layout: GridLayout) -> None:
    for row in range(layout.count):
        line, column = layout.line_of(row), layout.column_of(row)
        assert 0 <= line < layout.lines
        assert layout.row_on(line, column) == row
        assert layout.rect(layout.row_on(line, layout.columns - 1)).top() == layout.rect(row).top()


@given(layouts())
def test_sections_have_their_rows_below_their_headings(layout: GridLayout) -> None:
    rows = [row for number in range(len(layout.sections)) for row in layout.rows_of(number)]
    assert rows == list(range(sum(layout.sections)))
    for number in range(len(layout.sections)):
        first = layout.rows_of(number).start
        assert layout.section_of(first) == number
        assert layout.section_at(layout.heading(number).top()) == number
        assert layout.rect(first).top() == layout.heading(number).bottom() + 1
        assert number in layout.sections_between(layout.heading(number).top(), layout.heading(number).bottom())


@given(layouts(), st.integers(0, 5_000))
def test_the_sticky_heading_is_that_of_the_photos_at_the_top(layout: GridLayout, top: int) -> None:
    sticky = layout.sticky(top)
    if sticky is None:
        return
    number, pushed_px = sticky
    assert layout.section_at(top) == number
    assert pushed_px <= 0
    if number + 1 < len(layout.sections):
        assert top + HEADING_PX + pushed_px <= layout.heading(number + 1).top(), "two headings cover each other"


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
    assert layout.section_of(3) is None


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


def test_between_two_pictures_is_no_photo() -> None:
    layout = GridLayout(count=8, width=1_000)
    assert layout.row_at(QPoint(layout.rect(0).right(), layout.rect(0).center().y())) is None
