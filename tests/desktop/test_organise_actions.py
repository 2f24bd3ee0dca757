"""The one list of what can be done with photos: its words, for how many, and what each entry does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QAction, QGuiApplication

from core.query import parse
from desktop.organise.action_table import ACTS, Act

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu, QWidget
    from pytestqt.qtbot import QtBot

    from core.types import PhotoId
    from tests.desktop.opened_files import OpenedFiles
    from tests.desktop.organise_stage import Stage

RED, BLUE, GREEN = "red circle.jpg", "blue square.jpg", "green triangle.png"


def entry(menu: QMenu, text: str) -> QAction:
    return next(action for action in menu.actions() if action.text() == text)


def enabled(menu: QMenu) -> set[str]:
    return {action.text() for action in menu.actions() if action.isEnabled() and action.text()}


def trigger(stage: Stage, ids: Sequence[PhotoId], text: str) -> None:
    menu = stage.organiser.actions.show(ids, QPoint(0, 0))
    entry(menu, text).trigger()
    menu.close()


class TestMenu:
    def test_for_one_photo(self, stage: Stage) -> None:
        menu = stage.organiser.actions.menu(stage.named(RED))
        assert enabled(menu) == {
            "Open",
            "Open with another program",
            "Show in folder",
            "Find similar",
            "Favourite",
            "Add to album",
            "Hide",
            "Label…",
            "Accept tags",
            "Copy",
            "Copy path",
            "Copy image",
            "Export…",
            "Move to the trash",
        }
        assert not entry(menu, "Compare").isEnabled()

    def test_for_three_photos_it_counts_them(self, stage: Stage) -> None:
        menu = stage.organiser.actions.menu(stage.named(RED, BLUE, GREEN))
        assert enabled(menu) == {
            "Open 3 photos",
            "Open 3 photos with another program",
            "Compare 3 photos",
            "Favourite",
            "Add to album",
            "Hide",
            "Label 3 photos…",
            "Accept the tags of 3 photos",
            "Copy 3 photos",
            "Copy 3 paths",
            "Export 3 photos…",
            "Move 3 photos to the trash",
        }

    def test_more_than_four_are_not_compared_and_more_than_ten_not_opened_outside(self, stage: Stage) -> None:
        ids = stage.library.all_photos()
        assert not entry(stage.organiser.actions.menu(ids[:5]), "Compare 5 photos").isEnabled()
        menu = stage.organiser.actions.menu(ids * 2)
        assert not entry(menu, "Open 12 photos with another program").isEnabled()

    def test_what_all_photos_are_already_is_offered_the_other_way_round(self, stage: Stage, qtbot: QtBot) -> None:
        ids = stage.named(RED, BLUE)
        stage.library.set_favorite(ids, True)
        stage.library.set_hidden(ids, True)
        menu = stage.organiser.actions.menu(ids)
        qtbot.waitUntil(lambda: {"Remove from favourites", "Show again"} <= enabled(menu))
        mixed = stage.organiser.actions.menu([*ids, *stage.named(GREEN)])
        qtbot.waitUntil(lambda: not stage.organiser.undo.is_busy)
        assert {"Favourite", "Hide"} <= enabled(mixed)

    def test_an_album_that_is_shown_can_be_left(self, stage: Stage, qtbot: QtBot) -> None:
        ids = stage.named(RED, BLUE)
        album = stage.library.albums.create("You & me", ids)
        qtbot.waitUntil(lambda: bool(stage.organiser.albums.known))
        actions = stage.organiser.actions
        actions.note_query(parse('album:"You & me" name:red'))
        menu = actions.menu(ids[:1])
        entry(menu, "Remove from “You && me”").trigger()
        qtbot.waitUntil(lambda: stage.library.albums.photo_ids(album.id) == ids[1:])
        qtbot.waitUntil(lambda: stage.toast_text == "1 photo removed from “You & me”")
        stage.organiser.undo.undo()
        qtbot.waitUntil(lambda: stage.library.albums.photo_ids(album.id) == ids)
        actions.note_query(parse("name:red"))
        assert not any("Remove from" in action.text() for action in actions.menu(ids).actions())


class TestWhatIsDone:
    def test_open_similar_and_compare_are_the_windows_to_do(self, stage: Stage, qtbot: QtBot) -> None:
        ids = stage.named(RED, BLUE)
        actions = stage.organiser.actions
        for signal, chosen, text, told in (
            (actions.view_wanted, ids, "Open 2 photos", ids),
            (actions.similar_wanted, ids[:1], "Find similar", ids[0]),
            (actions.compare_wanted, ids, "Compare 2 photos", ids),
        ):
            with qtbot.waitSignal(signal) as wanted:
                trigger(stage, chosen, text)
            assert wanted.args == [told]

    def test_photos_are_opened_by_the_systems_program(
        self, stage: Stage, qtbot: QtBot, opened_files: OpenedFiles, photo_folder: Path
    ) -> None:
        trigger(stage, stage.named(RED, BLUE), "Open 2 photos with another program")
        qtbot.waitUntil(lambda: opened_files.paths == [photo_folder / RED, photo_folder / BLUE])

    def test_the_folder_of_a_photo_is_shown(
        self, stage: Stage, qtbot: QtBot, opened_files: OpenedFiles, photo_folder: Path
    ) -> None:
        trigger(stage, stage.named(RED), "Show in folder")
        qtbot.waitUntil(lambda: opened_files.paths == [photo_folder])

    def test_files_are_copied_so_that_every_program_can_paste_them(
        self, stage: Stage, qtbot: QtBot, photo_folder: Path
    ) -> None:
        clipboard = QGuiApplication.clipboard()
        clipboard.setText("what was there before")
        trigger(stage, stage.named(RED, BLUE), "Copy 2 photos")
        paths = [photo_folder / RED, photo_folder / BLUE]
        qtbot.waitUntil(lambda: clipboard.mimeData().urls() == [QUrl.fromLocalFile(str(path)) for path in paths])
        assert clipboard.text() == "\n".join(map(str, paths))
        gnome = bytes(clipboard.mimeData().data("x-special/gnome-copied-files").data()).decode()
        assert gnome.splitlines() == ["copy", *(path.as_uri() for path in paths)]

    def test_paths_are_copied_as_text(self, stage: Stage, qtbot: QtBot, photo_folder: Path) -> None:
        trigger(stage, stage.named(RED), "Copy path")
        qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() == str(photo_folder / RED))
        assert not QGuiApplication.clipboard().mimeData().hasUrls()

    def test_the_picture_itself_is_copied(self, stage: Stage, qtbot: QtBot) -> None:
        [photo_id] = stage.named(RED)
        QGuiApplication.clipboard().clear()
        trigger(stage, [photo_id], "Copy image")
        qtbot.waitUntil(lambda: not QGuiApplication.clipboard().image().isNull(), timeout=10_000)
        image = QGuiApplication.clipboard().image()
        pixels = stage.library.image(photo_id)
        assert (image.width(), image.height()) == (160, 120)
        assert image.pixelColor(80, 60).getRgb()[:3] == tuple(np.asarray(pixels[60, 80]).tolist())

    def test_a_picture_that_cannot_be_read_is_told(self, stage: Stage, qtbot: QtBot, photo_folder: Path) -> None:
        chosen = stage.named(RED)
        stage.library.pause()
        (photo_folder / RED).write_bytes(b"no longer a photo")
        stage.organiser.actions.copy_image(chosen[0])
        qtbot.waitUntil(lambda: len(stage.errors) == 1, timeout=10_000)

    def test_hidden_photos_leave_and_come_back(self, stage: Stage, qtbot: QtBot) -> None:
        ids = stage.named(RED, BLUE)
        trigger(stage, ids, "Hide")
        qtbot.waitUntil(lambda: stage.toast_text == "2 photos hidden")
        assert stage.library.photo_count() == 4
        qtbot.mouseClick(stage.organiser.toast.button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: stage.library.photo_count() == 6)

    def test_nothing_is_done_with_no_photos(self, stage: Stage) -> None:
        for act in ACTS:
            stage.organiser.actions.perform(act, [])
        assert not stage.organiser.undo.is_busy


class TestKeys:
    @pytest.fixture
    def focused(self, stage: Stage, qtbot: QtBot) -> QWidget:
        widget = stage.pages
        widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        stage.window.activateWindow()
        widget.setFocus()
        qtbot.waitUntil(widget.hasFocus)
        return widget

    def test_each_key_works_on_what_is_chosen_at_that_moment(
        self, stage: Stage, focused: QWidget, qtbot: QtBot
    ) -> None:
        chosen: list[PhotoId] = []
        stage.organiser.actions.attach(focused, lambda: chosen, letters=True)
        qtbot.keyClick(focused, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)  # nothing is chosen yet
        chosen += stage.named(RED)
        for key, modifier, favorite in (
            (Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier, True),
            (Qt.Key.Key_F, Qt.KeyboardModifier.NoModifier, False),
        ):
            qtbot.keyClick(focused, key, modifier)
            qtbot.waitUntil(lambda favorite=favorite: stage.library.photos(chosen)[0].favorite is favorite)
        qtbot.keyClick(focused, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: stage.library.photo_count() == 5)

    def test_letters_are_left_alone_where_they_are_typed(self, stage: Stage, focused: QWidget, qtbot: QtBot) -> None:
        stage.organiser.actions.attach(focused, lambda: stage.named(RED))
        keys = {key.toString() for action in focused.actions() for key in action.shortcuts()}
        assert keys == {"Ctrl+D", "Ctrl+H", "Ctrl+L", "Ctrl+Shift+Return", "Ctrl+C", "Ctrl+Shift+C", "Ctrl+E", "Del"}

    def test_every_entry_has_an_icon_that_exists(self, stage: Stage) -> None:
        from desktop.icons import GLYPHS

        assert {entry.icon for entry in ACTS.values()} <= GLYPHS.keys()
        assert set(ACTS) == set(Act)
