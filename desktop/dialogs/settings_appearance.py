"""Settings of the looks: the theme, and the thumbnails that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.dialogs.models import megabytes
from desktop.dialogs.setting_fields import NEXT_START, Changes, Field, combo, number, page

if TYPE_CHECKING:
    from core.disk_use import DiskUse
    from core.library import Library
    from desktop.tasks import Tasks
    from desktop.theme import Theme

THEMES = (("As the system", "system"), ("Light", "light"), ("Dark", "dark"))
EDGES = (("Small, 192 px", 192), ("Medium, 256 px", 256), ("Large, 384 px", 384), ("Very large, 512 px", 512))


class AppearancePage(QWidget):
    """How the window looks."""

    def __init__(self, library: Library, tasks: Tasks, theme: Theme, changes: Changes) -> None:
        super().__init__()
        self._library, self._tasks, self._theme, self._changes = library, tasks, theme, changes
        self.theme = combo(THEMES)
        self.theme.activated.connect(self._take_theme)
        self.theme_field = Field("&Theme", self.theme)
        self.edge = combo([(label, str(edge_px)) for label, edge_px in EDGES])
        self.edge.activated.connect(self._take_edge)
        self.edge_field = Field(
            "&Size of the thumbnails that are kept",
            self.edge,
            f"Larger ones are sharper where photos are shown large, and take more room. {NEXT_START}",
        )
        self.cache = number(16, 1_000_000, 128, "MB")
        self.cache.valueChanged.connect(lambda size: changes.make(self.cache_field, thumbnail_cache_mb=size))
        self.cache_field = Field("&Room for thumbnails on the disk", self.cache)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(page(self.theme_field, self.edge_field, self.cache_field))
        theme.changed.connect(self._show_theme)  # it can be chosen in the menu, too

    def refresh(self) -> None:
        settings = self._library.settings
        self._show_theme()
        self._show_edge(settings.thumbnail_edge_px)
        self.cache.blockSignals(True)
        self.cache.setValue(settings.thumbnail_cache_mb)
        self.cache.blockSignals(False)
        if self.isVisible():
            self._tasks.run(self._library.disk_use, self._show_use)

    def _show_theme(self) -> None:
        self.theme.setCurrentIndex(self.theme.findData(self._theme.choice))

    def _show_edge(self, edge_px: int) -> None:
        if self.edge.findData(str(edge_px)) < 0:  # somebody wrote it into settings.toml
            self.edge.addItem(f"{edge_px} px", str(edge_px))
        self.edge.setCurrentIndex(self.edge.findData(str(edge_px)))

    def _show_use(self, use: DiskUse) -> None:
        self.cache_field.explain(
            f"{megabytes(use.thumbnails)} are used now. When the room is full, those looked at longest ago make way."
        )

    def _take_theme(self) -> None:
        self._theme.choose(self.theme.currentData())
        self._changes.make(self.theme_field, theme=self.theme.currentData())

    def _take_edge(self) -> None:
        self._changes.make(self.edge_field, thumbnail_edge_px=int(self.edge.currentData()))
