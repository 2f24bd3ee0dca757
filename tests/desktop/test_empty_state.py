"""Which page stands where no photos do."""

from __future__ import annotations

from dataclasses import replace

from core.types import Activity
from desktop.empty_state import (
    FIRST_START,
    LOOKING,
    MODEL_LOADING,
    NO_PHOTOS,
    NOTHING_FOUND,
    OFFLINE,
    OPENING,
    SEARCHING,
    Remedy,
    Situation,
    page_for,
)

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
