"""Which page stands where no photos do, and what its buttons do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from core.errors import ModelError
from core.types import Activity
from desktop.empty_pages import (
    FIRST_START,
    LOOKING,
    MODEL_LOADING,
    NO_PHOTOS,
    NOTHING_FOUND,
    NOTHING_YET,
    OFFLINE,
    OPENING,
    SEARCHING,
    Page,
    Remedy,
    Situation,
    page_for,
)
from desktop.empty_state import EmptyState

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.theme import Theme

SETTLED = Situation(folders=2, folders_online=2, answered=True)
SEARCH = replace(SETTLED, searching=True, compares=True)


def test_nothing_is_claimed_before_the_library_has_told() -> None:
    assert page_for(Situation()) is OPENING
    assert page_for(Situation(folders=0)) is OPENING
    assert page_for(Situation(answered=True)) is OPENING


def test_photos_need_no_page() -> None:
    assert page_for(replace(SETTLED, shown=3)) is None
    assert page_for(replace(SEARCH, shown=3, waiting=True)) is None


def test_browsing() -> None:
    assert page_for(replace(SETTLED, folders=0)) is FIRST_START
    assert page_for(SETTLED) is NO_PHOTOS
    assert page_for(replace(SETTLED, activity=Activity.SCANNING)) is LOOKING
    assert page_for(replace(SETTLED, folders_online=0)) is OFFLINE


def test_searching() -> None:
    assert page_for(SEARCH) is NOTHING_FOUND
    assert page_for(replace(SEARCH, waiting=True)) is SEARCHING
    assert page_for(replace(SEARCH, activity=Activity.INDEXING)) is NOTHING_YET
    assert page_for(replace(SEARCH, activity=Activity.INDEXING, weak_hidden=2)).title == "No photo fits well"


def test_photos_of_the_query_before_do_not_pose_as_an_answer_while_the_model_loads() -> None:
    assert page_for(replace(SEARCH, waiting=True, model_ready=False, shown=3)) is MODEL_LOADING


def test_filters_alone_wait_for_no_model() -> None:
    assert page_for(replace(SEARCH, waiting=True, compares=False, model_ready=False, shown=3)) is None


def test_weak_results_alone_are_offered() -> None:
    page = page_for(replace(SEARCH, weak_hidden=1_200))
    assert page is not None
    assert page.text == "1,200 photos match a little."
    assert page.remedy is Remedy.SHOW_WEAK
    one = page_for(replace(SEARCH, weak_hidden=1))
    assert one is not None
    assert one.text == "1 photo matches a little."


def test_nothing_found_names_the_filters_that_can_go() -> None:
    page = page_for(replace(SEARCH, filters=("camera:canon", "date:2023")))
    assert page is not None
    assert page.filters == ("camera:canon", "date:2023")
    assert "other words" in page.text
    only_filters = page_for(replace(SEARCH, compares=False, filters=("camera:canon",)))
    assert only_filters is not None
    assert "words" not in only_filters.text


def test_an_error_says_what_to_do_until_the_next_search() -> None:
    failed = replace(SEARCH, error=ModelError("The weights cannot be read.", remedy="Download them again."))
    page = page_for(failed)
    assert page is not None
    assert page.title == ModelError.title
    assert page.text == "The weights cannot be read. Download them again."
    assert page.remedy is Remedy.TRY_AGAIN
    assert page_for(replace(failed, waiting=True)) is SEARCHING


def test_one_may_browse_while_the_model_loads() -> None:
    assert MODEL_LOADING.other_remedy is Remedy.CLEAR_SEARCH


class TestWidget:
    @pytest.fixture
    def empty(self, theme: Theme, qtbot: QtBot) -> EmptyState:
        empty = EmptyState(theme)
        qtbot.addWidget(empty)
        empty.resize(640, 480)
        empty.show()
        return empty

    def test_both_buttons_tell_their_remedies(self, empty: EmptyState, qtbot: QtBot) -> None:
        chosen: list[Remedy] = []
        empty.chosen.connect(chosen.append)
        empty.show_page(Page("filter", "Title", "Text", "One", Remedy.SHOW_WEAK, "Two", Remedy.CLEAR_SEARCH))
        qtbot.mouseClick(empty.button, Qt.MouseButton.LeftButton)
        qtbot.keyClick(empty.other_button, Qt.Key.Key_Space)
        assert chosen == [Remedy.SHOW_WEAK, Remedy.CLEAR_SEARCH]

    def test_a_filter_is_removed_by_its_button(self, empty: EmptyState, qtbot: QtBot) -> None:
        removed: list[str] = []
        empty.filter_removed.connect(removed.append)
        long = 'camera:"a camera & its name, ' + "which goes on " * 8 + '"'
        empty.show_page(replace(NOTHING_FOUND, filters=(long, "is:favorite")))
        qtbot.waitUntil(empty.filter_buttons[1].isVisible)
        assert empty.filter_buttons[0].accessibleName() == f"Remove the filter {long}"
        assert empty.filter_buttons[0].width() < 300
        qtbot.mouseClick(empty.filter_buttons[0], Qt.MouseButton.LeftButton)
        qtbot.keyClick(empty.filter_buttons[1], Qt.Key.Key_Space)
        assert removed == [long, "is:favorite"]
        empty.show_page(NOTHING_FOUND)
        assert empty.filter_buttons == []

    @pytest.mark.parametrize("page", [FIRST_START, NO_PHOTOS, MODEL_LOADING, OFFLINE], ids=lambda page: page.icon)
    def test_no_line_is_cut_off(self, empty: EmptyState, page: Page) -> None:
        empty.show_page(page)
        text = next(label for label in empty.findChildren(QLabel) if label.text() == page.text)
        empty.layout().activate()
        assert text.height() >= text.heightForWidth(text.width())

    def test_progress_is_a_bar(self, empty: EmptyState) -> None:
        empty.show_page(Page("similar", "Looking…", "", progress=0.25))
        assert empty.bar.isVisible()
        assert empty.bar.value() == empty.bar.maximum() // 4
        empty.show_page(FIRST_START)
        assert not empty.bar.isVisible()

    def test_a_button_keeps_the_focus_when_the_same_page_is_shown_again(self, empty: EmptyState, qtbot: QtBot) -> None:
        page = replace(NOTHING_FOUND, filters=("is:favorite",))
        empty.show_page(page)
        qtbot.waitUntil(empty.filter_buttons[0].isVisible)
        empty.filter_buttons[0].setFocus()
        button = empty.filter_buttons[0]
        empty.show_page(replace(page))
        assert empty.filter_buttons == [button]
        assert button.hasFocus()
