"""Proposals: looked for, accepted, changed, skipped, made labels by one deed, and undone."""

from __future__ import annotations

import shutil
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMessageBox

from core.tags.values import CLASS, TagSource
from desktop.labelling.proposals import Decision, Proposal
from desktop.labelling.review_card import check_room
from desktop.labelling.review_model import spoken
from desktop.labelling.review_page import ReviewPage
from desktop.organise.undo import UndoStack
from tests.desktop.indexed_library import index
from tests.desktop.test_accessibility import nameless, unreachable
from trainer.data.checks import Finding, FindingKind, Severity
from trainer.data.examples import Example

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from core.types import PhotoId
    from tests.desktop.conftest import ShowPage

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
KEYS = Qt.Key


@pytest.fixture
def bare_page(show_page: ShowPage) -> ReviewPage:
    """On a library without photos yet."""
    return show_page(ReviewPage, 1100, 760)


@pytest.fixture
def page(bare_page: ReviewPage, library: Library, photo_folder: Path) -> ReviewPage:
    """On six drawn photos."""
    index(library, photo_folder)
    return bare_page


def proposals(library: Library, *values: str) -> list[Proposal]:
    """For the first photos; the n-th with a probability of 0.95, 0.85, ... and two other choices."""
    return [
        Proposal(photo_id, CLASS, value, None, 0.95 - 0.1 * at, None, "A guess", choices=((value, 0.9), ("bowl", 0.05)))
        for at, (photo_id, value) in enumerate(zip(library.all_photos(), values, strict=False))
    ]


def decisions(page: ReviewPage) -> list[tuple[str, Decision]]:
    return [(each.value, each.decision) for each in page.cards.decided]


class TestDeciding:
    def test_all_by_keyboard(self, page: ReviewPage, library: Library, qtbot: QtBot) -> None:
        library.labels.define(CLASS, ["plate"])
        page.show_proposals("Look", "Why.", proposals(library, "mug", "mug", "cup", "cup"))
        qtbot.waitUntil(lambda: "plate" in page.choices.choices)
        ids = [each.proposal.photo_id for each in page.cards.decided]
        assert page.title.text() == "Look"
        assert page.choices.choices == ["mug", "bowl", "plate"]
        qtbot.keyClick(page.list, KEYS.Key_A)
        qtbot.keyClick(page.list, KEYS.Key_X)
        qtbot.keyClick(page.list, KEYS.Key_2)
        assert page.list.currentIndex().row() == 3, "each decision leads to the next photo"
        assert decisions(page) == [
            ("mug", Decision.ACCEPTED),
            ("mug", Decision.SKIPPED),
            ("bowl", Decision.ACCEPTED),
            ("cup", Decision.OPEN),
        ]
        assert library.labels.counts().get(CLASS) is None, "nothing is labelled before the user says so"
        assert page.done_row.apply_button.text() == "Label 2 photos"
        qtbot.keyClick(page.list, KEYS.Key_Return, CONTROL)
        qtbot.waitUntil(lambda: library.labels.counts().get(CLASS) == {"mug": 1, "bowl": 1})
        qtbot.waitUntil(lambda: len(page.cards.decided) == 2)
        assert library.labels.of(ids) == {ids[0]: {CLASS: "mug"}, ids[2]: {CLASS: "bowl"}}

    def test_undone_they_come_back(self, page: ReviewPage, library: Library, undo: UndoStack, qtbot: QtBot) -> None:
        page.show_proposals("Look", "Why.", proposals(library, "mug", "cup"))
        qtbot.mouseClick(page.accept_row.all_button, LEFT)
        page.apply()
        qtbot.waitUntil(lambda: page.empty.isVisible() and page.empty.title == "All looked at")
        assert library.labels.counts()[CLASS] == {"mug": 1, "cup": 1}
        undo.undo()
        qtbot.waitUntil(lambda: len(page.cards.decided) == 2)
        assert library.labels.counts().get(CLASS) is None
        assert page.list.isVisible()

    def test_many_at_once_above_a_probability(self, page: ReviewPage, library: Library, qtbot: QtBot) -> None:
        page.show_proposals("Look", "Why.", proposals(library, "a", "b", "c", "d"))
        assert page.accept_row.above_button.text() == "Accept 2 above 80%"
        qtbot.keyClick(page.list, KEYS.Key_X)
        assert page.accept_row.above_button.text() == "Accept 1 above 80%"
        page.accept_row.slider.setValue(70)
        qtbot.mouseClick(page.accept_row.above_button, LEFT)
        assert [decision for _, decision in decisions(page)] == [
            Decision.SKIPPED,
            Decision.ACCEPTED,
            Decision.ACCEPTED,
            Decision.OPEN,
        ]

    def test_a_click_on_the_check(self, page: ReviewPage, library: Library, qtbot: QtBot) -> None:
        page.show_proposals("Look", "Why.", proposals(library, "a", "b"))
        check = check_room(page.list.visualRect(page.cards.index(1))).center()
        qtbot.mouseClick(page.list.viewport(), LEFT, pos=check)
        assert decisions(page)[1] == ("b", Decision.ACCEPTED)
        assert page.list.currentIndex().row() == 0, "it neither selects"
        qtbot.mouseClick(page.list.viewport(), LEFT, pos=check + QPoint(1, 1))
        assert decisions(page)[1] == ("b", Decision.OPEN)

    def test_a_selection_gets_one_value(self, page: ReviewPage, library: Library, qtbot: QtBot) -> None:
        page.show_proposals("Look", "Why.", proposals(library, "a", "b", "c"))
        qtbot.keyClick(page.list, KEYS.Key_Right, Qt.KeyboardModifier.ShiftModifier)
        popup = page.ask_for_value()
        assert popup is not None
        popup.field.setText("vase")
        popup._show_choices()
        qtbot.keyClick(popup.field, KEYS.Key_Return)
        assert [value for value, decision in decisions(page) if decision is Decision.ACCEPTED] == ["vase", "vase"]
        assert library.labels.count() == 0

    def test_leaving_asks_for_what_was_accepted(self, page: ReviewPage, library: Library, qtbot: QtBot) -> None:
        page.show_proposals("Look", "Why.", proposals(library, "a", "b"))
        with qtbot.waitSignal(page.closed):
            qtbot.keyClick(page.list, KEYS.Key_Escape)
        qtbot.keyClick(page.list, KEYS.Key_A)
        qtbot.keyClick(page.list, KEYS.Key_Escape)
        box = page.findChild(QMessageBox)
        assert box is not None
        button = next(each for each in box.buttons() if each.text() == "Label 1 photo")
        with qtbot.waitSignal(page.closed):
            qtbot.mouseClick(button, LEFT)
        qtbot.waitUntil(lambda: library.labels.counts().get(CLASS) == {"a": 1})

    def test_a_photo_is_opened_among_the_others(self, page: ReviewPage, library: Library, qtbot: QtBot) -> None:
        page.show_proposals("Look", "Why.", proposals(library, "a", "b"))
        ids = tuple(each.proposal.photo_id for each in page.cards.decided)
        with qtbot.waitSignal(page.opened) as told:
            qtbot.keyClick(page.list, KEYS.Key_Return)
        assert told.args == [ids[0], ids]

    def test_a_card_says_all_that_it_shows(self, page: ReviewPage, library: Library, qtbot: QtBot) -> None:
        page.show_proposals("Look", "Why.", proposals(library, "mug"))
        assert spoken(page.cards.decided[0]) == "mug 95%, No label yet, A guess, not decided"
        assert page.cards.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == spoken(page.cards.decided[0])


class TestSources:
    def test_photos_like_those_that_are_labelled(
        self, bare_page: ReviewPage, library: Library, shared_data: Path, tmp_path: Path, qtbot: QtBot
    ) -> None:
        """Real photos with the vectors of the starter."""
        page, folder = bare_page, tmp_path / "bottles and caps"
        folder.mkdir()
        for kind in ("tableware_water_bottle", "clothing_cap"):
            for path in sorted((shared_data / "products" / "images").glob(f"*{kind}*"))[::3]:
                shutil.copy(path, folder)
        index(library, folder)
        by_name = {photo.path.name: photo.id for photo in library.photos(library.all_photos())}
        kinds: dict[str, list[PhotoId]] = {}
        for name in sorted(by_name):
            kinds.setdefault("cap" if "cap" in name else "bottle", []).append(by_name[name])
        for kind, ids in kinds.items():
            library.labels.set(ids[:3], CLASS, kind)
        page.propagate([*kinds["cap"][:3], *kinds["bottle"][:3]], CLASS)
        qtbot.waitUntil(lambda: bool(page.cards.decided), timeout=10_000)
        right = [each.proposal.photo_id in kinds[each.value] for each in page.cards.decided]
        assert sum(right) >= 0.8 * len(right)
        first = page.cards.decided[0].proposal
        assert first.because in kinds[first.value][:3]
        qtbot.waitUntil(lambda: page.list.pictures.get(first.photo_id) is not None)
        qtbot.waitUntil(lambda: first.because is not None and page.list.pictures.get(first.because) is not None)

    def test_without_a_label_there_is_nothing_to_go_by(self, page: ReviewPage, library: Library, qtbot: QtBot) -> None:
        page.propagate(library.all_photos()[:1], CLASS)
        qtbot.waitUntil(lambda: page.empty.title == "Nothing can be proposed")
        assert "Label one" in page.empty.text
        library.labels.set(library.all_photos(), CLASS, "drawing")
        qtbot.mouseClick(page.empty.button, LEFT)
        qtbot.waitUntil(lambda: page.empty.title == "Nothing looks alike enough")
        with qtbot.waitSignal(page.closed):
            qtbot.mouseClick(page.empty.other_button, LEFT)

    def test_photos_of_which_the_tagger_is_unsure(self, page: ReviewPage, library: Library, qtbot: QtBot) -> None:
        qtbot.waitUntil(lambda: len(library.tags.of(library.all_photos())) == 6, timeout=20_000)
        tags = library.tags.of(library.all_photos())
        unsure = {photo_id for photo_id, each in tags.items() if not each[CLASS].sure}
        assert unsure, "guesses of drawn shapes are unsure"
        page.review_unsure()
        qtbot.waitUntil(lambda: {each.proposal.photo_id for each in page.cards.decided} == unsure)
        proposal = page.cards.decided[0].proposal
        tag = tags[proposal.photo_id][CLASS]
        assert tag.source is TagSource.ZERO_SHOT
        assert tag.prediction is not None
        assert (proposal.value, proposal.choices) == (tag.value, tag.prediction.top)
        library.labels.set(library.all_photos(), CLASS, "drawing")
        page.review_unsure()
        qtbot.waitUntil(lambda: page.empty.isVisible() and page.empty.title == "Nothing is unsure")

    def test_labels_that_are_likely_wrong(self, page: ReviewPage, library: Library, qtbot: QtBot) -> None:
        one, other, third, *_ = library.all_photos()
        library.labels.set([one, other], CLASS, "mug")
        library.labels.set([third], CLASS, "cup")
        examples = tuple(
            Example(photo.path, photo.content_hash or "", {CLASS: "mug"}, photo_id=photo.id)
            for photo in library.photos([one, other, third])
        )
        finding = Finding(
            FindingKind.LIKELY_WRONG, Severity.WARNING, "Likely wrong.", "Look.", CLASS, examples, ("cup", "cup", "cup")
        )
        page.review_finding(finding)
        qtbot.waitUntil(lambda: len(page.cards.decided) == 2)
        assert page.cards.decided[0].proposal.by_user
        assert page.cards.decided[0].proposal.current == "mug"
        assert {each.proposal.photo_id for each in page.cards.decided} == {one, other}, "the third was corrected since"
        page.review_findings([each.proposal for each in page.cards.decided])
        qtbot.waitUntil(lambda: len(page.cards.decided) == 2)
        qtbot.mouseClick(page.accept_row.all_button, LEFT)
        page.apply()
        qtbot.waitUntil(lambda: library.labels.counts()[CLASS] == {"cup": 3})

    def test_what_is_worth_labelling(self, page: ReviewPage, library: Library, qtbot: QtBot) -> None:
        with qtbot.waitSignal(page.photos_wanted, timeout=10_000) as told:
            page.show_worth_labelling(limit=4)
        assert told.args is not None
        ids, title = told.args
        assert (len(ids), title) == (4, "Most worth labelling")
        assert set(ids) <= set(library.all_photos())
        library.labels.set(library.all_photos(), CLASS, "drawing")
        page.show_worth_labelling()
        qtbot.waitUntil(lambda: page.empty.title == "Everything is labelled")


def test_every_control_has_a_name_and_can_be_reached(page: ReviewPage, library: Library, qtbot: QtBot) -> None:
    page.show_proposals("Look", "Why.", proposals(library, "mug", "cup"))
    assert nameless(page) == []
    assert unreachable(page, page.list, qtbot) == []


def test_hundreds_of_proposals_scroll_smoothly(page: ReviewPage, library: Library, qtbot: QtBot) -> None:
    ids = library.all_photos()
    many = [
        Proposal(ids[at % len(ids)], CLASS, f"value {at}", "mug", 0.7, ids[(at + 1) % len(ids)], "Looks like this one")
        for at in range(500)
    ]
    page.show_proposals("Many", "Look.", many)
    qtbot.waitUntil(lambda: all(page.list.pictures.get(photo_id) is not None for photo_id in ids), timeout=10_000)
    bar = page.list.verticalScrollBar()
    slowest_s = 0.0
    for at in range(0, bar.maximum(), bar.maximum() // 20):
        began = perf_counter()
        bar.setValue(at)
        page.list.viewport().repaint()
        slowest_s = max(slowest_s, perf_counter() - began)
    assert slowest_s < 0.2, "two frames would be 0.033; machines of others are slower"
    first, last = page.list._in_view()
    shown = page.list.indexAt(page.list.viewport().rect().center()).row()
    assert first <= shown <= last
