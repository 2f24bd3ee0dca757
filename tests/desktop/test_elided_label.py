"""Paths and names of any length: they give way in the middle, and the whole of them is in the tool tip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from desktop.elided_label import ElidedLabel

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

PATH = "/home/somebody/Pictures/" + "a folder with a very long name/" * 8 + "IMG_0001.jpg"


@pytest.fixture
def label(qtbot: QtBot) -> ElidedLabel:
    label = ElidedLabel(PATH, "muted")
    qtbot.addWidget(label)
    label.resize(240, 24)
    label.show()
    return label


def test_both_ends_are_shown(label: ElidedLabel) -> None:
    assert label.shown_text.startswith("/home/")
    assert label.shown_text.endswith("0001.jpg")
    assert label.toolTip() == PATH
    assert label.text() == PATH, "what a screen reader reads out"


def test_there_is_no_tool_tip_where_all_of_it_is_shown(label: ElidedLabel) -> None:
    label.resize(4_000, 24)
    assert label.shown_text == PATH
    assert not label.toolTip()
    label.setText("short.jpg")
    label.resize(240, 24)
    assert label.shown_text == "short.jpg"


def test_it_is_drawn(label: ElidedLabel) -> None:
    drawn = label.grab().toImage()
    assert len({drawn.pixel(x, y) for x in range(drawn.width()) for y in range(drawn.height())}) > 1


def test_it_never_asks_for_more_room_than_there_is(label: ElidedLabel) -> None:
    assert label.minimumSizeHint().width() < 100
