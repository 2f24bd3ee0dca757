"""The grid with all that belongs to it, on a real library: no more of the window than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiboken6 import delete

from core.query import parse
from desktop.grid.gallery import Gallery
from desktop.grid.model import GridModel
from desktop.grid.photo_cache import PhotoCache
from desktop.grid.thumbnails import Thumbnails
from desktop.grid.view import GridView
from desktop.search.searcher import Answer, Searcher
from desktop.tasks import Tasks

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from core.types import PhotoId
    from desktop.theme import Theme


def bare_grid(library: Library, tasks: Tasks, theme: Theme) -> GridView:
    """A grid of its own; its photos need not exist."""
    model = GridModel(Thumbnails(library, tasks, tasks), PhotoCache(library, tasks, tasks))
    view = GridView(model, theme)
    model.setParent(view)
    view.resize(1_000, 700)
    return view


class GridStage:
    def __init__(self, library: Library, theme: Theme, qtbot: QtBot) -> None:
        self.library, self._qtbot = library, qtbot
        self.tasks = Tasks()
        self.thumbnails = Thumbnails(library, self.tasks, self.tasks)
        self.photos = PhotoCache(library, self.tasks, self.tasks)
        self.model = GridModel(self.thumbnails, self.photos, self.tasks)
        self.gallery = Gallery(self.model, theme, strictness=0.35)
        self.searcher = Searcher(library, self.tasks, self.tasks)
        self.answers: list[Answer] = []
        self.searcher.asked.connect(self.gallery.expect)
        self.searcher.answered.connect(self.gallery.show_answer)
        self.searcher.answered.connect(self.answers.append)
        self.gallery.sort_chosen.connect(self.searcher.set_sort)
        self.gallery.note(folders=1, folders_online=1)
        qtbot.addWidget(self.gallery)
        self.gallery.resize(1_000, 700)

    @property
    def grid(self) -> GridView:
        return self.gallery.grid

    def show(self) -> None:
        self.gallery.show()
        self._qtbot.waitExposed(self.gallery)
        self.ask("")

    def ask(self, text: str) -> None:
        """Ask it and wait for its answer."""
        query = parse(text)
        with self._qtbot.waitSignal(
            self.searcher.answered, timeout=30_000, check_params_cb=lambda answer: answer.query == query
        ):
            self.searcher.ask(query)

    def look_again(self) -> None:
        """As after photos have changed."""
        with self._qtbot.waitSignal(self.searcher.answered, timeout=10_000):
            self.searcher.refresh()

    def wait_for_pictures(self) -> None:
        """Until everything in view is as sharp as it can be, and its facts are known."""
        self._qtbot.waitUntil(lambda: self.thumbnails.is_idle and all(self._photos_in_view()), timeout=20_000)

    def names(self, ids: list[PhotoId] | tuple[PhotoId, ...]) -> list[str]:
        return [photo.path.name for photo in self.library.photos(ids)]

    def close(self) -> None:
        self.tasks.finish()
        delete(self.tasks)  # with the caches and the searcher, whose timers must end on this thread

    def _photos_in_view(self) -> list[object]:
        grid = self.grid
        top = grid.verticalOffset()
        return [self.model.photo(row) for row in grid.places.rows_between(top, top + grid.viewport().height())]
