"""What an adaptation changes in the user's own searches, and how runs, reports and models show it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from core.errors import ModelError
from desktop.adapting.search_row import AFTER, BEFORE, GONE, NEW
from desktop.adapting.searches import searches_to_ask
from desktop.adapting.searches_view import CANCELLED, SearchesView
from desktop.dialogs.models import ModelsDialog
from desktop.reports.report_view import ReportView
from desktop.reports.run_actions import COMPARE, EXPORT, REPORT, USE, fits
from desktop.reports.run_rows import read_listing, row_of
from desktop.training.outcome_panel import Choice
from tests.desktop.adapted_home import ENCODER, GOOD, PHOTOS, POOR, press, run_of, show_run
from tests.desktop.test_accessibility import nameless
from tests.desktop.training_stage import TrainingStage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from desktop.theme import Theme

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def searches(adapting: TrainingStage, theme: Theme) -> Iterator[SearchesView]:
    view = SearchesView(adapting.library, adapting.tasks, theme)
    view.resize(1000, 700)
    view.show()
    yield view
    view.stop()
    view.close()
    view.deleteLater()


def test_searches_are_compared_before_it_is_used(adapting: TrainingStage, searches: SearchesView, qtbot: QtBot) -> None:
    library = adapting.library
    like = library.all_photos()[5]
    for search in ("a red thing + blue after:1990", f"photo:{like}", "blue square"):
        library.history.add(search)
    run = run_of(library.paths.home, GOOD)
    searches.compare(run)
    assert searches.is_comparing
    qtbot.waitUntil(lambda: searches.compared is not None, timeout=60_000)
    assert [row.answer.text for row in searches.rows][1:] == ["blue square", "a red thing blue"]
    first = searches.rows[0]
    assert first.answer.photo == like
    before, after = (first.rows[name].photos for name in (BEFORE, AFTER))
    assert len(before) == len(after) == 8
    assert {each.id for each in after if each.lines == (NEW,)} == {str(each) for each in first.answer.new}
    assert {each.id for each in before if each.lines == (GONE,)} == {str(each) for each in first.answer.gone}
    assert any(row.answer.new for row in searches.rows)
    assert f"all {PHOTOS} photos" in searches.about.text()
    opened: list[tuple] = []
    searches.opened.connect(lambda *told: opened.append(told))
    first.rows[AFTER]._open(first.rows[AFTER].model().index(1, 0))
    assert opened == [(int(after[1].id), tuple(int(each.id) for each in after))]
    qtbot.keyClicks(searches.field, "green circle")
    qtbot.keyClick(searches.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: searches.rows[0].answer.text == "green circle", timeout=20_000)
    wanted: list[object] = []
    searches.use_wanted.connect(wanted.append)
    qtbot.mouseClick(searches.use_button, LEFT)
    assert wanted == [run]
    assert nameless(searches) == []


def test_without_a_history_labels_are_searched_for(adapting: TrainingStage) -> None:
    asked = searches_to_ask(adapting.library, run_of(adapting.library.paths.home, GOOD))
    assert (asked.words, asked.own_words) == (("blue", "green", "red"), False)
    held_out = adapting.library.photos(list(asked.photos))
    assert [photo.path.parent.name for photo in held_out] == ["red", "blue", "green"]


def test_the_comparison_can_be_cancelled_and_says_why_it_failed(
    adapting: TrainingStage, searches: SearchesView, qtbot: QtBot
) -> None:
    run = run_of(adapting.library.paths.home, GOOD)
    searches.compare(run)
    assert searches.empty.other_button.isVisible()
    qtbot.mouseClick(searches.empty.other_button, LEFT)
    assert not searches.is_comparing
    assert searches.empty.title == CANCELLED.title
    shutil.rmtree(run / "checkpoint")
    qtbot.mouseClick(searches.empty.button, LEFT)
    qtbot.waitUntil(lambda: not searches.is_comparing, timeout=60_000)
    assert searches.empty.button.text() == "Try again"


def test_the_list_of_runs_and_the_report_know_what_it_is(adapting: TrainingStage, theme: Theme, qtbot: QtBot) -> None:
    listing = {entry.path: entry for entry in read_listing(adapting.library).entries}
    good, poor = (listing[run_of(adapting.library.paths.home, which)] for which in (GOOD, POOR))
    assert row_of(good).cells[4].text.startswith("more like this: ")
    assert row_of(poor).cells[4].text == "nothing gained"
    assert fits(USE, [good])
    assert fits(REPORT, [good])
    assert not fits(USE, [poor])
    assert not fits(EXPORT, [good])
    assert not fits(COMPARE, [good, poor])
    view = ReportView(adapting.library, adapting.tasks, theme)
    qtbot.addWidget(view)
    view.show()
    wanted: list[object] = []
    view.of_search_wanted.connect(wanted.append)
    for entry, of in ((poor, "of which nothing is used"), (good, "All that it learned is used")):
        assert entry.path is not None
        view.show_run(entry.path)
        qtbot.waitUntil(lambda: not view.is_reading, timeout=20_000)
        assert view.adapted.isVisible()
        assert any(of in line.text() for line in view.adapted.lines)
    assert view.adapted.table.model().rowCount() > 5
    assert len(view.adapted.way.curves.series) >= 2
    assert nameless(view) == []
    view.adapted.outcome_button.click()
    assert wanted == [good.path]


def test_the_models_dialog_leads_back_and_deletes(
    adapting: TrainingStage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, parent = adapting.library, QWidget()
    qtbot.addWidget(parent)
    show_run(adapting, GOOD)
    press(adapting, Choice.USE_FOR_SEARCH)
    qtbot.waitUntil(lambda: library.encoder_name != ENCODER, timeout=60_000)
    name = library.encoder_name or ""
    dialog = ModelsDialog(library, adapting.tasks, adapting.bridge, parent)
    dialog.show()

    def button(said: str) -> QPushButton | None:
        cards = [card for card in dialog.list.cards if card.title == name]
        found = [each for card in cards for each in card.findChildren(QPushButton) if each.text() == said]
        return found[0] if found else None

    def wait_for(said: str) -> QPushButton:
        qtbot.waitUntil(lambda: button(said) is not None, timeout=20_000)
        found = button(said)
        assert found is not None
        return found

    assert "adapted to your labels" in library.models.info(name).description
    with pytest.raises(ModelError, match="answers your searches"):
        library.models.delete(name)
    qtbot.mouseClick(wait_for(f"Go back to {ENCODER}"), LEFT)
    qtbot.waitUntil(lambda: library.encoder_name == ENCODER, timeout=60_000)
    wait_for("Delete…")
    folder = Path(library.models.info(name).extra["source"]).parent
    assert folder.is_dir()
    box = dialog.confirm_delete(library.models.info(name))
    next(each for each in box.buttons() if each.text() == "Delete").click()
    qtbot.waitUntil(lambda: name not in [info.name for info in library.models.all()], timeout=20_000)
    assert not folder.exists()
    assert len(library.search("red", strictness=0).hits) == PHOTOS
    show_run(adapting, GOOD)
    assert Choice.USE_FOR_SEARCH in adapting.page.train.course.outcome.buttons  # it can be taken in again
    dialog.close()
