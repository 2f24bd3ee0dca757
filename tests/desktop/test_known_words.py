"""What the window says of the model that answers, and of words that it hardly knows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from core.library import Library
from desktop.empty_pages import Page, Remedy, Situation, page_for
from desktop.grid.gallery import TYPED_MS
from tests.desktop.test_search import search

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.models.clip import ClipEncoder
    from desktop.app import Session
    from desktop.grid.gallery import Gallery


@pytest.fixture(scope="session")
def measured_words(starter: ClipEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vectors of the starter's known words, computed once for all tests."""
    home = tmp_path_factory.mktemp("measured")
    library = Library.open(home, encoder=starter)
    assert library.coverage("zeppelin", wait_s=240) is not None
    library.close()
    return next((home / "index").glob("*.words.npz"))


@pytest.fixture
def knowing(library_home: Path, measured_words: Path, request: pytest.FixtureRequest) -> Session:
    """The window on six drawn photos, and a model that can tell at once which words it knows."""
    (library_home / "index").mkdir(parents=True)
    shutil.copy(measured_words, library_home / "index")
    return request.getfixturevalue("session")


@pytest.fixture
def gallery(knowing: Session, qtbot: QtBot) -> Gallery:
    gallery = knowing.window.gallery
    qtbot.waitUntil(lambda: gallery.results_line.model_button.info is not None)
    return gallery


def told(gallery: Gallery) -> str:
    """Without the marks that keep words of other scripts apart."""
    return gallery.coverage_notice.text.replace("\u2068", "").replace("\u2069", "")


class TestModel:
    def test_the_line_says_which_model_answers(self, knowing: Session, gallery: Gallery, qtbot: QtBot) -> None:
        button = gallery.results_line.model_button
        assert not button.isVisible()
        search(knowing, qtbot, "red circle")
        assert button.isVisible()
        assert button.text() == "Recollect starter"
        assert "Recollect starter" in button.accessibleName()
        assert gallery.coverage_notice.isHidden()
        search(knowing, qtbot, "name:circle")
        assert not button.isVisible()

    def test_its_card_says_what_it_is_good_for_and_leads_to_the_others(
        self, knowing: Session, gallery: Gallery, qtbot: QtBot
    ) -> None:
        search(knowing, qtbot, "canine circle")
        button = gallery.results_line.model_button
        button.setFocus()
        qtbot.keyClick(button, Qt.Key.Key_Space)
        card = button.card
        assert card is not None
        texts = " ".join(text for text, _ in card.lines).replace("\u2068", "").replace("\u2069", "")
        for part in ("Good for: everyday things", "English", "the fastest", "32 MB", "Takes “canine” for “dog”."):
            assert part in texts
        assert card.button.text() == "Larger models…"
        qtbot.keyClick(card.button, Qt.Key.Key_Space)
        qtbot.waitUntil(knowing.window.dialogs.models.isVisible)
        knowing.window.dialogs.models.close()

    def test_in_a_narrow_window_its_sign_is_enough(self, knowing: Session, gallery: Gallery, qtbot: QtBot) -> None:
        search(knowing, qtbot, "red circle")
        knowing.window.resize(800, 600)
        button = gallery.results_line.model_button
        qtbot.waitUntil(lambda: button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonIconOnly)
        assert gallery.results_line.minimumSizeHint().width() <= gallery.width()


class TestNotice:
    def test_a_word_that_is_hardly_known_is_named_above_the_results(
        self, knowing: Session, gallery: Gallery, qtbot: QtBot
    ) -> None:
        search(knowing, qtbot, "red zeppelin")
        qtbot.waitUntil(gallery.coverage_notice.isVisible)
        expected = "Recollect starter hardly knows “zeppelin”: these results may have little to do with it."
        assert told(gallery) == expected
        qtbot.keyClick(gallery.coverage_notice.button, Qt.Key.Key_Space)
        qtbot.waitUntil(knowing.window.dialogs.models.isVisible)
        knowing.window.dialogs.models.close()
        search(knowing, qtbot, "red circle")
        assert gallery.coverage_notice.isHidden()

    def test_it_does_not_come_while_words_are_typed(self, knowing: Session, gallery: Gallery, qtbot: QtBot) -> None:
        search(knowing, qtbot, "red circ")
        assert gallery.coverage_notice.isHidden()
        qtbot.keyClicks(knowing.window.search_bar.field, "le")
        qtbot.waitUntil(lambda: not knowing.window.searcher.is_waiting)
        qtbot.wait(TYPED_MS + 100)
        assert gallery.coverage_notice.isHidden()


class TestNoise:
    def test_results_for_unknown_words_stay_behind_a_page(
        self, knowing: Session, gallery: Gallery, qtbot: QtBot
    ) -> None:
        search(knowing, qtbot, "zeppelin")
        assert len(gallery.listing.ids) == 6  # those of before, until the word has been typed
        qtbot.waitUntil(lambda: "zeppelin" in gallery.empty_state.title)
        assert gallery.listing.ids == ()
        assert "6 photos hidden" in gallery.results_line.text
        assert gallery.coverage_notice.isHidden()
        assert gallery.empty_state.other_button.text() == "Larger models…"

    def test_one_click_shows_them_anyway(self, knowing: Session, gallery: Gallery, qtbot: QtBot) -> None:
        search(knowing, qtbot, "zeppelin")
        qtbot.waitUntil(lambda: "zeppelin" in gallery.empty_state.title)
        assert gallery.empty_state.button.text() == "Show them anyway"
        qtbot.mouseClick(gallery.empty_state.button, Qt.MouseButton.LeftButton)
        assert gallery.listing.ids
        assert gallery.coverage_notice.isVisible()
        assert gallery.grid.hasFocus() or not QApplication.activeWindow()
        knowing.window.searcher.refresh()
        qtbot.waitSignal(knowing.window.searcher.answered, timeout=10_000).wait()
        assert gallery.listing.ids

    def test_another_search_hides_its_own_noise_again(self, knowing: Session, gallery: Gallery, qtbot: QtBot) -> None:
        for word in ("zeppelin", "giraffe"):
            search(knowing, qtbot, word)
            qtbot.waitUntil(lambda word=word: word in gallery.empty_state.title)
            assert gallery.listing.ids == ()
            qtbot.mouseClick(gallery.empty_state.button, Qt.MouseButton.LeftButton)

    def test_typing_on_to_a_known_word_shows_its_results(
        self, knowing: Session, gallery: Gallery, qtbot: QtBot
    ) -> None:
        search(knowing, qtbot, "zeppelin")
        qtbot.waitUntil(lambda: "zeppelin" in gallery.empty_state.title)
        search(knowing, qtbot, "")
        qtbot.waitUntil(lambda: len(gallery.listing.ids) == 6)
        assert gallery.coverage_notice.isHidden()

    def test_a_label_of_the_user_makes_a_word_known(self, knowing: Session, gallery: Gallery, qtbot: QtBot) -> None:
        photo = gallery.listing.ids[0]
        knowing.library.labels.set([photo], "class", "zeppelin")
        search(knowing, qtbot, "zeppelin")
        qtbot.wait(TYPED_MS + 100)
        assert gallery.listing.ids[0] == photo
        assert gallery.coverage_notice.isHidden()


def test_the_page_stays_while_the_next_answer_is_on_its_way() -> None:
    situation = Situation(
        folders=1, answered=True, folders_online=1, searching=True, compares=True, hardly_known="It hardly knows x"
    )
    page = page_for(situation)
    assert isinstance(page, Page)
    assert (page.title, page.remedy, page.other_remedy) == ("It hardly knows x", None, Remedy.SHOW_MODELS)


def test_a_model_without_known_words_says_nothing(
    open_window: Callable[..., Session], library: Library, photo_folder: Path, qtbot: QtBot
) -> None:
    live = library._encoders.live  # type: ignore[attr-defined]
    assert live is not None
    library._encoders.live = type(live)(live.name, live.encoder, live.id, live.index, live.noise)  # type: ignore[attr-defined]
    session = open_window(photo_folder)
    qtbot.waitUntil(lambda: len(session.window.gallery.listing.ids) == 6, timeout=30_000)
    qtbot.waitUntil(lambda: library.is_up_to_date, timeout=30_000)
    search(session, qtbot, "zeppelin")
    qtbot.wait(TYPED_MS + 100)
    assert session.window.gallery.coverage_notice.isHidden()
    assert "zeppelin" not in session.window.gallery.empty_state.title
