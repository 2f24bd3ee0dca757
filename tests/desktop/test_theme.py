"""The theme: the style sheet knows no colours of its own, and the user's choice is applied. Contrast: test_contrast."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QIcon

from desktop.signs import write_signs
from desktop.theme import DARK, LIGHT, SHEETS, Colors, style_sheet

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from desktop.app import Session


def test_the_style_sheet_takes_all_its_colours_from_the_theme() -> None:
    for name in SHEETS:
        sheet = files("resources").joinpath("styles", name).read_text(encoding="utf-8")
        assert not re.search(r"#[0-9a-fA-F]{3,8}\s*[;}]", sheet)
    assert "@" not in style_sheet(LIGHT, Path("signs"), 10)


def test_titles_grow_with_the_font_of_the_system() -> None:
    assert "font-size: 30.0pt" in style_sheet(LIGHT, Path("signs"), 20)


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_every_sign_that_the_style_sheet_names_is_written(colors: Colors, qapp: QApplication, tmp_path: Path) -> None:
    write_signs(tmp_path / "signs", colors)
    named = re.findall(r"url\((.*?)\)", style_sheet(colors, tmp_path / "signs", 10))
    assert named
    for path in named:
        assert not QIcon(path).pixmap(16, 16).isNull(), path


def test_the_users_choice_is_applied_at_once_and_kept(session: Session, qtbot: QtBot) -> None:
    window = session.window
    menu = window.header.menu
    appearance = next(action.menu() for action in menu.actions() if action.text() == "Appearance")
    actions = {action.text(): action for action in appearance.actions()}
    try:
        actions["Dark"].trigger()
        assert window.palette().window().color().name() == DARK.window
        qtbot.waitUntil(lambda: session.library.settings.theme == "dark")
    finally:
        actions["Light"].trigger()
    assert window.palette().window().color().name() == LIGHT.window
