"""Icons: each name draws something, in its colour, sharp at every scale, and without what QtAwesome does besides."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage

import desktop
from desktop.icons import GLYPHS, MARK, SCALES, icon, picture

pytestmark = pytest.mark.usefixtures("qapp")

DESKTOP = Path(desktop.__file__).parent


def ink(image: QImage) -> set[str]:
    """The colours of the pixels that are wholly covered."""
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


@pytest.mark.parametrize("name", sorted(GLYPHS))
def test_each_name_is_drawn_in_its_colour(name: str) -> None:
    drawn = picture(name, "#1f58d0", 24, 2).toImage()
    assert ink(drawn) == {"#1f58d0"}


def test_no_two_names_look_the_same() -> None:
    drawn = {name: picture(name, "#000000", 24).toImage() for name in GLYPHS}
    names = sorted(drawn)
    assert [(a, b) for a in names for b in names if a < b and drawn[a] == drawn[b]] == []


@pytest.mark.parametrize("scale", SCALES)
def test_an_icon_has_the_pixels_of_the_screen(scale: int) -> None:
    drawn = picture("heart", "#000000", 20, scale)
    assert drawn.width() == 20 * scale
    assert drawn.devicePixelRatio() == scale
    assert icon("heart", "#000000", 20).pixmap(QSize(20, 20), scale).width() == 20 * scale


def test_a_scale_between_is_drawn_for_itself() -> None:
    assert picture("heart", "#000000", 20, 1.5).width() == 30


def test_the_mark_of_the_application_is_our_own() -> None:
    drawn = picture(MARK, "#000000", 64).toImage()
    assert QColor("#1f58d0").name() in ink(drawn)


def test_every_icon_that_the_window_asks_for_exists() -> None:
    asked = {name for path in DESKTOP.rglob("*.py") for name in names_in(path)}
    assert asked - {*GLYPHS, MARK} == set()


def names_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("icon", "picture"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def test_nothing_is_loaded_and_written_for_them_but_the_one_file(tmp_path: Path) -> None:
    """In a process of its own, with a home in which fonts would be noticed. QtAwesome's code takes 0.3 s at a start."""
    code = (
        "from PySide6.QtWidgets import QApplication; app = QApplication([])\n"
        "from desktop.icons import picture; assert not picture('heart', '#000000', 16).isNull()\n"
        "from PySide6.QtGui import QFontDatabase; import sys\n"
        "assert not {'qtawesome', 'qtpy'} & set(sys.modules)\n"
        "assert not [family for i in range(20) for family in QFontDatabase.applicationFontFamilies(i)]"
    )
    environment = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "PATH": ""}
    ended = subprocess.run([sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert not list(tmp_path.rglob("*.ttf"))
