"""The small signs inside controls (ticks, arrows), as files: a style sheet takes an image from nowhere else.

They are SVG, not glyphs of `icons`: to write nine small texts takes a millisecond of the start, to draw and pack nine
pictures for each scale of the screen sixty.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.theme import Colors


def write_signs(folder: Path, colors: Colors) -> None:
    """Write the signs that `controls.qss` names, in the colours of the palette."""
    signs = {
        "check": ("check", colors.on_accent),
        "check-plain": ("check", colors.text),
        "dot": ("dot", colors.on_accent),
        "down": ("down", colors.text),
        "down-disabled": ("down", colors.outline),
        "minus": ("minus", colors.on_accent),
        "right": ("right", colors.text),
        "up": ("up", colors.text),
        "up-disabled": ("up", colors.outline),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, (shape, color) in signs.items():
        svg = files("resources").joinpath("icons", "signs", f"{shape}.svg").read_text(encoding="utf-8")
        (folder / f"{name}.svg").write_text(svg.replace("currentColor", color), encoding="utf-8")
