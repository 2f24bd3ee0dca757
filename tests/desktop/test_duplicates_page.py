"""Duplicates: exact copies and other versions, the one that stays, and the others on their way to the trash."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

from core.errors import RecollectError
from core.types import DuplicateGroup, Photo, PhotoId, PhotoStatus
from desktop.bridge import Bridge
from desktop.organise.duplicate_card import CopyCard
from desktop.organise.duplicate_groups import Copies, keeping
from desktop.organise.duplicate_section import GROUPS
from desktop.organise.duplicates_page import DuplicatesPage
from desktop.tasks import Tasks
from desktop.viewer.facts import BY

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from desktop.theme import Theme
    from tests.photo_maker import PhotoMaker

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def copies(make_photo: PhotoMaker) -> Path:
    """Three files of one photo, two of another, and one that is there once."""
    for subject, names in (
        ("red circle", ("red.jpg", "backup/red.jpg", "backup/red (1).jpg")),
        ("blue square", ("blue.jpg", "backup/blue.jpg")),
        ("green triangle", ("green.jpg",)),
    ):
        original = make_photo(names[0], subject, size=(640, 480))
        for name in names[1:]:
            copy = make_photo.folder / name
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(original, copy)
    return make_photo.folder


@pytest.fixture
def open_page(library: Library, theme: Theme, qtbot: QtBot) -> Iterator[Callable[[Path], DuplicatesPage]]:
    tasks, bridge = Tasks(), Bridge(library)
    pages: list[DuplicatesPage] = []

    def open_(folder: Path) -> DuplicatesPage:
        library.add_folder(folder)
        library.start()
        qtbot.waitUntil(lambda: library.is_up_to_date, timeout=30_000)
        page = DuplicatesPage(library, tasks, bridge, theme)
        qtbot.addWidget(page)
        pages.append(page)
        page.resize(1100, 760)
        page.show()
        qtbot.waitExposed(page)
        qtbot.waitUntil(lambda: page.exact.is_known, timeout=10_000)
        return page

    yield open_
    for page in pages:
        page.stop()
        page.close()
    bridge.close()
    library.close()  # the tasks may wait for it
    tasks.finish()


@pytest.fixture
def page(open_page: Callable[[Path], DuplicatesPage], copies: Path) -> DuplicatesPage:
    return open_page(copies)


def asked(signal: object) -> list:
    """What the signal tells from now on."""
    told: list = []
    signal.connect(lambda *values: told.append(values if len(values) > 1 else values[0]))  # type: ignore[attr-defined]
    return told


def named(page: DuplicatesPage, name: str) -> int:
    """The place of the group that holds a file of this name."""
    return next(
        place
        for place, row in enumerate(page.section.rows)
        if any(photo.path.name == name for photo in row.copies.photos)
    )


class TestExact:
    def test_each_group_shows_its_photos_and_the_one_that_stays(self, page: DuplicatesPage) -> None:
        assert page.tabs.tabText(0) == "Exact copies (2)"
        row = page.exact.rows[named(page, "red.jpg")]
        assert len(row.cards) == 3
        assert [card.isChecked() for card in row.cards.values()] == [True, False, False]
        assert row.trash_button.text() == "Keep the best, move 2 to the trash"
        card = next(iter(row.cards.values()))
        name, folder, like = card.facts
        assert (name, folder) == (card.photo.path.name, str(card.photo.path.parent))
        assert like.startswith(f"640 {BY} 480")
        assert card.accessibleName().startswith(f"{name}, Keep")

    def test_its_pictures_come(self, page: DuplicatesPage, qtbot: QtBot) -> None:
        row = page.exact.rows[0]
        qtbot.waitUntil(lambda: all(page.exact._pictures.get(photo_id) is not None for photo_id in row.cards))

    def test_the_others_go_to_the_trash(self, page: DuplicatesPage, qtbot: QtBot) -> None:
        wanted = asked(page.trash_wanted)
        row = page.exact.rows[named(page, "red.jpg")]
        qtbot.mouseClick(row.trash_button, LEFT)
        assert wanted == [[photo.id for photo in row.copies.photos[1:]]]

    def test_another_one_can_stay(self, page: DuplicatesPage, qtbot: QtBot) -> None:
        wanted = asked(page.trash_wanted)
        row = page.exact.rows[named(page, "red.jpg")]
        best, second, third = row.cards
        qtbot.mouseClick(row.cards[second], LEFT)
        assert row.trash_button.text() == "Keep the chosen one, move 2 to the trash"
        qtbot.mouseClick(row.trash_button, LEFT)
        assert wanted == [[best, third]]
        row.cards[second].setFocus()
        qtbot.keyClick(row.cards[second], Qt.Key.Key_Left)
        assert row.cards[best].isChecked(), "the arrows move the choice"

    def test_they_are_compared_and_opened(self, page: DuplicatesPage, qtbot: QtBot) -> None:
        compared, opened = asked(page.compare_wanted), asked(page.opened)
        row = page.exact.rows[named(page, "blue.jpg")]
        ids = list(row.cards)
        qtbot.mouseClick(row.compare_button, LEFT)
        assert compared == [ids]
        qtbot.mouseDClick(row.cards[ids[1]], LEFT)
        qtbot.keyClick(row.cards[ids[0]], Qt.Key.Key_Return)
        assert opened == [(ids[1], tuple(ids)), (ids[0], tuple(ids))]

    def test_all_groups_at_once_after_asking(self, page: DuplicatesPage, qtbot: QtBot) -> None:
        wanted = asked(page.trash_wanted)
        assert page.all_button.text() == "Keep the best of all 2 groups…"
        qtbot.mouseClick(page.all_button, LEFT)
        box = page.findChild(QMessageBox)
        assert box is not None
        assert box.text().startswith("Move 3 photos (")
        qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), LEFT)
        assert wanted == []
        box = page.confirm_all()
        move = next(button for button in box.buttons() if button.text() == "Move 3 photos")
        qtbot.mouseClick(move, LEFT)
        assert len(wanted[0]) == 3

    def test_a_group_goes_when_its_copies_are_gone_and_the_focus_stays(
        self, page: DuplicatesPage, copies: Path, qtbot: QtBot
    ) -> None:
        place = named(page, "blue.jpg")
        page.activateWindow()
        page.exact.rows[place].trash_button.setFocus()
        (copies / "backup" / "blue.jpg").unlink()
        qtbot.waitUntil(lambda: len(page.exact.groups) == 1, timeout=20_000)
        assert page.tabs.tabText(0) == "Exact copies (1)"
        assert not page.all_button.isVisible(), "one group has its own button"
        assert page.focusWidget() is page.exact.rows[0].trash_button

    def test_none_are_a_page_of_their_own(
        self, open_page: Callable[[Path], DuplicatesPage], make_photo: PhotoMaker
    ) -> None:
        make_photo("one.jpg", "red circle")
        page = open_page(make_photo.folder)
        assert page.exact.empty.isVisible()
        assert page.exact.empty.title == "No exact copies"
        assert page.tabs.tabText(0) == "Exact copies (0)"


class TestNear:
    @pytest.fixture
    def alike(self, open_page: Callable[[Path], DuplicatesPage], copies: Path) -> DuplicatesPage:
        """And a smaller version of the one that is there once."""
        with Image.open(copies / "green.jpg") as whole:
            whole.resize((320, 240)).save(copies / "green small.jpg", quality=90)
        page = open_page(copies)
        page.tabs.setCurrentIndex(1)
        return page

    def test_they_are_searched_for_when_asked(self, alike: DuplicatesPage, qtbot: QtBot) -> None:
        assert alike.near.empty.title == "Find other versions of your photos"
        ended = asked(alike.job_ended)
        qtbot.mouseClick(alike.near.empty.button, LEFT)
        qtbot.waitUntil(lambda: bool(alike.near.rows), timeout=20_000)
        row = alike.near.rows[named(alike, "green.jpg")]
        best = next(photo for photo in row.copies.photos if photo.id == row.copies.best)
        assert best.path.name == "green.jpg"
        assert row.cards[best.id].accessibleName().endswith("Keep: most pixels")
        assert ended == ["Looking for other versions"]

    def test_it_shows_how_far_it_is_and_can_be_cancelled(
        self, alike: DuplicatesPage, library: Library, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
    ) -> None:
        """On so few photos a search is over at once: this one waits until it is cancelled."""
        waiting = threading.Event()

        def near(on_progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> list[DuplicateGroup]:
            on_progress(30, 120)
            while not cancelled():
                waiting.wait(0.01)
            return []

        monkeypatch.setattr(library.duplicates, "near", near)
        moved = asked(alike.job_moved)
        qtbot.mouseClick(alike.near.empty.button, LEFT)
        bar = alike.near.empty.bar
        qtbot.waitUntil(lambda: bar.isVisible() and bar.value() == bar.maximum() // 4)
        assert moved[-1][:3] == ("Looking for other versions", 30, 120)
        qtbot.mouseClick(alike.near.empty.other_button, LEFT)
        qtbot.waitUntil(lambda: not alike.near.is_searching)
        assert alike.near.empty.title == "Find other versions of your photos"

    def test_an_error_is_told_and_the_search_can_be_tried_again(
        self, alike: DuplicatesPage, library: Library, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
    ) -> None:
        error = RecollectError("The model is still being loaded.")

        def near(**_arguments: object) -> list[DuplicateGroup]:
            raise error

        monkeypatch.setattr(library.duplicates, "near", near)
        failed = asked(alike.failed)
        qtbot.mouseClick(alike.near.empty.button, LEFT)
        qtbot.waitUntil(lambda: failed == [error])
        assert alike.near.empty.button.text() == "Look for them"

    def test_photos_that_are_gone_leave_their_groups(self, alike: DuplicatesPage, copies: Path, qtbot: QtBot) -> None:
        qtbot.mouseClick(alike.near.empty.button, LEFT)
        qtbot.waitUntil(lambda: bool(alike.near.rows), timeout=20_000)
        named(alike, "green.jpg")
        (copies / "green small.jpg").unlink()
        names = [photo.path.name for each in alike.near.groups for photo in each.photos]
        assert "green small.jpg" in names
        qtbot.waitUntil(
            lambda: all(photo.path.name != "green.jpg" for each in alike.near.groups for photo in each.photos),
            timeout=20_000,
        )


class TestKeyboard:
    def test_escape_closes_the_page_from_anywhere_in_it(self, page: DuplicatesPage, qtbot: QtBot) -> None:
        closed: list[bool] = []
        page.closed.connect(lambda: closed.append(True))
        row = page.exact.rows[0]
        for widget in (page.back_button, row.trash_button, *row.cards.values()):
            widget.setFocus()
            qtbot.keyClick(widget, Qt.Key.Key_Escape)
        assert len(closed) == 2 + len(row.cards)

    def test_tab_reaches_every_group_and_everything_has_a_name(self, page: DuplicatesPage, qtbot: QtBot) -> None:
        page.activateWindow()
        page.back_button.setFocus()
        reached: set[QWidget] = set()
        for _ in range(30):
            qtbot.keyClick(page.focusWidget(), Qt.Key.Key_Tab)
            reached.add(page.focusWidget())
        for row in page.exact.rows:
            assert {row.compare_button, row.trash_button} <= reached
            assert any(card in reached for card in row.cards.values())
        shown = [each for each in page.findChildren(QWidget) if isinstance(each, QPushButton | CopyCard)]
        assert [each for each in shown if each.isVisible() and not (each.accessibleName() or each.text())] == []


class TestMany:
    def test_five_thousand_groups_are_pages(self, page: DuplicatesPage, qtbot: QtBot) -> None:
        groups = [_copies(number) for number in range(5_000)]
        started = perf_counter()
        page.exact._show_groups(groups)
        assert perf_counter() - started < 1.0
        assert len(page.exact.rows) == GROUPS
        assert page.tabs.tabText(0) == "Exact copies (5,000)"
        assert not page.exact.previous_button.isEnabled()
        qtbot.mouseClick(page.exact.next_button, LEFT)
        assert page.exact.rows[0].copies == groups[GROUPS]
        assert page.exact.previous_button.isEnabled()

    def test_a_large_group_is_unfolded_when_asked(self, page: DuplicatesPage, qtbot: QtBot) -> None:
        photos = tuple(_photo(number) for number in range(100, 130))
        page.exact._show_groups([Copies(photos, photos[0].id, "", photos[0].id)])
        row = page.exact.rows[0]
        assert len(row.cards) == 8
        assert row.more_button.text() == "Show 22 more"
        qtbot.mouseClick(row.more_button, LEFT)
        assert len(row.cards) == 30
        compared = asked(page.compare_wanted)
        qtbot.mouseClick(row.compare_button, LEFT)
        assert len(compared[0]) == 4


def test_the_choice_outlives_a_new_reading() -> None:
    before = [replace(each, keep=each.photos[1].id) for each in (_copies(1), _copies(2))]
    now = [_copies(2), _copies(3)]
    assert [each.keep for each in keeping(before, now)] == [now[0].photos[1].id, now[1].best]


def _copies(number: int) -> Copies:
    photos = (_photo(2 * number), _photo(2 * number + 1))
    return Copies(photos, photos[0].id, "", photos[0].id)


def _photo(number: int) -> Photo:
    path = Path("photos") / f"a file with a rather long name {number}.jpg"
    return Photo(PhotoId(number), path, 1, PhotoStatus.READY, 1_000, 1, "hash", None)
