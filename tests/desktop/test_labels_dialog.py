"""Labels looked after in their dialog: attributes and values, files of labels, the words of guesses."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QWidget

from core.tags.values import CLASS
from desktop.bridge import Bridge
from desktop.labelling.key_field import KeyField
from desktop.labelling.labels_dialog import LabelsDialog, LabelsTab
from desktop.labelling.value_table import VALUE
from desktop.organise.undo import UndoStack
from desktop.tasks import Tasks
from tests.desktop.indexed_library import index
from tests.desktop.test_accessibility import nameless, unreachable

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from core.types import PhotoId
    from desktop.theme import Theme

LEFT = Qt.MouseButton.LeftButton
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def ids(library: Library, photo_folder: Path) -> dict[str, PhotoId]:
    """Six photos in the library, by name."""
    index(library, photo_folder)
    return {photo.path.name: photo.id for photo in library.photos(library.all_photos())}


@pytest.fixture
def dialog(library: Library, ids: dict[str, PhotoId], theme: Theme, qtbot: QtBot) -> Iterator[LabelsDialog]:
    """With two photos of mugs and one of a cup."""
    some = list(ids.values())
    library.labels.set(some[:2], CLASS, "mug")
    library.labels.set(some[2:3], CLASS, "cup")
    tasks, bridge, parent = Tasks(), Bridge(library), QWidget()
    qtbot.addWidget(parent)
    undo = UndoStack(tasks)
    dialog = LabelsDialog(library, tasks, bridge, undo, parent)
    dialog.open_at(LabelsTab.ATTRIBUTES)
    qtbot.waitUntil(lambda: dialog.attributes.table.values == ["mug", "cup"])
    yield dialog
    dialog.stop()
    dialog.close()
    bridge.close()
    library.close()
    tasks.finish()


def values(library: Library, name: str = CLASS) -> tuple[str, ...]:
    return next(each.values for each in library.labels.attributes() if each.name == name)


def names(library: Library) -> list[str]:
    return [each.name for each in library.labels.attributes()]


class TestAttributes:
    def test_each_value_tells_how_many_photos_have_it(self, dialog: LabelsDialog) -> None:
        assert [(each.value, each.labelled) for each in dialog.attributes.table.facts] == [("mug", 2), ("cup", 1)]
        assert [dialog.attributes.list.item(row).text() for row in range(4)] == [
            "Class",
            "Colour",
            "Material",
            "Condition",
        ]
        assert not dialog.attributes.remove_attribute_button.isEnabled(), "the class always is there"

    def test_a_value_is_renamed_in_place_and_back(self, dialog: LabelsDialog, library: Library, qtbot: QtBot) -> None:
        table = dialog.attributes.table
        table.select("cup")
        item = table.currentItem()
        assert item is not None
        item.setText(VALUE, "bowl")  # what the field in place hands over
        qtbot.waitUntil(lambda: table.values == ["mug", "bowl"])
        assert library.labels.counts()[CLASS] == {"mug": 2, "bowl": 1}
        assert "Renamed" in dialog.message.text()
        qtbot.mouseClick(dialog.undo_button, LEFT)
        qtbot.waitUntil(lambda: table.values == ["mug", "cup"])
        assert library.labels.counts()[CLASS] == {"mug": 2, "cup": 1}

    def test_what_is_refused_stands_below_the_values(
        self, dialog: LabelsDialog, library: Library, qtbot: QtBot
    ) -> None:
        table = dialog.attributes.table
        item = table.currentItem()
        assert item is not None
        item.setText(VALUE, "x" * 300)
        qtbot.waitUntil(lambda: "300 characters" in dialog.attributes.error)
        assert table.values == ["mug", "cup"]
        assert values(library) == ("mug", "cup")

    def test_two_values_are_merged_as_one_deed(self, dialog: LabelsDialog, library: Library, qtbot: QtBot) -> None:
        table = dialog.attributes.table
        assert not dialog.attributes.merge_button.isEnabled()
        table.selectAll()
        asked = dialog.attributes.ask_where_to_merge()
        assert isinstance(asked, QInputDialog)
        assert asked.comboBoxItems() == ["mug", "cup"]
        asked.setTextValue("drinking vessel")
        asked.accept()
        qtbot.waitUntil(lambda: table.values == ["drinking vessel"])
        assert library.labels.counts()[CLASS] == {"drinking vessel": 3}
        dialog.activateWindow()
        qtbot.waitUntil(dialog.isActiveWindow)
        qtbot.keyClick(dialog, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: table.values == ["mug", "cup"])
        assert library.labels.counts()[CLASS] == {"mug": 2, "cup": 1}
        qtbot.keyClick(dialog, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        qtbot.waitUntil(lambda: library.labels.counts()[CLASS] == {"drinking vessel": 3})

    def test_values_are_moved_by_keys(self, dialog: LabelsDialog, library: Library, qtbot: QtBot) -> None:
        table = dialog.attributes.table
        table.select("mug")
        qtbot.keyClick(table, Qt.Key.Key_Down, ALT)
        qtbot.waitUntil(lambda: values(library) == ("cup", "mug"))
        qtbot.waitUntil(lambda: table.values == ["cup", "mug"])
        assert table.chosen == ["mug"], "it stays selected"

    def test_a_value_gets_a_key_by_pressing_it(self, dialog: LabelsDialog, library: Library, qtbot: QtBot) -> None:
        table = dialog.attributes.table
        table.setFocus()
        table.select("cup")
        qtbot.keyClick(table, Qt.Key.Key_K)
        field = table.findChild(KeyField)
        assert field is not None
        qtbot.keyClick(field, Qt.Key.Key_C)
        qtbot.waitUntil(lambda: library.labels.attributes()[0].keys == {"cup": "c"})

    def test_a_value_is_deleted_with_its_labels(self, dialog: LabelsDialog, library: Library, qtbot: QtBot) -> None:
        table = dialog.attributes.table
        table.setFocus()
        table.select("mug")
        qtbot.keyClick(table, Qt.Key.Key_Delete)
        qtbot.waitUntil(lambda: table.values == ["cup"])
        assert library.labels.counts()[CLASS] == {"cup": 1}
        assert dialog.message.text() == "Deleted “mug”, with the labels of 2 photos"
        qtbot.mouseClick(dialog.undo_button, LEFT)
        qtbot.waitUntil(lambda: library.labels.counts()[CLASS] == {"mug": 2, "cup": 1})

    def test_an_attribute_of_ones_own(self, dialog: LabelsDialog, library: Library, qtbot: QtBot) -> None:
        page = dialog.attributes
        page.name_field.setText("season = cold")
        qtbot.keyClick(page.name_field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: "may not hold =" in page.error)
        page.name_field.setText("Jahreszeit ☀")
        qtbot.keyClick(page.name_field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: page.shown is not None and page.shown.name == "Jahreszeit ☀")
        assert page.error == ""
        page.value_field.setText("冬")
        qtbot.mouseClick(page.add_value_button, LEFT)
        qtbot.waitUntil(lambda: page.table.values == ["冬"])
        item = page.list.currentItem()
        item.setText("season")
        qtbot.waitUntil(lambda: page.shown is not None and page.shown.name == "season")
        qtbot.mouseClick(page.remove_attribute_button, LEFT)
        qtbot.waitUntil(lambda: "season" not in names(library))
        qtbot.mouseClick(dialog.undo_button, LEFT)
        qtbot.waitUntil(lambda: values(library, "season") == ("冬",) if "season" in names(library) else False)


class TestFiles:
    def test_a_table_is_imported_with_all_that_was_left_out(
        self, dialog: LabelsDialog, library: Library, ids: dict[str, PhotoId], photo_folder: Path, qtbot: QtBot
    ) -> None:
        dialog.open_at(LabelsTab.FILES)
        photo = library.photos(list(ids.values()))[0].path
        table = photo_folder / "labels.csv"
        lines = ["image_path,class_label,split", f"{photo},plate,train", f"gone.jpg,cup,{'x' * 5}"]
        table.write_text("\n".join(lines), encoding="utf-8")
        dialog.files.import_table(table)
        report = dialog.files.report
        qtbot.waitUntil(report.isVisible)
        assert library.labels.counts()[CLASS]["plate"] == 1
        assert report.lines("Not on the disk") == [str(photo_folder / "gone.jpg")]
        assert any(line.startswith("Line 3:") for line in report.lines("Warnings"))
        assert not report.add_button.isVisible()
        assert "1 of them you had said something else" in report.summary.text()
        qtbot.mouseClick(report.undo_button, LEFT)
        qtbot.waitUntil(lambda: library.labels.counts()[CLASS] == {"mug": 2, "cup": 1})

    def test_labels_that_were_given_can_be_kept(
        self, dialog: LabelsDialog, library: Library, ids: dict[str, PhotoId], photo_folder: Path, qtbot: QtBot
    ) -> None:
        dialog.open_at(LabelsTab.FILES)
        photo = library.photos(list(ids.values()))[0].path
        table = photo_folder / "labels.csv"
        table.write_text(f"image_path,class_label\n{photo},plate", encoding="utf-8")
        dialog.files.keep.setChecked(True)
        dialog.files.import_table(table)
        qtbot.waitUntil(dialog.files.report.isVisible)
        assert library.labels.counts()[CLASS] == {"mug": 2, "cup": 1}
        assert dialog.files.report.summary.text() == "No label has changed."

    def test_photos_that_are_not_in_the_library_are_added_first(
        self, dialog: LabelsDialog, library: Library, photo_folder: Path, tmp_path: Path, qtbot: QtBot
    ) -> None:
        elsewhere = tmp_path / "kitchen"
        (elsewhere / "jug").mkdir(parents=True)
        shutil.copy(next(photo_folder.rglob("*.jpg")), elsewhere / "jug" / "blue jug.jpg")
        dialog.open_at(LabelsTab.FILES)
        dialog.files.import_folders(elsewhere)
        report = dialog.files.report
        qtbot.waitUntil(report.isVisible)
        assert report.lines("Not in your library") == [str(elsewhere / "jug" / "blue jug.jpg")]
        qtbot.mouseClick(report.add_button, LEFT)
        qtbot.waitUntil(lambda: library.labels.counts()[CLASS].get("jug") == 1, timeout=30_000)
        qtbot.waitUntil(lambda: report.isVisible() and not report.add_button.isVisible())

    def test_levels_of_folders_have_the_names_that_are_given(
        self, dialog: LabelsDialog, library: Library, photo_folder: Path, tmp_path: Path, qtbot: QtBot
    ) -> None:
        folder = photo_folder / "things" / "kitchen" / "jug"
        folder.mkdir(parents=True)
        shutil.copy(next(photo_folder.rglob("*.jpg")), folder / "jug.jpg")
        qtbot.waitUntil(lambda: library.find_photo(folder / "jug.jpg") is not None, timeout=30_000)
        dialog.open_at(LabelsTab.FILES)
        files = dialog.files
        files.levels.setCurrentIndex(files.levels.findData("own"))
        assert files.own_levels.isVisible()
        files.own_levels.setText("room, class")
        files.import_folders(photo_folder / "things")
        qtbot.waitUntil(lambda: library.labels.counts().get("room") == {"kitchen": 1})

    def test_a_file_that_is_no_table_says_why(self, dialog: LabelsDialog, tmp_path: Path, qtbot: QtBot) -> None:
        dialog.open_at(LabelsTab.FILES)
        empty = tmp_path / "empty.csv"
        empty.write_bytes(b"")
        dialog.files.import_table(empty)
        qtbot.waitUntil(lambda: dialog.files.error != "")
        assert "empty" in dialog.files.error
        assert dialog.files.table_button.isEnabled()

    def test_labels_go_out_and_come_in_again(
        self, dialog: LabelsDialog, library: Library, tmp_path: Path, qtbot: QtBot
    ) -> None:
        dialog.open_at(LabelsTab.FILES)
        export = dialog.files.export
        table = tmp_path / "out.csv"
        export.export_table(table)
        qtbot.waitUntil(lambda: export.message.text() == f"3 photos written to {table}")
        library.labels.clear(library.all_photos())
        dialog.files.import_table(table)
        qtbot.waitUntil(lambda: library.labels.counts().get(CLASS) == {"mug": 2, "cup": 1})
        folder = tmp_path / "out"
        folder.mkdir()
        export.export_folders(folder)
        qtbot.waitUntil(lambda: not export.is_busy and "copied to" in export.message.text())
        assert {path.parent.name for path in folder.rglob("*.jpg")} == {"mug", "cup"}
        export.export_folders(tmp_path / "not there")
        qtbot.waitUntil(lambda: export.message.property("role") == "danger")


class TestWords:
    @pytest.fixture
    def page(self, dialog: LabelsDialog, qtbot: QtBot) -> LabelsDialog:
        dialog.open_at(LabelsTab.WORDS)
        qtbot.waitUntil(lambda: "multicolor" in dialog.words._written.get("color", ("", ""))[0])
        return dialog

    def test_words_are_changed_undone_and_reset(self, page: LabelsDialog, library: Library, qtbot: QtBot) -> None:
        words, before = page.words, library.tags.vocabulary()
        words.show_head("color")
        assert "multicolor = colorful; multicolored" in words.values.toPlainText().splitlines()
        assert not words.use_button.isEnabled()
        words.values.setPlainText("red\nteal = teal; dark cyan")
        words.templates.setPlainText("painted {}.")
        qtbot.mouseClick(words.use_button, LEFT)
        qtbot.waitUntil(lambda: library.tags.vocabulary() != before)
        color = next(head for head in library.tags.vocabulary().heads if head.name == "color")
        assert color.values == ("red", "teal")
        assert color.sentences("teal") == ["painted teal.", "painted dark cyan."]
        qtbot.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: library.tags.vocabulary() == before)
        qtbot.waitUntil(lambda: "multicolor" in words.values.toPlainText())

    def test_words_that_make_no_sense_are_not_lost(self, page: LabelsDialog, library: Library, qtbot: QtBot) -> None:
        words, before = page.words, library.tags.vocabulary()
        words.show_head("color")
        words.values.setPlainText("red")
        qtbot.mouseClick(words.use_button, LEFT)
        qtbot.waitUntil(lambda: "2 to 1000 are needed" in words.error)
        assert library.tags.vocabulary() == before
        assert words.values.toPlainText() == "red", "what was typed stays"
        qtbot.mouseClick(words.discard_button, LEFT)
        assert "multicolor" in words.values.toPlainText()
        assert words.error == ""

    def test_a_file_that_is_broken_can_be_reset(self, page: LabelsDialog, library: Library, qtbot: QtBot) -> None:
        library.paths.tag_vocabulary.write_text("no toml [", encoding="utf-8")
        page.words.refresh()
        qtbot.waitUntil(lambda: "TOML" in page.words.error)
        qtbot.mouseClick(page.words.reset_button, LEFT)
        qtbot.waitUntil(lambda: not library.paths.tag_vocabulary.exists())
        assert page.words.error == ""


@pytest.mark.parametrize("tab", LabelsTab)
def test_every_control_has_a_name_and_can_be_reached(dialog: LabelsDialog, tab: LabelsTab, qtbot: QtBot) -> None:
    dialog.open_at(tab)
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    assert nameless(dialog) == []
    assert unreachable(dialog, dialog.tabs.tabBar(), qtbot) == []
