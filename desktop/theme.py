"""Colours and style of the whole window. Widgets take colours from here and name none of their own."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

Choice = Literal["system", "light", "dark"]

STEP_PX = 8  # every gap and height of the window is a multiple of it


@dataclass(frozen=True, slots=True)
class Colors:
    """One palette. Every text colour has a contrast of at least 4.5 on each background that it stands on."""

    window: str  # behind everything
    surface: str  # fields, cards, dialogs
    raised: str  # chips, buttons, placeholders of pictures
    hover: str  # the same under the mouse
    border: str
    text: str
    muted: str  # secondary text
    accent: str  # the one colour: selection, strength, main button
    on_accent: str
    danger: str
    notice: str  # background of a banner


LIGHT = Colors(
    window="#f7f7f8",
    surface="#ffffff",
    raised="#ebecee",
    hover="#dfe1e5",
    border="#d7d9de",
    text="#1c1d20",
    muted="#5a5e66",
    accent="#2962d9",
    on_accent="#ffffff",
    danger="#b3261e",
    notice="#fff4dc",
)
DARK = Colors(
    window="#17181a",
    surface="#212326",
    raised="#2d3034",
    hover="#393c42",
    border="#3b3e44",
    text="#ebecee",
    muted="#a6abb3",
    accent="#7ba6ff",
    on_accent="#0c1a33",
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
        self._app.setStyleSheet(style_sheet(self.colors))
        self.changed.emit()


def style_sheet(colors: Colors) -> str:
    """The style sheet with each `@name` replaced by its colour."""
    sheet = files("resources").joinpath("styles", "recollect.qss").read_text(encoding="utf-8")
    for name, value in asdict(colors).items():
        sheet = sheet.replace(f"@{name}", value)
    return sheet


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
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colors.muted))
    return palette
