"""Pictures of the cells: fetched in workers, the last wanted first, dropped when scrolled away, bounded in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.types import PhotoId
from desktop.grid.thumbnails import IN_FLIGHT, Thumbnails
from desktop.tasks import Tasks

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from desktop.app import Session
    from tests.photo_maker import PhotoMaker


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    tasks = Tasks()
    yield tasks
    tasks.finish()


def test_a_picture_comes_and_is_there_the_next_time(session: Session, qtbot: QtBot) -> None:
    thumbnails = Thumbnails(session.library, session.tasks)
    photo_id = session.library.all_photos()[0]
    with qtbot.waitSignal(thumbnails.arrived) as arrived:
        assert thumbnails.get(photo_id) is None
    assert arrived.args == [photo_id]
    pixmap = thumbnails.get(photo_id)
    assert pixmap is not None
    assert (pixmap.width(), pixmap.height()) == (160, 120)


def test_memory_is_bounded(session: Session, qtbot: QtBot) -> None:
    two_pictures = 2 * 160 * 120 * 4
    thumbnails = Thumbnails(session.library, session.tasks, budget_bytes=two_pictures)
    photos = session.library.all_photos()
    for photo_id in photos:
        with qtbot.waitSignal(thumbnails.arrived):
            thumbnails.get(photo_id)
    assert thumbnails.used_bytes == two_pictures
    assert thumbnails.get(photos[-1]) is not None
    assert thumbnails.get(photos[0]) is None


def test_requests_that_were_scrolled_away_are_dropped(library: Library, tasks: Tasks, qtbot: QtBot) -> None:
    thumbnails = Thumbnails(library, tasks)
    arrived: list[PhotoId] = []
    thumbnails.arrived.connect(arrived.append)
    for number in range(1, 101):
        thumbnails.get(PhotoId(number))
    thumbnails.keep_only({PhotoId(99), PhotoId(100)})
    assert thumbnails.waiting == 2
    qtbot.waitUntil(lambda: len(arrived) == IN_FLIGHT + 2)
    assert set(arrived[IN_FLIGHT:]) == {99, 100}


def test_what_cannot_be_read_is_known_and_asked_for_once(library: Library, tasks: Tasks, qtbot: QtBot) -> None:
    thumbnails = Thumbnails(library, tasks)
    with qtbot.waitSignal(thumbnails.arrived):
        thumbnails.get(PhotoId(1))
    assert thumbnails.is_unreadable(PhotoId(1))
    assert thumbnails.get(PhotoId(1)) is None
    assert thumbnails.waiting == 0


def test_a_changed_file_shows_its_new_picture(
    session: Session, qtbot: QtBot, make_photo: PhotoMaker, photo_folder: Path
) -> None:
    window, library = session.window, session.library
    photo_id = library.find_photo(photo_folder / "red circle.jpg")
    assert photo_id is not None
    qtbot.waitUntil(lambda: window.thumbnails.get(photo_id) is not None)
    assert _middle(window.thumbnails, photo_id) == "red"
    make_photo("red circle.jpg", "blue square")
    qtbot.waitUntil(lambda: _middle(window.thumbnails, photo_id) == "blue", timeout=20_000)


def _middle(thumbnails: Thumbnails, photo_id: PhotoId) -> str:
    """The colour in the middle of a photo's picture; empty while it is on its way."""
    pixmap = thumbnails.get(photo_id)
    if pixmap is None:
        return ""
    color = pixmap.toImage().pixelColor(pixmap.rect().center())
    return "red" if color.red() > color.blue() else "blue"
