"""A small window of the parts by which photos are put in order, on a real library: what the main window shows besides
stays out of the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from core.errors import RecollectError
from core.types import PhotoId
from desktop.bridge import Bridge
from desktop.organise.organiser import Organiser
from desktop.organise.selection_bar import SelectionBar
from desktop.organise.sidebar import Sidebar
from desktop.tasks import Lane, Tasks

if TYPE_CHECKING:
    from core.library import Library
    from desktop.theme import Theme


class Stage:
    """Sidebar, pages with the toast over them, selection bar."""

    def __init__(self, library: Library, theme: Theme) -> None:
        self.library = library
        self.tasks, self.bridge = Tasks(), Bridge(library)
        self.window, self.pages = QMainWindow(), QWidget()
        self.organiser = Organiser(library, self.tasks, theme, self.bridge, self.window, self.pages)
        self.sidebar = Sidebar(library, self.tasks, theme, self.bridge, self.organiser)
        self.selection_bar = SelectionBar(self.organiser.actions, theme, self.bridge)
        self.errors: list[RecollectError] = []
        for failed in (self.organiser.failed, self.sidebar.failed, self.tasks.failed):
            failed.connect(self.errors.append)
        body, column = QWidget(), QVBoxLayout()
        row = QHBoxLayout(body)
        row.addWidget(self.sidebar)
        row.addLayout(column, stretch=1)
        column.addWidget(self.pages, stretch=1)
        column.addWidget(self.selection_bar)
        self.window.setCentralWidget(body)
        self.window.resize(1_200, 900)

    @property
    def toast_text(self) -> str:
        """What the toast says; empty while none shows."""
        return self.organiser.toast.text if self.organiser.toast.isVisible() else ""

    def named(self, *names: str) -> list[PhotoId]:
        """The photos of these file names, in their order, hidden ones too."""
        ids = [*self.library.browse().ids, *self.library.browse("is:hidden").ids]
        by_name = {photo.path.name: photo.id for photo in self.library.photos(ids)}
        return [by_name[name] for name in names]

    def names(self, ids: Sequence[PhotoId]) -> set[str]:
        return {photo.path.name for photo in self.library.photos(ids)}

    def close(self) -> None:
        """In the order in which the application closes."""
        self.window.close()
        self.organiser.stop()
        self.bridge.close()
        self.tasks.finish(Lane.GENERAL, Lane.EXPORT)
        self.library.close()
        self.tasks.finish()
        self.window.deleteLater()
