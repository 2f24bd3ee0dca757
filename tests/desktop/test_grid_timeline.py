"""The timeline beside the grid: its labels, where it leads, and when it is there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.types import Section, Sort, SortKey
from desktop.grid.listing import browsing
from desktop.grid.timeline import EDGE_PX, Timeline
from desktop.grid.timeline_marks import LABEL_PX, TICK_PX, marks
from tests.desktop.test_grid import ids, months

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.grid.view import GridView
    from desktop.theme import Theme
    from tests.desktop.grid_stage import GridStage

HEIGHT_PX = 600


@pytest.fixture
def timeline(grid: GridView, theme: Theme, qtbot: QtBot) -> Iterator[Timeline]:
    """Beside a grid of 3,000 photos of 60 months: from December 2023 back to January 2019."""
    page = QWidget()
    qtbot.addWidget(page)
    timeline = Timeline(grid, theme, page)
    row = QHBoxLayout(page)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(grid)
    row.addWidget(timeline)
    page.resize(1_000, HEIGHT_PX)
    grid.show_listing(browsing(ids(*range(3_000)), months(*[50] * 60)))
    page.show()
    qtbot.waitExposed(page)
    yield timeline
    grid.setParent(None)


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=200), st.integers(50, 2_000))
def test_labels_and_ticks_never_overlap(counts: list[int], height_px: int) -> None:
    sections = months(*counts)
    places = [sum(counts[:number]) / sum(counts) for number in range(len(counts))]
    drawn = marks([section.month for section in sections], places, height_px)
    labels = [mark.y for mark in drawn if mark.label]
    assert all(after - before >= LABEL_PX for before, after in itertools.pairwise(labels))
    assert all(after.y - before.y >= TICK_PX for before, after in itertools.pairwise(drawn))
    assert all(y + LABEL_PX <= height_px for y in labels)


def test_each_year_has_its_label_where_there_is_room() -> None:
    year = [date(2021, 3, 1), date(2021, 1, 1), date(2020, 5, 1), date(2019, 5, 1)]
    drawn = marks(year, [0, 0.3, 0.6, 0.61], 500)
    assert [(mark.y, mark.label) for mark in drawn] == [(0, "2021"), (150, ""), (300, "2020"), (305, "")]


def test_it_says_where_one_is(timeline: Timeline, grid: GridView) -> None:
    assert [mark.label for mark in timeline.labels] == ["2023", "2022", "2021", "2020", "2019"]
    assert timeline.value() == 0
    grid.verticalScrollBar().setValue(grid.places.heading(30).top() + 10)
    assert timeline.value() == 30
    assert timeline.accessibleDescription() == "June 2021"
    assert timeline.accessibleName() == "Timeline"


def test_a_click_leads_there(timeline: Timeline, grid: GridView, qtbot: QtBot) -> None:
    y = timeline.labels[2].y + EDGE_PX + 1
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(30, y))
    assert grid.groups[timeline.value()].first == date(2021, 12, 1)
    assert grid.heading_at(QPoint(100, 10)) == timeline.value()


def test_the_mouse_shows_the_month_and_dragging_scrolls(timeline: Timeline, grid: GridView, qtbot: QtBot) -> None:
    assert not timeline.bubble.isVisible()
    qtbot.mouseMove(timeline, QPoint(30, 300))
    assert timeline.bubble.isVisible()
    assert timeline.bubble.text() == timeline.month_at(300)
    assert grid.verticalOffset() == 0
    qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=QPoint(30, 300))
    for y in (350, 10_000):
        place = QPointF(30, y)
        left = Qt.MouseButton.LeftButton
        event = QMouseEvent(
            QEvent.Type.MouseMove, place, place, Qt.MouseButton.NoButton, left, Qt.KeyboardModifier.NoModifier
        )
        QGuiApplication.sendEvent(timeline, event)
    assert grid.verticalOffset() == grid.verticalScrollBar().maximum()
    assert timeline.bubble.text() == "January 2019"
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=QPoint(30, 10_000))
    assert not timeline.bubble.isVisible()


def test_keys_go_by_months_and_years(timeline: Timeline, grid: GridView, qtbot: QtBot) -> None:
    grid.verticalScrollBar().setValue(0)
    for key, month in (
        (Qt.Key.Key_Down, date(2023, 11, 1)),
        (Qt.Key.Key_PageDown, date(2022, 12, 1)),
        (Qt.Key.Key_PageDown, date(2021, 12, 1)),
        (Qt.Key.Key_Up, date(2022, 1, 1)),
        (Qt.Key.Key_PageUp, date(2023, 1, 1)),
        (Qt.Key.Key_Home, date(2023, 12, 1)),
    ):
        qtbot.keyClick(timeline, key)
        assert grid.groups[timeline.value()].first == month, key
    qtbot.keyClick(timeline, Qt.Key.Key_End)
    assert grid.verticalOffset() == grid.verticalScrollBar().maximum()
    assert timeline.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_one_month_needs_no_timeline(timeline: Timeline, grid: GridView) -> None:
    assert timeline.isVisible()
    assert grid.verticalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    grid.show_listing(browsing(ids(*range(3_000)), (Section(date(2023, 1, 1), 3_000),)))
    assert not timeline.isVisible()
    assert grid.verticalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAsNeeded


def test_it_is_there_while_the_photos_are_sorted_by_date(grid_stage: GridStage, qtbot: QtBot) -> None:
    gallery = grid_stage.gallery
    assert gallery.timeline.isVisible()
    assert [mark.label for mark in gallery.timeline.labels] == ["2021", "2020"]
    with qtbot.waitSignal(grid_stage.searcher.answered):
        grid_stage.searcher.set_sort(Sort(SortKey.NAME, descending=False))
    assert not gallery.timeline.isVisible()
