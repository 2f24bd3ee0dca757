"""Suggestions under the search line: what is offered while one types, and that nothing that is typed gets lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt

from core.library import Library
from desktop.search.suggestion_delegate import ROW_PX
from desktop.search.suggestion_list import MOST_ROWS

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.app import Session
    from desktop.search.bar import SearchBar

Key = Qt.Key


@pytest.fixture
def offered(bar: SearchBar, qtbot: QtBot) -> Callable[[str], list[str]]:
    """Types, waits until the list has an answer to what was typed, and returns its texts."""

    def type_and_wait(letters: str) -> list[str]:
        qtbot.keyClicks(bar.field, letters)
        qtbot.waitUntil(lambda: bar.completion.list.isVisible() and not bar.completion.is_waiting)
        return texts(bar)

    return type_and_wait


def texts(bar: SearchBar) -> list[str]:
    return [row.text for row in bar.completion.list.rows]


def chosen(bar: SearchBar) -> str | None:
    row = bar.completion.list.chosen
    return row.text if row is not None else None


class TestOffers:
    def test_a_filter_is_offered_with_its_explanation(
        self, bar: SearchBar, offered: Callable[[str], list[str]]
    ) -> None:
        assert offered("dog ca") == ["camera:"]
        assert bar.completion.list.rows[0].explanation == "by the camera's name, such as camera:canon"

    def test_nothing_is_chosen_until_the_user_chooses(
        self, bar: SearchBar, offered: Callable[[str], list[str]], qtbot: QtBot
    ) -> None:
        offered("fo")
        assert chosen(bar) is None
        qtbot.keyClick(bar.field, Key.Key_Down)
        assert chosen(bar) == "folder:"
        qtbot.keyClick(bar.field, Key.Key_Down)
        assert chosen(bar) == "format:"
        qtbot.keyClick(bar.field, Key.Key_Up)
        assert chosen(bar) == "folder:"
        qtbot.keyClick(bar.field, Key.Key_Up)
        assert chosen(bar) is None
        assert bar.field.text() == "fo"

    def test_the_values_of_the_library_come_behind_the_colon(
        self, bar: SearchBar, library: Library, offered: Callable[[str], list[str]]
    ) -> None:
        library.albums.create("Summer in Crete")
        assert offered("album:") == ['album:"Summer in Crete"']

    def test_the_newest_letters_count(self, bar: SearchBar, qtbot: QtBot) -> None:
        qtbot.keyClicks(bar.field, "date:last-m")
        qtbot.waitUntil(lambda: texts(bar) == ["date:last-month"])

    def test_the_list_goes_when_nothing_fits(
        self, bar: SearchBar, offered: Callable[[str], list[str]], qtbot: QtBot
    ) -> None:
        offered("ca")
        qtbot.keyClicks(bar.field, "t")
        qtbot.waitUntil(lambda: not bar.completion.list.isVisible())
        assert bar.field.text() == "cat"

    def test_it_follows_the_cursor(self, bar: SearchBar, offered: Callable[[str], list[str]], qtbot: QtBot) -> None:
        bar.field.setText("is: ")
        bar.field.setCursorPosition(4)
        offered("fo")
        for _ in range(3):
            qtbot.keyClick(bar.field, Key.Key_Left)
        qtbot.waitUntil(
            lambda: texts(bar) == ["is:favorite", "is:hidden", "is:unsure", "is:unknown", "is:corrected", "is:labelled"]
        )

    def test_what_the_program_writes_offers_nothing(self, bar: SearchBar, qtbot: QtBot) -> None:
        bar.search_for("camera:")
        qtbot.waitUntil(bar.message.isVisible)
        assert not bar.completion.list.isVisible()


class TestTaking:
    @pytest.mark.parametrize("key", [Key.Key_Return, Key.Key_Enter, Key.Key_Tab])
    def test_a_name_is_followed_by_its_values(
        self, bar: SearchBar, library: Library, offered: Callable[[str], list[str]], qtbot: QtBot, key: Key
    ) -> None:
        offered("dog -ha")
        qtbot.keyClick(bar.field, Key.Key_Down)
        qtbot.keyClick(bar.field, key)
        assert bar.field.text() == "dog -has:"
        assert bar.field.hasFocus()
        qtbot.waitUntil(lambda: texts(bar)[:1] == ["has:gps"])
        qtbot.keyClick(bar.field, Key.Key_Down)
        qtbot.keyClick(bar.field, key)
        assert bar.field.text() == "dog -has:gps "
        qtbot.waitUntil(lambda: not bar.completion.list.isVisible())
        assert str(bar.query) == "dog -has:gps"

    def test_a_click_takes_and_leaves_the_focus_in_the_line(
        self, bar: SearchBar, offered: Callable[[str], list[str]], qtbot: QtBot
    ) -> None:
        offered("orient")
        view = bar.completion.list.view
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(60, ROW_PX // 2))
        assert bar.field.text() == "orientation:"
        assert bar.field.hasFocus()

    def test_the_row_under_the_mouse_is_not_taken_by_enter(
        self, bar: SearchBar, offered: Callable[[str], list[str]], qtbot: QtBot
    ) -> None:
        offered("orient")
        qtbot.mouseMove(bar.completion.list.view.viewport(), QPoint(60, ROW_PX // 2))
        with qtbot.waitSignal(bar.left):
            qtbot.keyClick(bar.field, Key.Key_Return)
        assert bar.field.text() == "orient"

    def test_with_none_chosen_enter_searches(
        self, bar: SearchBar, offered: Callable[[str], list[str]], qtbot: QtBot
    ) -> None:
        offered("na")
        with qtbot.waitSignal(bar.left):
            qtbot.keyClick(bar.field, Key.Key_Return)
        assert not bar.completion.list.isVisible()
        assert bar.field.text() == "na"

    def test_with_none_chosen_tab_goes_on(
        self, bar: SearchBar, offered: Callable[[str], list[str]], qtbot: QtBot
    ) -> None:
        offered("is:favorite fo")
        qtbot.keyClick(bar.field, Key.Key_Tab)
        assert not bar.field.hasFocus()
        assert not bar.completion.list.isVisible()
        assert bar.field.text() == "is:favorite fo"

    def test_letters_go_on_into_the_line_and_drop_the_choice(
        self, bar: SearchBar, offered: Callable[[str], list[str]], qtbot: QtBot
    ) -> None:
        offered("fo")
        qtbot.keyClick(bar.field, Key.Key_Down)
        qtbot.keyClicks(bar.field, "x in snow")
        assert bar.field.text() == "fox in snow"
        assert chosen(bar) is None
        with qtbot.waitSignal(bar.left):
            qtbot.keyClick(bar.field, Key.Key_Return)
        assert bar.field.text() == "fox in snow"

    def test_taking_can_be_undone(self, bar: SearchBar, offered: Callable[[str], list[str]], qtbot: QtBot) -> None:
        offered("is:fav")
        qtbot.keyClick(bar.field, Key.Key_Down)
        qtbot.keyClick(bar.field, Key.Key_Return)
        assert bar.field.text() == "is:favorite "
        qtbot.keyClick(bar.field, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert bar.field.text() == "is:fav"


class TestTheList:
    def test_it_is_as_wide_as_the_line_and_eight_rows_high(
        self, bar: SearchBar, offered: Callable[[str], list[str]]
    ) -> None:
        assert len(offered("date:")) > MOST_ROWS
        shown = bar.completion.list
        assert shown.width() == bar.field.width()
        assert MOST_ROWS * ROW_PX <= shown.height() < (MOST_ROWS + 1) * ROW_PX
        below = bar.field.mapTo(bar.window(), bar.field.rect().bottomLeft())
        assert shown.x() == below.x()
        assert 0 < shown.y() - below.y() <= 8

    def test_it_follows_the_size_of_the_window(
        self, bar: SearchBar, offered: Callable[[str], list[str]], qtbot: QtBot
    ) -> None:
        offered("date:")
        bar.window().resize(700, 200)
        qtbot.waitUntil(lambda: bar.completion.list.width() == bar.field.width())
        assert bar.completion.list.geometry().bottom() < 200

    def test_a_click_beside_it_closes_it(
        self, bar: SearchBar, offered: Callable[[str], list[str]], qtbot: QtBot
    ) -> None:
        offered("date:")
        qtbot.mouseClick(bar.window(), Qt.MouseButton.LeftButton, pos=QPoint(20, 560))
        assert not bar.completion.list.isVisible()

    def test_screen_readers_hear_the_chosen_row_at_the_line(
        self, bar: SearchBar, offered: Callable[[str], list[str]], qtbot: QtBot
    ) -> None:
        offered("ca")
        qtbot.keyClick(bar.field, Key.Key_Down)
        assert bar.field.accessibleDescription().startswith("camera: by the camera's name")
        qtbot.keyClick(bar.field, Key.Key_Escape)
        assert bar.field.accessibleDescription() == ""


def test_esc_closes_the_list_first_and_then_clears_the_line(session: Session, qtbot: QtBot) -> None:
    bar = session.window.search_bar
    bar.field.setFocus()
    qtbot.keyClicks(bar.field, "name:ci fo")
    qtbot.waitUntil(bar.completion.list.isVisible)
    qtbot.keyClick(bar.field, Key.Key_Escape)
    assert not bar.completion.list.isVisible()
    assert bar.field.text() == "name:ci fo"
    qtbot.keyClick(bar.field, Key.Key_Escape)
    assert bar.field.text() == ""
