"""Photos copied to a folder: the dialog, the work that goes on without it, its end at any moment."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from desktop.organise.export import ExportOrder

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.types import PhotoId
    from desktop.organise.export_dialog import ExportDialog
    from tests.desktop.opened_files import OpenedFiles
    from tests.desktop.organise_stage import Stage
    from tests.photo_maker import PhotoMaker

MANY = 40
RED, BLUE = "red circle.jpg", "blue square.jpg"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "for the printer"
    folder.mkdir()
    return folder


def open_dialog(stage: Stage, *names: str) -> ExportDialog:
    return stage.organiser.actions.ask_for_export(stage.named(*names))


def press(dialog: ExportDialog, qtbot: QtBot) -> None:
    qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)


class TestDialog:
    def test_originals_are_copied_as_they_are(
        self, stage: Stage, target: Path, photo_folder: Path, qtbot: QtBot
    ) -> None:
        dialog = open_dialog(stage, RED, BLUE)
        assert dialog.export_button.text() == "Export 2 photos"
        assert not dialog.export_button.isEnabled()
        chooser = dialog.choose_folder()
        chooser.fileSelected.emit(str(target))
        chooser.close()
        press(dialog, qtbot)
        qtbot.waitUntil(lambda: stage.toast_text == "2 photos exported to for the printer", timeout=20_000)
        assert {path.name for path in target.iterdir()} == {RED, BLUE}
        assert (target / RED).read_bytes() == (photo_folder / RED).read_bytes()

    def test_smaller_copies_have_the_edge_that_was_chosen(
        self, stage: Stage, target: Path, make_photo: PhotoMaker, qtbot: QtBot
    ) -> None:
        make_photo("large.png", "red circle", size=(1_500, 1_000))
        qtbot.waitUntil(lambda: stage.library.photo_count() == 7 and stage.library.is_up_to_date, timeout=20_000)
        dialog = open_dialog(stage, "large.png")
        dialog.folder_field.setText(str(target))
        dialog.smaller.setChecked(True)
        assert not dialog.edge_field.isVisible()
        dialog.edge_choice.setCurrentText("1024 pixels, for messages")
        assert dialog.edge_px == 1024
        dialog.edge_choice.setCurrentText("Another size")
        assert dialog.edge_field.isVisible()
        dialog.edge_field.setValue(300)
        press(dialog, qtbot)
        qtbot.waitUntil(lambda: "1 photo exported" in stage.toast_text, timeout=20_000)
        with Image.open(next(target.iterdir())) as image:
            assert (image.format, image.size) == ("JPEG", (300, 200))

    def test_it_remembers_what_was_chosen(self, stage: Stage, target: Path, qtbot: QtBot) -> None:
        dialog = open_dialog(stage, RED)
        dialog.folder_field.setText(str(target))
        dialog.smaller.setChecked(True)
        dialog.edge_choice.setCurrentIndex(dialog.edge_choice.count() - 1)
        dialog.edge_field.setValue(800)
        press(dialog, qtbot)
        qtbot.waitUntil(lambda: "exported" in stage.toast_text, timeout=20_000)
        again = open_dialog(stage, RED)
        assert (again.folder_field.text(), again.edge_px) == (str(target), 800)
        assert again.export_button.isEnabled()
        again.close()

    def test_a_folder_that_is_not_there_is_told_in_place(self, stage: Stage, target: Path, qtbot: QtBot) -> None:
        dialog = open_dialog(stage, RED)
        dialog.folder_field.setText(str(target / "nowhere"))
        press(dialog, qtbot)
        qtbot.waitUntil(dialog.message.isVisible)
        assert "There is no folder" in dialog.message.text()
        dialog.folder_field.setText(str(target))
        assert not dialog.message.isVisible()
        press(dialog, qtbot)
        qtbot.waitUntil(lambda: "exported" in stage.toast_text, timeout=20_000)

    def test_it_says_that_copies_in_a_watched_folder_come_back(
        self, stage: Stage, photo_folder: Path, target: Path, qtbot: QtBot
    ) -> None:
        dialog = open_dialog(stage, RED)
        dialog.folder_field.setText(str(photo_folder / "trip"))
        qtbot.waitUntil(lambda: "This folder is watched" in dialog.note.text())
        dialog.folder_field.setText(str(target))
        assert "watched" not in dialog.note.text()
        dialog.close()

    def test_escape_exports_nothing(self, stage: Stage, target: Path, qtbot: QtBot) -> None:
        dialog = open_dialog(stage, RED)
        dialog.folder_field.setText(str(target))
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        assert not stage.organiser.exporter.is_busy
        assert not stage.window.findChildren(QFileDialog)


class TestWork:
    @pytest.fixture
    def many(self, stage: Stage, make_photo: PhotoMaker, qtbot: QtBot) -> list[PhotoId]:
        """Copies that take a second or two."""
        for number in range(MANY - 6):
            make_photo(f"large/{number}.png", "red circle", size=(2_400 + number, 1_800))
        qtbot.waitUntil(lambda: stage.library.photo_count() == MANY and stage.library.is_up_to_date, timeout=60_000)
        return stage.library.all_photos()

    def test_it_shows_how_far_it_is_and_can_be_cancelled(
        self, stage: Stage, many: list[PhotoId], target: Path, qtbot: QtBot
    ) -> None:
        stage.organiser.exporter.start(ExportOrder(many, target, edge_px=1024))
        qtbot.waitUntil(lambda: stage.toast_text.startswith("Exporting "), timeout=20_000)
        assert stage.toast_text.endswith(f"of {MANY}")
        qtbot.waitUntil(lambda: not stage.toast_text.startswith("Exporting 0 "), timeout=20_000)
        qtbot.mouseClick(stage.organiser.toast.button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: stage.toast_text.startswith("Export stopped, "), timeout=20_000)
        written = list(target.iterdir())
        assert 0 < len(written) < MANY
        assert not [path for path in written if path.suffix != ".jpg"]

    def test_a_second_one_waits_for_the_first(self, stage: Stage, target: Path, qtbot: QtBot) -> None:
        ids = stage.library.all_photos()
        with qtbot.waitSignals([stage.organiser.exporter.finished] * 2, timeout=20_000):
            stage.organiser.exporter.start(ExportOrder(ids, target))
            stage.organiser.exporter.start(ExportOrder(ids[:2], target))
        assert len(list(target.iterdir())) == 8
        assert not stage.organiser.exporter.is_busy

    def test_the_folder_is_shown_when_it_is_done(
        self, stage: Stage, target: Path, opened_files: OpenedFiles, qtbot: QtBot
    ) -> None:
        stage.organiser.exporter.start(ExportOrder(stage.library.all_photos(), target))
        qtbot.waitUntil(lambda: "6 photos exported" in stage.toast_text, timeout=20_000)
        qtbot.mouseClick(stage.organiser.toast.button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: opened_files.paths == [target])

    def test_what_cannot_be_read_is_told_and_the_rest_is_written(
        self, stage: Stage, target: Path, photo_folder: Path, qtbot: QtBot
    ) -> None:
        ids = stage.named(RED, BLUE)
        stage.library.pause()
        (photo_folder / RED).write_bytes(b"no longer a photo")
        stage.organiser.exporter.start(ExportOrder(ids, target, edge_px=1024))
        qtbot.waitUntil(lambda: stage.toast_text == "1 photo exported to for the printer", timeout=20_000)
        [error] = stage.errors
        assert error.title == "1 photo could not be exported"
        assert error.message.startswith(RED)

    def test_a_folder_that_is_gone_is_an_error(self, stage: Stage, target: Path, qtbot: QtBot) -> None:
        target.rmdir()
        stage.organiser.exporter.start(ExportOrder(stage.named(RED), target))
        qtbot.waitUntil(lambda: len(stage.errors) == 1, timeout=20_000)
        assert not stage.organiser.exporter.is_busy
        assert stage.toast_text == ""

    def test_closing_the_window_ends_it_in_order(
        self, stage: Stage, many: list[PhotoId], target: Path, qtbot: QtBot
    ) -> None:
        stage.organiser.exporter.start(ExportOrder(many, target, edge_px=1024))
        qtbot.waitUntil(lambda: any(target.iterdir()), timeout=20_000)
        stage.close()
        assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("recollect-")]
        assert not [path for path in target.iterdir() if path.suffix != ".jpg"]
