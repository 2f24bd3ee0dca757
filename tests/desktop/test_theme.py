"""Colours: each text can be read on each background that it stands on, and the style sheet knows no other colour."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QColor

from desktop.theme import DARK, LIGHT, Colors, style_sheet

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.app import Session

READABLE = 4.5  # WCAG 2.1, level AA, for text of usual size


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    channels = (QColor(color).redF(), QColor(color).greenF(), QColor(color).blueF())
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read(colors: Colors) -> None:
    pairs = [
        *((text, ground) for text in (colors.text, colors.muted) for ground in (colors.window, colors.surface)),
        *((colors.text, ground) for ground in (colors.raised, colors.hover, colors.notice)),
        *((text, colors.window) for text in (colors.danger, colors.accent)),
        (colors.muted, colors.raised),
        (colors.accent, colors.surface),
        (colors.on_accent, colors.accent),
    ]
    assert [pair for pair in pairs if contrast(*pair) < READABLE] == []


def test_the_style_sheet_takes_all_its_colours_from_the_theme() -> None:
    sheet = files("resources").joinpath("styles", "recollect.qss").read_text(encoding="utf-8")
    assert not re.search(r"#[0-9a-fA-F]{3,8}\s*[;}]", sheet)
    assert "@" not in style_sheet(LIGHT)


def test_the_users_choice_is_applied_at_once_and_kept(session: Session, qtbot: QtBot) -> None:
    window = session.window
    appearance = next(action.menu() for action in window.menu_button.menu().actions() if action.text() == "Appearance")
    actions = {action.text(): action for action in appearance.actions()}
    try:
        actions["Dark"].trigger()
        assert window.palette().window().color().name() == DARK.window
        qtbot.waitUntil(lambda: session.library.settings.theme == "dark")
    finally:
        actions["Light"].trigger()
    assert window.palette().window().color().name() == LIGHT.window
