"""The settings, by mouse and by keyboard: in force at once, kept in the file, errors at the field that they concern."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QSlider,
    QWidget,
)

from core.models.projection import write_projection
from core.settings import load_settings
from core.types import Activity, Progress, Relocation
from desktop.bridge import Bridge
from desktop.dialogs.models import learning
from desktop.dialogs.settings import Section, SettingsDialog
from desktop.dialogs.settings_library import outcome
from desktop.tasks import Tasks

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from desktop.theme import Theme
    from tests.desktop.opened_files import OpenedFiles

CONTROLS = (QAbstractSpinBox, QComboBox, QPlainTextEdit, QPushButton, QRadioButton, QSlider)


@pytest.fixture
def dialog(library: Library, theme: Theme, qtbot: QtBot) -> Iterator[SettingsDialog]:
    tasks, bridge, parent = Tasks(), Bridge(library), QWidget()
    qtbot.addWidget(parent)
    dialog = SettingsDialog(library, tasks, bridge, theme, parent)
    dialog.show()
    qtbot.waitExposed(dialog)
    yield dialog
    dialog.close()
    bridge.close()
    tasks.finish()


@pytest.fixture
def saved(library: Library) -> Callable[[str], object]:
    """What settings.toml says."""
    return lambda key: getattr(load_settings(library.paths.settings), key)


def press(qtbot: QtBot, widget: QWidget, key: Qt.Key, times: int = 1) -> None:
    for _ in range(times):
        qtbot.keyClick(widget, key)


class TestChanges:
    def test_the_theme_is_worn_at_once_and_kept(
        self, dialog: SettingsDialog, theme: Theme, saved: Callable, qtbot: QtBot
    ) -> None:
        dialog.open_at(Section.APPEARANCE)
        try:
            press(qtbot, dialog.appearance.theme, Qt.Key.Key_Down)
            press(qtbot, dialog.appearance.theme, Qt.Key.Key_Down)
            assert theme.choice == "dark"
            qtbot.waitUntil(lambda: saved("theme") == "dark")
        finally:
            theme.choose("light")

    def test_the_speed_is_chosen_by_mouse(self, dialog: SettingsDialog, saved: Callable, qtbot: QtBot) -> None:
        dialog.open_at(Section.INDEXING)
        qtbot.mouseClick(dialog.indexing.speed.buttons["gentle"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: saved("speed") == "gentle")

    def test_what_ranks_photos_is_chosen_by_keys(self, dialog: SettingsDialog, saved: Callable, qtbot: QtBot) -> None:
        dialog.open_at(Section.SEARCH)
        assert dialog.search.ranking.currentText() == "Both together"
        press(qtbot, dialog.search.ranking, Qt.Key.Key_Down, 2)
        qtbot.waitUntil(lambda: saved("ranking") == "tags")

    def test_what_makes_photos_alike_is_a_projection_of_the_model_that_answers(
        self, dialog: SettingsDialog, library: Library, saved: Callable, qtbot: QtBot
    ) -> None:
        encoder = library.answering_encoder()
        eye = np.eye(encoder.dim, dtype=np.float32)
        tensors = {"inner.weight": eye, "outer.weight": 0 * eye, "inner.bias": eye[0], "outer.bias": 0 * eye[0]}
        write_projection(library.paths.runs / "mine" / "projection", tensors, encoder_key=encoder.key, classes=("a",))
        dialog.open_at(Section.SEARCH)
        dialog.search.refresh()
        qtbot.waitUntil(lambda: dialog.search.projection.count() == 2)
        assert dialog.search.projection.currentText() == "What the model sees"
        press(qtbot, dialog.search.projection, Qt.Key.Key_Down, 1)
        qtbot.waitUntil(lambda: saved("projection") == "mine")
        shutil.rmtree(library.paths.runs / "mine")
        dialog.search.refresh()
        qtbot.waitUntil(lambda: dialog.search.projection.currentText() == "Mine: deleted")

    def test_the_strictness_is_moved_by_keys_and_told(
        self, dialog: SettingsDialog, library: Library, saved: Callable, qtbot: QtBot
    ) -> None:
        told: list[float] = []
        dialog.strictness_changed.connect(told.append)
        before = library.settings.strictness
        press(qtbot, dialog.search.slider, Qt.Key.Key_Right, times=3)
        qtbot.waitUntil(lambda: saved("strictness") == pytest.approx(before - 0.15))
        assert told[-1] == pytest.approx(before - 0.15)

    def test_a_number_is_taken_when_it_was_typed(self, dialog: SettingsDialog, saved: Callable, qtbot: QtBot) -> None:
        dialog.open_at(Section.APPEARANCE)
        box = dialog.appearance.cache
        box.setFocus()
        box.selectAll()
        qtbot.keyClicks(box, "2048")
        press(qtbot, box, Qt.Key.Key_Tab)
        qtbot.waitUntil(lambda: saved("thumbnail_cache_mb") == 2048)

    def test_intervals_are_kept_in_seconds(self, dialog: SettingsDialog, saved: Callable, qtbot: QtBot) -> None:
        dialog.open_at(Section.INDEXING)
        press(qtbot, dialog.indexing.rescan, Qt.Key.Key_Up)
        press(qtbot, dialog.indexing.poll, Qt.Key.Key_Up)
        qtbot.waitUntil(lambda: saved("rescan_interval_s") == 65 * 60)
        qtbot.waitUntil(lambda: saved("poll_interval_s") == 70)

    def test_of_many_quick_changes_the_last_one_stays(
        self, dialog: SettingsDialog, library: Library, saved: Callable, qtbot: QtBot
    ) -> None:
        press(qtbot, dialog.search.slider, Qt.Key.Key_Left, times=6)
        press(qtbot, dialog.search.slider, Qt.Key.Key_Right, times=11)
        expected = pytest.approx(1 - dialog.search.slider.value() / 20)
        qtbot.waitUntil(lambda: saved("strictness") == expected)
        qtbot.waitUntil(lambda: library.settings.strictness == expected)

    def test_what_waits_for_the_next_start_says_so(self, dialog: SettingsDialog, saved: Callable, qtbot: QtBot) -> None:
        dialog.open_at(Section.APPEARANCE)
        press(qtbot, dialog.appearance.edge, Qt.Key.Key_Down)
        qtbot.waitUntil(lambda: saved("thumbnail_edge_px") == 384)
        assert "next time" in dialog.appearance.edge.accessibleDescription()
        assert "next time" in dialog.search.device.accessibleDescription()

    def test_an_error_stands_at_its_field_until_the_next_change(
        self, dialog: SettingsDialog, library: Library, qtbot: QtBot
    ) -> None:
        """Somebody has edited the file at the same time, and made a mistake."""
        library.paths.settings.write_text("speed = 'warp'\n", encoding="utf-8")
        dialog.open_at(Section.INDEXING)
        field = dialog.indexing.speed_field
        qtbot.mouseClick(dialog.indexing.speed.buttons["full"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: "'speed' in settings.toml is not valid" in field.error)
        library.paths.settings.unlink()
        qtbot.mouseClick(dialog.indexing.speed.buttons["gentle"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not field.error)


class TestPatterns:
    def test_a_wrong_line_is_told_while_it_is_typed(self, dialog: SettingsDialog, qtbot: QtBot) -> None:
        dialog.open_at(Section.INDEXING)
        patterns = dialog.indexing.patterns
        qtbot.keyClicks(patterns.text, "*.tmp")
        assert patterns.apply_button.isEnabled()
        press(qtbot, patterns.text, Qt.Key.Key_Return)
        qtbot.keyClicks(patterns.text, "!")
        assert patterns.field.error.startswith("Line 2: “!” is not a pattern.")
        assert not patterns.apply_button.isEnabled()
        qtbot.keyClicks(patterns.text, "keep.tmp")
        assert not patterns.field.error
        assert patterns.apply_button.isEnabled()

    def test_they_are_taken_over_with_a_key(self, dialog: SettingsDialog, saved: Callable, qtbot: QtBot) -> None:
        dialog.open_at(Section.INDEXING)
        patterns = dialog.indexing.patterns
        patterns.text.setPlainText("*.tmp\n\nScreenshots/\n")
        patterns.text.setFocus()
        qtbot.keyClick(patterns.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: saved("ignore") == ("*.tmp", "Screenshots/"))
        assert not patterns.apply_button.isEnabled()

    def test_what_was_typed_can_be_dropped(self, dialog: SettingsDialog, qtbot: QtBot) -> None:
        dialog.open_at(Section.INDEXING)
        patterns = dialog.indexing.patterns
        qtbot.keyClicks(patterns.text, "*.tmp")
        qtbot.mouseClick(patterns.reset_button, Qt.MouseButton.LeftButton)
        assert not patterns.patterns
        assert not patterns.reset_button.isEnabled()


class TestFacts:
    def test_the_model_that_answers_is_told(self, dialog: SettingsDialog, qtbot: QtBot) -> None:
        qtbot.waitUntil(lambda: "answers now" in text_of(dialog.search.model_field))
        assert "licence" in text_of(dialog.search.model_field)
        wanted: list[bool] = []
        dialog.models_wanted.connect(lambda: wanted.append(True))
        qtbot.mouseClick(dialog.search.models_button, Qt.MouseButton.LeftButton)
        assert wanted == [True]

    def test_how_far_a_chosen_model_is(self) -> None:
        assert "40%" in learning(Progress(Activity.REEMBEDDING, done=40, total=100))
        assert "goes on" in learning(Progress(Activity.PAUSED))
        assert learning(Progress(Activity.IDLE)).startswith("Chosen")

    def test_devices_that_are_not_there_cannot_be_chosen(
        self, dialog: SettingsDialog, library: Library, qtbot: QtBot
    ) -> None:
        box = dialog.search.device
        there = library.models.devices()
        items = box.model()
        assert isinstance(items, QStandardItemModel)
        missing = [row for row in range(1, box.count()) if box.itemData(row) not in there]
        assert missing, "no computer has both an NVIDIA and an Apple graphics card"
        qtbot.waitUntil(lambda: not any(items.item(row).isEnabled() for row in missing))
        assert all("not on this computer" in box.itemText(row) for row in missing)
        assert items.item(box.findData("cpu")).isEnabled()

    def test_the_library_tells_its_place_and_size(
        self, dialog: SettingsDialog, library: Library, opened_files: OpenedFiles, qtbot: QtBot
    ) -> None:
        dialog.open_at(Section.LIBRARY)
        assert dialog.library.place.text() == str(library.paths.home)
        qtbot.waitUntil(lambda: "in all" in dialog.library.use.text)
        qtbot.mouseClick(dialog.library.show_button, Qt.MouseButton.LeftButton)
        assert opened_files.paths == [library.paths.home]

    def test_about_tells_version_privacy_and_licences(self, dialog: SettingsDialog, qtbot: QtBot) -> None:
        dialog.open_at(Section.ABOUT)
        qtbot.waitUntil(lambda: "Licence" in dialog.about.model.text)
        text = text_of(dialog.about)
        assert "Recollect 0." in text
        assert "Everything happens on this computer" in text
        assert "Phosphor (MIT)" in text

    def test_what_was_changed_elsewhere_is_shown(self, dialog: SettingsDialog, library: Library, qtbot: QtBot) -> None:
        library.change_settings(strictness=0.8, speed="gentle", thumbnail_edge_px=300)
        dialog.open_at(Section.INDEXING)
        assert dialog.indexing.speed.buttons["gentle"].isChecked()
        dialog.open_at(Section.SEARCH)
        assert dialog.search.slider.value() == 4
        dialog.open_at(Section.APPEARANCE)
        assert dialog.appearance.edge.currentText() == "300 px"


class TestMove:
    def test_the_library_is_copied_to_another_folder(
        self, dialog: SettingsDialog, library: Library, tmp_path: Path, qtbot: QtBot
    ) -> None:
        jobs: list[tuple] = []
        dialog.job_moved.connect(lambda *job: jobs.append(job))
        dialog.open_at(Section.LIBRARY)
        qtbot.mouseClick(dialog.library.move_button, Qt.MouseButton.LeftButton)
        chooser = dialog.findChild(QFileDialog)
        assert chooser is not None
        new = tmp_path / "another disk" / "library"
        with qtbot.waitSignal(dialog.job_ended, timeout=20_000):
            chooser.fileSelected.emit(str(new))
            chooser.close()
        assert (new / "library.db").is_file()
        text = dialog.library.outcome.text
        assert f"copied to {new}" in text
        assert f"stays in {library.paths.home}" in text
        assert "--home" in text, "the tests name their library, so that a plain start would not find the new one"
        assert not dialog.library.move_button.isEnabled()
        assert jobs[0][0] == "Moving the library"

    def test_a_folder_that_will_not_do_is_told_at_the_field(
        self, dialog: SettingsDialog, tmp_path: Path, qtbot: QtBot
    ) -> None:
        full = tmp_path / "not empty"
        full.mkdir()
        (full / "letter.txt").write_text("no library")
        dialog.open_at(Section.LIBRARY)
        chooser = dialog.library.choose_folder()
        chooser.fileSelected.emit(str(full))
        chooser.close()
        qtbot.waitUntil(lambda: "is not empty. Make a new folder" in dialog.library.place_field.error)
        assert dialog.library.move_button.isEnabled()
        assert not dialog.library.progress.isVisible()

    def test_it_shows_how_far_it_is_and_can_be_cancelled(
        self, dialog: SettingsDialog, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
    ) -> None:
        """So small a library is copied at once: this copy waits until it is cancelled."""
        waiting = threading.Event()

        def move_to(folder: Path, on_progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> Relocation:
            on_progress(3_000_000_000, 12_000_000_000)
            while not cancelled():
                waiting.wait(0.01)
            return Relocation(library.paths.home, folder, 0, followed=False, cancelled=True)

        monkeypatch.setattr(library, "move_to", move_to)
        dialog.open_at(Section.LIBRARY)
        chooser = dialog.library.choose_folder()
        chooser.fileSelected.emit(str(tmp_path / "new"))
        chooser.close()
        qtbot.waitUntil(lambda: "3.0 GB of 12.0 GB" in text_of(dialog.library.progress))
        assert dialog.library.progress.isVisible()
        qtbot.mouseClick(dialog.library.cancel_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not dialog.library.progress.isVisible())
        assert dialog.library.move_button.isEnabled()
        assert not dialog.library.outcome.isVisible()

    def test_what_is_left_to_do(self) -> None:
        told = outcome(Relocation(Path("old"), Path("new"), 1, followed=True))
        assert "from the next start on" in told
        assert "--home" not in told


class TestKeyboard:
    def test_sections_are_turned_by_keys(self, dialog: SettingsDialog, qtbot: QtBot) -> None:
        dialog.sections.setFocus()
        press(qtbot, dialog.sections, Qt.Key.Key_Down)
        assert dialog.indexing.isVisible()
        qtbot.keyClick(dialog, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
        assert dialog.search.isVisible()
        qtbot.keyClick(dialog, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
        assert dialog.about.isVisible()
        press(qtbot, dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()

    @pytest.mark.parametrize("section", list(Section), ids=lambda section: section.name.lower())
    def test_every_control_is_reached_by_tab_and_has_a_name(
        self, dialog: SettingsDialog, section: Section, qtbot: QtBot
    ) -> None:
        dialog.open_at(section)
        controls = {each for each in dialog.findChildren(QWidget) if isinstance(each, CONTROLS) and each.isVisible()}
        controls = {each for each in controls if each.isEnabled()}
        assert [each for each in controls if not (each.accessibleName() or getattr(each, "text", str)())] == []
        dialog.sections.setFocus()
        reached: set[QWidget] = set()
        for _ in range(40):
            qtbot.keyClick(dialog.focusWidget() or dialog, Qt.Key.Key_Tab)
            reached.add(dialog.focusWidget())
        # Of radio buttons Tab reaches the one that is chosen; arrows lead on.
        assert {each for each in controls - reached if not isinstance(each, QRadioButton)} == set()

    def test_labels_lead_to_their_controls(self, dialog: SettingsDialog) -> None:
        for field in (dialog.search.device_field, dialog.appearance.cache_field, dialog.indexing.patterns.field):
            label = next(label for label in field.findChildren(QLabel) if label.buddy() is not None)
            assert label.buddy() is field.control
            assert "&" in label.text()
            assert field.control.accessibleName() == label.text().replace("&", "")


def text_of(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel))
