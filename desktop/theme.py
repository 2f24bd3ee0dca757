"""Colours and style of the whole window. Widgets take colours from here and name none of their own."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QColor, QFontInfo, QPalette

from desktop.signs import write_signs

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

Choice = Literal["system", "light", "dark"]

STEP_PX = 8  # every gap and height of the window is a multiple of it
SHEETS = ("controls.qss", "recollect.qss")
SIZES = {"title_size": 1.5, "lead_size": 1.1}  # of larger texts, as multiples of the system's


@dataclass(frozen=True, slots=True)
class Colors:
    """One palette. Every text has a contrast of at least 4.5 on each background that it stands on, and what is not text
    but has to be seen (focus rings, edges of controls, signs) one of 3: a test computes both, as WCAG 2.1 asks."""

    window: str  # behind everything
    canvas: str  # behind a photo that is looked at
    surface: str  # fields, cards, dialogs
    raised: str  # chips, buttons, placeholders of pictures
    hover: str  # the same under the mouse
    border: str  # hairlines that part what stands apart anyway
    outline: str  # edges of what can be operated, scroll bars, disabled text
    text: str
    muted: str  # secondary text
    accent: str  # the one colour: selection, strength, main button
    on_accent: str
    accent_hover: str  # the accent under the mouse
    danger: str
    notice: str  # background of a banner


LIGHT = Colors(
    window="#f7f7f8",
    canvas="#e6e7ea",
    surface="#ffffff",
    raised="#ebecee",
    hover="#dfe1e5",
    border="#d7d9de",
    outline="#767b84",
    text="#1c1d20",
    muted="#5a5e66",
    accent="#1f58d0",
    on_accent="#ffffff",
    accent_hover="#174bb8",
    danger="#b3261e",
    notice="#fff4dc",
)
DARK = Colors(
    window="#17181a",
    canvas="#0f1011",
    surface="#212326",
    raised="#2d3034",
    hover="#393c42",
    border="#3b3e44",
    outline="#8a9099",
    text="#ebecee",
    muted="#a6abb3",
    accent="#7ba6ff",
    on_accent="#0c1a33",
    accent_hover="#98baff",
    danger="#ff9a91",
    notice="#3a3117",
)


class Theme(QObject):
    """Applies the user's choice to the application and follows the system where that is the choice."""

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._choice: Choice = "system"
        self.colors = LIGHT
        self._signs = QTemporaryDir()
        app.setStyle("Fusion")  # the one style that takes its colours from the palette on every system
        app.styleHints().colorSchemeChanged.connect(self._apply)

    @property
    def choice(self) -> Choice:
        return self._choice

    def choose(self, choice: Choice) -> None:
        self._choice = choice
        schemes = {"system": Qt.ColorScheme.Unknown, "light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        self._app.styleHints().setColorScheme(schemes[choice])  # title bars and native dialogs
        self._apply()

    def _apply(self) -> None:
        system_is_dark = self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        dark = self._choice == "dark" or (self._choice == "system" and system_is_dark)
        self.colors = DARK if dark else LIGHT
        self._app.setPalette(_palette(self.colors))
        text_pt = QFontInfo(self._app.font()).pointSizeF()
        self._app.setStyleSheet(style_sheet(self.colors, self._written_signs(), text_pt))
        self.changed.emit()

    def _written_signs(self) -> Path:
        folder = Path(self._signs.path()) / ("dark" if self.colors is DARK else "light")
        if not folder.exists():
            write_signs(folder, self.colors)
        return folder


def style_sheet(colors: Colors, signs: Path, text_pt: float) -> str:
    """The style sheets with each `@name` replaced.

    Args:
        signs: The folder of the small images inside controls.
        text_pt: Size of the system's font, on which titles build.
    """
    values = asdict(colors) | {"signs": signs.as_posix()}
    values |= {name: f"{text_pt * factor:.1f}pt" for name, factor in SIZES.items()}
    sheets = [files("resources").joinpath("styles", name).read_text(encoding="utf-8") for name in SHEETS]
    return re.sub(r"@(\w+)", lambda match: values[match[1]], "\n".join(sheets))


def _palette(colors: Colors) -> QPalette:
    palette = QPalette(QColor(colors.raised), QColor(colors.window))
    roles = {
        QPalette.ColorRole.Window: colors.window,
        QPalette.ColorRole.WindowText: colors.text,
        QPalette.ColorRole.Base: colors.surface,
        QPalette.ColorRole.AlternateBase: colors.window,
        QPalette.ColorRole.Text: colors.text,
        QPalette.ColorRole.Button: colors.raised,
        QPalette.ColorRole.ButtonText: colors.text,
        QPalette.ColorRole.Highlight: colors.accent,
        QPalette.ColorRole.HighlightedText: colors.on_accent,
        QPalette.ColorRole.PlaceholderText: colors.muted,
        QPalette.ColorRole.Link: colors.accent,
        QPalette.ColorRole.ToolTipBase: colors.raised,
        QPalette.ColorRole.ToolTipText: colors.text,
    }
    for role, value in roles.items():
        palette.setColor(role, QColor(value))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colors.outline))
    return palette
