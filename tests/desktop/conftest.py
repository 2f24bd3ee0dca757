"""The real window, off the screen, on a real library with the bundled encoder."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import delete

from core.library import Library
from desktop.app import Session
from desktop.bridge import Bridge
from desktop.garbage import GarbageCollector
from desktop.organise.undo import UndoStack
from desktop.search.bar import SearchBar
from desktop.tasks import Tasks
from desktop.theme import Theme
from tests.desktop.grid_stage import GridStage, bare_grid
from tests.desktop.opened_files import OpenedFiles
from tests.desktop.organise_stage import Stage

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from core.models.clip import ClipEncoder
    from desktop.grid.view import GridView
    from tests.desktop.training_stage import TrainingStage
    from tests.photo_maker import PhotoMaker

P = TypeVar("P", bound=QWidget)


class ShowPage(Protocol):
    def __call__(self, kind: Callable[..., P], width: int, height: int) -> P: ...


PRODUCTS = ("footwear_sneakers", "clothing_wrist_watch", "travel_backpack")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the platform without a screen says of each window means nothing. Any other warning of Qt is a failure."""
    for item in items:
        item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    theme = Theme(qapp)
    theme.choose("light")
    return theme


@pytest.fixture(scope="package", autouse=True)
def garbage(qapp: QApplication) -> Iterator[GarbageCollector]:
    """As in the application, for parts that are tried without it as well: only this thread may destroy widgets."""
    collector = GarbageCollector(qapp)
    yield collector
    collector.stop()


@pytest.fixture(autouse=True)
def python_does_not_collect(garbage: GarbageCollector) -> Iterator[None]:
    """Left on by a test, Python's own collection would destroy widgets of later tests on threads that read photos."""
    yield
    assert not gc.isenabled()


@pytest.fixture
def library(library_home: Path, starter: ClipEncoder) -> Iterator[Library]:
    """Open, not started, without folders."""
    library = Library.open(library_home, encoder=starter)
    yield library
    library.close()


@pytest.fixture
def open_window(library: Library, theme: Theme, qtbot: QtBot) -> Iterator[Callable[..., Session]]:
    """Shows the window as the application does; it is closed in order at the end of the test."""
    sessions: list[Session] = []

    def open_one(photos: Path | None = None, other: Library | None = None) -> Session:
        session = Session(other or library, theme, photos)
        sessions.append(session)
        session.window.resize(1280, 800)
        session.window.show()
        qtbot.waitExposed(session.window)
        return session

    yield open_one
    for session in sessions:
        session.window.close()
        session.close()
        session.window.deleteLater()


@pytest.fixture
def session(open_window: Callable[..., Session], photo_folder: Path, qtbot: QtBot) -> Session:
    """The window on six drawn photos, all of them indexed and shown."""
    session = open_window(photo_folder)
    qtbot.waitUntil(lambda: session.library.is_up_to_date and session.library.photo_count() == 6, timeout=30_000)
    qtbot.waitUntil(lambda: len(session.window.gallery.listing.ids) == 6, timeout=10_000)
    return session


@pytest.fixture
def stage(library: Library, theme: Theme, photo_folder: Path, qtbot: QtBot) -> Iterator[Stage]:
    """The parts by which photos are put in order, on the six drawn photos, all of them indexed."""
    stage = Stage(library, theme)
    library.add_folder(photo_folder)
    library.start()
    stage.window.show()
    qtbot.waitExposed(stage.window)
    qtbot.waitUntil(lambda: library.is_up_to_date and library.photo_count() == 6, timeout=30_000)
    yield stage
    stage.close()


@pytest.fixture
def undo(qapp: QApplication) -> Iterator[UndoStack]:
    tasks = Tasks()
    yield UndoStack(tasks, tasks)
    tasks.finish()


@pytest.fixture
def show_page(library: Library, undo: UndoStack, theme: Theme, qtbot: QtBot) -> Iterator[ShowPage]:
    """Shows a page by itself, of this kind and size; it is closed in order at the end of the test."""
    bridge = Bridge(library)
    pages: list[QWidget] = []

    def show_one(kind: Callable[..., P], width: int, height: int) -> P:
        page = kind(library, undo._tasks, bridge, theme, undo)
        pages.append(page)
        qtbot.addWidget(page)
        page.resize(width, height)
        page.show()
        qtbot.waitExposed(page)
        return page

    yield show_one
    for page in pages:
        page.close()
    bridge.close()
    library.close()


@pytest.fixture
def grid(library: Library, theme: Theme, qtbot: QtBot) -> Iterator[GridView]:
    """A grid of its own; its photos need not exist."""
    tasks = Tasks()
    view = bare_grid(library, tasks, theme)
    qtbot.addWidget(view)
    view.show()
    yield view
    tasks.finish()
    delete(tasks)  # with the thumbnails, whose timers must end on this thread


@pytest.fixture
def dated_photos(make_photo: PhotoMaker) -> Path:
    """Ten photos of four months in two years; the later in the alphabet, the older."""
    taken = [(2021, 7, 3), (2021, 7, 2), (2021, 7, 1), (2021, 3, 9), (2021, 3, 8), (2020, 12, 24), (2020, 12, 6)]
    taken += [(2020, 1, 3), (2020, 1, 2), (2020, 1, 1)]
    subjects = [f"{color} {shape}" for color in ("red", "blue", "green", "black") for shape in ("circle", "square")]
    for number, day in enumerate(taken):
        make_photo(f"{number:02}.jpg", subjects[number % 8], size=(160 + 8 * number, 120), taken_at=datetime(*day))
    return make_photo.folder


@pytest.fixture
def grid_stage(library: Library, theme: Theme, dated_photos: Path, qtbot: QtBot) -> Iterator[GridStage]:
    """The grid with all that belongs to it, on the dated photos, all of them indexed and shown."""
    library.add_folder(dated_photos)
    library.start()
    qtbot.waitUntil(lambda: library.is_up_to_date and library.photo_count() == 10, timeout=30_000)
    stage = GridStage(library, theme, qtbot)
    stage.show()
    yield stage
    stage.close()


@pytest.fixture
def products(shared_data: Path, tmp_path: Path) -> Path:
    """Four real photos each of sneakers, watches and backpacks."""
    folder = tmp_path / "product photos"
    folder.mkdir()
    for name in PRODUCTS:
        for path in sorted((shared_data / "products" / "images").glob(f"*{name}*"))[::15]:
            shutil.copy(path, folder)
    return folder


@pytest.fixture
def opened_files() -> Iterator[OpenedFiles]:
    """What the system's viewer is asked to open: nothing is started, the paths are kept."""
    files = OpenedFiles()
    QDesktopServices.setUrlHandler("file", files, "take")
    yield files
    QDesktopServices.unsetUrlHandler("file")


@pytest.fixture
def local_url() -> Callable[[Path], QUrl]:
    return lambda path: QUrl.fromLocalFile(str(path))


@pytest.fixture
def bar(library: Library, theme: Theme, qtbot: QtBot) -> Iterator[SearchBar]:
    """The search bar alone, in a window with nothing below it."""
    window, tasks = QWidget(), Tasks()
    search_bar = SearchBar(library, tasks, theme)
    column = QVBoxLayout(window)
    column.addWidget(search_bar)
    column.addStretch()
    window.resize(900, 600)
    window.show()
    qtbot.waitExposed(window)
    search_bar.field.setFocus()
    yield search_bar
    search_bar.editing.close()
    window.close()
    tasks.finish()
    window.deleteLater()


@pytest.fixture(scope="session")
def adapted_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with two adaptations: see `tests.desktop.adapted_home`."""
    from tests.desktop.adapted_home import write_adapted_home  # it loads torch

    return write_adapted_home(tmp_path_factory.mktemp("adapted"))


@pytest.fixture
def adapting(adapted_home: Path, tmp_path: Path, theme: Theme, qtbot: QtBot) -> Iterator[TrainingStage]:
    """The page of training on a copy of that library."""
    from tests.desktop.adapted_home import open_adapted_home
    from tests.desktop.training_stage import TrainingStage

    home = tmp_path / "home of adaptations"
    shutil.copytree(adapted_home, home)
    library = open_adapted_home(home, adapted_home.parent / "photos")
    stage = TrainingStage(library, theme, qtbot)
    stage.page.train.estimate.ask = lambda request: None  # type: ignore[method-assign]  # a process for itself
    stage.show()
    yield stage
    stage.close()
