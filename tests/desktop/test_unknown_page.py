"""Unknown photos in groups: named by one key, put aside, undone; and what the page says where there are none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from core.tags.values import CLASS
from desktop.app import Session
from desktop.labelling.unknown_page import UnknownPage
from desktop.labelling.unknown_row import SHOWN, UnknownRow
from desktop.organise.sidebar_rows import parts
from desktop.organise.undo import UndoStack
from tests.core.tags.checkpoints import vector_checkpoint
from tests.desktop.indexed_library import index
from tests.desktop.test_accessibility import nameless, unreachable
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from core.models.clip import ClipEncoder
    from core.types import PhotoId
    from tests.desktop.conftest import ShowPage
    from tests.photo_maker import PhotoMaker

LEFT = Qt.MouseButton.LeftButton
KEYS = Qt.Key
CIRCLES, SQUARES = 10, 6


@pytest.fixture
def drawn(make_photo: PhotoMaker) -> Path:
    """Ten red circles, six blue squares on black, and one photo like no other."""
    for number in range(CIRCLES):
        make_photo(f"circle {number}.jpg", "red circle", size=(120 + number, 120))
    for number in range(SQUARES):
        make_photo(f"square {number}.jpg", "blue square on black", size=(200 + number, 120))
    make_photo("green.jpg", "green triangle on orange")
    return make_photo.folder


def use_tagger(library: Library, place: Path, encoder: ClipEncoder, *, tells: bool = True) -> None:
    """A tagger with random weights, whose classes lie far from all photos."""
    folder = vector_checkpoint(
        place / "tagger", encoder, heads={CLASS: ("ball", "brick")}, known_from=0.99 if tells else None
    )
    library.tags.promote(folder, name="taught", metrics={})
    wait_until(lambda: not library.tags.on_its_way(), what="the tagger")


@pytest.fixture
def bare_page(show_page: ShowPage) -> UnknownPage:
    """On a library without a tagger yet."""
    return show_page(UnknownPage, 1040, 700)


@pytest.fixture
def page(
    bare_page: UnknownPage, library: Library, drawn: Path, tmp_path: Path, starter: ClipEncoder, qtbot: QtBot
) -> UnknownPage:
    """With all photos unknown, in two groups."""
    index(library, drawn)
    use_tagger(library, tmp_path, starter)
    bare_page.activateWindow()
    bare_page.look()
    qtbot.waitUntil(lambda: len(bare_page.rows) == 2, timeout=60_000)  # scikit-learn is loaded first
    return bare_page


def rows(page: UnknownPage) -> list[UnknownRow]:
    return list(page.rows.values())


def labelled(library: Library) -> dict[str, int]:
    return library.labels.counts().get(CLASS, {})


class TestNaming:
    def test_all_by_keyboard_and_undone(
        self, page: UnknownPage, library: Library, undo: UndoStack, qtbot: QtBot
    ) -> None:
        circles, squares = rows(page)
        assert (len(circles.ids), len(squares.ids)) == (CIRCLES, SQUARES)
        assert circles.field.hasFocus()
        ids = set(circles.ids)
        qtbot.keyClicks(circles.field, "red ball")
        qtbot.keyClick(circles.field, KEYS.Key_Return)
        assert squares.field.hasFocus(), "the keyboard goes on to the next group"
        qtbot.waitUntil(lambda: labelled(library) == {"red ball": CIRCLES})
        qtbot.waitUntil(lambda: rows(page) == [squares])
        assert set(library.labels.of(library.all_photos())) == ids
        qtbot.keyClicks(squares.field, "brick")
        qtbot.keyClick(squares.field, KEYS.Key_Return)
        qtbot.waitUntil(lambda: page.empty.isVisible() and page.empty.title == "All groups are looked at")
        undo.undo()
        qtbot.waitUntil(lambda: len(page.rows) == 1)
        assert labelled(library) == {"red ball": CIRCLES}
        undo.undo()
        qtbot.waitUntil(lambda: [len(each.ids) for each in rows(page)] == [CIRCLES, SQUARES])
        assert labelled(library) == {}

    def test_photos_can_be_taken_out_before(
        self, page: UnknownPage, library: Library, undo: UndoStack, qtbot: QtBot
    ) -> None:
        circles, squares = rows(page)
        first, second = list(circles.thumbs.values())[:2]
        qtbot.mouseClick(first, LEFT)
        second.setFocus()
        qtbot.keyClick(second, KEYS.Key_Space)
        assert circles.title.text() == "10 photos, 2 taken out"
        qtbot.keyClick(second, KEYS.Key_Space)
        assert circles.title.text() == "10 photos, 1 taken out"
        assert first.accessibleName() == "Photo that was taken out"
        circles.field.setText("ball")
        assert circles.label_button.text() == "Label 9 photos"
        qtbot.mouseClick(circles.label_button, LEFT)
        qtbot.waitUntil(lambda: labelled(library) == {"ball": 9})
        assert first.photo_id not in library.labels.of([first.photo_id])
        qtbot.waitUntil(lambda: rows(page) == [squares])
        assert page.alone_button.text() == "2 photos like no others"
        undo.undo()
        qtbot.waitUntil(lambda: len(rows(page)[0].ids) == CIRCLES)
        assert page.alone_button.text() == "1 photo like no others"

    def test_a_group_without_a_photo_or_a_name_is_not_labelled(
        self, page: UnknownPage, library: Library, qtbot: QtBot
    ) -> None:
        row = rows(page)[1]
        row.field.setFocus()
        qtbot.keyClick(row.field, KEYS.Key_Return)
        assert not row.label_button.isEnabled()
        row.field.setText("brick")
        assert row.label_button.isEnabled()
        for thumb in row.thumbs.values():
            thumb.click()
        assert not row.label_button.isEnabled()
        qtbot.keyClick(row.field, KEYS.Key_Return)
        row.field.setText("x" * 101)
        row.thumbs[row.ids[0]].click()
        qtbot.keyClick(row.field, KEYS.Key_Return)
        assert "100" in row.message.text()
        assert row.message.isVisible()
        row.field.setText("brick")
        assert not row.message.isVisible()
        assert labelled(library) == {}

    def test_classes_that_there_are_are_offered(self, page: UnknownPage, library: Library, qtbot: QtBot) -> None:
        row = rows(page)[0]
        qtbot.keyClicks(row.field, "BRI")
        completer = row.field.completer()
        assert completer.popup().isVisible()
        assert [completer.model().index(at, 0).data() for at in range(completer.model().rowCount())][:1] != []
        assert completer.currentCompletion() == "brick"
        qtbot.keyClick(completer.popup(), KEYS.Key_Down)
        qtbot.keyClick(completer.popup(), KEYS.Key_Return)
        assert row.field.text() in ("brick", "")  # Enter may have named the group at once
        if row.field.text():
            qtbot.keyClick(row.field, KEYS.Key_Return)
        qtbot.waitUntil(lambda: labelled(library) == {"brick": CIRCLES})

    def test_arrows_go_from_group_to_group(self, page: UnknownPage, qtbot: QtBot) -> None:
        circles, squares = rows(page)
        qtbot.keyClick(circles.field, KEYS.Key_Down)
        assert squares.field.hasFocus()
        qtbot.keyClick(squares.field, KEYS.Key_Up)
        assert circles.field.hasFocus()

    def test_more_photos_unfold(self, page: UnknownPage, qtbot: QtBot) -> None:
        circles, squares = rows(page)
        assert len(circles.shown) == SHOWN
        assert circles.more_button.text() == "Show 2 more"
        assert squares.more_button.isHidden()
        qtbot.mouseClick(circles.more_button, LEFT)
        assert circles.shown == list(circles.ids)
        assert circles.more_button.isHidden()
        qtbot.waitUntil(lambda: page._pictures.get(circles.ids[-1]) is not None)

    def test_a_suggestion_is_taken_by_a_click_and_enter(
        self, page: UnknownPage, library: Library, qtbot: QtBot
    ) -> None:
        from PySide6.QtCore import QStringListModel

        from core.tags.unknown import Suggestion

        row = UnknownRow(Suggestion("red_ball", 0.62), QStringListModel(), page._pictures, page._theme)
        qtbot.addWidget(row)
        row.show_ids(rows(page)[0].ids)
        row.show()
        assert row.suggestion_button.text() == "red ball?"
        assert "62%" in row.suggestion_button.toolTip()
        qtbot.mouseClick(row.suggestion_button, LEFT)
        with qtbot.waitSignal(row.named) as named:
            qtbot.keyClick(row.field, KEYS.Key_Return)
        assert named.args == [row, "red_ball"]


class TestPuttingAside:
    def test_a_group_goes_and_comes_back(
        self, page: UnknownPage, library: Library, undo: UndoStack, qtbot: QtBot
    ) -> None:
        circles, squares = rows(page)
        ids = set(circles.ids)
        qtbot.mouseClick(circles.aside_button, LEFT)
        qtbot.waitUntil(lambda: rows(page) == [squares])
        assert set(library.unknown.aside()) == ids
        assert page.aside_button.text() == "Bring back 10 photos"
        undo.undo()
        qtbot.waitUntil(lambda: len(page.rows) == 2)
        assert page.aside_button.isHidden()
        qtbot.mouseClick(rows(page)[0].aside_button, LEFT)
        qtbot.waitUntil(lambda: page.aside_button.isVisible())
        page.look()
        qtbot.waitUntil(lambda: [len(each.ids) for each in rows(page)] == [SQUARES])
        qtbot.mouseClick(page.aside_button, LEFT)
        qtbot.waitUntil(lambda: [len(each.ids) for each in rows(page)] == [CIRCLES, SQUARES])
        assert library.unknown.aside() == []

    def test_photos_that_were_taken_out_are_not_put_aside(
        self, page: UnknownPage, library: Library, undo: UndoStack, qtbot: QtBot
    ) -> None:
        circles, squares = rows(page)
        whole, kept = circles.ids, circles.ids[0]
        circles.thumbs[kept].click()
        qtbot.mouseClick(circles.aside_button, LEFT)
        qtbot.waitUntil(lambda: len(library.unknown.aside()) == len(whole) - 1)
        assert kept in library.unknown.ids()
        qtbot.waitUntil(lambda: circles not in rows(page))
        undo.undo()
        qtbot.waitUntil(lambda: [len(each.ids) for each in rows(page)] == [CIRCLES, SQUARES])
        for thumb in squares.thumbs.values():
            thumb.click()
        assert not squares.aside_button.isEnabled()


class TestPages:
    def test_no_tagger_yet(self, bare_page: UnknownPage, library: Library, photo_folder: Path, qtbot: QtBot) -> None:
        index(library, photo_folder)
        bare_page.look()
        assert bare_page.empty.title.startswith("Looking for unknown photos")
        qtbot.waitUntil(lambda: bare_page.empty.title == "No tagger was trained yet")
        with qtbot.waitSignal(bare_page.training_wanted):
            qtbot.mouseClick(bare_page.empty.button, LEFT)

    def test_a_tagger_that_cannot_tell(
        self, bare_page: UnknownPage, library: Library, photo_folder: Path, tmp_path: Path, starter: ClipEncoder,
        qtbot: QtBot,
    ) -> None:  # fmt: skip
        index(library, photo_folder)
        use_tagger(library, tmp_path, starter, tells=False)
        bare_page.look()
        qtbot.waitUntil(lambda: bare_page.empty.title == "This tagger cannot tell what it does not know")

    def test_everything_is_known(
        self, bare_page: UnknownPage, library: Library, photo_folder: Path, tmp_path: Path, starter: ClipEncoder,
        qtbot: QtBot,
    ) -> None:  # fmt: skip
        index(library, photo_folder)
        use_tagger(library, tmp_path, starter)
        library.labels.set(library.all_photos(), CLASS, "shape")
        bare_page.look()
        qtbot.waitUntil(lambda: bare_page.empty.title == "Nothing is unknown")

    def test_photos_that_are_not_alike(
        self, bare_page: UnknownPage, library: Library, photo_folder: Path, tmp_path: Path, starter: ClipEncoder,
        qtbot: QtBot,
    ) -> None:  # fmt: skip
        index(library, photo_folder)
        use_tagger(library, tmp_path, starter)
        ids = library.all_photos()
        library.labels.set(ids[2:], CLASS, "shape")
        bare_page.look()
        qtbot.waitUntil(lambda: bare_page.empty.title == "2 photos that the tagger does not know")
        with qtbot.waitSignal(bare_page.photos_wanted) as wanted:
            qtbot.mouseClick(bare_page.empty.button, LEFT)
        assert set(wanted.args[0]) == set(ids[:2])

    def test_looking_can_be_called_off(self, page: UnknownPage, qtbot: QtBot) -> None:
        page.look()
        with qtbot.waitSignal(page.closed):
            qtbot.mouseClick(page.empty.other_button, LEFT)
        assert page._task is None

    def test_everything_has_a_name_and_can_be_reached(self, page: UnknownPage, qtbot: QtBot) -> None:
        rows(page)[0].field.setText("ball")
        assert nameless(page) == []
        assert unreachable(page, rows(page)[0].field, qtbot) == []


class TestInTheWindow:
    def test_the_sidebar_leads_there_and_esc_back(
        self, session: Session, tmp_path: Path, starter: ClipEncoder, qtbot: QtBot
    ) -> None:
        window = session.window
        use_tagger(session.library, tmp_path, starter)
        facts = window.sidebar.tag_facts
        qtbot.waitUntil(lambda: facts.known.unknown == 6, timeout=10_000)
        row = next(row for part in parts(window.sidebar._facts) for row in part.rows if row.key == "unknown")
        assert (row.text, row.count) == ("Unknown", 6)
        window.sidebar._choose(row)
        assert window.learning.shows_unknown
        page = window.learning.unknown
        qtbot.waitUntil(lambda: page._found is not None, timeout=10_000)
        qtbot.keyClick(page, KEYS.Key_Escape)
        assert window.navigation.shows_gallery
        window.search_for("is:unknown")
        qtbot.waitUntil(lambda: len(window.gallery.listing.ids) == 6 and not window.searcher.is_waiting)
        photo: PhotoId = window.gallery.listing.ids[0]
        window.header.info_action.setChecked(True)
        window.gallery.take_focus()
        window.gallery.grid.go_to(photo)
        qtbot.waitUntil(lambda: "Unknown to the model" in window.info_panel.tags.text, timeout=10_000)
