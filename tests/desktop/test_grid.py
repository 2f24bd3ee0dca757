"""The grid under the hand: keys, mouse, selection, what stays when photos come, and its speed with very many."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from core.types import PhotoId
from desktop.grid.listing import Listing, browsing
from desktop.grid.model import GridModel
from desktop.grid.photo_cache import PhotoCache
from desktop.grid.thumbnails import Thumbnails
from desktop.grid.view import GridView
from desktop.tasks import Tasks

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from desktop.app import Session
    from desktop.theme import Theme
    from tests.desktop.opened_files import OpenedFiles


def ids(*numbers: int) -> list[PhotoId]:
    return [PhotoId(number) for number in numbers]


@pytest.fixture
def grid(library: Library, theme: Theme, qtbot: QtBot) -> Iterator[GridView]:
    """A grid of its own; its photos need not exist."""
    tasks = Tasks()
    thumbnails, photos = Thumbnails(library, tasks), PhotoCache(library, tasks)
    view = GridView(GridModel(thumbnails, photos), theme)
    qtbot.addWidget(view)
    view.resize(1_000, 700)
    view.show()
    yield view
    tasks.finish()


class TestKeys:
    def test_arrows_go_through_the_lines_and_stop_at_the_ends(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 13))))  # five a line
        grid.setCurrentIndex(grid.model().index(0, 0))
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

    def test_arrows_cross_the_line_of_weak_results(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(Listing(ids=tuple(ids(*range(1, 9))), strengths=(0.9,) * 8, strong=3))
        grid.setCurrentIndex(grid.model().index(1, 0))
        qtbot.keyClick(grid, Qt.Key.Key_Down)
        assert grid.currentIndex().row() == 4
        qtbot.keyClick(grid, Qt.Key.Key_Up)
        assert grid.currentIndex().row() == 1

    def test_shift_selects_in_reading_order_and_ctrl_a_everything(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 13))))
        grid.setCurrentIndex(grid.model().index(2, 0))
        qtbot.keyClick(grid, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        assert grid.selected_ids() == ids(3, 4, 5, 6, 7, 8)
        qtbot.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        assert len(grid.selected_ids()) == 12

    def test_enter_opens_the_photo_in_the_systems_viewer(
        self, session: Session, qtbot: QtBot, opened_files: OpenedFiles, photo_folder: Path
    ) -> None:
        qtbot.keyClick(session.window.search_bar.field, Qt.Key.Key_Down)
        grid = session.window.gallery.grid
        assert grid.hasFocus() or grid.currentIndex().row() == 0
        qtbot.keyClick(grid, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: len(opened_files.paths) == 1)
        assert opened_files.paths[0].parent.is_relative_to(photo_folder)

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


class TestMouse:
    def test_a_click_selects_and_a_double_click_opens(
        self, session: Session, qtbot: QtBot, opened_files: OpenedFiles
    ) -> None:
        grid = session.window.gallery.grid
        place = grid.visualRect(grid.model().index(2, 0)).center()
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert grid.selected_ids() == [session.window.gallery.listing.ids[2]]
        qtbot.mouseDClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
        [photo] = session.library.photos([session.window.gallery.listing.ids[2]])
        qtbot.waitUntil(lambda: opened_files.paths == [photo.path])

    def test_a_click_beside_the_photos_selects_none(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(1, 2)))
        grid.setCurrentIndex(grid.model().index(0, 0))
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(700, 600))
        assert grid.selected_ids() == []

    def test_paths_are_copied(self, session: Session, qtbot: QtBot) -> None:
        chosen = list(session.window.gallery.listing.ids[:2])
        menu = session.window.photo_menu.show(chosen, QPoint(0, 0))
        next(action for action in menu.actions() if action.text() == "Copy 2 paths").trigger()
        menu.close()
        paths = [str(photo.path) for photo in session.library.photos(chosen)]
        qtbot.waitUntil(lambda: QGuiApplication.clipboard().text().splitlines() == paths)


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


@pytest.mark.parametrize("count", [100_000, 1_000_000])
def test_very_many_photos_cost_no_more_than_few(grid: GridView, qtbot: QtBot, count: int) -> None:
    """Bounds far above what is measured (under 20 ms): they catch what grows with the number of photos."""
    listing = browsing([PhotoId(number) for number in range(count)])
    grid.show_listing(listing)
    assert _seconds(grid.doItemsLayout) < 0.1
    assert _seconds(lambda: grid.scrollTo(grid.model().index(count // 2, 0))) < 0.1
    assert _seconds(lambda: grid.grab()) < 1
    assert grid.indexAt(QPoint(100, 100)).row() > count // 3


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
