"""The panel on the left: what stands in it, what a click, a key or a drop does, and how it follows the library."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLineEdit

from core.query import parse
from core.types import Folder
from desktop.grid.dragging import PHOTOS_MIME, encode_ids
from desktop.organise.album_dialogs import AlbumDialog
from desktop.organise.sidebar import Sidebar
from desktop.organise.sidebar_parts import Kind, Row
from desktop.organise.sidebar_rows import Facts, parts, state_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.types import PhotoId
    from tests.desktop.organise_stage import Stage
    from tests.desktop.test_search import LocalUrl

RED, BLUE = "red circle.jpg", "blue square.jpg"


def rows(sidebar: Sidebar) -> list[Row]:
    model = sidebar.tree.rows
    return [row for index in model.indexes() if (row := model.row_at(index)) is not None]


def texts(sidebar: Sidebar, kind: Kind) -> list[str]:
    return [row.text for row in rows(sidebar) if row.kind is kind]


def row_of(sidebar: Sidebar, text: str) -> Row:
    return next(row for row in rows(sidebar) if row.text == text)


def index_of(sidebar: Sidebar, text: str) -> QModelIndex:
    return sidebar.tree.rows.index_of(row_of(sidebar, text).key)


def click(sidebar: Sidebar, text: str, qtbot: QtBot) -> None:
    place = sidebar.tree.visualRect(index_of(sidebar, text)).center()
    qtbot.mouseClick(sidebar.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)


def selected(sidebar: Sidebar) -> str:
    row = sidebar.tree.selected_row()
    return row.text if row is not None else ""


def menu_entry(sidebar: Sidebar, text: str, entry: str) -> QAction:
    menu = sidebar.menu_for(row_of(sidebar, text))
    assert menu is not None
    return next(action for action in menu.actions() if action.text() == entry)


def drop(sidebar: Sidebar, place: QPoint, data: QMimeData) -> bool:
    """Drag something over the sidebar and let it go there; False if it was not taken."""
    viewport, actions = sidebar.tree.viewport(), Qt.DropAction.CopyAction
    with_button = (data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(viewport, QDragEnterEvent(place, actions, *with_button))
    move = QDragMoveEvent(place, actions, *with_button)
    QApplication.sendEvent(viewport, move)
    if move.isAccepted():
        QApplication.sendEvent(viewport, QDropEvent(QPointF(place), actions, *with_button))
    return move.isAccepted()


def photos_data(ids: Sequence[PhotoId]) -> QMimeData:
    data = QMimeData()
    data.setData(PHOTOS_MIME, encode_ids(ids))
    return data


@pytest.fixture
def sidebar(stage: Stage, qtbot: QtBot) -> Sidebar:
    """With an album, a smart one and a favourite."""
    library, sidebar = stage.library, stage.sidebar
    library.albums.create("Shapes", stage.named(RED))
    library.albums.create("Red ones", query="name:red")
    library.set_favorite(stage.named(BLUE), True)
    qtbot.waitUntil(lambda: len(stage.organiser.albums.known) == 2)
    qtbot.waitUntil(lambda: row_of(sidebar, "All photos").count == 6 and row_of(sidebar, "Favourites").count == 1)
    stage.window.activateWindow()
    return sidebar


class TestRows:
    def test_all_that_there_is_with_its_counts(self, sidebar: Sidebar) -> None:
        shown = [(row.text, row.count) for row in rows(sidebar) if row.kind not in (Kind.TAG, Kind.ALL_VALUES)]
        assert [row for row in shown if row[0] != "Unsure"] == [
            ("All photos", 6),
            ("Favourites", 1),
            ("Hidden", None),
            ("Duplicates", None),
            ("Labels…", None),
            ("Training", None),
            ("Red ones", None),
            ("Shapes", 1),
            ("New album…", None),
            ("photos", 6),
            ("Add a folder…", None),
        ]

    def test_every_row_has_words_for_a_screen_reader(self, sidebar: Sidebar) -> None:
        spoken = [index.data(Qt.ItemDataRole.AccessibleTextRole) for index in sidebar.tree.rows.indexes()]
        assert {"All photos, 6 photos", "Favourites, 1 photo", "Red ones, smart album"} <= set(spoken)
        assert sidebar.tree.accessibleName()

    def test_counts_follow_the_photos(self, sidebar: Sidebar, stage: Stage, photo_folder: Path, qtbot: QtBot) -> None:
        (photo_folder / RED).unlink()
        qtbot.waitUntil(lambda: row_of(sidebar, "All photos").count == 5, timeout=20_000)
        qtbot.waitUntil(lambda: row_of(sidebar, "Shapes").count == 0, timeout=20_000)
        qtbot.waitUntil(lambda: row_of(sidebar, "photos").count == 5, timeout=20_000)

    def test_a_folder_that_is_gone_fades_and_says_why(
        self, sidebar: Sidebar, stage: Stage, photo_folder: Path, qtbot: QtBot
    ) -> None:
        shutil.move(photo_folder, photo_folder.with_name("elsewhere"))
        stage.library.rescan()
        qtbot.waitUntil(lambda: row_of(sidebar, "photos").faded, timeout=20_000)
        assert "Not connected" in row_of(sidebar, "photos").hint
        assert "Not connected" in row_of(sidebar, "photos").spoken

    def test_the_state_of_a_folder_in_words(self) -> None:
        assert state_of(Folder(1, Path("a"), online=True, polled=False, photos=3)) == ""
        busy = Folder(1, Path("a"), online=True, polled=False, queued=1_200, failed=2)
        assert state_of(busy) == "1,200 to be indexed, 2 files cannot be read"
        [row] = [row for part in parts(Facts(folders=[busy])) for row in part.rows if row.kind is Kind.FOLDER]
        assert row.warning

    def test_recent_searches_come_and_are_forgotten(self, sidebar: Sidebar, stage: Stage, qtbot: QtBot) -> None:
        for number in range(7):
            stage.library.history.add(f"name:{number}")
        sidebar.show_query(parse("name:6"))
        qtbot.waitUntil(lambda: texts(sidebar, Kind.RECENT) == [f"name:{number}" for number in (6, 5, 4, 3, 2)])
        menu_entry(sidebar, "name:5", "Remove from this list").trigger()
        qtbot.waitUntil(lambda: texts(sidebar, Kind.RECENT) == [f"name:{number}" for number in (6, 4, 3, 2, 1)])
        menu_entry(sidebar, "name:4", "Clear recent searches").trigger()
        qtbot.waitUntil(lambda: texts(sidebar, Kind.RECENT) == [])


class TestChoosing:
    def test_a_click_asks_for_what_the_row_shows(
        self, sidebar: Sidebar, stage: Stage, photo_folder: Path, qtbot: QtBot
    ) -> None:
        for text, wanted in (
            ("All photos", ""),
            ("Favourites", "is:favorite"),
            ("Hidden", "is:hidden"),
            ("Shapes", "album:Shapes"),
            ("Red ones", "name:red"),
            ("photos", str(parse(f'folder:"{photo_folder}"'))),
        ):
            with qtbot.waitSignal(sidebar.query_wanted) as asked:
                click(sidebar, text, qtbot)
            assert asked.args == [wanted]
        assert len(stage.library.browse(asked.args[0]).ids) == 6

    def test_what_the_window_shows_is_marked_however_it_was_asked_for(self, sidebar: Sidebar) -> None:
        for query, text in (
            ("", "All photos"),
            ("is:fav", "Favourites"),
            ('album:"Shapes"', "Shapes"),
            ("name:red", "Red ones"),
            ("name:red name:circle", ""),
        ):
            sidebar.show_query(parse(query))
            assert selected(sidebar) == text
        sidebar.show_duplicates()
        assert selected(sidebar) == "Duplicates"

    def test_the_keys_move_and_enter_chooses(self, sidebar: Sidebar, qtbot: QtBot) -> None:
        tree = sidebar.tree
        sidebar.show_query(parse(""))
        tree.setFocus()
        with qtbot.assertNotEmitted(sidebar.query_wanted):
            qtbot.keyClick(tree, Qt.Key.Key_Down)
        assert selected(sidebar) == "All photos"  # what is marked is what the window shows
        with qtbot.waitSignal(sidebar.query_wanted) as asked:
            qtbot.keyClick(tree, Qt.Key.Key_Return)
        assert asked.args == ["is:favorite"]
        for _ in range(2):
            qtbot.keyClick(tree, Qt.Key.Key_Down)
        with qtbot.waitSignal(sidebar.duplicates_wanted):
            qtbot.keyClick(tree, Qt.Key.Key_Space)

    def test_tab_leaves_it(self, sidebar: Sidebar, stage: Stage, qtbot: QtBot) -> None:
        stage.pages.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        sidebar.tree.setFocus()
        qtbot.keyClick(sidebar.tree, Qt.Key.Key_Tab)
        assert not sidebar.tree.hasFocus()

    def test_headings_fold_and_stay_folded(self, sidebar: Sidebar, stage: Stage, qtbot: QtBot) -> None:
        tree = sidebar.tree
        heading = tree.rows.index_of(row_of(sidebar, "New album…").key).parent()
        place = tree.visualRect(heading).center()
        qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert not tree.isExpanded(heading)
        stage.library.albums.create("Another")
        qtbot.waitUntil(lambda: "Another" in texts(sidebar, Kind.ALBUM))
        assert not tree.isExpanded(heading)
        tree.setCurrentIndex(heading)
        qtbot.keyClick(tree, Qt.Key.Key_Return)
        assert tree.isExpanded(heading)

    def test_the_window_is_asked_for_a_folder(self, sidebar: Sidebar, qtbot: QtBot) -> None:
        with qtbot.waitSignal(sidebar.add_folder_wanted):
            click(sidebar, "Add a folder…", qtbot)
        with qtbot.waitSignal(sidebar.folders_dialog_wanted):
            menu_entry(sidebar, "photos", "Folders…").trigger()


class TestAlbums:
    def test_a_new_one_is_asked_for(self, sidebar: Sidebar, stage: Stage, qtbot: QtBot) -> None:
        click(sidebar, "New album…", qtbot)
        dialog = stage.window.findChild(AlbumDialog)
        assert dialog is not None
        qtbot.keyClicks(dialog.name_field, "Trip")
        qtbot.keyClick(dialog.name_field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: texts(sidebar, Kind.ALBUM) == ["Shapes", "Trip"])

    def test_a_search_that_stands_can_be_saved(self, sidebar: Sidebar, stage: Stage, qtbot: QtBot) -> None:
        assert texts(sidebar, Kind.SAVE_SEARCH) == []
        sidebar.show_query(parse("name:circle"))
        click(sidebar, "Save this search…", qtbot)
        dialog = stage.window.findChild(AlbumDialog)
        assert dialog is not None
        assert dialog.query_field.text() == "name:circle"
        qtbot.keyClicks(dialog.name_field, "Circles")
        qtbot.keyClick(dialog.name_field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: selected(sidebar) == "Circles")
        assert texts(sidebar, Kind.SAVE_SEARCH) == []

    def test_f2_renames_in_place(self, sidebar: Sidebar, stage: Stage, qtbot: QtBot) -> None:
        tree = sidebar.tree
        tree.setFocus()
        tree.setCurrentIndex(index_of(sidebar, "Shapes"))
        qtbot.keyClick(tree, Qt.Key.Key_F2)
        field = tree.findChild(QLineEdit)
        assert field is not None
        assert field.accessibleName() == "New name of Shapes"
        qtbot.keyClicks(field, "Forms & more")
        qtbot.keyClick(field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: texts(sidebar, Kind.ALBUM) == ["Forms & more"])
        stage.organiser.undo.undo()
        qtbot.waitUntil(lambda: texts(sidebar, Kind.ALBUM) == ["Shapes"])

    def test_a_name_that_is_taken_leaves_the_old_one(self, sidebar: Sidebar, stage: Stage, qtbot: QtBot) -> None:
        menu_entry(sidebar, "Shapes", "Rename").trigger()
        field = sidebar.tree.findChild(QLineEdit)
        assert field is not None
        field.setText("red ONES")
        qtbot.keyClick(field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: len(stage.errors) == 1)
        assert texts(sidebar, Kind.ALBUM) == ["Shapes"]

    def test_an_editor_survives_that_counts_change(self, sidebar: Sidebar, stage: Stage, qtbot: QtBot) -> None:
        menu_entry(sidebar, "Shapes", "Rename").trigger()
        field = sidebar.tree.findChild(QLineEdit)
        assert field is not None
        qtbot.keyClicks(field, "Fo")
        stage.library.albums.create("A first one")
        stage.library.set_favorite(stage.named(RED), True)
        qtbot.waitUntil(lambda: row_of(sidebar, "Favourites").count == 2)
        qtbot.keyClicks(field, "rms")
        qtbot.keyClick(field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: texts(sidebar, Kind.ALBUM) == ["A first one", "Forms"])

    def test_del_deletes_and_the_toast_brings_it_back(self, sidebar: Sidebar, stage: Stage, qtbot: QtBot) -> None:
        sidebar.tree.setFocus()
        sidebar.tree.setCurrentIndex(index_of(sidebar, "Shapes"))
        qtbot.keyClick(sidebar.tree, Qt.Key.Key_Delete)
        qtbot.waitUntil(lambda: texts(sidebar, Kind.ALBUM) == [])
        qtbot.waitUntil(lambda: stage.toast_text == "Album “Shapes” deleted, its photos stay")
        qtbot.mouseClick(stage.organiser.toast.button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: texts(sidebar, Kind.ALBUM) == ["Shapes"])

    def test_the_search_of_a_smart_album_is_edited(self, sidebar: Sidebar, stage: Stage, qtbot: QtBot) -> None:
        menu_entry(sidebar, "Red ones", "Edit the search…").trigger()
        dialog = stage.window.findChild(AlbumDialog)
        assert dialog is not None
        dialog.query_field.setText("name:blue")
        qtbot.keyClick(dialog.query_field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: row_of(sidebar, "Red ones").query == "name:blue")

    def test_the_album_that_is_shown_is_followed_to_its_new_name_and_search(
        self, sidebar: Sidebar, stage: Stage, qtbot: QtBot
    ) -> None:
        albums = stage.organiser.albums
        shapes, red = (row_of(sidebar, name).album for name in ("Shapes", "Red ones"))
        assert shapes is not None
        assert red is not None
        sidebar.show_query(parse("album:Shapes"))
        with qtbot.waitSignal(sidebar.album_followed, timeout=5_000) as followed:
            albums.rename(shapes, "My forms")
        assert followed.args == ['album:"My forms"']
        sidebar.show_query(parse('album:"My forms"'))
        with qtbot.waitSignal(sidebar.album_followed, timeout=5_000) as followed:
            albums.delete(shapes)
        assert followed.args == [""]
        sidebar.show_query(parse(red.query or ""))
        with qtbot.waitSignal(sidebar.album_followed, timeout=5_000) as followed:
            stage.library.albums.change_query(red.id, "blue")
        assert followed.args == ["blue"]

    def test_a_search_stays_when_the_album_that_kept_it_is_gone(
        self, sidebar: Sidebar, stage: Stage, qtbot: QtBot
    ) -> None:
        red = row_of(sidebar, "Red ones").album
        assert red is not None
        sidebar.show_query(parse(red.query or ""))
        with qtbot.assertNotEmitted(sidebar.album_followed):
            stage.organiser.albums.delete(red)
            qtbot.waitUntil(lambda: "Red ones" not in texts(sidebar, Kind.SMART_ALBUM))

    def test_the_menu_comes_by_mouse_and_by_key(self, sidebar: Sidebar, qtbot: QtBot) -> None:
        tree = sidebar.tree
        wanted: list[Row] = []
        tree.menu_wanted.disconnect()
        tree.menu_wanted.connect(lambda row, _place: wanted.append(row))
        tree.setCurrentIndex(index_of(sidebar, "Shapes"))
        place = tree.visualRect(index_of(sidebar, "Red ones")).center()
        for reason in (QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard):
            event = QContextMenuEvent(reason, place, tree.viewport().mapToGlobal(place))
            QApplication.sendEvent(tree.viewport(), event)
        assert [row.text for row in wanted] == ["Red ones", "Shapes"]


class TestDrops:
    def _center(self, sidebar: Sidebar, text: str) -> QPoint:
        return sidebar.tree.visualRect(index_of(sidebar, text)).center()

    def test_photos_are_put_into_an_album(self, sidebar: Sidebar, stage: Stage, qtbot: QtBot) -> None:
        ids = stage.named(RED, BLUE)
        assert drop(sidebar, self._center(sidebar, "Shapes"), photos_data(ids))
        qtbot.waitUntil(lambda: row_of(sidebar, "Shapes").count == 2)
        assert stage.toast_text == "1 photo added to “Shapes”"

    def test_photos_become_favourites(self, sidebar: Sidebar, stage: Stage, qtbot: QtBot) -> None:
        assert drop(sidebar, self._center(sidebar, "Favourites"), photos_data(stage.named(RED, BLUE)))
        qtbot.waitUntil(lambda: row_of(sidebar, "Favourites").count == 2)

    def test_photos_become_a_new_album(self, sidebar: Sidebar, stage: Stage) -> None:
        assert drop(sidebar, self._center(sidebar, "New album…"), photos_data(stage.named(RED, BLUE)))
        dialog = stage.window.findChild(AlbumDialog)
        assert dialog is not None
        dialog.close()

    @pytest.mark.parametrize("text", ["All photos", "Hidden", "Red ones", "photos"])
    def test_other_rows_take_no_photos(self, sidebar: Sidebar, stage: Stage, text: str) -> None:
        assert not drop(sidebar, self._center(sidebar, text), photos_data(stage.named(RED)))

    def test_a_folder_of_the_file_manager_is_added(
        self, sidebar: Sidebar, tmp_path: Path, local_url: LocalUrl, qtbot: QtBot
    ) -> None:
        data = QMimeData()
        data.setUrls([local_url(tmp_path)])
        with qtbot.waitSignal(sidebar.folder_dropped) as dropped:
            assert drop(sidebar, self._center(sidebar, "All photos"), data)
        assert dropped.args == [tmp_path]

    def test_several_folders_are_added_together(
        self, sidebar: Sidebar, tmp_path: Path, local_url: LocalUrl, qtbot: QtBot
    ) -> None:
        folders = [tmp_path / "one", tmp_path / "other"]
        data, dropped = QMimeData(), list[Path]()
        for folder in folders:
            folder.mkdir()
        data.setUrls([local_url(folder) for folder in folders])
        sidebar.folder_dropped.connect(dropped.append)
        assert drop(sidebar, QPoint(40, 300), data)
        assert dropped == folders

    def test_a_file_is_none(self, sidebar: Sidebar, photo_folder: Path, local_url: LocalUrl) -> None:
        data = QMimeData()
        data.setUrls([local_url(photo_folder / RED)])
        assert not drop(sidebar, self._center(sidebar, "Shapes"), data)
