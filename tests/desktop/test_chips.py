"""Chips: every part of a query can be made, changed and removed by mouse and by keyboard, and the text agrees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QPushButton, QSlider, QToolButton, QWidget

from core.errors import QueryError
from core.library import Library
from core.query import FILTERS, Filter, Query, Term, parse
from desktop.search.chips import HEIGHT_PX, PICTURE_PX, TIMES
from desktop.search.editors.compared_editors import DateEditor, MomentEditor, SizeEditor
from desktop.search.editors.filter_editors import FixedValueEditor, KnownValueEditor, PatternEditor
from desktop.search.editors.part_editor import checked
from desktop.search.editors.popover import Popover
from desktop.search.editors.term_editors import PictureEditor, WordsEditor
from tests.photo_maker import draw

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.app import Session
    from desktop.search.bar import SearchBar

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def edit(bar: SearchBar, qtbot: QtBot) -> Callable[..., Popover]:
    """Writes a query and opens the editor of one of its chips with the mouse."""

    def open_editor(text: str, place: int = 0) -> Popover:
        bar.field.setText(text)
        qtbot.mouseClick(bar.chip_row.chips[place], LEFT, pos=QPoint(16, 16))
        return opened(bar)

    return open_editor


def opened(bar: SearchBar) -> Popover:
    popover = bar.editing.popover
    assert popover is not None
    assert popover.isVisible()
    return popover


def captions(bar: SearchBar) -> list[str]:
    return [chip.caption for chip in bar.chip_row.chips]


def done(popover: Popover, qtbot: QtBot) -> None:
    qtbot.mouseClick(popover.done_button, LEFT)


def choose(box: QComboBox, caption: str, qtbot: QtBot) -> None:
    """With the keyboard, as far as the entry is away."""
    wanted = box.findText(caption)
    assert wanted >= 0
    while box.currentIndex() != wanted:
        qtbot.keyClick(box, Key.Key_Down if wanted > box.currentIndex() else Key.Key_Up)


class TestKeyboard:
    def test_the_arrows_go_along_the_chips(self, bar: SearchBar, qtbot: QtBot) -> None:
        bar.field.setText("dog + cat is:favorite")
        chips = bar.chip_row.chips
        chips[0].setFocus()
        qtbot.keyClick(chips[0], Key.Key_Left)
        assert chips[0].hasFocus()
        qtbot.keyClick(chips[0], Key.Key_Right)
        qtbot.keyClick(chips[1], Key.Key_Right)
        assert chips[2].hasFocus()
        qtbot.keyClick(chips[2], Key.Key_Left)
        assert chips[1].hasFocus()

    def test_tab_leads_from_the_line_over_the_chips_to_the_buttons(self, bar: SearchBar, qtbot: QtBot) -> None:
        bar.field.setText("dog + cat")
        visited: list[QWidget] = []
        for _ in range(5):
            qtbot.keyClick(bar.window().focusWidget(), Key.Key_Tab)
            visited.append(bar.window().focusWidget())
        row = bar.chip_row
        assert visited == [*row.chips, row.word_button, row.picture_button, row.filter_button]

    @pytest.mark.parametrize("key", [Key.Key_Delete, Key.Key_Backspace])
    def test_delete_removes_a_chip_and_the_focus_stays_among_them(self, bar: SearchBar, qtbot: QtBot, key: Key) -> None:
        bar.field.setText("dog + cat + bird")
        bar.chip_row.chips[1].setFocus()
        qtbot.keyClick(bar.chip_row.chips[1], key)
        assert bar.field.text() == "dog + bird"
        assert bar.chip_row.chips[1].hasFocus()
        qtbot.keyClick(bar.chip_row.chips[1], key)
        assert bar.field.text() == "dog"
        assert bar.field.hasFocus()

    def test_enter_opens_the_editor_and_escape_leads_back(self, bar: SearchBar, qtbot: QtBot) -> None:
        bar.field.setText("2*dog")
        chip = bar.chip_row.chips[0]
        chip.setFocus()
        qtbot.keyClick(chip, Key.Key_Return)
        popover = opened(bar)
        assert popover.focusWidget() is cast("WordsEditor", popover.editor).words
        qtbot.keyClick(popover.focusWidget(), Key.Key_Escape)
        qtbot.waitUntil(lambda: bar.editing.popover is None)
        assert bar.window().focusWidget() is chip
        assert bar.field.text() == "2*dog"

    def test_what_a_chip_changed_can_be_undone_in_the_line(self, bar: SearchBar, qtbot: QtBot) -> None:
        qtbot.keyClicks(bar.field, "dog + cat")
        qtbot.mouseClick(bar.chip_row.chips[0].remove_button, LEFT)
        assert bar.field.text() == "cat"
        qtbot.keyClick(bar.field, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert bar.field.text() == "dog + cat"
        assert captions(bar) == ["dog", "cat"]


def test_delete_on_a_chip_is_not_for_the_photos(session: Session, qtbot: QtBot) -> None:
    bar = session.window.search_bar
    bar.field.setText("name:circle name:square")
    qtbot.waitUntil(lambda: len(session.window.gallery.listing.ids) == 4)
    session.window.gallery.grid.selectAll()
    bar.chip_row.chips[0].setFocus()
    qtbot.keyClick(bar.chip_row.chips[0], Key.Key_Delete)
    assert bar.field.text() == "name:square"
    qtbot.waitUntil(lambda: len(session.window.gallery.listing.ids) == 2)
    assert session.library.photo_count() == 6


def test_escape_in_an_editor_leaves_the_search_alone(session: Session, qtbot: QtBot) -> None:
    bar = session.window.search_bar
    bar.field.setText("-name:circle")
    bar.chip_row.chips[0].setFocus()
    qtbot.keyClick(bar.chip_row.chips[0], Key.Key_Return)
    qtbot.keyClick(opened(bar).focusWidget(), Key.Key_Escape)
    qtbot.waitUntil(lambda: bar.editing.popover is None)
    assert bar.field.text() == "-name:circle"
    qtbot.waitUntil(lambda: len(session.window.gallery.listing.ids) == 4)


class TestTerms:
    def test_words_change_in_the_line_while_they_are_typed(
        self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot
    ) -> None:
        popover = edit("dog + cat is:favorite", 1)
        chip = bar.chip_row.chips[1]
        words = cast("WordsEditor", popover.editor).words
        qtbot.keyClicks(words, "rock - paper")  # the old words were selected
        qtbot.waitUntil(lambda: bar.field.text() == 'dog + "rock - paper" is:favorite')
        assert captions(bar) == ["dog", "rock - paper", "is: favorite"]
        assert bar.chip_row.chips[1] is chip, "the chip stays the same: nothing blinks"
        assert bar.query == parse(bar.field.text())
        assert popover.isVisible()

    def test_of_two_equal_terms_the_one_that_was_clicked_changes(
        self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot
    ) -> None:
        popover = edit("dog + cat + dog", 2)
        qtbot.keyClicks(cast("WordsEditor", popover.editor).words, "bird")
        qtbot.waitUntil(lambda: bar.field.text() == "dog + cat + bird")
        qtbot.mouseClick(popover.remove_button, LEFT)
        assert bar.field.text() == "dog + cat"

    def test_the_slider_changes_the_weight(self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot) -> None:
        popover = edit("dog + beach")
        weight = cast("WordsEditor", popover.editor).weight
        qtbot.keyClick(weight.slider, Key.Key_Right)
        qtbot.keyClick(weight.slider, Key.Key_Right)
        assert weight.shown.text() == f"2{TIMES}"
        assert weight.slider.accessibleName() == "Weight 2"
        qtbot.waitUntil(lambda: bar.field.text() == "2*dog + beach")
        assert captions(bar)[0] == f"2{TIMES} dog"
        qtbot.keyClick(weight.slider, Key.Key_Home)
        qtbot.waitUntil(lambda: bar.field.text() == "0.1*dog + beach")
        qtbot.keyClick(weight.slider, Key.Key_End)
        qtbot.waitUntil(lambda: bar.field.text() == "5*dog + beach")

    def test_a_weight_between_the_steps_stays_until_the_slider_moves(
        self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot
    ) -> None:
        popover = edit("1.25*dog + beach")
        editor = cast("WordsEditor", popover.editor)
        qtbot.mouseClick(editor.sign.buttons["-"], LEFT)
        qtbot.waitUntil(lambda: bar.field.text() == "- 1.25*dog + beach")

    def test_exclude_turns_the_sign_round_and_shows_more_than_a_colour(
        self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot
    ) -> None:
        popover = edit("dog + 2*people", 1)
        qtbot.mouseClick(cast("WordsEditor", popover.editor).sign.buttons["-"], LEFT)
        qtbot.waitUntil(lambda: bar.field.text() == "dog - 2*people")
        chip = bar.chip_row.chips[1]
        assert chip.caption == f"not 2{TIMES} people"
        assert chip.property("excluded") is True
        assert chip.accessibleName() == "Term: not people, weight 2"

    def test_no_words_at_all_are_told_and_change_nothing(
        self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot
    ) -> None:
        popover = edit("dog + cat", 1)
        qtbot.keyClick(cast("WordsEditor", popover.editor).words, Key.Key_Backspace)
        qtbot.waitUntil(popover.message.isVisible)
        assert popover.message.text() == "Write what to look for."
        assert bar.field.text() == "dog + cat"

    def test_closing_does_not_lose_the_last_letters(
        self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot
    ) -> None:
        popover = edit("dog + cat", 1)
        qtbot.keyClicks(cast("WordsEditor", popover.editor).words, "bird")
        qtbot.keyClick(popover.focusWidget(), Key.Key_Return)
        assert bar.field.text() == "dog + bird"

    def test_remove_takes_it_out(self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot) -> None:
        popover = edit("2*dog is:favorite")
        qtbot.mouseClick(popover.remove_button, LEFT)
        assert bar.field.text() == "is:favorite"
        assert bar.editing.popover is None or not bar.editing.popover.isVisible()


class TestPictures:
    @pytest.fixture
    def pictures(self, tmp_path: Path) -> list[Path]:
        paths = [tmp_path / "a red one.png", tmp_path / "a blue one.png"]
        for path, subject in zip(paths, ("red circle", "blue square"), strict=True):
            draw(subject).save(path)
        return paths

    def test_a_chip_shows_its_picture(self, bar: SearchBar, pictures: list[Path], qtbot: QtBot) -> None:
        bar.field.setText(f'image:"{pictures[0]}" + dog')
        chip = bar.chip_row.chips[0]
        qtbot.waitUntil(lambda: not chip.picture.isNull())
        assert max(chip.picture.deviceIndependentSize().toTuple()) == PICTURE_PX
        assert chip.caption == "like a red one.png"
        assert chip.accessibleName() == "Picture: like a red one.png"

    def test_its_editor_shows_it_larger_and_changes_sign_and_weight(
        self, bar: SearchBar, edit: Callable[..., Popover], pictures: list[Path], qtbot: QtBot
    ) -> None:
        popover = edit(f'image:"{pictures[0]}" + dog')
        editor = cast("PictureEditor", popover.editor)
        qtbot.waitUntil(lambda: not editor.preview.pixmap().isNull())
        chip = bar.chip_row.chips[0]
        qtbot.waitUntil(lambda: not chip.picture.isNull())
        qtbot.mouseClick(editor.sign.buttons["-"], LEFT)
        qtbot.keyClick(editor.weight.slider, Key.Key_Left)
        qtbot.waitUntil(lambda: bar.field.text() == f'- 0.7*image:"{pictures[0]}" + dog')
        assert not chip.picture.isNull(), "the picture is the same: it is not read again"

    def test_another_picture_takes_its_place_and_keeps_the_weight(
        self, bar: SearchBar, edit: Callable[..., Popover], pictures: list[Path], qtbot: QtBot
    ) -> None:
        editor = cast("PictureEditor", edit(f'dog - 2*image:"{pictures[0]}"', 1).editor)
        qtbot.mouseClick(editor.other_button, LEFT)
        dialog = bar.editing.dialog
        assert dialog is not None
        dialog.selectFile(str(pictures[1]))
        dialog.accept()
        qtbot.waitUntil(lambda: bar.field.text() == f'dog - 2*image:"{pictures[1]}"')
        assert captions(bar)[1] == f"not 2{TIMES} like a blue one.png"

    def test_a_picture_that_is_gone_leaves_its_place_empty(
        self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot
    ) -> None:
        editor = cast("PictureEditor", edit("image:gone.png + dog").editor)
        qtbot.waitUntil(lambda: editor.preview.text() == "No picture")
        assert bar.chip_row.chips[0].picture.isNull()

    def test_the_button_adds_one(self, bar: SearchBar, pictures: list[Path], qtbot: QtBot) -> None:
        bar.field.setText("dog is:favorite")
        qtbot.mouseClick(bar.chip_row.picture_button, LEFT)
        dialog = bar.editing.dialog
        assert dialog is not None
        dialog.selectFile(str(pictures[0]))
        dialog.accept()
        qtbot.waitUntil(lambda: bar.field.text() == f'dog + image:"{pictures[0]}" is:favorite')


class TestFilters:
    @pytest.mark.parametrize("key", list(FILTERS))
    def test_each_can_be_turned_round_and_removed(
        self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot, key: str
    ) -> None:
        text = str(parse(f"{key}:{FILTERS[key].example}"))
        popover = edit(text)
        sign = popover.editor.findChildren(QPushButton)[1]
        qtbot.mouseClick(sign, LEFT)
        qtbot.waitUntil(lambda: bar.field.text() == f"-{text}")
        assert bar.chip_row.chips[0].caption.startswith(f"not {key}: ")
        qtbot.mouseClick(popover.remove_button, LEFT)
        assert bar.field.text() == ""

    @pytest.mark.parametrize(
        ("text", "value", "expected"),
        [
            ("format:jpeg", "heif", "format:heif"),
            ("orientation:square", "portrait", "orientation:portrait"),
            ("-has:gps", "lens", "-has:lens"),
            ("is:favorite", "hidden", "is:hidden"),
        ],
    )
    def test_fixed_values_are_buttons(
        self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot, text: str, value: str, expected: str
    ) -> None:
        editor = cast("FixedValueEditor", edit(text).editor)
        assert list(editor.values.buttons) == list(FILTERS[editor.key].choices)
        qtbot.mouseClick(editor.values.buttons[value], LEFT)
        qtbot.waitUntil(lambda: bar.field.text() == expected)

    def test_names_are_typed(self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot) -> None:
        editor = cast("PatternEditor", edit("name:IMG_*").editor)
        qtbot.keyClicks(editor.line, "scan 1?")
        qtbot.waitUntil(lambda: bar.field.text() == 'name:"scan 1?"')

    def test_what_the_library_knows_can_be_chosen_and_anything_typed(
        self, bar: SearchBar, edit: Callable[..., Popover], library: Library, qtbot: QtBot
    ) -> None:
        for name in ("Summer in Crete", "Winter"):
            library.albums.create(name)
        editor = cast("KnownValueEditor", edit("album:old").editor)
        qtbot.waitUntil(lambda: editor.box.count() == 2)
        assert editor.box.currentText() == "old"
        choose(editor.box, "Summer in Crete", qtbot)
        qtbot.waitUntil(lambda: bar.field.text() == 'album:"Summer in Crete"')
        editor.line.selectAll()
        qtbot.keyClicks(editor.line, "win")
        qtbot.waitUntil(lambda: bar.field.text() == "album:win")
        offers = editor.box.completer().popup()
        qtbot.waitUntil(offers.isVisible)
        qtbot.keyClick(offers, Key.Key_Down)
        qtbot.keyClick(offers, Key.Key_Return)
        qtbot.waitUntil(lambda: bar.field.text() == "album:Winter")
        assert opened(bar)

    def test_nothing_typed_is_told_and_changes_nothing(
        self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot
    ) -> None:
        popover = edit("dog camera:canon", 1)
        line = cast("KnownValueEditor", popover.editor).line
        line.selectAll()
        qtbot.keyClick(line, Key.Key_Delete)
        qtbot.waitUntil(popover.message.isVisible)
        assert bar.field.text() == "dog camera:canon"
        qtbot.keyClicks(line, "nikon")
        qtbot.waitUntil(lambda: bar.field.text() == "dog camera:nikon")
        assert not popover.message.isVisible()


class TestDates:
    def test_a_named_one(self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot) -> None:
        editor = cast("DateEditor", edit("date:2023").editor)
        choose(editor.first.kind, "Last week", qtbot)
        qtbot.waitUntil(lambda: bar.field.text() == "date:last-week")

    def test_days_years_months_and_a_day(self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot) -> None:
        editor = cast("DateEditor", edit("date:2023-05-01").editor)
        date = editor.first
        choose(date.kind, "Last … days", qtbot)
        date.days.setFocus()
        date.days.selectAll()
        qtbot.keyClicks(date.days, "7")
        qtbot.waitUntil(lambda: bar.field.text() == "date:last-7-days")
        choose(date.kind, "Month", qtbot)
        choose(date.month, "March", qtbot)
        qtbot.waitUntil(lambda: bar.field.text() == "date:2023-03")
        choose(date.kind, "Year", qtbot)
        date.year.selectAll()
        qtbot.keyClicks(date.year, "2019")
        qtbot.waitUntil(lambda: bar.field.text() == "date:2019")
        choose(date.kind, "Day", qtbot)
        qtbot.waitUntil(lambda: bar.field.text() == "date:2023-05-01")

    def test_comparisons_and_ranges(self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot) -> None:
        editor = cast("DateEditor", edit("date:2019").editor)
        assert not editor.last.isVisible()
        choose(editor.comparison, "later than", qtbot)
        qtbot.waitUntil(lambda: bar.field.text() == "date:>2019")
        choose(editor.comparison, "between", qtbot)
        assert editor.last.isVisible()
        choose(editor.last.kind, "Today", qtbot)
        qtbot.waitUntil(lambda: bar.field.text() == "date:2019..today")
        choose(editor.last.kind, "No limit", qtbot)
        qtbot.waitUntil(lambda: bar.field.text() == "date:2019..")
        choose(editor.first.kind, "No limit", qtbot)
        qtbot.waitUntil(opened(bar).message.isVisible)
        assert "range" in opened(bar).message.text()
        assert bar.field.text() == "date:2019.."

    @pytest.mark.parametrize("value", ["2023", "2023-05", "2023-05-01", "yesterday", "last-30-days", "0050-02-03"])
    @pytest.mark.parametrize("sign", ["", ">", "<="])
    def test_an_editor_that_nobody_touched_says_what_it_was_given(
        self, bar: SearchBar, edit: Callable[..., Popover], sign: str, value: str
    ) -> None:
        popover = edit(f"date:{sign}{value}")
        assert popover.editor.part() == bar.query.filters[0]

    @pytest.mark.parametrize("key", ["after", "before"])
    def test_one_day_with_a_calendar(
        self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot, key: str
    ) -> None:
        editor = cast("MomentEditor", edit(f"{key}:2023-05-01").editor)
        assert editor.date.day.calendarPopup()
        editor.date.day.setFocus()
        qtbot.keyClick(editor.date.day, Key.Key_Up)  # its first section is the year
        qtbot.waitUntil(lambda: bar.field.text() == f"{key}:2024-05-01")


class TestSizes:
    def test_comparison_number_and_unit(self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot) -> None:
        editor = cast("SizeEditor", edit("size:>2mb").editor)
        choose(editor.comparison, "at most", qtbot)
        editor.first.number.selectAll()
        qtbot.keyClicks(editor.first.number, "12.5")
        choose(editor.first.unit, "megapixels", qtbot)
        qtbot.waitUntil(lambda: bar.field.text() == "size:<=12.5mp")

    def test_a_range(self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot) -> None:
        editor = cast("SizeEditor", edit("size:2mb..5mb").editor)
        editor.last.number.selectAll()
        qtbot.keyClicks(editor.last.number, "8")
        qtbot.waitUntil(lambda: bar.field.text() == "size:2mb..8mb")
        choose(editor.first.unit, "no limit", qtbot)
        qtbot.waitUntil(lambda: bar.field.text() == "size:..8mb")

    def test_units_that_do_not_fit_are_told_and_change_nothing(
        self, bar: SearchBar, edit: Callable[..., Popover], qtbot: QtBot
    ) -> None:
        popover = edit("size:2mb..5mb")
        choose(cast("SizeEditor", popover.editor).last.unit, "megapixels", qtbot)
        qtbot.waitUntil(popover.message.isVisible)
        assert "cannot be compared" in popover.message.text()
        assert bar.field.text() == "size:2mb..5mb"

    @pytest.mark.parametrize("text", ["size:2mb", "size:>2.50mb", "size:..5gib", "size:>999999999999b", "size:12mp"])
    def test_an_editor_that_nobody_touched_says_what_it_was_given(
        self, bar: SearchBar, edit: Callable[..., Popover], text: str
    ) -> None:
        assert edit(text).editor.part() == bar.query.filters[0]


class TestAdding:
    def test_the_menu_explains_every_filter(self, bar: SearchBar) -> None:
        bar.open_filter_menu()
        menu = bar.menu
        entries = dict(entry.text().split("\t") for entry in menu.actions() if "\t" in entry.text())
        assert {name.lower(): text.lower() for name, text in entries.items()} == {
            key.name: key.explanation.lower() for key in FILTERS.values()
        }
        menu.close()

    def test_the_keyboard_opens_it_on_an_empty_line_and_adds_a_filter(self, bar: SearchBar, qtbot: QtBot) -> None:
        control_shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        qtbot.keyClick(bar.field, Key.Key_F, control_shift)
        menu = bar.menu
        qtbot.waitUntil(menu.isVisible)
        while "Orientation" not in (menu.activeAction().text() if menu.activeAction() else ""):
            qtbot.keyClick(menu, Key.Key_Down)
        qtbot.keyClick(menu, Key.Key_Return)
        qtbot.waitUntil(lambda: bar.editing.popover is not None)
        editor = cast("FixedValueEditor", opened(bar).editor)
        assert bar.field.text() == ""
        qtbot.mouseClick(editor.values.buttons["portrait"], LEFT)
        qtbot.waitUntil(lambda: bar.field.text() == "orientation:portrait")
        assert captions(bar) == ["orientation: portrait"]
        qtbot.mouseClick(editor.values.buttons["square"], LEFT)
        qtbot.waitUntil(lambda: bar.field.text() == "orientation:square")

    def test_the_icon_in_the_line_opens_it_by_mouse(self, bar: SearchBar, qtbot: QtBot) -> None:
        buttons = [each for each in bar.field.findChildren(QToolButton) if each.defaultAction() is bar.filter_action]
        qtbot.mouseClick(buttons[0], LEFT)
        qtbot.waitUntil(bar.menu.isVisible)
        assert "Ctrl+Shift+F" in buttons[0].toolTip()
        bar.menu.close()

    def test_the_button_behind_the_chips_opens_it_too(self, bar: SearchBar, qtbot: QtBot) -> None:
        bar.field.setText("2*dog")
        qtbot.mouseClick(bar.chip_row.filter_button, LEFT)
        qtbot.waitUntil(bar.menu.isVisible)
        name = next(action for action in bar.menu.actions() if action.text().startswith("Name"))
        qtbot.mouseClick(bar.menu, LEFT, pos=bar.menu.actionGeometry(name).center())
        qtbot.waitUntil(lambda: bar.editing.popover is not None)
        qtbot.keyClicks(cast("PatternEditor", opened(bar).editor).line, "img")
        qtbot.waitUntil(lambda: bar.field.text() == "2*dog name:img")

    @pytest.mark.parametrize("key", ["camera", "lens", "folder", "album", "name"])
    def test_typed_values(self, bar: SearchBar, qtbot: QtBot, key: str) -> None:
        bar.field.setText("dog")
        popover = bar.editing.add_filter(key, bar.field)
        assert not popover.remove_button.isVisible(), "there is nothing yet that could be removed"
        qtbot.keyClicks(cast("PatternEditor", popover.editor).line, "some thing")
        qtbot.waitUntil(lambda: bar.field.text() == f'dog {key}:"some thing"')
        assert popover.remove_button.isVisible()
        qtbot.mouseClick(popover.remove_button, LEFT)
        assert bar.field.text() == "dog"

    @pytest.mark.parametrize(
        ("key", "expected"),
        [
            ("date", "date:this-year"),
            ("after", "after:this-year"),
            ("before", "before:this-year"),
            ("size", "size:>2mb"),
        ],
    )
    def test_dates_and_sizes_begin_with_a_value(self, bar: SearchBar, qtbot: QtBot, key: str, expected: str) -> None:
        bar.editing.add_filter(key, bar.field)
        qtbot.waitUntil(lambda: bar.field.text() == expected)

    def test_words(self, bar: SearchBar, qtbot: QtBot) -> None:
        bar.field.setText("dog is:favorite")
        qtbot.mouseClick(bar.chip_row.word_button, LEFT)
        editor = cast("WordsEditor", opened(bar).editor)
        qtbot.keyClicks(editor.words, "people")
        qtbot.mouseClick(editor.sign.buttons["-"], LEFT)
        qtbot.waitUntil(lambda: bar.field.text() == "dog - people is:favorite")

    def test_plain_words_without_a_chip_are_changed_from_the_menu(self, bar: SearchBar, qtbot: QtBot) -> None:
        bar.field.setText("salt & pepper")
        bar.open_filter_menu()
        menu = bar.menu
        assert menu.actions()[0].text() == "Change “salt && pepper”…"
        qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(menu.actions()[0]).center())
        qtbot.waitUntil(lambda: bar.editing.popover is not None)
        qtbot.mouseClick(cast("WordsEditor", opened(bar).editor).sign.buttons["-"], LEFT)
        qtbot.waitUntil(lambda: bar.field.text() == "- salt & pepper")
        assert captions(bar) == ["not salt & pepper"]

    def test_a_line_that_makes_no_sense_must_be_mended_first(self, bar: SearchBar, qtbot: QtBot) -> None:
        bar.field.setText("dog camra:x")
        bar.open_filter_menu()
        assert not bar.menu.isVisible()
        assert bar.message.isVisible()
        assert bar.field.text() == "dog camra:x"

    def test_too_many_parts_are_told(self, bar: SearchBar, qtbot: QtBot) -> None:
        text = " ".join(["is:favorite"] * 64)
        bar.field.setText(text)
        popover = bar.editing.add_filter("has", bar.field)
        qtbot.mouseClick(cast("FixedValueEditor", popover.editor).values.buttons["gps"], LEFT)
        qtbot.waitUntil(popover.message.isVisible)
        assert "64" in popover.message.text()
        assert bar.field.text() == text


class TestLooks:
    def test_many_chips_wrap_and_then_scroll(self, bar: SearchBar, qtbot: QtBot) -> None:
        bar.field.setText("dog + cat")
        assert bar.chip_row.height() == HEIGHT_PX
        bar.field.setText(" + ".join(f"word number {number}" for number in range(40)))
        qtbot.waitUntil(lambda: bar.chip_row.verticalScrollBar().maximum() > 0)
        assert 3 * HEIGHT_PX < bar.chip_row.height() < 6 * HEIGHT_PX
        bar.chip_row.focus(39)
        chip = bar.chip_row.chips[39]
        top = chip.mapTo(bar.chip_row, QPoint(0, 0)).y()
        assert 0 <= top <= bar.chip_row.height() - HEIGHT_PX, "the chip with the focus is in sight"

    def test_a_chip_is_spoken_with_its_keys(self, bar: SearchBar) -> None:
        bar.field.setText("2*dog -camera:canon")
        names = [(chip.accessibleName(), chip.accessibleDescription()) for chip in bar.chip_row.chips]
        keys = "Press Enter to change, Delete to remove"
        assert names == [("Term: dog, weight 2", keys), ("Filter: not camera canon", keys)]

    @pytest.mark.parametrize("text", ["2*dog", "image:none.png", *(f"{key}:{FILTERS[key].example}" for key in FILTERS)])
    def test_every_control_of_an_editor_has_a_name(self, edit: Callable[..., Popover], text: str) -> None:
        popover = edit(text)
        for kind in (QLineEdit, QComboBox, QAbstractSpinBox, QPushButton, QSlider):
            for control in popover.findChildren(kind):
                inside = isinstance(control.parent(), QComboBox | QAbstractSpinBox)
                said = control.accessibleName() or (control.text() if isinstance(control, QPushButton) else "")
                assert said or inside, f"{control} has no name"


# Any query: what its text means, its chips show, and what is done to a chip, the text says.

Part = TypeVar("Part", Term, Filter)

WORDS = st.text(alphabet=st.sampled_from('ab *:+-"“2,.й&\\'), min_size=1, max_size=8)
WEIGHTS = st.sampled_from((1.0, -1.0, 2.0, -0.5, 0.01, 100.0, 1.25))
FILTER_VALUES = (
    ("camera", "canon"),
    ("camera", "40d canon"),
    ("folder", "C:\\Users\\Ann"),
    ("album", 'my "best" ones'),
    ("date", "2019..2023-05"),
    ("date", ">=last-7-days"),
    ("before", "today"),
    ("size", "<2.5mb"),
    ("size", "..5gib"),
    ("format", "jpg"),
    ("has", "place"),
    ("is", "fav"),
)


@st.composite
def a_term(draw_value: st.DrawFn) -> Term:
    """As the parser would make it."""
    if draw_value(st.booleans()):
        value = draw_value(st.sampled_from(("photo:3", "none.jpg", "my pool.jpg")))
        return Term("image", value, draw_value(WEIGHTS))
    return valid(Term("text", " ".join(draw_value(WORDS).split()), draw_value(WEIGHTS)))


@st.composite
def a_filter(draw_value: st.DrawFn) -> Filter:
    if draw_value(st.booleans()):
        return valid(Filter("name", draw_value(WORDS).strip(), negated=draw_value(st.booleans())))
    key, value = draw_value(st.sampled_from(FILTER_VALUES))
    return valid(Filter(key, value, negated=draw_value(st.booleans())))


def valid(part: Part) -> Part:
    """In its canonical form; what is no part at all, such as words without a letter, is not drawn."""
    try:
        return checked(part)
    except QueryError:
        assume(False)
        raise


QUERIES = st.builds(
    lambda terms, filters: Query(tuple(terms), tuple(filters)),
    st.lists(a_term(), max_size=4),
    st.lists(a_filter(), max_size=4),
)


def agree(bar: SearchBar, query: Query) -> None:
    assert bar.query == query
    assert parse(bar.field.text()) == query
    parts = [*query.terms, *query.filters]
    plain = len(parts) == 1 and query.terms and query.terms[0].kind == "text" and query.terms[0].weight == 1
    assert [chip.part for chip in bar.chip_row.chips] == ([] if plain else parts)


@settings(
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(query=QUERIES, data=st.data())
def test_text_and_chips_agree_whatever_is_done(bar: SearchBar, query: Query, data: st.DataObject) -> None:
    bar.field.setText(str(query))
    agree(bar, query)
    for _ in range(2):
        if not bar.chip_row.chips:
            return
        chip = data.draw(st.sampled_from(bar.chip_row.chips))
        new = data.draw(a_term() if isinstance(chip.part, Term) else a_filter())
        query = bar.query.replacing(chip.part, new)
        popover = bar.editing.change(chip.part, chip)
        popover.edited.emit(new)
        agree(bar, query)
        popover.close()
    if bar.chip_row.chips:
        chip = data.draw(st.sampled_from(bar.chip_row.chips))
        query = bar.query.without(chip.part)
        chip.remove_button.click()
        agree(bar, query)
