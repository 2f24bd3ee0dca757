"""Tags in the information panel and in the sidebar: what is shown, searched for, corrected, and how it follows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from core.tags.values import CLASS, Attribute, Facet, Prediction, Tag, TagSource
from core.types import Sort, SortKey
from desktop.grid.sort_button import SortButton
from desktop.organise.sidebar_parts import Kind, Row
from desktop.organise.sidebar_rows import Facts, parts
from desktop.tagging.tag_facts import Tagged, read
from desktop.tagging.tag_section import TagSection
from desktop.tagging.tag_sheet import HeadSheet, TagSheet, ValueCount, read_sheet
from desktop.viewer.info_panel import InfoPanel
from tests.desktop.indexed_library import index
from tests.desktop.organise_stage import Stage
from tests.desktop.test_sidebar import click, drop, index_of, menu_entry, photos_data, row_of, rows, texts

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from core.types import PhotoId
    from desktop.theme import Theme

GUESSED = "A guess is made without any training on your photos."


@pytest.fixture
def tagged_stage(library: Library, theme: Theme, products: Path, qtbot: QtBot) -> Iterator[Stage]:
    """Twelve real photos with the starter's guesses."""
    index(library, products)
    stage = Stage(library, theme)
    stage.window.show()
    qtbot.waitExposed(stage.window)
    qtbot.waitUntil(lambda: bool(texts(stage.sidebar, Kind.TAG)))
    yield stage
    stage.close()


@pytest.fixture
def ids(tagged_stage: Stage) -> list[PhotoId]:
    return list(tagged_stage.library.browse().ids)


@pytest.fixture
def panel(tagged_stage: Stage, theme: Theme, qtbot: QtBot) -> InfoPanel:
    panel = InfoPanel(tagged_stage.library, tagged_stage.tasks, theme)
    panel.deed_wanted.connect(tagged_stage.organiser.undo.perform)
    tagged_stage.bridge.tags_changed.connect(panel.refresh)
    qtbot.addWidget(panel)
    panel.resize(panel.width(), 800)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


class TestOnePhoto:
    @pytest.fixture
    def photo(self, panel: InfoPanel, ids: list[PhotoId], qtbot: QtBot) -> PhotoId:
        panel.show_photos(ids[:1])
        qtbot.waitUntil(lambda: CLASS in panel.tags.rows)
        return ids[0]

    def test_a_guess_is_shown_as_one(self, panel: InfoPanel, photo: PhotoId, tagged_stage: Stage) -> None:
        tags = tagged_stage.library.tags.of([photo])[photo]
        assert list(panel.tags.rows) == ["class", "color", "material", "condition"]
        row = panel.tags.rows[CLASS]
        assert row.chips[0].value == tags[CLASS].value
        assert row.said.text().startswith("A guess, " if tags[CLASS].sure else "An unsure guess, ")
        assert not row.bar.isVisible()
        assert not row.clear_button.isVisible()
        assert GUESSED in panel.tags.text

    def test_a_click_on_a_value_shows_the_photos_that_have_it(
        self, panel: InfoPanel, photo: PhotoId, tagged_stage: Stage, qtbot: QtBot
    ) -> None:
        for row in panel.tags.rows.values():
            with qtbot.waitSignal(panel.query_wanted) as wanted:
                qtbot.mouseClick(row.chips[0], Qt.MouseButton.LeftButton)
            assert wanted.args is not None
            assert photo in tagged_stage.library.browse(wanted.args[0]).ids

    def test_it_is_corrected_and_the_correction_taken_back(
        self, panel: InfoPanel, photo: PhotoId, tagged_stage: Stage, qtbot: QtBot
    ) -> None:
        guessed = tagged_stage.library.tags.of([photo])[photo][CLASS].value
        row = panel.tags.rows[CLASS]
        popup = panel.tags.edit(CLASS)
        qtbot.waitUntil(lambda: popup.list.count() > 5)
        qtbot.keyClicks(popup.field, "unicorn")
        qtbot.keyClick(popup.field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: row.said.text() == f"You said “unicorn”, the guess was “{guessed}”")
        assert panel.tags.rows[CLASS] is row  # filled anew: the focus stays
        assert tagged_stage.library.labels.of([photo])[photo] == {CLASS: "unicorn"}
        qtbot.mouseClick(row.clear_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: row.chips[0].value == guessed)
        tagged_stage.organiser.undo.undo()
        qtbot.waitUntil(lambda: row.chips[0].value == "unicorn")

    def test_all_of_it_is_accepted_at_once(
        self, panel: InfoPanel, photo: PhotoId, tagged_stage: Stage, qtbot: QtBot
    ) -> None:
        tags = tagged_stage.library.tags.of([photo])[photo]
        qtbot.mouseClick(panel.tags.accept_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: panel.tags.accept_button.isHidden())
        assert tagged_stage.library.labels.of([photo])[photo] == {head: tag.value for head, tag in tags.items()}
        assert panel.tags.rows[CLASS].said.text() == "You said so"

    def test_a_new_attribute_gets_a_row(self, panel: InfoPanel, photo: PhotoId, library: Library, qtbot: QtBot) -> None:
        library.labels.define("style", ["casual"])
        qtbot.waitUntil(lambda: "style" in panel.tags.rows)
        assert panel.tags.rows["style"].text == ""
        library.labels.remove_attribute("style")
        qtbot.waitUntil(lambda: "style" not in panel.tags.rows)


def test_how_sure_a_trained_tagger_is(tagged_stage: Stage, theme: Theme, qtbot: QtBot) -> None:
    """Its predictions as they come from the store; the guesses of the starter have no bar."""
    section = TagSection(tagged_stage.library, tagged_stage.tasks, theme, 256)
    qtbot.addWidget(section)
    section.show()
    for sure, said in ((True, "93%"), (False, "Unsure, perhaps mug 93%")):
        tag = Tag(CLASS, "mug", TagSource.MODEL, sure, Prediction("mug", 0.93, (("mug", 0.93),), sure))
        section.show_sheet(TagSheet((), (HeadSheet(CLASS, tag, (ValueCount("mug", 1, sure),), 0, 1, ()),), 1))
        row = section.rows[CLASS]
        assert row.said.text() == said
        assert row.bar.isVisible()
        assert row.chips[0].property("unsure") is not sure
    assert GUESSED not in section.text


class TestSeveralPhotos:
    def test_values_are_counted_and_changed_for_all(
        self, panel: InfoPanel, ids: list[PhotoId], library: Library, qtbot: QtBot
    ) -> None:
        library.labels.set(ids[:3], CLASS, "mug")
        library.labels.set(ids[3:5], CLASS, "cup")
        panel.show_photos(ids[:5])
        section = panel.common_tags
        qtbot.waitUntil(lambda: CLASS in section.rows)
        qtbot.waitUntil(lambda: section.rows[CLASS].text == "class: mug, 3 class: cup, 2 All labelled by you")
        popup = section.edit(CLASS)
        qtbot.keyClicks(popup.field, "bowl")
        qtbot.keyClick(popup.field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: section.rows[CLASS].text == "class: bowl, 5 All labelled by you")

    def test_only_what_is_sure_of_many_is_counted_as_such(self, ids: list[PhotoId], library: Library) -> None:
        known = read_sheet(library, ids).of(CLASS)
        assert known is not None
        assert sum(each.count for each in known.values) == len(ids)
        sure = {tags[CLASS].value for tags in library.tags.of(ids).values() if tags[CLASS].sure}
        assert {each.value for each in known.values if each.sure} == sure


class TestSidebar:
    def test_classes_are_shown_with_their_counts_and_attributes_are_folded(self, tagged_stage: Stage) -> None:
        sidebar, library = tagged_stage.sidebar, tagged_stage.library
        for row in rows(sidebar):
            if row.kind is Kind.TAG and row.head == CLASS:
                assert row.query is not None
                assert len(library.browse(row.query).ids) == row.count
                assert "A guess, made without any training on your photos" in row.hint
        tree = sidebar.tree
        headings = {tree.rows.index(place, 0).data(): place for place in range(tree.rows.rowCount())}
        assert tree.isExpanded(tree.rows.index(headings["Things"], 0))
        assert not tree.isExpanded(tree.rows.index(headings["Colour"], 0))

    def test_a_click_searches_and_photos_that_are_dropped_get_the_label(
        self, tagged_stage: Stage, ids: list[PhotoId], qtbot: QtBot
    ) -> None:
        sidebar, library = tagged_stage.sidebar, tagged_stage.library
        library.labels.set(ids[:1], CLASS, "my mug")
        qtbot.waitUntil(lambda: "my mug" in texts(sidebar, Kind.TAG))
        with qtbot.waitSignal(sidebar.query_wanted) as wanted:
            click(sidebar, "my mug", qtbot)
        assert wanted.args == ['class:"my mug"']
        place = sidebar.tree.visualRect(index_of(sidebar, "my mug")).center()
        with qtbot.waitSignal(tagged_stage.organiser.undo.done):
            assert drop(sidebar, place, photos_data(ids[1:3]))
        assert [library.labels.of([each])[each][CLASS] for each in ids[:3]] == ["my mug"] * 3
        qtbot.waitUntil(lambda: row_of(sidebar, "my mug").count == 3)
        assert "Corrected" not in texts(sidebar, Kind.SEARCH)  # guesses are corrected by nobody
        with qtbot.waitSignal(sidebar.query_wanted) as wanted:
            menu_entry(sidebar, "my mug", "Show those that it is unsure of").trigger()
        assert wanted.args == ['class:"my mug" is:unsure']
        with qtbot.waitSignal(sidebar.review_wanted) as review:
            menu_entry(sidebar, "my mug", "Go through those…").trigger()
        assert review.args == [CLASS, "my mug"]

    def test_values_are_read_with_blanks_and_kept_with_underscores(
        self, tagged_stage: Stage, ids: list[PhotoId], qtbot: QtBot
    ) -> None:
        sidebar, library = tagged_stage.sidebar, tagged_stage.library
        library.labels.set(ids[:1], CLASS, "clothing_cap")
        qtbot.waitUntil(lambda: "clothing cap" in texts(sidebar, Kind.TAG))
        with qtbot.waitSignal(sidebar.query_wanted) as wanted:
            click(sidebar, "clothing cap", qtbot)
        assert wanted.args == ["class:clothing_cap"]
        assert drop(sidebar, sidebar.tree.visualRect(index_of(sidebar, "clothing cap")).center(), photos_data(ids[1:2]))
        qtbot.waitUntil(lambda: library.labels.counts()[CLASS] == {"clothing_cap": 2})

    def test_training_and_labels_are_asked_for(self, tagged_stage: Stage, qtbot: QtBot) -> None:
        sidebar = tagged_stage.sidebar
        for text, signal in (("Training", sidebar.training_wanted), ("Labels…", sidebar.labels_wanted)):
            with qtbot.waitSignal(signal):
                click(sidebar, text, qtbot)
        sidebar.show_training()
        shown = sidebar.tree.selected_row()
        assert shown is not None
        assert shown.kind is Kind.TRAINING

    def test_what_is_read_is_what_the_library_says(self, tagged_stage: Stage, ids: list[PhotoId]) -> None:
        library = tagged_stage.library
        library.labels.set(ids[:2], CLASS, "unicorn")
        known = read(library)
        assert not known.trained
        assert known.unsure == len(library.browse("is:unsure").ids)
        assert known.corrected == 0  # guesses alone were wrong
        assert known.heads()[0] == CLASS


class TestManyValues:
    """As plain values."""

    @staticmethod
    def rows(whole: frozenset[str] = frozenset()) -> tuple[Row, ...]:
        facets = [*(Facet(CLASS, f"thing {number}", 50 - number) for number in range(10)), Facet(CLASS, "maybe", 0, 4)]
        tagged = Tagged((*facets, Facet("style", "casual", 3)), (Attribute(CLASS, (), {}),), trained=frozenset([CLASS]))
        [things, style] = [
            part for part in parts(Facts(tagged=tagged, whole=whole)) if part.heading.key.startswith("tags ")
        ]
        assert (things.folded, style.folded) == (False, True)
        assert "guess" not in things.rows[0].hint
        assert "guess" in style.rows[0].hint
        return things.rows

    def test_the_first_are_shown_and_the_others_unfold(self) -> None:
        assert [row.text for row in self.rows()] == [
            *(f"thing {number}" for number in range(8)),
            "All 11 classes…",
            "Unsure",
        ]

    def test_what_is_only_perhaps_there_says_so(self) -> None:
        [*_, maybe, fewer, unsure] = self.rows(frozenset([CLASS]))
        assert (maybe.text, maybe.count, maybe.query) == ("maybe", 4, "class:maybe is:unsure")
        assert "the model is unsure" in maybe.spoken
        assert (fewer.text, unsure.count) == ("Fewer", 4)

    def test_the_row_unfolds_them(self, stage: Stage, qtbot: QtBot) -> None:
        sidebar = stage.sidebar
        for number, photo_id in enumerate(stage.library.browse().ids):
            stage.library.labels.set([photo_id], CLASS, f"thing {number}")
            stage.library.labels.set([photo_id], "style", f"style {number}")
        qtbot.waitUntil(lambda: "thing 5" in texts(sidebar, Kind.TAG))
        everything = [row for row in rows(sidebar) if row.kind is Kind.ALL_VALUES]
        assert all(row.text.startswith("All ") for row in everything)
        for row in everything:
            before = len(texts(sidebar, Kind.TAG))
            sidebar.tree.chosen.emit(row)
            assert len(texts(sidebar, Kind.TAG)) > before
            sidebar.tree.chosen.emit(row)
            assert len(texts(sidebar, Kind.TAG)) == before


def test_the_least_sure_come_first(theme: Theme, qtbot: QtBot) -> None:
    button = SortButton(theme)
    qtbot.addWidget(button)
    with qtbot.waitSignal(button.sort_chosen) as chosen:
        next(action for action in button.menu().actions() if action.text() == "Most worth labelling").trigger()
    assert chosen.args == [Sort(SortKey.UNCERTAIN, descending=False)]
    assert button.text() == "Least sure first"
