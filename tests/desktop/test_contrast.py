"""What can be read and seen: the contrast of every pair of colours, computed as WCAG 2.1 defines it.

The pairs are taken from the style sheets as the application uses them, and from the table of what widgets paint
themselves. Disabled controls are exempt there; here they keep the contrast of signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtGui import QColor

from desktop.theme import DARK, LIGHT, Colors, style_sheet

TEXT = 4.5  # level AA, for text of usual size
SIGN = 3.0  # level AA, for what is not text: focus rings, edges of controls, icons
PALETTES = pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
CONTROLS = re.compile(r"QLineEdit|QPlainTextEdit|QTextEdit|QAbstractSpinBox|QComboBox|::indicator|::groove|::handle")


class Rule(NamedTuple):
    """One selector of the style sheet with what it declares."""

    selector: str
    declared: dict[str, str]


def luminance(color: str) -> float:
    channels = (QColor(color).redF(), QColor(color).greenF(), QColor(color).blueF())
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def rules(colors: Colors) -> Iterator[Rule]:
    sheet = re.sub(r"/\*.*?\*/", "", style_sheet(colors, Path("signs"), 10), flags=re.DOTALL)
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        pairs = (line.partition(":") for line in body.split(";") if ":" in line)
        declared = {name.strip(): value.strip() for name, _, value in pairs}
        for selector in selectors.split(","):
            yield Rule(selector.strip(), declared)


def color_in(value: str | None) -> str | None:
    found = re.search(r"#[0-9a-f]{6}", value or "")
    return found[0] if found else None


def grounds(colors: Colors, rule: Rule) -> list[str]:
    """What a rule's text stands on: its own background, or else each that a widget of the window may have."""
    own = color_in(rule.declared.get("background"))
    return [own] if own else [colors.window, colors.surface, colors.raised]


@PALETTES
def test_text_can_be_read_on_every_ground(colors: Colors) -> None:
    pairs = [
        *((text, ground) for text in (colors.text, colors.muted) for ground in (colors.window, colors.surface)),
        *((text, ground) for text in (colors.text, colors.muted) for ground in (colors.raised, colors.hover)),
        *((text, ground) for text in (colors.text, colors.muted) for ground in (colors.canvas, colors.notice)),
        *((text, ground) for text in (colors.accent, colors.danger) for ground in (colors.window, colors.surface)),
        *((text, colors.raised) for text in (colors.accent, colors.danger)),
        (colors.accent, colors.notice),
        (colors.on_accent, colors.accent),
        (colors.on_accent, colors.accent_hover),
    ]
    assert [pair for pair in pairs if contrast(*pair) < TEXT] == []


@PALETTES
def test_text_of_the_style_sheet_can_be_read(colors: Colors) -> None:
    faint = [
        (rule.selector, text, ground)
        for rule in rules(colors)
        if (text := color_in(rule.declared.get("color"))) is not None
        for ground in grounds(colors, rule)
        if contrast(text, ground) < (SIGN if ":disabled" in rule.selector else TEXT)
    ]
    assert faint == []


@PALETTES
def test_signs_and_edges_of_controls_can_be_seen(colors: Colors) -> None:
    for sign in (colors.outline, colors.accent, colors.text, colors.muted, colors.danger):
        for ground in (colors.window, colors.surface, colors.raised, colors.hover):
            assert contrast(sign, ground) >= SIGN, (sign, ground)
    edges = [
        (rule.selector, edge)
        for rule in rules(colors)
        if CONTROLS.search(rule.selector) and ":disabled" not in rule.selector and "ItemView" not in rule.selector
        if (edge := color_in(rule.declared.get("border") or rule.declared.get("border-color"))) is not None
        if min(contrast(edge, ground) for ground in (colors.window, colors.surface)) < SIGN
    ]
    assert edges == []


@PALETTES
def test_the_ring_of_the_focus_can_be_seen(colors: Colors) -> None:
    """Each ring lies at the edge of its widget: it is the ground around that it must stand out from."""
    rings = {
        rule.selector: color_in(rule.declared.get("border") or rule.declared.get("border-color"))
        for rule in rules(colors)
        if ":focus" in rule.selector and "ItemView" not in rule.selector
    }
    classes = (
        "QPushButton", "QToolButton", "QLineEdit", "QPlainTextEdit", "QAbstractSpinBox", "QComboBox", "QCheckBox",
        "QRadioButton", "QSlider", "QTabBar::tab", "QListView", "QTreeView", "QTableView",
    )  # fmt: skip
    assert [name for name in classes if f"{name}:focus" not in rings] == []
    for selector, ring in rings.items():
        if ring is not None:
            assert contrast(ring, colors.window) >= SIGN, selector
            assert contrast(ring, colors.surface) >= SIGN, selector
