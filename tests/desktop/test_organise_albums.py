"""Albums by the dialogs and menus: made, named, filled, emptied, deleted, and all of it taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from core.query import parse
from desktop.organise.album_dialogs import AlbumDialog
from desktop.organise.albums import query_for

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu
    from pytestqt.qtbot import QtBot

    from core.types import Album
    from tests.desktop.organise_stage import Stage

RED, BLUE = "red circle.jpg", "blue square.jpg"


def album_names(stage: Stage) -> list[str]:
    return [album.name for album in stage.library.albums.all()]


def the(stage: Stage, name: str) -> Album:
    return next(album for album in stage.library.albums.all() if album.name == name)


def fill(dialog: AlbumDialog, qtbot: QtBot, name: str) -> None:
    """As a person would: type, then Enter."""
    dialog.name_field.clear()
    qtbot.keyClicks(dialog.name_field, name)
    qtbot.keyClick(dialog.name_field, Qt.Key.Key_Return)


class TestDialog:
    def test_enter_makes_an_album_of_the_photos(self, stage: Stage, qtbot: QtBot) -> None:
        ids = stage.named(RED, BLUE)
        dialog = stage.organiser.albums.ask_for_new(ids)
        assert not dialog.button.isEnabled()
        fill(dialog, qtbot, "Shapes")
        qtbot.waitUntil(lambda: stage.toast_text == "Album “Shapes” made of 2 photos")
        assert stage.library.albums.photo_ids(the(stage, "Shapes").id) == ids

    def test_a_name_that_is_taken_is_told_in_place_and_can_be_mended(self, stage: Stage, qtbot: QtBot) -> None:
        stage.library.albums.create("Shapes")
        dialog = stage.organiser.albums.ask_for_new()
        fill(dialog, qtbot, "shapes")
        qtbot.waitUntil(dialog.message.isVisible)
        assert "There is an album “Shapes” already" in dialog.message.text()
        assert dialog.name_field.selectedText() == "shapes"
        qtbot.keyClicks(dialog.name_field, "Colours")
        assert not dialog.message.isVisible()
        qtbot.keyClick(dialog.name_field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: album_names(stage) == ["Colours", "Shapes"])
        assert stage.errors == []

    def test_escape_makes_nothing(self, stage: Stage, qtbot: QtBot) -> None:
        dialog = stage.organiser.albums.ask_for_new()
        qtbot.keyClicks(dialog.name_field, "Shapes")
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        assert album_names(stage) == []

    def test_a_search_is_saved_in_its_canonical_text(self, stage: Stage, qtbot: QtBot) -> None:
        dialog = stage.organiser.albums.ask_for_saved_search("is:fav name:red")
        assert dialog.query_field.isVisible()
        fill(dialog, qtbot, "Red ones")
        qtbot.waitUntil(lambda: album_names(stage) == ["Red ones"])
        assert the(stage, "Red ones").query == str(parse("is:favorite name:red"))

    def test_a_search_that_makes_no_sense_is_told_in_place(self, stage: Stage, qtbot: QtBot) -> None:
        album = stage.library.albums.create("Red ones", query="name:red")
        dialog = stage.organiser.albums.ask_for_change(album)
        dialog.query_field.setText("camra:canon")
        qtbot.keyClick(dialog.query_field, Qt.Key.Key_Return)
        assert dialog.message.isVisible()
        assert dialog.query_field.hasFocus() or dialog.focusWidget() is dialog.query_field
        dialog.query_field.setText("name:blue")
        qtbot.mouseClick(dialog.button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: the(stage, "Red ones").query == "name:blue")
        stage.organiser.undo.undo()
        qtbot.waitUntil(lambda: the(stage, "Red ones").query == "name:red")

    def test_its_fields_have_names(self, stage: Stage) -> None:
        dialog = stage.organiser.albums.ask_for_saved_search("red")
        assert (dialog.name_field.accessibleName(), dialog.query_field.accessibleName()) == ("Name", "Search")
        dialog.close()


class TestMenu:
    @pytest.fixture
    def album(self, stage: Stage, qtbot: QtBot) -> Album:
        album = stage.library.albums.create("Shapes", stage.named(RED))
        stage.library.albums.create("Red ones", query="name:red")
        qtbot.waitUntil(lambda: len(stage.organiser.albums.known) == 2)
        return album

    def _entry(self, menu: QMenu, text: str) -> None:
        next(action for action in menu.actions() if action.text() == text).trigger()

    def test_photos_are_added_to_albums_made_by_hand(self, stage: Stage, album: Album, qtbot: QtBot) -> None:
        ids = stage.named(RED, BLUE)
        menu = stage.organiser.actions.album_menu(lambda: ids, stage.window)
        assert [action.text() for action in menu.actions() if action.text()] == ["New album…", "Shapes"]
        self._entry(menu, "Shapes")
        qtbot.waitUntil(lambda: stage.toast_text == "1 photo added to “Shapes”")
        assert stage.library.albums.photo_ids(album.id) == ids
        stage.organiser.undo.undo()
        qtbot.waitUntil(lambda: stage.library.albums.photo_ids(album.id) == ids[:1])

    def test_what_is_there_already_is_told_without_undo(self, stage: Stage, album: Album, qtbot: QtBot) -> None:
        stage.organiser.actions.add_to_album(album, stage.named(RED))
        qtbot.waitUntil(lambda: stage.toast_text == "It is in “Shapes” already")
        assert not stage.organiser.toast.button.isVisible()
        assert not stage.organiser.undo.undo_action.isEnabled()


class TestUndo:
    def test_a_deleted_album_comes_back_with_its_photos_and_deeds_before_still_know_it(
        self, stage: Stage, qtbot: QtBot
    ) -> None:
        albums, undo, ids = stage.organiser.albums, stage.organiser.undo, stage.named(RED, BLUE)
        album = stage.library.albums.create("Shapes", ids[:1])
        albums.add(album, ids[1:])
        albums.rename(album, "Forms")
        qtbot.waitUntil(lambda: album_names(stage) == ["Forms"])
        albums.delete(the(stage, "Forms"))
        qtbot.waitUntil(lambda: stage.toast_text == "Album “Forms” deleted, its photos stay")
        assert album_names(stage) == []
        for _ in range(3):
            undo.undo()
        qtbot.waitUntil(lambda: not undo.undo_action.isEnabled())
        assert album_names(stage) == ["Shapes"]
        assert stage.library.albums.photo_ids(album.id) == ids[:1]
        for _ in range(3):
            undo.redo()
        qtbot.waitUntil(lambda: not undo.redo_action.isEnabled())
        assert album_names(stage) == []

    def test_a_new_album_is_taken_back_and_made_again(self, stage: Stage, qtbot: QtBot) -> None:
        ids, undo = stage.named(RED), stage.organiser.undo
        fill(stage.organiser.albums.ask_for_new(ids), qtbot, "Shapes")
        qtbot.waitUntil(lambda: album_names(stage) == ["Shapes"])
        undo.undo()
        qtbot.waitUntil(lambda: album_names(stage) == [])
        undo.redo()
        qtbot.waitUntil(lambda: album_names(stage) == ["Shapes"])
        assert stage.library.albums.photo_ids(the(stage, "Shapes").id) == ids

    def test_a_name_that_is_taken_meanwhile_is_an_error_and_not_a_loss(self, stage: Stage, qtbot: QtBot) -> None:
        album = stage.library.albums.create("Shapes")
        stage.organiser.albums.delete(album)
        qtbot.waitUntil(lambda: album_names(stage) == [])
        stage.library.albums.create("Shapes")
        stage.organiser.undo.undo()
        qtbot.waitUntil(lambda: len(stage.errors) == 1)
        assert "already" in str(stage.errors[0])


def test_the_search_for_an_album_finds_it_whatever_its_name(stage: Stage) -> None:
    ids = stage.named(RED)
    for name in ("Plain", "two words", 'a "quoted" one', "camera:canon", "-minus", "2*stars"):
        query = query_for(stage.library.albums.create(name, ids))
        assert stage.library.browse(query).ids == tuple(ids), name


def test_the_list_follows_other_windows(stage: Stage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(stage.organiser.albums.changed):
        stage.library.albums.create("Shapes")
    assert [album.name for album in stage.organiser.albums.by_hand] == ["Shapes"]
