"""What stays when photos come and go: the selection, the current photo, what is in view."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel

from core.types import PhotoId
from desktop.grid.listing import browsing
from desktop.grid.view import GridView
from tests.desktop.test_grid import go_to, ids, months


class TestChanges:
    def test_selection_stays_with_its_photos_when_others_come_and_go(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(100, 140))))
        for row in (3, 20):
            grid.selectionModel().select(grid.model().index(row, 0), QItemSelectionModel.SelectionFlag.Select)
        grid.show_listing(browsing(ids(1, 2, *range(103, 118), 5, *range(119, 150))))
        assert grid.selected_ids() == ids(103, 120)

    def test_what_is_in_view_stays_in_view(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(1_000, 2_000))))
        grid.scrollTo(grid.model().index(500, 0), GridView.ScrollHint.PositionAtTop)
        place = grid.visualRect(grid.model().index(500, 0)).top()
        grid.show_listing(browsing(ids(*range(100), *range(1_000, 2_000))))
        assert grid.visualRect(grid.model().index(600, 0)).top() == place

    def test_at_the_top_new_photos_come_into_view(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(1_000, 2_000))))
        grid.show_listing(browsing(ids(*range(100), *range(1_000, 2_000))))
        assert grid.verticalScrollBar().value() == 0

    def test_another_width_keeps_the_photos_in_view(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(1_000))))
        grid.scrollTo(grid.model().index(500, 0), GridView.ScrollHint.PositionAtTop)
        grid.resize(600, 700)
        assert 0 <= grid.visualRect(grid.model().index(500, 0)).top() < 700

    def test_after_the_trash_the_next_photo_is_current_and_nothing_moves(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(1_000)), months(400, 600)))
        grid.scrollTo(grid.model().index(500, 0), GridView.ScrollHint.PositionAtTop)
        go_to(grid, 507)
        grid.select_ids(ids(505, 507, 508))
        top = grid.verticalOffset()
        left = [number for number in range(1_000) if number not in (505, 507, 508)]
        grid.show_listing(browsing(ids(*left), months(400, 597)))
        assert grid.selected_ids() == []
        assert grid.current_id() == 509
        assert grid.verticalOffset() == top

    def test_photos_that_go_above_the_view_do_not_move_it(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(1_000))))
        grid.scrollTo(grid.model().index(500, 0), GridView.ScrollHint.PositionAtTop)
        place = grid.visualRect(grid.model().index(500, 0)).top()
        grid.show_listing(browsing(ids(*range(95, 1_000))))
        assert grid.visualRect(grid.model().index(405, 0)).top() == place

    def test_when_all_that_was_in_view_goes_the_place_stays(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(1_000))))
        grid.scrollTo(grid.model().index(500, 0), GridView.ScrollHint.PositionAtTop)
        go_to(grid, 505)
        top = grid.verticalOffset()
        grid.show_listing(browsing(ids(*range(450), *range(600, 1_000))))
        assert grid.verticalOffset() == top
        assert grid.current_id() == 600

    def test_after_the_last_photo_the_one_before_is_current(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(10))))
        go_to(grid, 9)
        grid.show_listing(browsing(ids(*range(8))))
        assert grid.current_id() == 7
        grid.show_listing(browsing([]))
        assert grid.current_id() is None

    def test_another_question_begins_at_the_top_with_nothing_selected(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(1_000))))
        go_to(grid, 700)
        grid.show_listing(browsing(ids(*range(500, 1_000))), anew=True)
        assert grid.verticalOffset() == 0
        assert grid.current_id() is None
        assert grid.selected_ids() == []

    def test_each_change_is_told_once(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(100))))
        go_to(grid, 50)
        grid.selectAll()
        counts: list[int] = []
        currents: list[PhotoId | None] = []
        grid.selection_changed.connect(counts.append)
        grid.current_changed.connect(currents.append)
        grid.show_listing(browsing(ids(*range(20, 100))))
        assert counts == [80]
        assert currents == [], "photo 50 is still the current one"
        grid.show_listing(browsing(ids(*range(20, 50), *range(60, 100))))
        assert counts == [80, 70]
        assert currents == [60]

    def test_going_to_a_photo_shows_it(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(1_000)), months(500, 500)))
        grid.go_to(PhotoId(700))
        assert grid.selected_ids() == ids(700)
        assert grid.viewport().rect().contains(grid.visualRect(grid.currentIndex()))
