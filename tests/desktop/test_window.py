"""The window as a whole: from page to page and back, what stands around the pages, keys from one part to another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from desktop.app import Session
from desktop.main_window import MainWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from core.types import PhotoId

NONE = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(session: Session, qtbot: QtBot) -> MainWindow:
    """Six photos are shown, and the keyboard is on the first of them."""
    window = session.window
    window.activateWindow()
    press(window.search_bar.field, Qt.Key.Key_Return, qtbot)
    assert window.gallery.grid.hasFocus()
    return window


def press(widget: QWidget, key: Qt.Key, qtbot: QtBot, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(widget, key, modifiers)


def press_where_the_focus_is(
    key: Qt.Key, qtbot: QtBot, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
):
    focused = QApplication.focusWidget()
    assert focused is not None, "the keyboard is nowhere"
    qtbot.keyClick(focused, key, modifiers)


def name(window: MainWindow, photo_id: PhotoId) -> str:
    return window.library.photos([photo_id])[0].path.name


class TestTheViewer:
    def test_enter_opens_it_and_escape_leads_back_to_the_photo_that_was_seen_last(
        self, window: MainWindow, qtbot: QtBot
    ) -> None:
        press_where_the_focus_is(Qt.Key.Key_Return, qtbot)
        assert window.navigation.shows_viewer
        first = window.viewer.current
        press_where_the_focus_is(Qt.Key.Key_Right, qtbot)
        second = window.viewer.current
        assert second == window.gallery.listing.ids[1] != first
        press_where_the_focus_is(Qt.Key.Key_Escape, qtbot)
        assert window.navigation.shows_gallery
        assert window.gallery.grid.hasFocus()
        assert window.gallery.grid.current_id() == second

    def test_space_opens_and_closes_it(self, window: MainWindow, qtbot: QtBot) -> None:
        press_where_the_focus_is(Qt.Key.Key_Space, qtbot)
        assert window.navigation.shows_viewer
        press_where_the_focus_is(Qt.Key.Key_Space, qtbot)
        assert window.navigation.shows_gallery

    def test_a_search_leads_back_to_the_photos(self, window: MainWindow, qtbot: QtBot) -> None:
        press_where_the_focus_is(Qt.Key.Key_Return, qtbot)
        press_where_the_focus_is(Qt.Key.Key_F, qtbot, CONTROL)
        assert window.search_bar.field.hasFocus()
        qtbot.keyClicks(window.search_bar.field, "name:circle")
        assert window.navigation.shows_gallery
        qtbot.waitUntil(lambda: len(window.gallery.listing.ids) == 2, timeout=10_000)

    def test_a_double_click_opens_the_photo_that_is_clicked(self, window: MainWindow, qtbot: QtBot) -> None:
        grid = window.gallery.grid
        index = grid.model().index(3, 0)
        place = grid.visualRect(index).center()
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert window.viewer.current == window.gallery.listing.ids[3]

    def test_on_the_full_screen_there_is_nothing_but_the_photo(self, window: MainWindow, qtbot: QtBot) -> None:
        press_where_the_focus_is(Qt.Key.Key_Return, qtbot)
        press_where_the_focus_is(Qt.Key.Key_F11, qtbot)
        assert window.isFullScreen()
        around = (window.header, window.sidebar, window.status_line)
        assert not any(part.isVisible() for part in around)
        press_where_the_focus_is(Qt.Key.Key_Escape, qtbot)
        qtbot.waitUntil(lambda: not window.isFullScreen())
        assert all(part.isVisible() for part in around)

    def test_the_information_follows_from_photo_to_photo(self, window: MainWindow, qtbot: QtBot) -> None:
        press_where_the_focus_is(Qt.Key.Key_I, qtbot, CONTROL)
        assert window.info_panel.isVisible()
        ids = window.gallery.listing.ids
        qtbot.waitUntil(lambda: window.info_panel.sheet.name.toPlainText() == name(window, ids[0]), timeout=5_000)
        press_where_the_focus_is(Qt.Key.Key_Return, qtbot)
        press_where_the_focus_is(Qt.Key.Key_Right, qtbot)
        qtbot.waitUntil(lambda: window.info_panel.sheet.name.toPlainText() == name(window, ids[1]), timeout=5_000)


class TestOtherPages:
    def test_two_photos_are_compared_and_escape_leads_back(self, window: MainWindow, qtbot: QtBot) -> None:
        press_where_the_focus_is(Qt.Key.Key_Right, qtbot, SHIFT)
        grid = window.gallery.grid
        chosen = grid.selected_ids()
        assert len(chosen) == 2
        menu = window.actions_on_photos.show(chosen, QPoint(100, 100))
        next(action for action in menu.actions() if action.text() == "Compare 2 photos").trigger()
        menu.close()
        assert window.navigation.page is window.compare
        assert window.compare.ids == chosen
        press_where_the_focus_is(Qt.Key.Key_Escape, qtbot)
        assert window.navigation.shows_gallery

    def test_a_photo_is_opened_from_the_duplicates_and_the_way_back_leads_there(
        self, window: MainWindow, qtbot: QtBot
    ) -> None:
        window.sidebar.duplicates_wanted.emit()
        assert window.navigation.shows_duplicates
        ids = window.gallery.listing.ids
        window.duplicates.opened.emit(ids[1], ids[:2])
        assert window.viewer.current == ids[1]
        press_where_the_focus_is(Qt.Key.Key_Escape, qtbot)
        assert window.navigation.shows_duplicates
        press_where_the_focus_is(Qt.Key.Key_Escape, qtbot)
        assert window.navigation.shows_gallery

    def test_similar_photos_are_searched_from_the_viewer(self, window: MainWindow, qtbot: QtBot) -> None:
        press_where_the_focus_is(Qt.Key.Key_Return, qtbot)
        current = window.viewer.current
        assert current is not None
        window.actions_on_photos.similar_wanted.emit(current)
        assert window.navigation.shows_gallery
        assert window.search_bar.field.text() == f"photo:{current}"
        qtbot.waitUntil(lambda: window.gallery.listing.strengths is not None, timeout=30_000)
        assert window.gallery.listing.ids[0] == current


class TestWhatStandsAround:
    def test_the_sidebar_goes_and_the_next_window_remembers(
        self, window: MainWindow, session: Session, open_window: Callable[..., Session], qtbot: QtBot
    ) -> None:
        assert window.sidebar.isVisible()
        press_where_the_focus_is(Qt.Key.Key_B, qtbot, CONTROL)
        assert not window.sidebar.isVisible()
        window.close()
        again = open_window(other=session.library).window
        assert not again.sidebar.isVisible()
        qtbot.mouseClick(again.header.sidebar_button, Qt.MouseButton.LeftButton)
        assert again.sidebar.isVisible()

    def test_a_selection_is_told_and_can_be_widened_and_cleared(self, window: MainWindow, qtbot: QtBot) -> None:
        press_where_the_focus_is(Qt.Key.Key_Right, qtbot, SHIFT)
        bar = window.selection_bar
        qtbot.waitUntil(bar.isVisible)
        assert bar.text == "2 selected"
        qtbot.mouseClick(bar.all_button, Qt.MouseButton.LeftButton)
        assert window.gallery.grid.selected_count() == 6
        qtbot.mouseClick(bar.clear_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not bar.isVisible())
        assert window.gallery.grid.selected_count() == 0

    def test_a_folder_of_the_sidebar_shows_its_photos_and_all_photos_the_others_again(
        self, window: MainWindow, qtbot: QtBot
    ) -> None:
        window.sidebar.query_wanted.emit("folder:trip")
        qtbot.waitUntil(lambda: len(window.gallery.listing.ids) == 3, timeout=10_000)
        window.sidebar.query_wanted.emit("")
        qtbot.waitUntil(lambda: len(window.gallery.listing.ids) == 6, timeout=10_000)

    def test_in_a_narrow_window_sidebar_and_information_take_turns(self, window: MainWindow, qtbot: QtBot) -> None:
        window.resize(800, 600)
        press_where_the_focus_is(Qt.Key.Key_I, qtbot, CONTROL)
        qtbot.waitUntil(window.info_panel.isVisible)
        assert not window.sidebar.isVisible()
        assert window.width() == 800
        press_where_the_focus_is(Qt.Key.Key_B, qtbot, CONTROL)
        assert window.sidebar.isVisible()
        assert not window.info_panel.isVisible()

    def test_undo_from_the_search_line_concerns_photos_where_nothing_was_typed(
        self, window: MainWindow, qtbot: QtBot
    ) -> None:
        ids = window.gallery.grid.ids_to_act_on()
        window.actions_on_photos.set_favorite(ids, True)
        qtbot.waitUntil(lambda: window.library.photos(ids)[0].favorite, timeout=5_000)
        press_where_the_focus_is(Qt.Key.Key_F, qtbot, CONTROL)
        press_where_the_focus_is(Qt.Key.Key_Z, qtbot, CONTROL)
        qtbot.waitUntil(lambda: not window.library.photos(ids)[0].favorite, timeout=5_000)
        qtbot.keyClicks(window.search_bar.field, "cat")
        press_where_the_focus_is(Qt.Key.Key_Z, qtbot, CONTROL)
        assert window.search_bar.field.text() == ""

    def test_every_entry_of_the_menu_with_a_key_has_it_in_the_whole_window(self, window: MainWindow) -> None:
        keys = [
            action.shortcut().toString() for action in window.header.menu.actions() if not action.shortcut().isEmpty()
        ]
        assert {"Ctrl+O", "F5", "Ctrl+Z", "Ctrl+B", "Ctrl+I", "Ctrl+,", "Ctrl+Q"} <= set(keys)
        assert len(keys) == len(set(keys))


def test_a_crash_of_last_time_is_told_calmly(
    library: Library, open_window: Callable[..., Session], qtbot: QtBot
) -> None:
    library.paths.run_mark.touch()  # as a process leaves it that was killed
    notice = open_window().window.notice_bar
    qtbot.waitUntil(notice.isVisible, timeout=10_000)
    assert "ended unexpectedly last time" in notice.text
    assert "Nothing is lost" in notice.text


class TestWhereTheKeyboardIs:
    def test_where_nothing_is_found_it_is_on_what_can_be_done_about_it(self, window: MainWindow, qtbot: QtBot) -> None:
        field, empty = window.search_bar.field, window.gallery.empty_state
        field.setFocus()
        qtbot.keyClicks(field, "name:nothing")
        qtbot.waitUntil(lambda: empty.isVisible() and not window.searcher.is_waiting, timeout=10_000)
        press(field, Qt.Key.Key_Return, qtbot)
        assert QApplication.focusWidget() is empty.button
        press_where_the_focus_is(Qt.Key.Key_Space, qtbot)
        qtbot.waitUntil(lambda: len(window.gallery.listing.ids) == 6, timeout=10_000)

    def test_it_never_is_in_a_grid_that_is_not_shown(self, window: MainWindow, qtbot: QtBot) -> None:
        window.search_for("name:nothing")  # from the sidebar, say, with the focus in the grid
        qtbot.waitUntil(window.gallery.empty_state.isVisible, timeout=10_000)
        qtbot.waitUntil(lambda: not window.searcher.is_waiting)
        focused = QApplication.focusWidget()
        assert focused is not None
        assert window.gallery.empty_state.isAncestorOf(focused)

    def test_enter_begins_at_the_first_photo_of_an_album_or_folder(self, window: MainWindow, qtbot: QtBot) -> None:
        window.search_for("name:circle")
        qtbot.waitUntil(lambda: len(window.gallery.listing.ids) == 2, timeout=10_000)
        press_where_the_focus_is(Qt.Key.Key_Return, qtbot)
        assert window.gallery.grid.current_id() == window.gallery.listing.ids[0]
        press_where_the_focus_is(Qt.Key.Key_Return, qtbot)
        assert window.viewer.current == window.gallery.listing.ids[0]

    def test_a_favourite_is_not_lost_however_quickly_the_key_follows(
        self, window: MainWindow, session: Session, qtbot: QtBot
    ) -> None:
        press_where_the_focus_is(Qt.Key.Key_Return, qtbot)
        for _ in range(3):
            press_where_the_focus_is(Qt.Key.Key_F, qtbot)
            press_where_the_focus_is(Qt.Key.Key_Right, qtbot)
        first = set(window.gallery.listing.ids[:3])
        qtbot.waitUntil(lambda: set(session.library.browse("is:favorite").ids) == first, timeout=10_000)

    def test_ctrl_f_leaves_the_full_screen_where_there_is_no_line(self, window: MainWindow, qtbot: QtBot) -> None:
        press_where_the_focus_is(Qt.Key.Key_Return, qtbot)
        press_where_the_focus_is(Qt.Key.Key_F11, qtbot)
        press_where_the_focus_is(Qt.Key.Key_F, qtbot, CONTROL)
        qtbot.waitUntil(lambda: not window.isFullScreen())
        assert window.search_bar.field.isVisible()
        assert window.search_bar.field.hasFocus()


def test_a_picture_that_is_pasted_again_leads_back_to_what_it_found(
    window: MainWindow, photo_folder: Path, qtbot: QtBot
) -> None:
    QApplication.clipboard().setImage(QImage(str(photo_folder / "red circle.jpg")))
    press_where_the_focus_is(Qt.Key.Key_V, qtbot, CONTROL)
    qtbot.waitUntil(lambda: window.gallery.listing.strengths is not None, timeout=30_000)
    window.navigation.view(window.gallery.listing.ids[:1])
    press_where_the_focus_is(Qt.Key.Key_V, qtbot, CONTROL)
    assert window.navigation.shows_gallery
    qtbot.waitUntil(window.search_bar.field.hasFocus, timeout=10_000)


def test_a_search_that_fails_does_not_go_on_saying_that_it_searches(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    note = tmp_path / "note.txt"
    note.write_text("no picture")
    window.search_for(f'image:"{note}"')
    qtbot.waitUntil(lambda: bool(window.search_bar.message.text()), timeout=30_000)
    assert window.gallery.empty_state.isVisible()
    assert not window.gallery.results_line.isVisible()
    window.search_for("")
    qtbot.waitUntil(window.gallery.results_line.isVisible, timeout=10_000)


class TestTrash:
    def test_a_photo_goes_from_the_viewer_and_comes_back(
        self,
        window: MainWindow,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path_factory: pytest.TempPathFactory,
        qtbot: QtBot,
    ) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        ids = window.gallery.listing.ids
        path = window.library.photos([ids[0]])[0].path
        press_where_the_focus_is(Qt.Key.Key_Return, qtbot)
        press_where_the_focus_is(Qt.Key.Key_Delete, qtbot)
        qtbot.waitUntil(lambda: not path.exists(), timeout=10_000)
        qtbot.waitUntil(lambda: window.viewer.current == ids[1], timeout=10_000)
        assert window.navigation.shows_viewer
        press_where_the_focus_is(Qt.Key.Key_Z, qtbot, CONTROL)
        qtbot.waitUntil(path.exists, timeout=10_000)
        qtbot.waitUntil(lambda: window.gallery.listing.ids == ids, timeout=10_000)


class TestAChoiceOfPhotos:
    """What a report or a check of labels leads to."""

    def test_stands_in_its_own_order_under_its_title_until_escape(self, window: MainWindow, qtbot: QtBot) -> None:
        everything = window.gallery.listing.ids
        chosen = (everything[4], everything[1])
        window.show_photos(chosen, "Taken for caps")
        qtbot.waitUntil(lambda: window.gallery.listing.ids == chosen, timeout=5_000)
        assert window.gallery.results_line.text.startswith("Taken for caps")
        window.searcher.refresh_now()
        qtbot.wait(200)
        assert window.gallery.listing.ids == chosen
        window.activateWindow()
        press_where_the_focus_is(Qt.Key.Key_Escape, qtbot)
        qtbot.waitUntil(lambda: window.gallery.listing.ids == everything, timeout=5_000)

    def test_makes_room_for_what_is_searched_for(self, window: MainWindow, qtbot: QtBot) -> None:
        everything = window.gallery.listing.ids
        window.show_photos(everything[:2], "Two")
        qtbot.waitUntil(lambda: len(window.gallery.listing.ids) == 2, timeout=5_000)
        window.search_for("")
        qtbot.waitUntil(lambda: window.gallery.listing.ids == everything, timeout=5_000)


def test_no_part_of_learning_opens_a_window_of_its_own(session: Session, qtbot: QtBot) -> None:
    """A widget that is shown before it has a parent flashes on the screen, and the keyboard is nowhere then."""
    window, learning = session.window, session.window.learning
    shown = ShownWindows()
    QApplication.instance().installEventFilter(shown)  # type: ignore[union-attr]
    for page in (learning.training, learning.review):
        window.navigation.show(page)
        qtbot.wait(200)
    QApplication.instance().removeEventFilter(shown)  # type: ignore[union-attr]
    assert shown.seen == []
    assert QApplication.activeWindow() is window


class ShownWindows(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(type(watched).__name__)
        return False
