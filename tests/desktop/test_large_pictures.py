"""Large pictures for the viewer: the most important first, the others when there is time, bounded in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.types import PhotoId
from desktop.tasks import Lane, Tasks
from desktop.viewer import pictures as pictures_module
from desktop.viewer.pictures import Pictures, Wanted
from tests.desktop.indexed_library import index

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from tests.photo_maker import PhotoMaker

ONE_PICTURE = 160 * 120 * 4  # bytes of each photo of `photo_folder`


@pytest.fixture
def tasks(library: Library) -> Iterator[Tasks]:
    tasks = Tasks()
    yield tasks
    tasks.finish()


@pytest.fixture
def ids(library: Library, photo_folder: Path) -> list[PhotoId]:
    index(library, photo_folder)
    return library.all_photos()


def whole(*ids: PhotoId) -> list[Wanted]:
    return [Wanted(photo_id, None) for photo_id in ids]


def test_what_is_looked_at_comes_before_what_lies_beside(
    library: Library, tasks: Tasks, ids: list[PhotoId], qtbot: QtBot
) -> None:
    pictures, arrived = Pictures(library, tasks), []
    pictures.arrived.connect(arrived.append)
    pictures.want(whole(ids[3]), whole(ids[4], ids[2]))
    qtbot.waitUntil(lambda: len(arrived) == 3)
    assert arrived == [ids[3], ids[4], ids[2]]


def test_what_is_no_longer_wanted_is_not_read(library: Library, tasks: Tasks, ids: list[PhotoId], qtbot: QtBot) -> None:
    pictures, arrived = Pictures(library, tasks), []
    pictures.arrived.connect(arrived.append)
    pictures.want(whole(*ids[:5]))
    pictures.want(whole(ids[5]))
    qtbot.waitUntil(lambda: ids[5] in arrived)
    assert set(arrived) <= {*ids[: Lane.VIEWER.threads], ids[5]}


def test_memory_is_bounded_and_what_is_wanted_stays(
    library: Library, tasks: Tasks, ids: list[PhotoId], qtbot: QtBot
) -> None:
    pictures = Pictures(library, tasks, budget_bytes=2 * ONE_PICTURE)
    for photo_id in ids:
        pictures.want(whole(photo_id))
        qtbot.waitUntil(lambda wanted=photo_id: pictures.get(wanted) is not None)
    assert pictures.used_bytes == 2 * ONE_PICTURE
    assert pictures.get(ids[0]) is None
    pictures.want(whole(*ids[:4]))
    qtbot.waitUntil(lambda: all(pictures.get(photo_id) is not None for photo_id in ids[:4]))
    pictures.clear()
    assert pictures.used_bytes == 0


def test_what_lies_beside_gives_up_its_size_first(
    library: Library, tasks: Tasks, make_photo: PhotoMaker, qtbot: QtBot
) -> None:
    for name in ("one.jpg", "two.jpg"):
        make_photo(name, size=(2048, 1024))
    index(library, make_photo.folder)
    one, two = library.all_photos()
    pictures = Pictures(library, tasks, budget_bytes=12_000_000)
    pictures.want(whole(one))
    qtbot.waitUntil(lambda: pictures.get(one) is not None)
    pictures.want(whole(two), [Wanted(one, 600)])
    qtbot.waitUntil(lambda: pictures.get(two) is not None)
    assert pictures.get(one).longer_edge_px == 1024
    assert pictures.get(two).longer_edge_px == 2048


def test_a_larger_one_is_read_only_when_it_is_wanted(
    library: Library, tasks: Tasks, make_photo: PhotoMaker, qtbot: QtBot
) -> None:
    make_photo("large.jpg", size=(4000, 2000))
    index(library, make_photo.folder)
    [photo_id] = library.all_photos()
    pictures = Pictures(library, tasks)
    pictures.want([Wanted(photo_id, 900)])
    qtbot.waitUntil(lambda: pictures.get(photo_id) is not None)
    small = pictures.get(photo_id)
    assert 900 <= small.longer_edge_px < 1800
    assert not small.complete
    pictures.want([Wanted(photo_id, 800)])
    assert pictures.get(photo_id) is small
    pictures.want(whole(photo_id))
    qtbot.waitUntil(lambda: pictures.get(photo_id).complete)
    assert pictures.get(photo_id).longer_edge_px == 4000


def test_a_photo_that_would_fill_the_memory_is_reduced(
    library: Library, tasks: Tasks, make_photo: PhotoMaker, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures_module, "MOST_PIXELS", 1_000_000)
    for name in ("large.jpg", "large.png"):
        make_photo(name, size=(3000, 2000))
    index(library, make_photo.folder)
    pictures = Pictures(library, tasks)
    pictures.want(whole(*library.all_photos()))
    for photo_id in library.all_photos():
        qtbot.waitUntil(lambda wanted=photo_id: pictures.get(wanted) is not None)
        picture = pictures.get(photo_id)
        assert picture.levels[0].width * picture.levels[0].height <= 1_000_000
        assert (picture.width, picture.height) == (3000, 2000)
        assert picture.is_reduced


def test_a_file_that_cannot_be_read_is_asked_for_once_and_again_when_it_has_changed(
    library: Library, tasks: Tasks, make_photo: PhotoMaker, qtbot: QtBot
) -> None:
    path = make_photo("photo.jpg")
    index(library, make_photo.folder)
    [photo_id] = library.all_photos()
    path.write_bytes(b"no picture")
    pictures, arrived = Pictures(library, tasks), []
    pictures.arrived.connect(arrived.append)
    pictures.want(whole(photo_id))
    qtbot.waitUntil(lambda: pictures.error(photo_id) is not None)
    pictures.want(whole(photo_id))
    assert len(arrived) == 1
    make_photo("photo.jpg")
    pictures.retry()
    qtbot.waitUntil(lambda: pictures.get(photo_id) is not None)
    path.write_bytes(b"no picture again")
    pictures.forget([photo_id])
    assert pictures.get(photo_id) is not None, "shown as it was until it is known better"
    qtbot.waitUntil(lambda: pictures.error(photo_id) is not None)
    assert pictures.get(photo_id) is None


def test_a_photo_that_is_not_in_the_library_is_gone(library: Library, tasks: Tasks, qtbot: QtBot) -> None:
    pictures = Pictures(library, tasks)
    pictures.want(whole(PhotoId(12345)))
    qtbot.waitUntil(lambda: pictures.error(PhotoId(12345)) is not None)
    assert pictures.error(PhotoId(12345)).title == "This photo is gone"
