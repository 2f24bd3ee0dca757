"""The labelling bar and the popup in which labels are chosen: keys, clicks, new values, and what they label."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.tags.values import CLASS, Attribute, Facet
from desktop.bridge import Bridge
from desktop.organise.action_table import Act
from desktop.organise.undo import UndoStack
from desktop.tagging.label_popup import VALUE_ROLE, LabelPopup
from desktop.tagging.labelling_bar import LabellingBar
from desktop.tagging.labelling_keys import MOST_VALUES, offers
from desktop.tagging.tag_facts import TagFacts, Tagged
from desktop.tasks import Tasks
from desktop.viewer.viewer import ViewerPage
from tests.desktop.indexed_library import index
from tests.desktop.test_accessibility import nameless, reached_by_tab, unreachable

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from core.types import PhotoId
    from desktop.theme import Theme
    from tests.desktop.organise_stage import Stage


class Desk:
    """The bar alone, with photos that are chosen by hand."""

    def __init__(self, library: Library, theme: Theme) -> None:
        self.library, self.tasks, self.bridge = library, Tasks(), Bridge(library)
        self.window = QWidget()
        self.undo = UndoStack(self.tasks, self.window)
        self.facts = TagFacts(library, self.tasks, self.bridge, self.window)
        self.ids: list[PhotoId] = []
        self.bar = LabellingBar(library, self.tasks, theme, self.facts, lambda: self.ids)
        self.bar.deed_wanted.connect(self.undo.perform)
        QVBoxLayout(self.window).addWidget(self.bar)
        self.window.resize(900, 300)

    def choose(self, *ids: PhotoId) -> None:
        self.ids = list(ids)
        self.bar.show_photos(ids)

    def labels(self, head: str = CLASS) -> dict[PhotoId, str]:
        return {each: found[head] for each, found in self.library.labels.of(self.ids).items() if head in found}

    def close(self) -> None:
        self.window.close()
        self.bridge.close()
        self.tasks.finish()
        self.window.deleteLater()


@pytest.fixture
def desk(library: Library, theme: Theme, products: Path, qtbot: QtBot) -> Iterator[Desk]:
    """Twelve real photos, tagged by the starter's guesses; three classes that the user has defined."""
    library.labels.define(CLASS, ["backpack", "sneakers", "watch"])
    index(library, products)
    desk = Desk(library, theme)
    desk.window.show()
    desk.bar.toggle_action.setChecked(True)
    qtbot.waitUntil(lambda: len(desk.bar.offers) >= 3)
    yield desk
    desk.close()


@pytest.fixture
def ids(desk: Desk) -> list[PhotoId]:
    return list(desk.library.browse().ids)


class TestOffers:
    @staticmethod
    def known(*values: str, keys: dict[str, str] | None = None, facets: tuple[str, ...] = ()) -> Tagged:
        return Tagged(
            facets=tuple(Facet(CLASS, value, 5) for value in facets),
            attributes=(Attribute(CLASS, values, keys or {}),),
            counts={CLASS: {"mug": 3}},
        )

    def test_digits_go_by_the_order_and_leave_out_what_the_user_has_set(self) -> None:
        found = offers(self.known("mug", "cup", "bowl", keys={"cup": "1", "bowl": "Ctrl+F7"}), CLASS)
        assert [(each.value, each.key, each.count) for each in found] == [
            ("mug", "2", 3),
            ("cup", "1", 0),
            ("bowl", "Ctrl+F7", 0),
        ]

    def test_few_values_are_joined_by_what_is_found(self) -> None:
        facets = ("Mug", *(f"thing {number}" for number in range(20)))
        found = offers(self.known("mug", facets=facets), CLASS)
        assert [each.value for each in found] == ["mug", *(f"thing {number}" for number in range(8))]
        assert [each.key for each in found] == list("123456789")

    def test_of_many_values_the_first_are_shown_and_all_that_have_a_key(self) -> None:
        values = [f"value {number}" for number in range(40)]
        found = offers(self.known(*values, keys={"value 39": "x"}), CLASS)
        assert len(found) == MOST_VALUES
        assert found[-1].value == "value 39"
        assert [each.key for each in found[8:10]] == ["9", ""]


class TestBar:
    def test_a_key_labels_what_is_selected(self, desk: Desk, ids: list[PhotoId], qtbot: QtBot) -> None:
        desk.choose(*ids[:2])
        with qtbot.waitSignals([desk.bar.labelled, desk.undo.done]):
            assert desk.bar.take_key("1")
        assert desk.labels() == dict.fromkeys(ids[:2], "backpack")
        qtbot.waitUntil(lambda: "2" in desk.bar.chips[0].text().split())
        qtbot.waitUntil(lambda: desk.bar.said.text() == "2 photos, 2 labelled")
        desk.undo.undo()
        qtbot.waitUntil(lambda: desk.labels() == {})

    def test_a_click_does_the_same(self, desk: Desk, ids: list[PhotoId], qtbot: QtBot) -> None:
        desk.choose(ids[0])
        with qtbot.waitSignal(desk.undo.done):
            qtbot.mouseClick(desk.bar.chips[2], Qt.MouseButton.LeftButton)
        assert desk.labels() == {ids[0]: "watch"}

    def test_keys_mean_nothing_while_it_is_off(self, desk: Desk, ids: list[PhotoId]) -> None:
        desk.choose(ids[0])
        assert desk.bar.takes_key("1")
        assert not desk.bar.takes_key("x")
        assert not desk.bar.take_key("x")  # it begins a search
        desk.bar.toggle_action.setChecked(False)
        assert desk.bar.isHidden()
        assert not desk.bar.takes_key("1")
        assert not desk.bar.take_key("1")

    def test_a_digit_without_a_value_does_not_begin_a_search(self, desk: Desk, ids: list[PhotoId]) -> None:
        desk.choose(ids[0])
        assert not desk.bar.takes_key("0")
        assert desk.bar.take_key("0")
        assert desk.labels() == {}

    def test_without_photos_it_says_so(self, desk: Desk) -> None:
        desk.choose()
        desk.bar.take_key("1")
        assert desk.bar.said.text() == "Select photos first"

    def test_another_head_has_other_values(self, desk: Desk, ids: list[PhotoId], qtbot: QtBot) -> None:
        desk.choose(ids[0])
        desk.bar.choose_head("condition")
        assert [offer.value for offer in desk.bar.offers][:3] == ["new", "mint", "used"]
        with qtbot.waitSignal(desk.undo.done):
            desk.bar.take_key("3")
        assert desk.labels("condition") == {ids[0]: "used"}

    def test_accept_and_clear(self, desk: Desk, ids: list[PhotoId], qtbot: QtBot) -> None:
        desk.choose(ids[0])
        guessed = desk.library.tags.of(ids[:1])[ids[0]][CLASS].value
        with qtbot.waitSignal(desk.undo.done):
            desk.bar.accept_button.click()
        assert desk.labels() == {ids[0]: guessed}
        assert desk.labels("color") == {}
        with qtbot.waitSignal(desk.undo.done):
            desk.bar.clear_button.click()
        assert desk.labels() == {}

    def test_similar_photos_are_asked_for(self, desk: Desk, ids: list[PhotoId], qtbot: QtBot) -> None:
        desk.choose(*ids[:2])
        with qtbot.waitSignal(desk.bar.propagate_wanted) as wanted:
            desk.bar.similar_button.click()
        assert wanted.args == [ids[:2], CLASS]

    def test_a_new_value_is_typed_once_and_has_a_key_then(self, desk: Desk, ids: list[PhotoId], qtbot: QtBot) -> None:
        desk.choose(ids[0])
        popup = desk.bar.ask_for_value()
        assert popup is not None
        qtbot.keyClicks(popup.field, "travel mug")
        with qtbot.waitSignals([desk.undo.done, desk.bar.labelled]):
            qtbot.keyClick(popup.field, Qt.Key.Key_Return)
        assert desk.labels() == {ids[0]: "travel mug"}
        qtbot.waitUntil(lambda: "travel mug" in [offer.value for offer in desk.bar.offers])

    def test_it_fits_a_narrow_window(self, desk: Desk, qtbot: QtBot) -> None:
        for width_px, style in (
            (900, Qt.ToolButtonStyle.ToolButtonTextBesideIcon),
            (440, Qt.ToolButtonStyle.ToolButtonIconOnly),
        ):
            desk.window.resize(width_px, 300)
            qtbot.waitUntil(lambda style=style: desk.bar.value_button.toolButtonStyle() is style)
            assert desk.window.width() == width_px
            assert desk.bar.close_button.geometry().right() <= desk.bar.width()


class TestForEveryone:
    def test_the_bar_is_named_and_reached(self, desk: Desk, qtbot: QtBot) -> None:
        desk.window.activateWindow()
        desk.bar.head_box.setFocus()
        qtbot.waitUntil(desk.bar.head_box.hasFocus)
        assert nameless(desk.window) == []
        assert unreachable(desk.window, desk.bar.head_box, qtbot) == []

    def test_the_popup_is_named(self, desk: Desk, ids: list[PhotoId], qtbot: QtBot) -> None:
        desk.choose(ids[0])
        popup = desk.bar.ask_for_value()
        assert popup is not None
        qtbot.waitUntil(lambda: popup.list.count() > 3)
        assert nameless(popup) == []
        assert {popup.field, popup.list} <= reached_by_tab(popup.field, qtbot)
        popup.close()


class TestInTheViewer:
    def test_digits_label_and_other_keys_stay_what_they_are(
        self, desk: Desk, ids: list[PhotoId], theme: Theme, qtbot: QtBot
    ) -> None:
        viewer = ViewerPage(desk.library, desk.tasks, theme)
        qtbot.addWidget(viewer)
        viewer.key_taker = desk.bar
        desk.bar.labelled.connect(lambda: viewer.go_on(1))
        viewer.current_changed.connect(lambda photo_id: desk.choose(photo_id))
        viewer.show_photos(ids)
        viewer.show()
        qtbot.waitExposed(viewer)
        for key in (Qt.Key.Key_2, Qt.Key.Key_1, Qt.Key.Key_Right):
            qtbot.keyClick(viewer.canvas, key)
        qtbot.waitUntil(lambda: not desk.undo.is_busy)
        assert viewer.current == ids[3]
        found = {each: labels[CLASS] for each, labels in desk.library.labels.of(ids).items()}
        assert found == {ids[0]: "sneakers", ids[1]: "backpack"}


class TestPopup:
    @pytest.fixture
    def popup(self, desk: Desk, ids: list[PhotoId], qtbot: QtBot) -> LabelPopup:
        desk.choose(*ids[:2])
        desk.library.labels.set(ids[:1], CLASS, "watch")
        popup = LabelPopup(desk.library, desk.tasks, ids[:2], None, desk.window)
        popup.deed_wanted.connect(desk.undo.perform)
        popup.show_in_the_middle()
        qtbot.waitUntil(lambda: popup.list.count() > 3)
        return popup

    @staticmethod
    def values(popup: LabelPopup) -> list[str]:
        return [popup.list.item(row).data(VALUE_ROLE) for row in range(popup.list.count())]

    def test_what_is_likely_comes_first_then_all_that_is_known(
        self, popup: LabelPopup, desk: Desk, ids: list[PhotoId]
    ) -> None:
        assert popup.title.text() == "Label 2 photos"
        tops = [desk.library.tags.of([each])[each][CLASS].prediction for each in ids[:2]]
        likely = {value for top in tops if top is not None for value, _ in top.top}
        assert set(self.values(popup)[: len(likely)]) == likely
        assert {"backpack", "sneakers", "watch", "umbrella"} <= set(self.values(popup))
        assert popup.list.item(0).text().endswith("%")

    def test_typing_narrows_and_the_arrows_choose(
        self, popup: LabelPopup, desk: Desk, ids: list[PhotoId], qtbot: QtBot
    ) -> None:
        qtbot.keyClicks(popup.field, "sho")
        assert all("sho" in value for value in self.values(popup))
        second = self.values(popup)[1]
        qtbot.keyClick(popup.field, Qt.Key.Key_Down)
        with qtbot.waitSignal(desk.undo.done):
            qtbot.keyClick(popup.field, Qt.Key.Key_Return)
        assert desk.labels() == dict.fromkeys(ids[:2], second)

    def test_escape_leaves_everything_as_it_was(self, popup: LabelPopup, desk: Desk, ids: list[PhotoId], qtbot: QtBot):
        qtbot.keyClicks(popup.field, "mug")
        with qtbot.waitSignal(popup.destroyed):
            qtbot.keyClick(popup.field, Qt.Key.Key_Escape)
        assert desk.labels() == {ids[0]: "watch"}

    def test_what_is_too_long_is_refused_in_place(self, popup: LabelPopup, qtbot: QtBot) -> None:
        popup.field.setText("x" * 300)
        popup.field.textEdited.emit(popup.field.text())
        qtbot.keyClick(popup.field, Qt.Key.Key_Return)
        assert "300 characters" in popup.message.text()
        assert popup.isVisible()
        popup.close()

    def test_labels_are_removed(self, popup: LabelPopup, desk: Desk, qtbot: QtBot) -> None:
        with qtbot.waitSignal(desk.undo.done):
            popup.clear_button.click()
        assert desk.labels() == {}

    def test_an_attribute_can_be_chosen(self, popup: LabelPopup, desk: Desk, ids: list[PhotoId], qtbot: QtBot) -> None:
        popup.head_box.setCurrentIndex(popup.head_box.findData("color"))
        popup.head_box.activated.emit(popup.head_box.currentIndex())
        qtbot.keyClicks(popup.field, "viol")
        assert self.values(popup) == ["viol"]
        with qtbot.waitSignal(desk.undo.done):
            qtbot.keyClick(popup.field, Qt.Key.Key_Return)
        assert desk.labels("color") == dict.fromkeys(ids[:2], "viol")


def test_the_actions_label_and_accept(stage: Stage, qtbot: QtBot) -> None:
    [photo_id] = stage.named("red circle.jpg")
    stage.organiser.actions.perform(Act.ACCEPT_TAGS, [photo_id])
    qtbot.waitUntil(lambda: stage.toast_text == "Accepted the tags of 1 photo")
    assert CLASS in stage.library.labels.of([photo_id])[photo_id]
    popup = stage.organiser.actions.ask_for_label([photo_id])
    qtbot.keyClicks(popup.field, "circle")
    with qtbot.waitSignal(stage.organiser.undo.done):
        qtbot.keyClick(popup.field, Qt.Key.Key_Return)
    assert stage.library.labels.of([photo_id])[photo_id][CLASS] == "circle"
