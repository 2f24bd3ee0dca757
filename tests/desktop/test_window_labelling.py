"""Labelling in the whole window: the keys, what comes selected, proposals that are left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from core.library import Library
from core.tags.values import CLASS
from desktop.app import Session
from desktop.labelling.proposals import Decision, Proposal
from desktop.main_window import MainWindow
from desktop.tagging.deeds import SetLabel

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot


@pytest.fixture
def window(session: Session, qtbot: QtBot) -> MainWindow:
    """Six photos are shown, and the keyboard is on the first of them."""
    window = session.window
    window.activateWindow()
    qtbot.keyClick(window.search_bar.field, Qt.Key.Key_Return)
    assert window.gallery.grid.hasFocus()
    return window


class TestLabellingKeys:
    def test_a_digit_labels_the_selected_photo_and_undo_takes_it_back(self, window: MainWindow, qtbot: QtBot) -> None:
        window.library.labels.define("class", ["circle", "square"])
        window.labelling_bar.toggle_action.trigger()
        bar = window.labelling_bar  # guesses have keys, too, until it knows of the two
        qtbot.waitUntil(lambda: ("1", "circle") in [(each.key, each.value) for each in bar.offers], timeout=5_000)
        window.gallery.take_focus()
        photo = window.gallery.grid.current_id()
        assert photo is not None
        qtbot.keyClicks(window.gallery.grid, "1")
        qtbot.waitUntil(lambda: window.library.labels.of([photo]) == {photo: {"class": "circle"}}, timeout=5_000)
        assert window.search_bar.field.text() == ""
        window.organiser.undo.undo_action.trigger()
        qtbot.waitUntil(lambda: not window.library.labels.of([photo]).get(photo), timeout=5_000)

    def test_bar_and_information_stand_aside_where_there_are_no_photos(self, window: MainWindow) -> None:
        window.header.info_action.setChecked(True)
        window.begin_labelling()
        assert window.labelling_bar.isVisible()
        assert window.info_panel.isVisible()
        window.learning.show_training()
        assert not window.labelling_bar.isVisible()
        assert not window.info_panel.isVisible()
        assert not window.header.info_action.isEnabled()
        window.navigation.show_gallery()
        assert window.labelling_bar.isVisible()
        assert window.info_panel.isVisible()
        assert window.header.info_action.isEnabled()

    def test_turned_on_elsewhere_it_leads_to_the_photos(self, window: MainWindow) -> None:
        window.learning.show_training()
        window.labelling_bar.toggle_action.trigger()
        assert window.navigation.shows_gallery
        assert window.labelling_bar.isVisible()

    def test_the_switch_of_learning_is_the_same_on_the_bar_and_in_training(self, window: MainWindow) -> None:
        window.begin_labelling()
        window.labelling_bar.live_button.click()
        train = window.learning.training.train
        assert train.live.is_on
        assert train.teaching.live_box.isChecked()
        train.teaching.live_box.click()
        assert not train.live.is_on
        assert not window.labelling_bar.live_button.isChecked()

    def test_what_was_left_on_goes_on_with_the_first_label_after_the_next_start(
        self, open_window: Callable[..., Session], session: Session, qtbot: QtBot
    ) -> None:
        first, library = session.window, session.library
        first.labelling_bar.live_button.click()
        qtbot.waitUntil(lambda: library.settings.teach_while_labelling, timeout=5_000)
        encoder = library.answering_encoder()
        first.close()
        session.close()
        library = Library.open(library.paths.home, encoder=encoder)
        window = open_window(other=library).window
        qtbot.waitUntil(lambda: len(window.gallery.listing.ids) == 6, timeout=10_000)
        assert window.labelling_bar.live_button.isChecked()
        assert "training" not in vars(window.learning), "nobody labels yet, and nobody waits for it to be loaded"
        photo = window.gallery.listing.ids[0]
        window.organiser.undo.perform(SetLabel(library, [photo], CLASS, "circle"))
        qtbot.waitUntil(lambda: "training" in vars(window.learning), timeout=5_000)
        train = window.learning.training.train
        assert train.live.is_on
        assert train.teaching.live_box.isChecked()
        train.live.turn(False)
        qtbot.waitUntil(lambda: not library.settings.teach_while_labelling, timeout=5_000)
        assert not window.labelling_bar.live_button.isChecked()

    def test_photos_of_a_figure_come_selected(self, window: MainWindow, qtbot: QtBot) -> None:
        """What was lassoed is labelled with one key."""
        ids = list(window.gallery.listing.ids[1:4])
        window.learning.report.label_wanted.emit(ids)
        qtbot.waitUntil(lambda: window.gallery.grid.selected_ids() == ids, timeout=10_000)
        assert window.labelling_bar.isVisible()
        window.labelling_bar.label("round")
        qtbot.waitUntil(lambda: window.library.labels.counts().get(CLASS) == {"round": 3}, timeout=10_000)

    @pytest.mark.parametrize("searched", [True, False])
    def test_photos_that_were_not_waited_for_do_not_select_others_later(
        self, window: MainWindow, searched: bool, qtbot: QtBot
    ) -> None:
        ids, title = list(window.gallery.listing.ids[1:4]), "Taken for caps"
        window.label_photos(ids, title)
        if searched:
            window.search_for("")
            qtbot.waitUntil(lambda: not window.searcher.is_waiting, timeout=10_000)
            assert window.gallery.grid.selected_count() <= 1
        window.show_photos(ids, title)
        qtbot.waitUntil(lambda: list(window.gallery.listing.ids) == ids, timeout=10_000)
        assert window.gallery.grid.selected_count() <= 1


class TestProposals:
    @pytest.fixture
    def accepted(self, session: Session, qtbot: QtBot) -> Session:
        """Two of the proposals were accepted, and nothing is labelled yet."""
        window = session.window
        ids = window.gallery.listing.ids
        proposals = [Proposal(each, CLASS, "shape", None, 0.9, None, "A guess") for each in ids]
        review = window.learning.review
        review.show_proposals("Look", "Why.", proposals)
        window.navigation.show(review)
        review.accept()
        review.accept()
        return session

    @staticmethod
    def answer(window: MainWindow, text: str, qtbot: QtBot) -> None:
        box = window.findChild(QMessageBox)
        assert box is not None
        button = next(each for each in box.buttons() if each.text().replace("&", "") == text)
        with qtbot.waitSignal(box.finished):
            button.click()
        qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None)

    def test_leaving_by_a_search_asks_and_can_go_back(self, accepted: Session, qtbot: QtBot) -> None:
        window, review = accepted.window, accepted.window.learning.review
        window.search_for("circle")
        assert window.navigation.shows_gallery
        self.answer(window, "Cancel", qtbot)
        assert window.navigation.page is review
        assert review.cards.count(Decision.ACCEPTED) == 2
        window.step_back()
        self.answer(window, "Label 2 photos", qtbot)
        qtbot.waitUntil(lambda: window.library.labels.counts().get(CLASS) == {"shape": 2}, timeout=10_000)
        assert window.navigation.shows_gallery

    def test_a_photo_in_large_is_no_leaving(self, accepted: Session, qtbot: QtBot) -> None:
        window, review = accepted.window, accepted.window.learning.review
        review.opened.emit(window.gallery.listing.ids[0], window.gallery.listing.ids)
        assert window.navigation.shows_viewer
        window.step_back()
        assert window.navigation.page is review
        assert window.findChild(QMessageBox) is None

    def test_other_proposals_ask_before_they_come(self, accepted: Session, qtbot: QtBot) -> None:
        window, review = accepted.window, accepted.window.learning.review
        window.learning.review_unsure()
        assert review.title.text() == "Look"
        self.answer(window, "Leave them", qtbot)
        qtbot.waitUntil(lambda: review.title.text() == "Unsure of the class")
        assert window.library.labels.count() == 0
        window.search_for("")
        assert window.findChild(QMessageBox) is None
