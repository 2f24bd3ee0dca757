"""The grid under the hand: keys, the size of the pictures, what is told of it, its speed with very many."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QFileDialog

from core.types import PhotoId, Section
from desktop.grid.layout import HEADING_PX, GridLayout
from desktop.grid.listing import Listing, browsing
from desktop.grid.view import GridView

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.app import Session
    from tests.desktop.grid_stage import GridStage

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def ids(*numbers: int) -> list[PhotoId]:
    return [PhotoId(number) for number in numbers]


def months(*counts: int) -> tuple[Section, ...]:
    """Sections of so many photos, going back from December 2023."""
    return tuple(Section(date(2023 - n // 12, 12 - n % 12, 1), count) for n, count in enumerate(counts))


def go_to(grid: GridView, row: int) -> None:
    grid.setCurrentIndex(grid.model().index(row, 0))


class TestKeys:
    def test_arrows_go_through_the_lines_and_stop_at_the_ends(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 13))))  # five a line
        go_to(grid, 0)
        for key, row in (
            (Qt.Key.Key_Right, 1),
            (Qt.Key.Key_Down, 6),
            (Qt.Key.Key_Left, 5),
            (Qt.Key.Key_Down, 10),
            (Qt.Key.Key_Down, 10),
            (Qt.Key.Key_Up, 5),
            (Qt.Key.Key_End, 11),
            (Qt.Key.Key_Right, 11),
            (Qt.Key.Key_Home, 0),
            (Qt.Key.Key_Up, 0),
        ):
            qtbot.keyClick(grid, key)
            assert grid.currentIndex().row() == row, key

    def test_arrows_cross_headings_and_keep_the_column_where_they_can(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 16)), months(7, 3, 5)))  # lines of 5, 2, 3 and 5
        go_to(grid, 3)
        for key, row in (
            (Qt.Key.Key_Down, 6),
            (Qt.Key.Key_Down, 8),
            (Qt.Key.Key_Down, 11),
            (Qt.Key.Key_Right, 12),
            (Qt.Key.Key_Up, 9),
            (Qt.Key.Key_Up, 6),
            (Qt.Key.Key_PageDown, 14),
            (Qt.Key.Key_PageUp, 4),
            (Qt.Key.Key_PageUp, 0),
        ):
            qtbot.keyClick(grid, key)
            assert grid.currentIndex().row() == row, key

    def test_arrows_cross_the_line_of_weak_results(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(Listing(ids=tuple(ids(*range(1, 9))), strengths=(0.9,) * 8, strong=3))
        go_to(grid, 1)
        qtbot.keyClick(grid, Qt.Key.Key_Down)
        assert grid.currentIndex().row() == 4
        qtbot.keyClick(grid, Qt.Key.Key_Up)
        assert grid.currentIndex().row() == 1

    def test_what_one_arrives_at_is_not_covered_by_a_heading(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(200)), months(100, 100)))
        go_to(grid, 60)
        for _ in range(5):
            qtbot.keyClick(grid, Qt.Key.Key_Up)
        top = grid.visualRect(grid.currentIndex()).top()
        assert HEADING_PX <= top < HEADING_PX + 20

    def test_shift_selects_in_reading_order_and_ctrl_a_everything(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 13))))
        go_to(grid, 2)
        qtbot.keyClick(grid, Qt.Key.Key_Down, SHIFT)
        assert grid.selected_ids() == ids(3, 4, 5, 6, 7, 8)
        qtbot.keyClick(grid, Qt.Key.Key_A, CTRL)
        assert grid.selected_count() == 12

    def test_shift_home_and_end_select_to_the_ends(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 101)), months(50, 50)))
        go_to(grid, 40)
        qtbot.keyClick(grid, Qt.Key.Key_End, SHIFT)
        assert grid.selected_ids() == ids(*range(41, 101))
        qtbot.keyClick(grid, Qt.Key.Key_Home, SHIFT)
        assert grid.selected_ids() == ids(*range(1, 42))

    def test_ctrl_moves_without_selecting_and_ctrl_space_adds(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 13))))
        go_to(grid, 0)
        qtbot.keyClick(grid, Qt.Key.Key_Right, CTRL)
        qtbot.keyClick(grid, Qt.Key.Key_Right, CTRL)
        assert grid.selected_ids() == ids(1)
        qtbot.keyClick(grid, Qt.Key.Key_Space, CTRL)
        assert grid.selected_ids() == ids(1, 3)

    def test_enter_and_space_open_the_current_photo(self, grid: GridView, qtbot: QtBot) -> None:
        opened: list[list[PhotoId]] = []
        typed: list[str] = []
        grid.opened.connect(opened.append)
        grid.typed.connect(typed.append)
        grid.show_listing(browsing(ids(*range(1, 13))))
        go_to(grid, 4)
        qtbot.keyClick(grid, Qt.Key.Key_Space)
        qtbot.keyClick(grid, Qt.Key.Key_Return)
        qtbot.keyClick(grid, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
        assert opened == [ids(5)] * 3
        assert not typed

    def test_del_and_ctrl_enter_tell_of_the_selection_or_of_the_current_photo(
        self, grid: GridView, qtbot: QtBot
    ) -> None:
        trashed: list[list[PhotoId]] = []
        outside: list[list[PhotoId]] = []
        grid.trash_wanted.connect(trashed.append)
        grid.open_outside.connect(outside.append)
        grid.show_listing(browsing(ids(*range(1, 13))))
        qtbot.keyClick(grid, Qt.Key.Key_Delete)
        assert not trashed, "there is no current photo yet"
        go_to(grid, 4)
        qtbot.keyClick(grid, Qt.Key.Key_Right, SHIFT)
        qtbot.keyClick(grid, Qt.Key.Key_Delete)
        grid.clearSelection()
        qtbot.keyClick(grid, Qt.Key.Key_Delete)
        qtbot.keyClick(grid, Qt.Key.Key_Return, CTRL)
        assert trashed == [ids(5, 6), ids(6)]
        assert outside == [ids(6)]

    def test_letters_are_meant_for_the_search(self, grid: GridView, qtbot: QtBot) -> None:
        typed: list[str] = []
        grid.typed.connect(typed.append)
        grid.show_listing(browsing(ids(1, 2)))
        qtbot.keyClicks(grid, "rE2")
        qtbot.keyClick(grid, Qt.Key.Key_Backspace)
        assert typed == ["r", "E", "2"]

    def test_a_month_is_selected_and_left_by_keys(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 41)), months(10, 20, 10)))
        go_to(grid, 12)
        qtbot.keyClick(grid, Qt.Key.Key_A, CTRL | SHIFT)
        assert grid.selected_ids() == ids(*range(11, 31))
        for key, row in (
            (Qt.Key.Key_Up, 10),
            (Qt.Key.Key_Up, 0),
            (Qt.Key.Key_Up, 0),
            (Qt.Key.Key_Down, 10),
            (Qt.Key.Key_Down, 30),
            (Qt.Key.Key_Down, 30),
        ):
            qtbot.keyClick(grid, key, ALT)
            assert grid.currentIndex().row() == row

    def test_letters_typed_on_the_grid_go_to_the_search_bar(self, session: Session, qtbot: QtBot) -> None:
        qtbot.keyClicks(session.window.gallery.grid, "red")
        assert session.window.search_bar.field.text().startswith("r")

    def test_escape_steps_back_to_the_search_and_then_to_all_photos(self, session: Session, qtbot: QtBot) -> None:
        window = session.window
        window.activateWindow()
        window.search_bar.search_for("name:circle")
        qtbot.waitUntil(lambda: len(window.gallery.listing.ids) == 2)
        window.gallery.grid.setFocus()
        qtbot.keyClick(window.gallery.grid, Qt.Key.Key_Escape)
        assert window.search_bar.field.hasFocus()
        assert window.search_bar.field.selectedText() == "name:circle"
        qtbot.keyClick(window.search_bar.field, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: len(window.gallery.listing.ids) == 6)

    def test_the_keys_of_the_menu_work_while_it_is_closed(self, session: Session, qtbot: QtBot) -> None:
        session.window.activateWindow()
        qtbot.keyClick(session.window.search_bar.field, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
        dialog = session.window.findChild(QFileDialog)
        assert dialog is not None
        dialog.close()


class TestSize:
    def test_the_photo_under_the_hand_stays_when_pictures_grow(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(1_000))))
        grid.scrollTo(grid.model().index(500, 0), GridView.ScrollHint.PositionAtTop)
        point = QPoint(500, 300)
        row = grid.indexAt(point).row()
        for cell_px in (300, 120, 176):
            grid.set_cell_px(cell_px, point)
            rect = grid.visualRect(grid.model().index(row, 0))
            assert rect.top() <= point.y() <= rect.bottom()

    def test_the_current_photo_stays_where_it_is(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1_000))))
        go_to(grid, 500)
        grid.scrollTo(grid.currentIndex(), GridView.ScrollHint.PositionAtCenter)
        before = grid.visualRect(grid.currentIndex()).center().y()
        qtbot.keyClick(grid, Qt.Key.Key_Plus, CTRL)
        assert grid.places.columns == 4
        assert abs(grid.visualRect(grid.currentIndex()).center().y() - before) <= 1
        qtbot.keyClick(grid, Qt.Key.Key_Minus, CTRL)
        qtbot.keyClick(grid, Qt.Key.Key_Minus, CTRL)
        assert grid.places.columns == 6
        qtbot.keyClick(grid, Qt.Key.Key_0, CTRL)
        assert grid.cell_px == 176

    def test_the_first_line_stays_below_its_heading(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1_000)), months(1_000)))
        go_to(grid, 1)
        qtbot.keyClick(grid, Qt.Key.Key_Plus, CTRL)
        assert grid.verticalOffset() == 0

    def test_there_is_a_smallest_and_a_largest_size(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(100))))
        for key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
            for _ in range(20):
                qtbot.keyClick(grid, key, CTRL)
            assert 96 <= grid.cell_px <= 400
            assert grid.places.columns == (2 if key is Qt.Key.Key_Plus else 10)


def test_a_favorite_has_its_heart_at_once(grid_stage: GridStage, qtbot: QtBot) -> None:
    """It does not wait for the listing to be asked for again."""
    grid_stage.wait_for_pictures()
    before = grid_stage.grid.viewport().grab().toImage()
    grid_stage.library.set_favorite(grid_stage.model.listing.ids[:1], True)
    with qtbot.waitSignal(grid_stage.photos.arrived):
        grid_stage.photos.forget(grid_stage.model.listing.ids[:1])
    after = grid_stage.grid.viewport().grab().toImage()
    badge = grid_stage.grid.places.picture(0).bottomLeft() + QPoint(11, -19)
    assert before.pixelColor(badge) != after.pixelColor(badge)


class TestWords:
    def test_a_reader_finds_the_photos_and_what_is_selected(self, grid_stage: GridStage) -> None:
        grid_stage.wait_for_pictures()
        grid_stage.grid.select_ids(grid_stage.grid.listing.ids[2:4])
        reader = QAccessible.queryAccessibleInterface(grid_stage.grid)
        assert reader.text(QAccessible.Text.Name) == "Photos"
        assert reader.childCount() == 10
        assert reader.child(3).text(QAccessible.Text.Name).startswith("03.jpg, 9 March 2021")
        assert [row for row in range(10) if reader.child(row).state().selected] == [2, 3]

    def test_each_photo_has_a_name_for_people_who_do_not_see_it(self, grid_stage: GridStage, qtbot: QtBot) -> None:
        grid_stage.wait_for_pictures()
        role = Qt.ItemDataRole.AccessibleTextRole
        words = "00.jpg, 3 July 2021, 00:00, 160 \N{MULTIPLICATION SIGN} 120"
        assert grid_stage.model.index(0, 0).data(role) == words
        grid_stage.library.set_favorite(grid_stage.model.listing.ids[:1], True)
        grid_stage.photos.forget(())
        qtbot.waitUntil(lambda: grid_stage.model.index(0, 0).data(role) == f"{words}, Favorite")

    def test_the_first_photo_of_a_month_tells_of_the_heading(self, grid_stage: GridStage) -> None:
        role = Qt.ItemDataRole.AccessibleDescriptionRole
        told = [grid_stage.model.index(row, 0).data(role) for row in range(10)]
        assert told[0] == "July 2021, 3 photos"
        assert told[3] == "March 2021, 2 photos"
        assert told[1] == ""

    def test_a_strength_is_told_in_a_search(self, grid_stage: GridStage) -> None:
        grid_stage.ask("red circle")
        assert "match" in grid_stage.model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)


@pytest.mark.parametrize("count", [100_000, 1_000_000])
def test_very_many_photos_cost_no_more_than_few(grid: GridView, qtbot: QtBot, count: int) -> None:
    """Bounds far above what is measured (under 20 ms): they catch what grows with the number of photos."""
    photos = [PhotoId(number) for number in range(count)]
    grid.show_listing(browsing(photos, months(*[count // 500] * 500)))
    assert _seconds(grid.doItemsLayout) < 0.1
    assert _seconds(lambda: grid.scrollTo(grid.model().index(count // 2, 0))) < 0.1
    assert _seconds(lambda: grid.grab()) < 1
    assert grid.indexAt(QPoint(100, 100)).row() > count // 3


def test_at_rest_nothing_is_laid_out_anew(grid: GridView, qtbot: QtBot) -> None:
    """QListView asks for a layout whenever it is told the size of its cells, which a layout used to do."""
    grid.show_listing(browsing(ids(*range(100))))
    seen: list[GridLayout] = []

    def is_at_rest() -> bool:
        seen.append(grid.places)
        return len(seen) > 10 and all(places is grid.places for places in seen[-10:])

    qtbot.waitUntil(is_at_rest)


def test_a_refresh_of_many_photos_with_all_selected_is_quick(grid: GridView) -> None:
    """Measured: under 30 ms. The bound allows for a machine that does other things as well."""
    photos = ids(*range(100_000))
    grid.show_listing(browsing(photos, months(*[200] * 500)))
    go_to(grid, 50_000)
    grid.selectAll()
    scattered = [photo for photo in photos if photo % 97]
    assert _seconds(lambda: grid.show_listing(browsing(scattered, months(len(scattered))))) < 0.3
    assert grid.selected_count() == len(scattered)
    assert grid.current_id() == 50_000


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
