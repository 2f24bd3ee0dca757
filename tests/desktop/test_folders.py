"""From the first start to a watched folder: adding, watching, removing, going offline."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtWidgets import QFileDialog, QMessageBox

from core.types import Folder
from desktop.dialogs.folders import describe
from tests.desktop.test_search import LocalUrl, drop

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.app import Session
    from tests.photo_maker import PhotoMaker

Open = Callable[..., "Session"]


def shows(session: Session, count: int) -> Callable[[], bool]:
    return lambda: len(session.window.gallery.listing.ids) == count


def test_the_first_start_asks_for_a_folder_and_the_photos_appear(
    open_window: Open, photo_folder: Path, qtbot: QtBot
) -> None:
    session = open_window()
    empty = session.window.gallery.empty_state
    qtbot.waitUntil(lambda: empty.title == "Choose a folder of photos")
    assert empty.isVisible()
    qtbot.mouseClick(empty.button, Qt.MouseButton.LeftButton)
    dialog = session.window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(photo_folder))
    dialog.close()
    qtbot.waitUntil(shows(session, 6), timeout=20_000)
    assert not empty.isVisible()


def test_the_folder_of_the_command_line_is_added_once(open_window: Open, photo_folder: Path, qtbot: QtBot) -> None:
    session = open_window(photo_folder)
    qtbot.waitUntil(shows(session, 6), timeout=20_000)
    assert [folder.path for folder in session.library.folders()] == [photo_folder]


def test_a_folder_without_photos_says_so(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "letter.txt").write_text("no photo")
    session = open_window(tmp_path / "empty")
    empty = session.window.gallery.empty_state
    qtbot.waitUntil(lambda: empty.title == "There are no photos in your folders", timeout=20_000)


def test_a_dropped_folder_is_watched(open_window: Open, photo_folder: Path, qtbot: QtBot, local_url: LocalUrl) -> None:
    session = open_window()
    data = QMimeData()
    data.setUrls([local_url(photo_folder)])
    drop(session.window, data)
    qtbot.waitUntil(shows(session, 6), timeout=20_000)


def test_a_folder_that_is_none_is_told_in_the_banner(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    session = open_window()
    session.window.add_folder(tmp_path / "nowhere")
    qtbot.waitUntil(session.window.notice_bar.isVisible)
    assert "This folder cannot be added" in session.window.notice_bar.text
    qtbot.mouseClick(session.window.notice_bar.close_button, Qt.MouseButton.LeftButton)
    assert not session.window.notice_bar.isVisible()


def test_a_folder_is_added_while_another_is_indexed(
    open_window: Open, photo_folder: Path, make_photo: PhotoMaker, tmp_path: Path, qtbot: QtBot
) -> None:
    for number in range(24):
        make_photo(f"many/{number}.jpg", "red circle" if number % 2 else "blue square", size=(400 + number, 300))
    other = tmp_path / "other photos"
    other.mkdir()
    shutil.copy(photo_folder / "red circle.jpg", other / "copy.jpg")
    session = open_window(photo_folder)
    qtbot.waitUntil(lambda: session.library.photo_count() > 0, timeout=20_000)
    session.window.add_folder(other)
    qtbot.waitUntil(shows(session, 31), timeout=60_000)


class TestWatching:
    def test_a_new_photo_appears_by_itself(self, session: Session, make_photo: PhotoMaker, qtbot: QtBot) -> None:
        make_photo("just taken.jpg", "purple circle")
        qtbot.waitUntil(shows(session, 7), timeout=20_000)

    def test_it_appears_in_the_results_of_a_search_that_is_open(
        self, session: Session, make_photo: PhotoMaker, qtbot: QtBot
    ) -> None:
        session.window.search_bar.search_for("name:circle")
        qtbot.waitUntil(shows(session, 2))
        make_photo("another circle.jpg", "purple circle")
        qtbot.waitUntil(shows(session, 3), timeout=20_000)

    def test_a_deleted_photo_goes(self, session: Session, photo_folder: Path, qtbot: QtBot) -> None:
        (photo_folder / "red circle.jpg").unlink()
        qtbot.waitUntil(shows(session, 5), timeout=20_000)


class TestDialog:
    def test_it_lists_folders_with_their_counts_and_removes_one_after_asking(
        self, session: Session, qtbot: QtBot, photo_folder: Path
    ) -> None:
        menu = session.window.header.menu
        next(action for action in menu.actions() if action.text() == "Folders…").trigger()
        dialog = session.window.dialogs.folders
        qtbot.waitUntil(lambda: len(dialog.list.cards) == 1)
        assert dialog.list.cards[0].lines == (str(photo_folder), "6 photos")
        box = dialog.confirm_removal(session.library.folders()[0])
        assert "stay on the disk" in box.informativeText()
        remove = next(button for button in box.buttons() if button.text() == "Remove")
        qtbot.mouseClick(remove, Qt.MouseButton.LeftButton)
        empty = session.window.gallery.empty_state
        qtbot.waitUntil(lambda: not dialog.list.cards and empty.title == "Choose a folder of photos", timeout=10_000)
        assert len(list(photo_folder.rglob("*.*"))) == 6

    def test_it_leads_to_what_is_left_out(self, session: Session, qtbot: QtBot) -> None:
        dialog = session.window.dialogs.folders
        dialog.show()
        with qtbot.waitSignal(dialog.patterns_wanted):
            qtbot.mouseClick(dialog.patterns_button, Qt.MouseButton.LeftButton)

    def test_the_removal_can_be_called_off(self, session: Session, qtbot: QtBot) -> None:
        dialog = session.window.dialogs.folders
        box = dialog.confirm_removal(session.library.folders()[0])
        qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)
        assert len(session.library.folders()) == 1


def test_the_state_of_a_folder_is_told_in_words() -> None:
    path = Path("photos")
    assert describe(Folder(1, path, online=True, polled=False, photos=1)) == "1 photo"
    offline = describe(Folder(1, path, online=False, polled=False, photos=1_200, queued=200, failed=3))
    assert offline.startswith("Not connected")
    assert "1,200 photos · 200 to be indexed · 3 cannot be read" in offline
    assert "reports no changes" in describe(Folder(1, path, online=True, polled=True))


def test_only_local_folders_are_taken() -> None:
    from desktop.search.field import folders_in, picture_in

    data = QMimeData()
    data.setUrls([QUrl("https://example.org/photo.jpg")])
    assert folders_in(data) == []
    assert picture_in(data) is None
