"""Recent searches: when a search is remembered, and how the line shows, filters, removes and clears them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt

from core.library import Library
from core.query import parse
from desktop.search.suggestion_delegate import ROW_PX
from desktop.search.suggestion_list import CLEAR_ROW, Kind

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.app import Session
    from desktop.search.bar import SearchBar
    from tests.desktop.opened_files import OpenedFiles

Key = Qt.Key


@pytest.fixture
def searched(library: Library) -> list[str]:
    """Three searches of former days, the newest first."""
    for text in ("red shoes", "camera:canon", "a cat in the snow"):
        library.history.add(text)
    return library.history.recent()


def texts(bar: SearchBar) -> list[str]:
    return [row.text for row in bar.completion.list.rows]


def open_list(bar: SearchBar, qtbot: QtBot) -> None:
    qtbot.keyClick(bar.field, Key.Key_Down)
    qtbot.waitUntil(bar.completion.list.isVisible)


class TestTheList:
    def test_down_on_an_empty_line_shows_them_newest_first(
        self, bar: SearchBar, searched: list[str], qtbot: QtBot
    ) -> None:
        open_list(bar, qtbot)
        assert texts(bar) == [*searched, CLEAR_ROW.text]
        assert searched[0] == "a cat in the snow"
        assert bar.completion.list.chosen is None

    def test_a_click_on_the_empty_line_does_too(self, bar: SearchBar, searched: list[str], qtbot: QtBot) -> None:
        qtbot.mouseClick(bar.field, Qt.MouseButton.LeftButton, pos=QPoint(80, 20))
        qtbot.waitUntil(bar.completion.list.isVisible)
        assert texts(bar)[:3] == searched

    def test_the_focus_alone_shows_nothing(self, bar: SearchBar, searched: list[str], qtbot: QtBot) -> None:
        bar.chip_row.setFocus()
        bar.field.setFocus()
        assert not bar.completion.is_waiting
        assert not bar.completion.list.isVisible()

    def test_without_any_down_goes_to_the_photos(self, bar: SearchBar, qtbot: QtBot) -> None:
        with qtbot.waitSignal(bar.left):
            qtbot.keyClick(bar.field, Key.Key_Down)
        assert not bar.completion.list.isVisible()

    def test_one_is_searched_for_again(self, bar: SearchBar, searched: list[str], qtbot: QtBot) -> None:
        open_list(bar, qtbot)
        qtbot.keyClick(bar.field, Key.Key_Down)
        qtbot.keyClick(bar.field, Key.Key_Down)
        with qtbot.waitSignal(bar.query_changed) as changed:
            qtbot.keyClick(bar.field, Key.Key_Return)
        assert changed.args == [parse("camera:canon")]
        assert bar.field.text() == "camera:canon"
        assert not bar.completion.list.isVisible()

    def test_typing_sorts_them_out_below_the_suggestions(
        self, bar: SearchBar, searched: list[str], qtbot: QtBot
    ) -> None:
        qtbot.keyClicks(bar.field, "ca")
        qtbot.waitUntil(lambda: len(texts(bar)) == 3)
        kinds = [row.kind for row in bar.completion.list.rows]
        assert kinds == [Kind.SUGGESTION, Kind.RECENT, Kind.RECENT]
        assert texts(bar) == ["camera:", "a cat in the snow", "camera:canon"]

    def test_what_stands_in_the_line_already_is_not_offered(
        self, bar: SearchBar, searched: list[str], qtbot: QtBot
    ) -> None:
        qtbot.keyClicks(bar.field, "red shoe")
        qtbot.waitUntil(lambda: texts(bar) == ["red shoes"])
        qtbot.keyClicks(bar.field, "s")
        qtbot.waitUntil(lambda: not bar.completion.list.isVisible())


class TestRemoving:
    def test_delete_removes_the_chosen_one(
        self, bar: SearchBar, searched: list[str], library: Library, qtbot: QtBot
    ) -> None:
        open_list(bar, qtbot)
        qtbot.keyClick(bar.field, Key.Key_Down)
        with qtbot.waitSignal(bar.history_changed):
            qtbot.keyClick(bar.field, Key.Key_Delete)
        qtbot.waitUntil(lambda: texts(bar) == [*searched[1:], CLEAR_ROW.text])
        assert library.history.recent() == searched[1:]
        assert bar.field.text() == ""

    def test_its_cross_removes_it_too(
        self, bar: SearchBar, searched: list[str], library: Library, qtbot: QtBot
    ) -> None:
        open_list(bar, qtbot)
        viewport = bar.completion.list.view.viewport()
        cross = QPoint(viewport.width() - 10, ROW_PX + ROW_PX // 2)
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=cross)
        qtbot.waitUntil(lambda: "camera:canon" not in texts(bar))
        assert library.history.recent() == [searched[0], searched[2]]
        assert bar.completion.list.isVisible()

    def test_without_a_choice_delete_is_for_the_text(
        self, bar: SearchBar, searched: list[str], library: Library, qtbot: QtBot
    ) -> None:
        qtbot.keyClicks(bar.field, "red s")
        qtbot.waitUntil(bar.completion.list.isVisible)
        qtbot.keyClick(bar.field, Key.Key_Home)
        qtbot.keyClick(bar.field, Key.Key_Delete)
        assert bar.field.text() == "ed s"
        assert library.history.recent() == searched

    def test_all_are_cleared_at_once(self, bar: SearchBar, searched: list[str], library: Library, qtbot: QtBot) -> None:
        open_list(bar, qtbot)
        for _ in range(4):
            qtbot.keyClick(bar.field, Key.Key_Down)
        assert bar.completion.list.chosen == CLEAR_ROW
        qtbot.keyClick(bar.field, Key.Key_Return)
        qtbot.waitUntil(lambda: not library.history.recent())
        assert not bar.completion.list.isVisible()

    def test_up_does_not_lead_to_clearing(self, bar: SearchBar, searched: list[str], qtbot: QtBot) -> None:
        open_list(bar, qtbot)
        qtbot.keyClick(bar.field, Key.Key_Up)
        chosen = bar.completion.list.chosen
        assert chosen is not None
        assert chosen.text == searched[-1]


class TestRemembering:
    def test_enter_settles_on_a_search(self, bar: SearchBar, library: Library, qtbot: QtBot) -> None:
        qtbot.keyClicks(bar.field, "  red   shoes ")
        assert library.history.recent() == []
        with qtbot.waitSignal(bar.history_changed):
            qtbot.keyClick(bar.field, Key.Key_Return)
        assert library.history.recent() == ["red shoes"]

    def test_so_does_leaving_the_line(self, bar: SearchBar, library: Library, qtbot: QtBot) -> None:
        qtbot.keyClicks(bar.field, "dog + cat")
        qtbot.keyClick(bar.field, Key.Key_Tab)
        qtbot.waitUntil(lambda: library.history.recent() == ["dog + cat"])

    def test_what_makes_no_sense_or_is_empty_is_not_remembered(
        self, bar: SearchBar, library: Library, qtbot: QtBot
    ) -> None:
        qtbot.keyClicks(bar.field, "camra:canon")
        qtbot.keyClick(bar.field, Key.Key_Return)
        bar.settle()
        bar.field.clear()
        bar.settle()
        bar.search_for("snow")
        bar.settle()
        qtbot.waitUntil(lambda: library.history.recent() != [])
        assert library.history.recent() == ["snow"]

    def test_results_that_are_looked_at_for_a_while_count(self, bar: SearchBar, library: Library, qtbot: QtBot) -> None:
        bar.history.timer.setInterval(1)
        bar.search_for("snow")
        bar.history.note_results(parse("snow"), found=False)
        bar.history.note_results(parse("sno"), found=True)
        assert not bar.history.timer.isActive()
        bar.history.note_results(parse("snow"), found=True)
        qtbot.waitUntil(lambda: library.history.recent() == ["snow"])

    def test_answers_that_come_again_do_not_begin_the_wait_anew(self, bar: SearchBar, qtbot: QtBot) -> None:
        timer = bar.history.timer
        bar.search_for("snow")
        bar.history.note_results(parse("snow"), found=True)
        qtbot.waitUntil(lambda: timer.remainingTime() < timer.interval() - 50)
        bar.history.note_results(parse("snow"), found=True)
        assert timer.remainingTime() <= timer.interval() - 50

    def test_a_pause_in_the_middle_of_a_sentence_leaves_nothing_behind(
        self, bar: SearchBar, library: Library, qtbot: QtBot
    ) -> None:
        bar.history.timer.setInterval(1)
        qtbot.keyClicks(bar.field, "red sh")
        bar.history.note_results(parse("red sh"), found=True)
        qtbot.waitUntil(lambda: library.history.recent() == ["red sh"])
        qtbot.keyClicks(bar.field, "oes")
        qtbot.keyClick(bar.field, Key.Key_Return)
        qtbot.waitUntil(lambda: library.history.recent() == ["red shoes"])

    def test_a_search_that_was_settled_on_stays_when_it_grows(
        self, bar: SearchBar, library: Library, qtbot: QtBot
    ) -> None:
        qtbot.keyClicks(bar.field, "shoes")
        qtbot.keyClick(bar.field, Key.Key_Return)
        qtbot.keyClicks(bar.field, " on grass")
        qtbot.keyClick(bar.field, Key.Key_Return)
        qtbot.waitUntil(lambda: library.history.recent() == ["shoes on grass", "shoes"])


def test_opening_a_photo_remembers_the_search(session: Session, qtbot: QtBot, opened_files: OpenedFiles) -> None:
    window = session.window
    with qtbot.waitSignal(
        window.searcher.answered, check_params_cb=lambda answer: answer.query == parse("name:circle")
    ):
        qtbot.keyClicks(window.search_bar.field, "name:circle")
    window.gallery.grid.opened.emit([window.gallery.listing.ids[0]])
    qtbot.waitUntil(lambda: session.library.history.recent() == ["name:circle"])
