"""The line at the bottom: long jobs of the window beside the work of the library, and nothing that jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel

from core.types import Activity, Progress
from desktop.status_line import StatusLine

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.theme import Theme

EXPORT = "Exporting 40 photos"


@pytest.fixture
def line(theme: Theme, qtbot: QtBot) -> StatusLine:
    line = StatusLine(theme)
    qtbot.addWidget(line)
    line.resize(1000, 40)
    line.show_photos(1_234)
    line.show()
    return line


def test_a_job_shows_how_far_it_is_until_it_ends(line: StatusLine) -> None:
    line.show_job(EXPORT, 0, 0)
    view = line.jobs.views[EXPORT]
    assert view.isVisible()
    assert view.bar.maximum() == 0, "a bar without a length says that it cannot tell"
    line.show_job(EXPORT, 10, 40)
    assert view.bar.value() / view.bar.maximum() == 0.25
    assert view.bar.toolTip() == "10 of 40"
    line.end_job(EXPORT)
    line.end_job(EXPORT)
    assert not line.jobs.views


def test_a_download_has_more_bytes_than_a_bar_has_numbers(line: StatusLine) -> None:
    line.show_job("Downloading", 3_000_000_000, 6_000_000_000)
    assert line.jobs.views["Downloading"].bar.value() == 500


def test_a_job_is_cancelled_once_and_says_that_it_ends(line: StatusLine, qtbot: QtBot) -> None:
    cancelled: list[bool] = []
    line.show_job(EXPORT, 10, 40, lambda: cancelled.append(True))
    button = line.jobs.views[EXPORT].cancel_button
    assert button.accessibleName() == f"Cancel: {EXPORT}"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    line.show_job(EXPORT, 12, 40, lambda: cancelled.append(True))
    assert cancelled == [True]
    assert line.jobs.views[EXPORT].text == "Stopping…"


def test_several_jobs_stand_beside_each_other_and_the_rest_is_counted(line: StatusLine) -> None:
    for name in ("Exporting", "Downloading", "Looking"):
        line.show_job(name, 1, 2, lambda: None)
    assert [name for name, view in line.jobs.views.items() if view.isVisible()] == ["Exporting", "Downloading"]
    more = next(label for label in line.jobs.findChildren(QLabel) if label.text() == "and 1 more")
    assert more.toolTip() == "Looking"
    line.end_job("Exporting")
    assert line.jobs.views["Looking"].isVisible()
    assert not more.isVisible()


def test_nothing_jumps_while_the_numbers_grow(line: StatusLine, qtbot: QtBot) -> None:
    def places(done: int) -> list[QPoint]:
        line.show_progress(Progress(Activity.INDEXING, done=done, total=100_000, rate=87, eta_s=90 * done))
        line.layout().activate()
        return [line.pause_button.pos(), line._bar.pos(), line._text.pos(), line.jobs.pos()]

    line.show_job(EXPORT, 1, 40, lambda: None)
    assert places(9) == places(99_999)
    assert line.height() == 40


def test_a_long_text_gives_way_to_the_buttons(line: StatusLine) -> None:
    line.show_problems(1_200)
    line.show_progress(Progress(Activity.STOPPED, detail="a reason that goes on and on " * 20))
    line.layout().activate()
    assert line.width() == 1000
    assert line.problems_button.geometry().right() < 1000
    assert line._text.toolTip() == line.text


def test_icons_follow_the_theme(line: StatusLine, theme: Theme) -> None:
    line.show_job(EXPORT, 1, 40, lambda: None)
    before = line.jobs.views[EXPORT].cancel_button.icon().cacheKey()
    theme.choose("dark")
    try:
        assert line.jobs.views[EXPORT].cancel_button.icon().cacheKey() != before
    finally:
        theme.choose("light")


def test_tagging_is_told_and_can_be_paused(line: StatusLine) -> None:
    line.show_progress(Progress(Activity.TAGGING, done=10, total=400, rate=52, eta_s=7.5))
    assert line.text == "Tagging 10 of 400 · 52 photos/s · 8 s left"
    assert not line.pause_button.isHidden()
