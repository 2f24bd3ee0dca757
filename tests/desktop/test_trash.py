"""The system's trash, for real: files go there and come back, and the library goes along."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from core.errors import MachineError
from desktop.organise.trash import ASK_ABOVE, Trashed, move_to_trash, record_of, take_back

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.desktop.organise_stage import Stage
    from tests.photo_maker import PhotoMaker

RED = "red circle.jpg"


@pytest.fixture(autouse=True)
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home trash of this test. Its parent directory is not there yet, as on a new account."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "Trash"


def in_trash(trash: Path) -> set[str]:
    return {path.name for path in (trash / "files").iterdir()} if trash.exists() else set()


class TestFiles:
    def test_a_file_goes_to_the_trash_of_the_system(self, trash: Path, photo_folder: Path) -> None:
        moved = move_to_trash(photo_folder / RED)
        assert moved == Trashed(photo_folder / RED, trash / "files" / RED)
        assert not (photo_folder / RED).exists()
        assert (trash / "info" / f"{RED}.trashinfo").exists()

    def test_it_comes_back_as_it_was_and_the_trash_forgets_it(self, trash: Path, photo_folder: Path) -> None:
        path = photo_folder / RED
        os.utime(path, ns=(10**18, 10**18))
        before, content = path.stat(), path.read_bytes()
        assert take_back(move_to_trash(path)) == path
        assert path.read_bytes() == content
        assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
        assert not list(trash.rglob("*.*"))

    def test_a_new_file_in_its_place_is_not_written_over(self, photo_folder: Path) -> None:
        path = photo_folder / RED
        content, moved = path.read_bytes(), move_to_trash(path)
        path.write_text("something else")
        path.with_name("red circle (2).jpg").write_text("and this")
        assert take_back(moved) == photo_folder / "red circle (3).jpg"
        assert path.read_text() == "something else"
        assert (photo_folder / "red circle (3).jpg").read_bytes() == content

    def test_two_files_of_one_name_both_come_back(self, photo_folder: Path, make_photo: PhotoMaker) -> None:
        other = make_photo(f"trip/{RED}", "blue circle")
        contents = [(photo_folder / RED).read_bytes(), other.read_bytes()]
        moved = [move_to_trash(photo_folder / RED), move_to_trash(other)]
        assert [take_back(each).read_bytes() for each in moved] == contents

    def test_a_folder_that_is_gone_is_made_again(self, photo_folder: Path) -> None:
        moved = move_to_trash(photo_folder / "trip" / "yellow circle.jpg")
        shutil.rmtree(photo_folder / "trip")
        assert take_back(moved).exists()

    def test_what_is_not_there_cannot_be_moved(self, photo_folder: Path) -> None:
        with pytest.raises(MachineError, match="not there"):
            move_to_trash(photo_folder / "nothing.jpg")

    def test_without_a_trash_the_file_stays(self, trash: Path, photo_folder: Path) -> None:
        trash.parent.write_text("a file where the directory should be")
        with pytest.raises(MachineError, match="no trash"):
            move_to_trash(photo_folder / RED)
        assert (photo_folder / RED).exists()

    def test_an_emptied_trash_gives_nothing_back(self, trash: Path, photo_folder: Path) -> None:
        moved = move_to_trash(photo_folder / RED)
        shutil.rmtree(trash)
        with pytest.raises(MachineError, match="no longer in the trash"):
            take_back(moved)
        assert not (photo_folder / RED).exists()

    def test_a_place_that_cannot_be_written_leaves_it_in_the_trash(self, trash: Path, photo_folder: Path) -> None:
        moved = move_to_trash(photo_folder / "trip" / "yellow circle.jpg")
        shutil.rmtree(photo_folder / "trip")
        (photo_folder / "trip").write_text("a file where the folder was")
        with pytest.raises(MachineError, match="cannot be put back"):
            take_back(moved)
        assert in_trash(trash) == {"yellow circle.jpg"}

    @pytest.mark.parametrize(
        ("kept", "record"),
        [
            ("/home/a/.local/share/Trash/files/x.jpg", "/home/a/.local/share/Trash/info/x.jpg.trashinfo"),
            ("/drive/.Trash-1000/files/x.jpg", "/drive/.Trash-1000/info/x.jpg.trashinfo"),
            ("/drive/.Trash/1000/files/x.jpg", "/drive/.Trash/1000/info/x.jpg.trashinfo"),
            ("/c/$Recycle.Bin/S-1/$RABC12.jpg", "/c/$Recycle.Bin/S-1/$IABC12.jpg"),
            ("/Users/a/.Trash/x.jpg", None),
        ],
    )
    def test_every_system_keeps_its_record_elsewhere(self, kept: str, record: str | None) -> None:
        assert record_of(Path(kept)) == (Path(record) if record else None)


class TestPhotos:
    def test_photos_go_at_once_and_undo_brings_them_back_with_all_that_belongs_to_them(
        self, stage: Stage, trash: Path, photo_folder: Path, qtbot: QtBot
    ) -> None:
        library, chosen = stage.library, stage.named(RED, "blue square.jpg")
        album = library.albums.create("Shapes", chosen)
        library.set_favorite(chosen[:1], True)
        stage.organiser.actions.trash(chosen)
        qtbot.waitUntil(lambda: stage.toast_text == "2 photos moved to the trash", timeout=20_000)
        assert in_trash(trash) == {RED, "blue square.jpg"}
        qtbot.waitUntil(lambda: library.photo_count() == 4, timeout=20_000)
        assert library.albums.photo_ids(album.id) == []
        qtbot.mouseClick(stage.organiser.toast.button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: stage.toast_text == "2 photos are back", timeout=20_000)
        qtbot.waitUntil(lambda: library.photo_count() == 6, timeout=20_000)
        assert library.albums.photo_ids(album.id) == chosen
        assert [photo.favorite for photo in library.photos(chosen)] == [True, False]
        assert in_trash(trash) == set()
        assert len(list(photo_folder.rglob("*.*"))) == 6
        assert stage.errors == []

    def test_they_can_be_moved_back_and_forth(self, stage: Stage, trash: Path, qtbot: QtBot) -> None:
        undo, chosen = stage.organiser.undo, stage.named(RED)
        stage.organiser.actions.trash(chosen)
        for step, text, count in (
            (None, "1 photo moved to the trash", 5),
            (undo.undo, "1 photo is back", 6),
            (undo.redo, "1 photo moved to the trash", 5),
            (undo.undo, "1 photo is back", 6),
        ):
            if step is not None:
                step()
            qtbot.waitUntil(lambda text=text: stage.toast_text == text, timeout=20_000)
            qtbot.waitUntil(lambda count=count: stage.library.photo_count() == count, timeout=20_000)
        assert stage.named(RED) == chosen

    def test_the_window_is_told_which_photos_are_gone(self, stage: Stage, qtbot: QtBot) -> None:
        chosen = stage.named(RED)
        with qtbot.waitSignal(stage.bridge.photos_changed, timeout=20_000) as changed:
            stage.organiser.actions.trash(chosen)
        assert set(chosen) <= set(changed.args[0])

    def test_what_fails_is_told_and_the_rest_is_moved(
        self, stage: Stage, trash: Path, photo_folder: Path, qtbot: QtBot
    ) -> None:
        chosen = stage.named(RED, "blue square.jpg", "yellow circle.jpg")
        stage.library.pause()
        (photo_folder / RED).unlink()
        stage.organiser.actions.trash(chosen)
        qtbot.waitUntil(lambda: stage.toast_text == "2 of 3 photos moved to the trash", timeout=20_000)
        [error] = stage.errors
        assert error.title == "1 photo could not be moved to the trash"
        assert str(error).startswith("red circle.jpg: It is not there now.")
        assert in_trash(trash) == {"blue square.jpg", "yellow circle.jpg"}

    def test_a_key_that_is_pressed_twice_is_no_error(self, stage: Stage, trash: Path, qtbot: QtBot) -> None:
        chosen = stage.named(RED)
        stage.organiser.actions.trash(chosen)
        stage.organiser.actions.trash(chosen)
        qtbot.waitUntil(lambda: bool(stage.toast_text) and not stage.organiser.undo.is_busy, timeout=20_000)
        assert stage.errors == []
        assert in_trash(trash) == {RED}
        stage.organiser.undo.undo()
        qtbot.waitUntil(lambda: stage.toast_text == "1 photo is back", timeout=20_000)

    def test_without_a_trash_nothing_is_touched(
        self, stage: Stage, trash: Path, photo_folder: Path, qtbot: QtBot
    ) -> None:
        trash.parent.write_text("a file where the directory should be")
        stage.organiser.actions.trash(stage.named(RED, "blue square.jpg"))
        qtbot.waitUntil(lambda: len(stage.errors) == 1, timeout=20_000)
        assert "There is no trash on its drive" in str(stage.errors[0])
        assert stage.toast_text == ""
        assert not stage.organiser.undo.undo_action.isEnabled()
        assert len(list(photo_folder.rglob("*.*"))) == 6

    def test_undo_after_the_trash_was_emptied_says_so(self, stage: Stage, trash: Path, qtbot: QtBot) -> None:
        stage.organiser.actions.trash(stage.named(RED))
        qtbot.waitUntil(lambda: bool(stage.toast_text), timeout=20_000)
        shutil.rmtree(trash)
        stage.organiser.undo.undo()
        qtbot.waitUntil(lambda: len(stage.errors) == 1, timeout=20_000)
        assert "no longer in the trash" in str(stage.errors[0])


class TestAsking:
    @pytest.fixture
    def many(self, stage: Stage, make_photo: PhotoMaker, qtbot: QtBot) -> Callable[[], int]:
        for number in range(ASK_ABOVE):
            make_photo(f"many/{number}.png", "red circle", size=(40 + number, 40))
        qtbot.waitUntil(lambda: stage.library.photo_count() == 6 + ASK_ABOVE, timeout=60_000)
        return stage.library.photo_count

    def test_many_are_moved_after_a_question_and_the_toast_counts(
        self,
        stage: Stage,
        many: Callable[[], int],
        trash: Path,
        qtbot: QtBot,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("desktop.organise.undo.TELL_EVERY_S", 0)
        told: list[str] = []
        stage.organiser.undo.progressed.connect(lambda *_: told.append(stage.toast_text))
        box = stage.organiser.actions.trash(stage.library.all_photos())
        assert box is not None
        assert box.text() == "Move 26 photos to the trash?"
        move = next(button for button in box.buttons() if button.text() == "Move 26 photos")
        qtbot.mouseClick(move, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: stage.toast_text == "26 photos moved to the trash", timeout=30_000)
        assert "Move 26 photos to the trash: 7 of 26" in told
        qtbot.waitUntil(lambda: many() == 0, timeout=20_000)
        assert len(in_trash(trash)) == 26

    def test_it_can_be_called_off(self, stage: Stage, many: Callable[[], int], trash: Path, qtbot: QtBot) -> None:
        box = stage.organiser.actions.trash(stage.library.all_photos())
        assert box is not None
        qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)
        assert many() == 26
        assert in_trash(trash) == set()
