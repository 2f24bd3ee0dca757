"""The banner: each error is seen once, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from core.errors import DiskFullError, FolderError
from desktop.notices import NoticeBar

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.theme import Theme

NO_FOLDER = FolderError("There is no such folder.", remedy="Check the path.")
DISK_FULL = DiskFullError("There is no room for the index.", remedy="Free 200 MB.")


@pytest.fixture
def bar(theme: Theme, qtbot: QtBot) -> NoticeBar:
    bar = NoticeBar(theme)
    qtbot.addWidget(bar)
    return bar


def close(bar: NoticeBar, qtbot: QtBot) -> None:
    qtbot.mouseClick(bar.close_button, Qt.MouseButton.LeftButton)


def test_what_went_wrong_why_and_what_can_be_done(bar: NoticeBar, qtbot: QtBot) -> None:
    bar.show_error(DISK_FULL)
    assert bar.text == "The disk is full There is no room for the index. Free 200 MB."
    assert bar.accessibleName() == bar.text
    close(bar, qtbot)
    assert not bar.isVisible()


def test_the_one_before_comes_back_when_the_newest_is_closed(bar: NoticeBar, qtbot: QtBot) -> None:
    bar.show_error(NO_FOLDER)
    bar.show_error(DISK_FULL)
    assert "The disk is full" in bar.text
    close(bar, qtbot)
    assert "This folder cannot be added" in bar.text
    close(bar, qtbot)
    assert not bar.isVisible()


def test_an_error_that_comes_again_is_shown_once(bar: NoticeBar, qtbot: QtBot) -> None:
    for error in (DISK_FULL, NO_FOLDER, DISK_FULL):
        bar.show_error(error)
    close(bar, qtbot)
    close(bar, qtbot)
    assert not bar.isVisible()
