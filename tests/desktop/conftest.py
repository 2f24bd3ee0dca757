"""The real window, off the screen, on a real library with the bundled encoder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from core.library import Library
from desktop.app import Session
from desktop.theme import Theme
from tests.desktop.opened_files import OpenedFiles

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from core.models.clip import ClipEncoder

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
