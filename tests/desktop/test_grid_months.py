"""Which months share a heading, and what it says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from core.types import Section
from desktop.grid.listing import browsing
from desktop.grid.months import grouped
from tests.desktop.test_grid import ids

if TYPE_CHECKING:
    from desktop.grid.view import GridView


def sections(*months: tuple[int, int, int]) -> list[Section]:
    return [Section(date(year, month, 1), count) for year, month, count in months]


def titles(*months: tuple[int, int, int], columns: int = 5) -> list[tuple[str, int]]:
    return [(group.title, group.count) for group in grouped(sections(*months), columns)]


def test_each_month_has_its_heading() -> None:
    assert titles((2021, 7, 30), (2021, 6, 1), (2021, 5, 30)) == [
        ("July 2021", 30),
        ("June 2021", 1),
        ("May 2021", 30),
    ]


def test_months_of_few_photos_share_a_line_and_a_heading() -> None:
    months = [(2021, 9, 1), (2021, 6, 2), (2021, 5, 2), (2021, 1, 1)]
    assert titles(*months) == [("May to September 2021", 5), ("January 2021", 1)]
    assert titles(*reversed(months)) == [("January to June 2021", 5), ("September 2021", 1)]


def test_years_stay_apart() -> None:
    assert titles((2021, 1, 1), (2020, 12, 1)) == [("January 2021", 1), ("December 2020", 1)]


def test_wider_windows_have_fewer_headings(grid: GridView) -> None:
    grid.show_listing(browsing(ids(*range(6)), tuple(sections((2021, 9, 2), (2021, 6, 2), (2021, 5, 2)))))
    assert [group.count for group in grid.groups] == [4, 2]
    grid.set_cell_px(120)
    assert [group.count for group in grid.groups] == [6]
    grid.set_cell_px(400)
    assert [group.count for group in grid.groups] == [2, 2, 2]
