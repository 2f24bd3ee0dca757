"""The bar under the photos while some are selected, and the toast over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from desktop.organise.action_table import Act
from desktop.toast import Message, Toast

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.organise.selection_bar import SelectionBar
    from tests.desktop.organise_stage import Stage

RED, BLUE = "red circle.jpg", "blue square.jpg"


def click(qtbot: QtBot, bar: SelectionBar, act: Act) -> None:
    qtbot.mouseClick(bar.buttons[act], Qt.MouseButton.LeftButton)


class TestSelectionBar:
    @pytest.fixture
    def bar(self, stage: Stage, qtbot: QtBot) -> SelectionBar:
        bar = stage.selection_bar
        bar.show_selection(stage.named(RED, BLUE), 6)
        qtbot.waitUntil(bar.isVisible)
        return bar

    def test_it_comes_behind_a_double_click_and_goes_with_the_selection(self, stage: Stage, qtbot: QtBot) -> None:
        bar = stage.selection_bar
        with qtbot.waitSignal(bar.came):
            bar.show_selection(stage.named(RED), 6)
            assert not bar.isVisible()
        assert bar.isVisible()
        bar.show_selection([], 6)
        bar.show_selection(stage.named(BLUE), 6)  # only another one was clicked
        assert bar.isVisible()
        bar.show_selection([], 6)
        qtbot.waitUntil(lambda: not bar.isVisible())

    def test_it_says_how_many_and_offers_the_rest(self, bar: SelectionBar, stage: Stage, qtbot: QtBot) -> None:
        assert bar.text == "2 selected"
        assert bar.all_button.text() == "Select all 6"
        with qtbot.waitSignal(bar.all_wanted):
            qtbot.mouseClick(bar.all_button, Qt.MouseButton.LeftButton)
        bar.show_selection(stage.library.all_photos(), 6)
        assert not bar.all_button.isVisible()
        with qtbot.waitSignal(bar.none_wanted):
            qtbot.mouseClick(bar.clear_button, Qt.MouseButton.LeftButton)

    def test_its_buttons_follow_the_number(self, bar: SelectionBar, stage: Stage) -> None:
        assert bar.buttons[Act.COMPARE].isEnabled()
        assert bar.buttons[Act.TRASH].accessibleName() == "Move 2 photos to the trash"
        bar.show_selection(stage.named(RED), 6)
        assert not bar.buttons[Act.COMPARE].isEnabled()
        assert bar.buttons[Act.TRASH].toolTip() == "Move to the trash (Del)"

    def test_favourite_turns_over(self, bar: SelectionBar, stage: Stage, qtbot: QtBot) -> None:
        ids = stage.named(RED, BLUE)
        click(qtbot, bar, Act.FAVORITE)
        qtbot.waitUntil(lambda: bar.buttons[Act.FAVORITE].accessibleName() == "Remove from favourites")
        assert all(photo.favorite for photo in stage.library.photos(ids))
        click(qtbot, bar, Act.FAVORITE)
        qtbot.waitUntil(lambda: bar.buttons[Act.FAVORITE].accessibleName() == "Favourite")
        assert not any(photo.favorite for photo in stage.library.photos(ids))

    def test_the_albums_open_above_it(self, bar: SelectionBar, stage: Stage, qtbot: QtBot) -> None:
        stage.library.albums.create("Shapes")
        qtbot.waitUntil(lambda: bool(stage.organiser.albums.known))
        menu = bar.show_albums()
        next(action for action in menu.actions() if action.text() == "Shapes").trigger()
        menu.close()
        qtbot.waitUntil(lambda: stage.toast_text == "2 photos added to “Shapes”")

    def test_compare_is_the_windows_to_do(self, bar: SelectionBar, stage: Stage, qtbot: QtBot) -> None:
        with qtbot.waitSignal(stage.organiser.actions.compare_wanted) as wanted:
            click(qtbot, bar, Act.COMPARE)
        assert wanted.args == [stage.named(RED, BLUE)]

    def test_without_room_the_words_give_way_to_the_icons(self, bar: SelectionBar, stage: Stage) -> None:
        button = bar.buttons[Act.TRASH]
        stage.window.resize(1_600, 900)
        assert button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        stage.window.resize(700, 600)
        assert stage.window.width() == 700
        assert button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonIconOnly
        assert bar.clear_button.geometry().right() <= bar.width()

    def test_a_click_leaves_the_focus_and_tab_reaches_every_button(
        self, bar: SelectionBar, stage: Stage, qtbot: QtBot
    ) -> None:
        stage.pages.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        stage.window.activateWindow()
        stage.pages.setFocus()
        qtbot.waitUntil(stage.pages.hasFocus)
        click(qtbot, bar, Act.FAVORITE)
        assert stage.pages.hasFocus()
        reached = set()
        for _ in range(12):
            focused = stage.window.focusWidget()
            reached.add(focused)
            qtbot.keyClick(focused, Qt.Key.Key_Tab)
        assert {bar.all_button, bar.clear_button, *bar.buttons.values()} <= reached


class TestToast:
    @pytest.fixture
    def toast(self, stage: Stage) -> Toast:
        return stage.organiser.toast

    def test_it_lies_at_the_bottom_centre_and_stays_there(self, toast: Toast, stage: Stage) -> None:
        toast.say(Message("3 photos moved to the trash", "Undo"))
        stage.window.resize(900, 700)
        place = toast.geometry()
        assert abs(place.center().x() - stage.pages.rect().center().x()) <= 1
        assert stage.pages.height() - place.bottom() == 25

    def test_a_long_message_keeps_inside(self, toast: Toast, stage: Stage) -> None:
        stage.window.resize(640, 600)
        toast.say(Message("Album “%s” deleted, its photos stay" % ("a long name " * 8), "Undo"))
        assert stage.pages.rect().contains(toast.geometry())
        assert toast.height() > 48

    def test_it_goes_after_a_while(self, toast: Toast, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("desktop.toast.LASTS_MS", 50)
        toast.say(Message("Done"))
        assert toast.isVisible()
        assert toast.accessibleName() == "Done"
        qtbot.waitUntil(lambda: not toast.isVisible())

    def test_it_stays_while_it_is_read(
        self, toast: Toast, stage: Stage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("desktop.toast.LASTS_MS", 50)
        QTest.mouseMove(stage.pages, QPoint(2, 2))
        toast.say(Message("Done", "Undo"))
        QTest.mouseMove(toast, toast.rect().center())
        qtbot.waitUntil(toast.underMouse)
        qtbot.wait(200)  # four times as long as it lasts otherwise
        assert toast.isVisible()
        QTest.mouseMove(stage.pages, QPoint(2, 2))
        qtbot.waitUntil(lambda: not toast.isVisible())

    def test_it_can_be_used_by_keys_and_gives_the_focus_back(
        self, toast: Toast, stage: Stage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("desktop.toast.LASTS_MS", 50)
        photos = QPushButton("stands for the photos", stage.pages)
        photos.show()
        stage.window.activateWindow()
        photos.setFocus()
        qtbot.waitUntil(photos.hasFocus)
        pressed: list[bool] = []
        toast.say(Message("3 photos moved to the trash", "Undo", lambda: pressed.append(True)))
        toast.button.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.wait(200)  # it stays as long as it has the focus
        qtbot.keyClick(toast.button, Qt.Key.Key_Space)
        assert pressed == [True]
        assert not toast.isVisible()
        assert photos.hasFocus()

    def test_escape_closes_it(self, toast: Toast, qtbot: QtBot) -> None:
        toast.say(Message("Done", "Undo"))
        toast.button.setFocus()
        qtbot.keyClick(toast.button, Qt.Key.Key_Escape)
        assert not toast.isVisible()

    def test_work_that_goes_on_shows_again_behind_a_message(self, toast: Toast, qtbot: QtBot) -> None:
        toast.show_work(Message("Exporting 1 of 9", "Cancel"))
        toast.say(Message("Done", "Undo"))
        toast.show_work(Message("Exporting 2 of 9", "Cancel"))
        assert toast.text == "Done"
        qtbot.mouseClick(toast.close_button, Qt.MouseButton.LeftButton)
        assert toast.text == "Exporting 2 of 9"
        assert not toast.close_button.isVisible()
        toast.end_work()
        assert not toast.isVisible()
