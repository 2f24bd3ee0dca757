"""Searching as a person does: typing, chips, mistakes, pictures, weak results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage

from core.library import Library
from core.query import parse
from tests.photo_maker import draw

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from desktop.app import Session
    from desktop.search.bar import SearchBar


LocalUrl = Callable[[Path], QUrl]


def shown_names(session: Session) -> list[str]:
    """File names in the order of the grid."""
    photos = session.library.photos(list(session.window.gallery.listing.ids))
    return [photo.path.name for photo in photos]


def search(session: Session, qtbot: QtBot, text: str) -> None:
    """Type it and wait for its answer."""
    field = session.window.search_bar.field
    field.selectAll()
    with qtbot.waitSignal(session.window.searcher.answered, timeout=30_000, check_params_cb=_answers(text)):
        qtbot.keyClicks(field, text) if text else qtbot.keyClick(field, Qt.Key.Key_Delete)


def _answers(text: str) -> Callable[..., bool]:
    return lambda answer: answer.query == parse(text)


def drop(widget: QWidget, data: QMimeData) -> None:
    """As the system does it when the mouse button is let go."""
    event = QDropEvent(
        QPointF(widget.rect().center()),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    widget.dropEvent(event)


def chip_texts(bar: SearchBar) -> list[str]:
    return [chip.caption for chip in bar.chip_row.chips]


@pytest.mark.parametrize(("words", "expected"), [("sneakers", "footwear_sneakers"), ("watch", "wrist_watch")])
def test_typing_brings_the_right_photos_to_the_top(
    open_window: Callable[..., Session], products: Path, qtbot: QtBot, words: str, expected: str
) -> None:
    session = open_window(products)
    qtbot.waitUntil(lambda: session.library.is_up_to_date and session.library.photo_count() == 12, timeout=60_000)
    search(session, qtbot, words)
    grid = session.window.gallery.grid
    if not shown_names(session):
        qtbot.mouseClick(session.window.gallery.empty_state.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(shown_names(session)))
    assert expected in shown_names(session)[0]
    assert "photo" in session.window.gallery.results_line.text
    assert grid.isVisible()


def test_clearing_the_line_brings_all_photos_back(session: Session, qtbot: QtBot) -> None:
    search(session, qtbot, "name:circle")
    assert len(shown_names(session)) == 2
    search(session, qtbot, "")
    assert len(shown_names(session)) == 6
    assert session.window.gallery.results_line.text == "6 photos"


def test_while_typing_only_the_last_words_are_searched_for(session: Session, qtbot: QtBot) -> None:
    asked: list[str] = []
    session.window.searcher.asked.connect(lambda query: asked.append(str(query)))
    search(session, qtbot, "a red circle")
    assert asked == ["a red circle"]


class TestChips:
    def test_each_part_has_a_chip_and_its_button_removes_it_from_the_text(self, session: Session, qtbot: QtBot) -> None:
        bar = session.window.search_bar
        search(session, qtbot, "2*circle - red name:circle")
        assert chip_texts(bar) == ["2\N{MULTIPLICATION SIGN} circle", "not red", "name: circle"]
        with qtbot.waitSignal(session.window.searcher.answered):
            qtbot.mouseClick(bar.chip_row.chips[1].remove_button, Qt.MouseButton.LeftButton)
        assert bar.field.text() == "2*circle name:circle"
        assert chip_texts(bar) == ["2\N{MULTIPLICATION SIGN} circle", "name: circle"]

    def test_text_and_chips_always_agree(self, session: Session, qtbot: QtBot) -> None:
        bar = session.window.search_bar
        for text in ("beach + dog", "beach", "format:jpeg", "-format:jpeg dog - cat", ""):
            bar.field.setText(text)
            parts = [chip.part for chip in bar.chip_row.chips]
            query = parse(text)
            assert parts == ([*query.terms, *query.filters] if len(parts) or " + " in text else [])
            assert bar.query == query

    def test_plain_words_need_no_chip(self, session: Session) -> None:
        session.window.search_bar.field.setText("red circle")
        assert not session.window.search_bar.chip_row.isVisible()


class TestMistakes:
    def test_the_word_at_fault_is_underlined_and_the_nearest_one_suggested(
        self, session: Session, qtbot: QtBot
    ) -> None:
        bar = session.window.search_bar
        qtbot.keyClicks(bar.field, "beach camra:canon")
        qtbot.waitUntil(bar.message.isVisible)
        assert "camera:" in bar.message.text()
        metrics, mark = bar.field.fontMetrics(), bar.field.fault_rect()
        assert mark.width() == metrics.horizontalAdvance("camra")
        assert abs(mark.right() - bar.field.cursorRect().center().x() + metrics.horizontalAdvance(":canon")) <= 2

    def test_the_photos_stay_until_the_mistake_is_mended(self, session: Session, qtbot: QtBot) -> None:
        bar = session.window.search_bar
        search(session, qtbot, "name:circle")
        bar.field.setText("name:square camra:canon")
        qtbot.waitUntil(bar.message.isVisible)
        assert len(shown_names(session)) == 2
        bar.field.setText("name:square")
        assert not bar.message.isVisible()
        assert bar.field.fault_rect().isEmpty()
        qtbot.waitUntil(lambda: shown_names(session) and all("square" in name for name in shown_names(session)))

    def test_an_unfinished_filter_is_no_mistake_while_one_types(self, session: Session, qtbot: QtBot) -> None:
        bar = session.window.search_bar
        qtbot.keyClicks(bar.field, "camra:c")
        assert not bar.message.isVisible()


class TestPictures:
    def test_a_dropped_file_is_searched_by(
        self, session: Session, qtbot: QtBot, tmp_path: Path, local_url: LocalUrl
    ) -> None:
        picture = tmp_path / "something red.png"
        draw("red circle").save(picture)
        data = QMimeData()
        data.setUrls([local_url(picture)])
        with qtbot.waitSignal(session.window.searcher.answered, timeout=10_000):
            drop(session.window.search_bar.field, data)
        assert "something red.png" in session.window.search_bar.field.text()
        assert chip_texts(session.window.search_bar) == ["like something red.png"]
        qtbot.waitUntil(lambda: shown_names(session)[:1] == ["red circle.jpg"])

    def test_a_picture_joins_the_words_on_the_bar_and_replaces_them_on_the_photos(
        self, session: Session, qtbot: QtBot, photo_folder: Path, local_url: LocalUrl
    ) -> None:
        window = session.window
        known = session.library.find_photo(photo_folder / "blue square.jpg")
        data = QMimeData()
        data.setUrls([local_url(photo_folder / "blue square.jpg")])
        search(session, qtbot, "circle")
        drop(window.search_bar.field, data)
        qtbot.waitUntil(lambda: window.search_bar.field.text() == f"circle + photo:{known}")
        drop(window, data)
        qtbot.waitUntil(lambda: window.search_bar.field.text() == f"photo:{known}")

    def test_a_pasted_picture_is_searched_by(self, session: Session, qtbot: QtBot) -> None:
        image = QImage(64, 64, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.red)
        QGuiApplication.clipboard().setImage(image)
        field = session.window.search_bar.field
        with qtbot.waitSignal(session.window.searcher.answered, timeout=10_000):
            qtbot.keyClick(field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        assert parse(field.text()).terms[0].kind == "image"
        assert list(session.library.paths.pasted.iterdir())

    def test_what_is_no_picture_says_so(
        self, session: Session, qtbot: QtBot, tmp_path: Path, local_url: LocalUrl
    ) -> None:
        text = tmp_path / "letter.jpg"
        text.write_text("dear reader")
        data = QMimeData()
        data.setUrls([local_url(text)])
        drop(session.window.search_bar.field, data)
        bar = session.window.search_bar
        qtbot.waitUntil(bar.message.isVisible)
        assert "letter.jpg" in bar.message.text()
        assert not bar.field.fault_rect().isEmpty()

    def test_find_similar_puts_the_photo_into_the_line(self, session: Session, qtbot: QtBot) -> None:
        photo_id = session.window.gallery.listing.ids[2]
        menu = session.window.actions_on_photos.show([photo_id], QPoint(0, 0))
        next(action for action in menu.actions() if action.text() == "Find similar").trigger()
        menu.close()
        assert session.window.search_bar.field.text() == f"photo:{photo_id}"
        assert chip_texts(session.window.search_bar) == ["like this photo"]
        qtbot.waitUntil(lambda: not session.window.searcher.is_waiting, timeout=10_000)


class TestWeakResults:
    def test_weak_results_hide_behind_a_line_that_shows_them(self, session: Session, qtbot: QtBot) -> None:
        gallery = session.window.gallery
        photo_id = session.library.find_photo(session.library.folders()[0].path / "red circle.jpg")
        gallery.results_line.slider.setValue(10)
        search(session, qtbot, f"photo:{photo_id}")
        if gallery.listing.weak_hidden == 0:
            pytest.skip("the encoder finds all of these drawings alike")
        hidden = gallery.listing.weak_hidden
        before = len(gallery.listing.ids)
        button = gallery.grid.weak_line.button if before else gallery.empty_state.button
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert len(gallery.listing.ids) == before + hidden
        assert gallery.listing.weak_hidden == 0

    def test_the_slider_goes_from_fewer_to_more(self, session: Session, qtbot: QtBot) -> None:
        gallery = session.window.gallery
        strong: list[int] = []
        search(session, qtbot, "a red circle")
        for place in (0, 20):
            with qtbot.waitSignal(session.window.searcher.answered):
                gallery.results_line.slider.setValue(5)
            with qtbot.waitSignal(session.window.searcher.answered):
                gallery.results_line.slider.setValue(place)
            strong.append(gallery.listing.strong)
        assert strong[0] <= strong[1]
        assert strong[1] == 6, "at its end the slider shows everything"
        qtbot.waitUntil(lambda: session.library.settings.strictness == 0)

    def test_nothing_found_is_said_and_cleared(self, session: Session, qtbot: QtBot) -> None:
        search(session, qtbot, "name:nothing-like-this")
        empty = session.window.gallery.empty_state
        assert empty.isVisible()
        assert empty.title == "Nothing found"
        qtbot.mouseClick(empty.button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: len(shown_names(session)) == 6)


def test_a_search_before_the_model_is_ready_says_so_and_is_answered(
    open_window: Callable[..., Session], library_home: Path, photo_folder: Path, qtbot: QtBot
) -> None:
    """The library loads the bundled model itself, in the background."""
    session = open_window(photo_folder, Library.open(library_home))
    field = session.window.search_bar.field
    qtbot.waitUntil(lambda: session.library.photo_count() == 6, timeout=20_000)
    qtbot.keyClicks(field, "circle")
    empty = session.window.gallery.empty_state
    if session.library.encoder_name is None:
        qtbot.waitUntil(lambda: empty.title == "The model is loading…" or not session.window.searcher.is_waiting)
    qtbot.waitUntil(lambda: not session.window.searcher.is_waiting, timeout=60_000)
    gallery = session.window.gallery
    qtbot.waitUntil(lambda: gallery.listing.has_weak or bool(gallery.listing.ids), timeout=20_000)
