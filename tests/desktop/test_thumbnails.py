"""Pictures of the cells: made in workers, the last wanted first, dropped when scrolled away, sharp, kept in bounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shiboken6 import delete

from core.types import PhotoId
from desktop.grid.thumbnails import IN_FLIGHT, Thumbnails
from desktop.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QImage
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from tests.photo_maker import PhotoMaker

SIDE_PX = 100


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    tasks = Tasks()
    yield tasks
    tasks.finish()
    delete(tasks)  # with the thumbnails, whose timers must end on this thread


@pytest.fixture
def indexed(library: Library, photo_folder: Path, wait_until: Callable[..., None]) -> Library:
    """The six drawn photos of 160 x 120 pixels."""
    library.add_folder(photo_folder)
    library.start()
    wait_until(lambda: library.is_up_to_date and library.photo_count() == 6)
    return library


@pytest.fixture
def thumbnails(indexed: Library, tasks: Tasks) -> Thumbnails:
    thumbnails = Thumbnails(indexed, tasks, tasks)
    thumbnails.fit(SIDE_PX, 8)
    return thumbnails


def fetch(thumbnails: Thumbnails, photo_id: PhotoId, qtbot: QtBot) -> QImage:
    """The picture when it is as good as it can be."""
    thumbnails.get(photo_id)
    qtbot.waitUntil(lambda: thumbnails.get(photo_id) is not None and thumbnails.is_idle, timeout=10_000)
    pixmap = thumbnails.get(photo_id)
    assert pixmap is not None
    return pixmap.toImage()


def test_a_picture_comes_and_is_there_the_next_time(thumbnails: Thumbnails, indexed: Library, qtbot: QtBot) -> None:
    photo_id = indexed.all_photos()[0]
    with qtbot.waitSignal(thumbnails.arrived) as arrived:
        assert thumbnails.get(photo_id) is None
    assert arrived.args == [photo_id]
    assert thumbnails.get(photo_id) is not None


def test_it_is_the_middle_square_of_the_photo_with_round_corners(
    thumbnails: Thumbnails, indexed: Library, photo_folder: Path, qtbot: QtBot
) -> None:
    photo_id = indexed.find_photo(photo_folder / "trip" / "white triangle.jpg")
    assert photo_id is not None
    image = fetch(thumbnails, photo_id, qtbot)
    assert (image.width(), image.height()) == (SIDE_PX, SIDE_PX)
    assert image.pixelColor(0, 0).alpha() == 0
    assert image.pixelColor(50, 60).lightness() > 240, "the triangle"
    assert abs(image.pixelColor(3, 50).lightness() - 128) < 8, "the ground beside it"


def test_memory_is_bounded(indexed: Library, tasks: Tasks, qtbot: QtBot) -> None:
    two_pictures = 2 * SIDE_PX * SIDE_PX * 4
    thumbnails = Thumbnails(indexed, tasks, tasks, budget_bytes=two_pictures)
    thumbnails.fit(SIDE_PX, 8)
    photos = indexed.all_photos()
    for photo_id in photos:
        with qtbot.waitSignal(thumbnails.arrived):
            thumbnails.get(photo_id)
    assert thumbnails.used_bytes == two_pictures
    assert thumbnails.get(photos[-1]) is not None
    assert thumbnails.get(photos[0]) is None


def test_requests_that_were_scrolled_away_are_dropped(library: Library, tasks: Tasks, qtbot: QtBot) -> None:
    thumbnails = Thumbnails(library, tasks, tasks)
    arrived: list[PhotoId] = []
    thumbnails.arrived.connect(arrived.append)
    for number in range(1, 101):
        thumbnails.get(PhotoId(number))
    thumbnails.keep_only({PhotoId(99), PhotoId(100)})
    assert thumbnails.waiting == 2
    qtbot.waitUntil(lambda: len(arrived) == IN_FLIGHT + 2)
    assert set(arrived) == {*range(1, IN_FLIGHT + 1), 99, 100}


def test_what_is_likely_to_come_next_is_fetched_last(library: Library, tasks: Tasks, qtbot: QtBot) -> None:
    thumbnails = Thumbnails(library, tasks, tasks)
    arrived: list[PhotoId] = []
    thumbnails.arrived.connect(arrived.append)
    for number in range(1, 11):
        thumbnails.get(PhotoId(number))
    in_view = {PhotoId(number) for number in range(1, 11)}
    thumbnails.keep_only(in_view, [PhotoId(11), PhotoId(12)])
    qtbot.waitUntil(lambda: len(arrived) == 12)
    assert set(arrived[:8]) <= in_view
    assert {11, 12} <= set(arrived)


def test_what_cannot_be_read_is_known_and_asked_for_once(library: Library, tasks: Tasks, qtbot: QtBot) -> None:
    thumbnails = Thumbnails(library, tasks, tasks)
    with qtbot.waitSignal(thumbnails.arrived):
        thumbnails.get(PhotoId(1))
    assert thumbnails.is_unreadable(PhotoId(1))
    assert thumbnails.get(PhotoId(1)) is None
    assert thumbnails.is_idle


class TestSharpness:
    def test_large_cells_get_more_than_the_kept_thumbnail_and_show_that_meanwhile(
        self, library: Library, tasks: Tasks, make_photo: PhotoMaker, qtbot: QtBot, wait_until: Callable[..., None]
    ) -> None:
        make_photo("large.png", "black circle", size=(1_500, 1_000))
        library.add_folder(make_photo.folder)
        library.start()
        wait_until(lambda: library.is_up_to_date and library.photo_count() == 1)
        [photo_id] = library.all_photos()
        thumbnails = Thumbnails(library, tasks, tasks)
        thumbnails.fit(400, 8)
        steps: list[int] = []
        thumbnails.arrived.connect(lambda _id: steps.append(_blur(thumbnails.get(photo_id).toImage())))  # type: ignore[union-attr]
        thumbnails.get(photo_id)
        qtbot.waitUntil(lambda: len(steps) == 2 and thumbnails.is_idle)
        assert steps[1] < steps[0], "the edge of the circle is no sharper than before"
        assert steps[1] <= 3

    def test_a_small_original_is_asked_for_once(self, thumbnails: Thumbnails, indexed: Library, qtbot: QtBot) -> None:
        thumbnails.fit(500, 8)
        image = fetch(thumbnails, indexed.all_photos()[0], qtbot)
        assert image.width() == 500
        thumbnails.get(indexed.all_photos()[0])
        assert thumbnails.is_idle

    def test_another_size_keeps_the_old_picture_until_the_new_one_comes(
        self, thumbnails: Thumbnails, indexed: Library, qtbot: QtBot
    ) -> None:
        photo_id = indexed.all_photos()[0]
        fetch(thumbnails, photo_id, qtbot)
        thumbnails.fit(60, 8)
        before = thumbnails.get(photo_id)
        assert before is not None
        assert before.width() == SIDE_PX
        qtbot.waitUntil(lambda: thumbnails.get(photo_id).width() == 60)  # type: ignore[union-attr]


def test_a_changed_file_shows_its_old_picture_until_the_new_one_comes(
    thumbnails: Thumbnails, indexed: Library, qtbot: QtBot, make_photo: PhotoMaker, photo_folder: Path
) -> None:
    photo_id = indexed.find_photo(photo_folder / "red circle.jpg")
    assert photo_id is not None
    assert _is_red(fetch(thumbnails, photo_id, qtbot))
    before = indexed.photos([photo_id])[0].content_hash
    make_photo("red circle.jpg", "blue square")
    qtbot.waitUntil(
        lambda: indexed.is_up_to_date and indexed.photos([photo_id])[0].content_hash != before, timeout=20_000
    )
    thumbnails.forget([photo_id])
    assert thumbnails.get(photo_id) is not None, "the cell flickers"
    assert not _is_red(fetch(thumbnails, photo_id, qtbot))


def _is_red(image: QImage) -> bool:
    """In its middle; blue otherwise."""
    color = image.pixelColor(image.rect().center())
    return color.red() > color.blue()


def _blur(image: QImage) -> int:
    """Pixels between white and black at the left edge of the circle, in the middle line."""
    levels = [image.pixelColor(x, image.height() // 2).lightness() for x in range(4, image.width() // 2)]
    return sum(30 < level < 225 for level in levels)
