"""Comparing two to four photos: side by side, zoomed together or alone, kept or thrown away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt

from desktop.tasks import Tasks
from desktop.viewer.compare import ComparePage
from desktop.viewer.geometry import FIT
from tests.desktop.indexed_library import index

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from core.types import PhotoId
    from desktop.theme import Theme
    from tests.photo_maker import PhotoMaker


@pytest.fixture
def tasks(library: Library) -> Iterator[Tasks]:
    tasks = Tasks()
    yield tasks
    tasks.finish()


@pytest.fixture
def page(library: Library, tasks: Tasks, theme: Theme, qtbot: QtBot) -> Iterator[ComparePage]:
    page = ComparePage(library, tasks, theme)
    qtbot.addWidget(page)
    page.resize(1200, 800)
    page.show()
    qtbot.waitExposed(page)
    page.activateWindow()
    yield page
    tasks.stop()


@pytest.fixture
def photos(library: Library, make_photo: PhotoMaker) -> list[PhotoId]:
    """Four of different sizes, by name."""
    sizes = {"a small.jpg": (600, 400), "b large.jpg": (1800, 1200), "c tall.jpg": (400, 900), "d wide.jpg": (900, 300)}
    paths = [make_photo(name, "red circle", size=size) for name, size in sizes.items()]
    index(library, make_photo.folder)
    return [found for path in paths if (found := library.find_photo(path)) is not None]


@pytest.fixture
def compare(page: ComparePage, photos: list[PhotoId], qtbot: QtBot) -> Callable[[int], ComparePage]:
    """Opens the page on the first so many photos and waits until they are seen."""

    def open_(count: int) -> ComparePage:
        page.show_photos(photos[:count], {photos[0]: 0.87})
        qtbot.waitUntil(lambda: all(cell.canvas.picture and cell.photo for cell in page.cells))
        return page

    return open_


Compare = Callable[[int], ComparePage]


@pytest.mark.parametrize(
    ("count", "size", "columns", "rows"),
    [(2, (1200, 800), 2, 1), (3, (1200, 800), 3, 1), (4, (1200, 800), 2, 2), (2, (600, 900), 1, 2)],
)
def test_photos_stand_side_by_side(
    compare: Compare, count: int, size: tuple[int, int], columns: int, rows: int, qtbot: QtBot
) -> None:
    page = compare(count)
    page.resize(*size)
    qtbot.waitUntil(lambda: len({cell.x() for cell in page.cells}) == columns)
    assert len({cell.y() for cell in page.cells}) == rows
    assert max(cell.width() for cell in page.cells) - min(cell.width() for cell in page.cells) <= 1


def test_each_says_what_it_is_and_what_speaks_for_it(compare: Compare) -> None:
    page = compare(3)
    small, large, _tall = page.cells
    assert small.name.text() == "a small.jpg"
    assert small.facts.text().startswith("600 \N{MULTIPLICATION SIGN} 400 · 0.2 MP · ")
    assert small.merit.text() == "87% match"
    assert large.merit.text() == "Most pixels"


def test_zoom_and_pan_are_done_to_all(compare: Compare, qtbot: QtBot) -> None:
    page = compare(4)
    first, *others = [cell.canvas for cell in page.cells]
    qtbot.keyClick(first, Qt.Key.Key_Plus)
    qtbot.keyClick(first, Qt.Key.Key_Plus)
    qtbot.keyClick(first, Qt.Key.Key_Plus)
    assert {round(canvas.view.scale, 3) for canvas in others} == {round(first.view.scale, 3)} != {1.0}
    qtbot.mousePress(first, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.mouseMove(first, QPoint(120, 200))
    qtbot.mouseRelease(first, Qt.MouseButton.LeftButton, pos=QPoint(120, 200))
    assert first.view.x > 0.5
    assert others[0].view.x == pytest.approx(first.view.x, abs=0.1)
    qtbot.keyClick(first, Qt.Key.Key_0)
    assert all(canvas.view == FIT for canvas in others)


def test_unlocked_each_is_zoomed_alone_until_they_are_locked_again(compare: Compare, qtbot: QtBot) -> None:
    page = compare(2)
    first, second = [cell.canvas for cell in page.cells]
    qtbot.mouseClick(page.link_button, Qt.MouseButton.LeftButton)
    assert page.link_button.accessibleName() == "Zoom all photos together"
    qtbot.keyClick(first, Qt.Key.Key_Plus)
    assert second.view == FIT
    qtbot.keyClick(first, Qt.Key.Key_L)
    assert second.view.scale == first.view.scale


def test_keys_lead_from_photo_to_photo(compare: Compare, qtbot: QtBot) -> None:
    page = compare(3)
    assert page.focused is page.cells[0]
    qtbot.keyClick(page.cells[0].canvas, Qt.Key.Key_Tab)
    assert page.focused is page.cells[1]
    qtbot.keyClick(page.cells[1].canvas, Qt.Key.Key_3)
    assert page.focused is page.cells[2]
    assert page.cells[2].canvas._has_ring
    assert not page.cells[1].canvas._has_ring
    qtbot.keyClick(page.cells[2].canvas, Qt.Key.Key_4)
    assert page.focused is page.cells[2], "there is no fourth"
    page.set_linked(False)
    qtbot.keyClick(page.cells[2].canvas, Qt.Key.Key_Z)
    assert page.cells[2].canvas.pixel_scale == pytest.approx(1)
    with qtbot.waitSignal(page.closed):
        qtbot.keyClick(page.cells[2].canvas, Qt.Key.Key_Escape)
    assert page.cells == []
    assert page.pictures.used_bytes == 0


def test_what_the_user_wants_done_is_told(compare: Compare, qtbot: QtBot) -> None:
    page = compare(3)
    first, second, third = page.cells
    with qtbot.waitSignal(page.favorite_toggled) as favorite:
        qtbot.mouseClick(second.favorite_button, Qt.MouseButton.LeftButton)
    assert favorite.args == [second.photo_id, True]
    with qtbot.waitSignal(page.favorite_toggled) as favorite:
        qtbot.keyClick(third.canvas, Qt.Key.Key_F)
    assert favorite.args[1] is True
    with qtbot.waitSignal(page.trash_wanted) as trash:
        qtbot.mouseClick(third.trash_button, Qt.MouseButton.LeftButton)
    assert trash.args == [[third.photo_id]]
    with qtbot.waitSignal(page.trash_wanted) as trash:
        qtbot.mouseClick(second.keep_button, Qt.MouseButton.LeftButton)
    assert trash.args == [[first.photo_id, third.photo_id]]


def test_photos_that_went_leave_their_place_and_one_alone_is_no_comparison(
    compare: Compare, photos: list[PhotoId], make_photo: PhotoMaker, library: Library, qtbot: QtBot
) -> None:
    page = compare(3)
    (make_photo.folder / "a small.jpg").unlink()
    qtbot.waitUntil(lambda: library.photo_count() == 3, timeout=20_000)
    page.take_changes([photos[0]])
    qtbot.waitUntil(lambda: page.ids == photos[1:3])
    assert page.focused is page.cells[0]
    (make_photo.folder / "b large.jpg").unlink()
    qtbot.waitUntil(lambda: library.photo_count() == 2, timeout=20_000)
    with qtbot.waitSignal(page.closed):
        page.take_changes([photos[1]])


def test_a_broken_photo_says_so_beside_the_others(
    page: ComparePage, library: Library, photo_folder: Path, qtbot: QtBot
) -> None:
    (photo_folder / "broken.jpg").write_bytes(b"no picture")
    index(library, photo_folder)
    ids = [library.find_photo(photo_folder / name) for name in ("broken.jpg", "red circle.jpg")]
    page.show_photos([found for found in ids if found is not None])
    broken, good = page.cells
    qtbot.waitUntil(lambda: good.canvas.picture is not None and "cannot be shown" in broken.canvas.message)


def test_every_control_has_a_name(compare: Compare) -> None:
    page = compare(2)
    controls = [page.back_button, page.link_button, page.zoom_in_button, page.zoom_out_button, page.fit_button]
    for control in (*controls, *page.cells[0].buttons, *page.cells[1].buttons):
        assert control.accessibleName()
        assert control.toolTip()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert page.cells[0].canvas.accessibleName() == "Photo 1: a small.jpg"


def test_a_photo_that_is_taken_back_from_the_trash_comes_back_to_its_place(
    compare: Compare, library: Library, photos: list[PhotoId], make_photo: PhotoMaker, tmp_path: Path, qtbot: QtBot
) -> None:
    page = compare(3)
    path = make_photo.folder / "a small.jpg"
    kept = path.rename(tmp_path / "kept.jpg")
    library.look_at([path])
    page.take_changes([photos[0]])
    qtbot.waitUntil(lambda: page.ids == photos[1:3])
    kept.rename(path)
    library.look_at([path])
    page.take_changes([photos[0]])
    qtbot.waitUntil(lambda: page.ids == photos[:3])
    qtbot.waitUntil(lambda: bool(page.cells[0].canvas.picture))
